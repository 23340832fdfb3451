import { explain } from "../errors.js";
import type { CredentialSource, KafkaSecurity } from "./security.js";

/**
 * What to say of a broker that was there and would not have us: which of the arguments to look at. `undefined` where
 * it was not that. Never the credential itself, only where it came from.
 */
export function refusalOf(error: unknown, security: KafkaSecurity | undefined): string | undefined {
    const said = texts(error);
    const tls = tlsProblem(said, security);
    return tls ?? saslProblem(said, security);
}

function saslProblem(said: string, security: KafkaSecurity | undefined): string | undefined {
    const sasl = security?.sasl;
    if (/SASL.*mechanism.*(not supported|is not enabled)|UNSUPPORTED_SASL_MECHANISM/i.test(said)) {
        return `kafka.sasl.mechanism: the brokers do not offer ${sasl?.mechanism} on this port. Give one that they have.`;
    }
    // Behind the challenge that answers a refused token, every request is out of place.
    const challenged = sasl?.mechanism === "oauthbearer" && /API ApiVersions|SASL_STATE/.test(said);
    if (
        !challenged &&
        !/SASLAuthentication|SASL.* authentication failed|Authentication failed/i.test(said)
    ) {
        return undefined;
    }
    if (sasl === undefined) {
        return "kafka.sasl: the brokers want to know who asks. Give `kafka.sasl`.";
    }
    const where =
        sasl.mechanism === "oauthbearer"
            ? `the token from ${placeOf(sasl.tokenFrom)}`
            : `user and password from ${placeOf(sasl.usernameFrom)} and ${placeOf(sasl.passwordFrom)}`;
    return `kafka.sasl: the brokers refused ${where} (${sasl.mechanism}). Check what is there, and that the user exists.`;
}

function tlsProblem(said: string, security: KafkaSecurity | undefined): string | undefined {
    const tls = security?.tls;
    if (tls === undefined) {
        return undefined;
    }
    const ca = tls.caFile === undefined ? "`kafka.tls.caFile`" : `"${tls.caFile}"`;
    if (/CERT_HAS_EXPIRED|certificate has expired/.test(said)) {
        return "kafka.tls: the brokers' certificate has expired. Renew it on the brokers.";
    }
    if (/CERT_NOT_YET_VALID|not yet valid/.test(said)) {
        return "kafka.tls: the brokers' certificate is not valid yet; are the clocks right?";
    }
    if (/ALTNAME|does not match certificate's altnames/.test(said)) {
        return (
            "kafka.tls: the brokers' certificate is for another name than the one in kafka.bootstrapServers " +
            `(${explainShort(said)}). Take that name, or say it in \`kafka.tls.serverName\`.`
        );
    }
    if (
        /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|self.signed certificate|unable to (verify|get)/.test(
            said,
        )
    ) {
        return `kafka.tls: the brokers' certificate is signed by nobody that is known. Put its authority's certificate into ${ca}.`;
    }
    const wanted =
        tls.certFile === undefined
            ? "The brokers want a client certificate: give `kafka.tls.certFile` and `kafka.tls.keyFile`"
            : `The brokers refused the client certificate in "${tls.certFile}": who signed it must be known to them`;
    if (/alert|CERTIFICATE_REQUIRED|BAD_CERTIFICATE/i.test(said)) {
        return `kafka.tls: ${wanted} (${explainShort(said)}).`;
    }
    if (
        /WRONG_VERSION_NUMBER|wrong version number|packet length too long|before secure TLS/i.test(
            said,
        )
    ) {
        return "kafka.tls: the brokers do not speak TLS on this port. Take another port, or leave `kafka.tls` out.";
    }
    if (/ECONNRESET|socket hang up|Closed connection|EPIPE/i.test(said)) {
        return `kafka.tls: the brokers ended the connection while it was secured. ${wanted}.`;
    }
    return undefined;
}

function placeOf(source: CredentialSource): string {
    return "env" in source ? `the variable ${source.env}` : `the file "${source.file}"`;
}

/** Texts, names and codes of an error and of its causes. */
function texts(error: unknown): string {
    const parts: string[] = [];
    for (let at = error; at instanceof Error && parts.length < 20; at = at.cause) {
        const { code, originalError } = at as { code?: unknown; originalError?: unknown };
        parts.push(at.name, at.message, typeof code === "string" ? code : "");
        if (originalError !== undefined) {
            parts.push(explain(originalError));
        }
    }
    return parts.join("\n");
}

function explainShort(said: string): string {
    const line = said.split("\n").find((text) => /alert|altnames/i.test(text)) ?? "";
    return line.replace(/^Connection error: /, "").slice(0, 160);
}
