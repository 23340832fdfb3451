import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { ConnectionOptions } from "@platformatic/kafka";
import type { KafkaConfig } from "kafkajs";

/** Where a credential stands when it is needed: the name of a variable, or the path of a file; never the credential. */
export type CredentialSource = { readonly env: string } | { readonly file: string };

export type SaslMechanism = "plain" | "scram-sha-256" | "scram-sha-512" | "oauthbearer";

export interface TlsFiles {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly serverName?: string;
}

export type Sasl =
    | {
          readonly mechanism: Exclude<SaslMechanism, "oauthbearer">;
          readonly usernameFrom: CredentialSource;
          readonly passwordFrom: CredentialSource;
      }
    | { readonly mechanism: "oauthbearer"; readonly tokenFrom: CredentialSource };

/** How the brokers are reached, as it stands in the state: only where the secrets are, and none of them. */
export interface KafkaSecurity {
    readonly tls?: TlsFiles;
    readonly sasl?: Sasl;
}

/** A credential that is not where it was said to be, or cannot be used. */
export class CredentialsError extends Error {
    override readonly name = "CredentialsError";
    constructor(readonly problems: readonly string[]) {
        super(problems.join("\n"));
    }
}

/** What both clients are given beside the addresses. */
export interface ClientSecurity {
    readonly kafkajs: Pick<KafkaConfig, "ssl" | "sasl">;
    readonly platformatic: Pick<ConnectionOptions, "tls" | "sasl" | "tlsServerName">;
}

/**
 * Reads the credentials, in the process that connects and at the time when it does. What it returns is for the clients
 * alone: it must not come near a state, a log or a report.
 */
export function readSecurity(
    security: KafkaSecurity | undefined,
    bootstrapServers: readonly string[],
): ClientSecurity {
    const problems: string[] = [];
    const tls = security?.tls && readTls(security.tls, problems);
    const sasl = security?.sasl && readSasl(security.sasl, problems);
    if (problems.length > 0) {
        throw new CredentialsError(problems);
    }
    // An address of numbers is no name, and must not be sent as one.
    const named = bootstrapServers.every((server) => isIP(hostOf(server)) === 0);
    return {
        kafkajs: {
            ...(tls && { ssl: tls }),
            ...(sasl && { sasl: sasl.kafkajs }),
        },
        platformatic: {
            ...(tls && { tls, tlsServerName: security?.tls?.serverName ?? named }),
            ...(sasl && { sasl: sasl.platformatic }),
        },
    };
}

function hostOf(server: string): string {
    return server.slice(0, server.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

function readTls(tls: TlsFiles, problems: string[]): TlsOptions {
    const read = (field: "caFile" | "certFile" | "keyFile") => {
        const file = tls[field];
        return file === undefined ? undefined : readFile(`kafka.tls.${field}`, file, problems);
    };
    const [ca, cert, key] = [read("caFile"), read("certFile"), read("keyFile")];
    if (ca !== undefined) {
        checkCertificate("kafka.tls.caFile", tls.caFile!, ca, problems);
    }
    if (cert !== undefined) {
        checkCertificate("kafka.tls.certFile", tls.certFile!, cert, problems);
    }
    return {
        ...(ca !== undefined && { ca: [ca] }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(tls.serverName !== undefined && { servername: tls.serverName }),
    };
}

/** Before a broker sees it: of a certificate that has ended most say no more than that the connection is gone. */
function checkCertificate(field: string, file: string, text: string, problems: string[]): void {
    let certificate: X509Certificate;
    try {
        certificate = new X509Certificate(text);
    } catch {
        problems.push(`${field}: "${file}" holds no certificate in PEM (BEGIN CERTIFICATE).`);
        return;
    }
    const now = Date.now();
    if (Date.parse(certificate.validTo) < now) {
        problems.push(
            `${field}: the certificate in "${file}" expired on ${certificate.validTo}; renew it.`,
        );
    } else if (Date.parse(certificate.validFrom) > now) {
        problems.push(
            `${field}: the certificate in "${file}" is valid from ${certificate.validFrom} on only; is the clock right?`,
        );
    }
}

function readSasl(sasl: Sasl, problems: string[]) {
    if (sasl.mechanism === "oauthbearer") {
        const read = () => readNow("kafka.sasl.tokenFrom", sasl.tokenFrom);
        tryRead(read, problems);
        // Each time anew: tokens are short-lived, and whoever renews them writes them to the same place.
        return {
            kafkajs: {
                mechanism: sasl.mechanism,
                oauthBearerProvider: () => Promise.resolve().then(() => ({ value: read() })),
            },
            platformatic: { mechanism: "OAUTHBEARER" as const, token: read },
        };
    }
    const username = tryRead(() => readNow("kafka.sasl.usernameFrom", sasl.usernameFrom), problems);
    const password = tryRead(() => readNow("kafka.sasl.passwordFrom", sasl.passwordFrom), problems);
    return {
        kafkajs: { mechanism: sasl.mechanism, username, password } as KafkaConfig["sasl"],
        platformatic: { mechanism: platformaticNames[sasl.mechanism], username, password },
    };
}

const platformaticNames = {
    plain: "PLAIN",
    "scram-sha-256": "SCRAM-SHA-256",
    "scram-sha-512": "SCRAM-SHA-512",
} as const;

function tryRead(read: () => string, problems: string[]): string {
    try {
        return read();
    } catch (error) {
        if (!(error instanceof CredentialsError)) {
            throw error;
        }
        problems.push(...error.problems);
        return "";
    }
}

function readNow(field: string, source: CredentialSource): string {
    const problems: string[] = [];
    let value: string | undefined;
    if ("env" in source) {
        value = process.env[source.env];
        if (value === undefined || value === "") {
            const what = value === undefined ? "is not set" : "is empty";
            problems.push(
                `${field}: the environment variable ${source.env} ${what} where Pulumi runs; export it before.`,
            );
        }
    } else {
        // Editors and `echo` leave a line end, which belongs to no password.
        value = readFile(field, source.file, problems)?.replace(/\r?\n$/, "");
        if (value === "") {
            problems.push(`${field}: the file "${source.file}" is empty.`);
        }
    }
    if (value === undefined || problems.length > 0) {
        throw new CredentialsError(problems);
    }
    return value;
}

function readFile(field: string, file: string, problems: string[]): string | undefined {
    try {
        return readFileSync(file, "utf8");
    } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
        problems.push(`${field}: the file "${file}" cannot be read (${code}) where Pulumi runs.`);
        return undefined;
    }
}
