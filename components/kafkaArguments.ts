import type * as pulumi from "@pulumi/pulumi";
import type {
    CredentialSource,
    KafkaSecurity,
    Sasl,
    SaslMechanism,
    TlsFiles,
} from "./provider/kafka/security.js";
import { Section, show } from "./section.js";
import type { Problem } from "./versions.js";

export interface KafkaArgs {
    /** `host:port` of some of the brokers. */
    bootstrapServers: pulumi.Input<pulumi.Input<string>[]>;
    /**
     * Encrypts the connections: `true` trusts who this machine trusts, an object says otherwise. Where it is left out,
     * everything, a password of `sasl` too, is sent in clear. Defaults to `false`.
     */
    tls?: boolean | TlsArgs;
    /** Who asks. Defaults to nobody in particular. */
    sasl?: SaslArgs;
}

/** Files of certificates in PEM, read where and when Pulumi runs; only their paths are kept. */
export interface TlsArgs {
    /** Who signed the brokers' certificates. Defaults to those whom Node trusts. */
    caFile?: string;
    /** The client's certificate, where brokers want one (mTLS). Needs `keyFile`. */
    certFile?: string;
    /** The key of `certFile`, without a passphrase. */
    keyFile?: string;
    /** The name in the brokers' certificates, where it is not that in `bootstrapServers`. */
    serverName?: string;
}

/**
 * Where the credentials are: names of environment variables or paths of files, read whenever a connection is made. The
 * credentials themselves are never an argument, and so never in the state, a plan or a log.
 */
export interface SaslArgs {
    /** `"plain"`, `"scram-sha-256"`, `"scram-sha-512"` or `"oauthbearer"`. */
    mechanism: SaslMechanism;
    /** For all mechanisms but `"oauthbearer"`. */
    usernameFrom?: CredentialSourceArgs;
    /** For all mechanisms but `"oauthbearer"`. */
    passwordFrom?: CredentialSourceArgs;
    /** A token that somebody else renews, for `"oauthbearer"`: read anew for every connection. */
    tokenFrom?: CredentialSourceArgs;
}

/** One of the two. */
export interface CredentialSourceArgs {
    /** Name of an environment variable of the process that runs Pulumi. */
    env?: string;
    /** Path of a file. A line end at its end does not count. */
    file?: string;
}

const saslMechanisms: readonly SaslMechanism[] = [
    "plain",
    "scram-sha-256",
    "scram-sha-512",
    "oauthbearer",
];
const tlsKeys = ["caFile", "certFile", "keyFile", "serverName"] as const;
const saslKeys = ["mechanism", "usernameFrom", "passwordFrom", "tokenFrom"] as const;

/** How the brokers are entered, and all that is wrong with how that is said; `undefined` for plain connections. */
export function resolveKafkaSecurity({ tls, sasl }: Pick<KafkaArgs, "tls" | "sasl">): {
    readonly security: KafkaSecurity | undefined;
    readonly problems: readonly Problem[];
} {
    const problems: Problem[] = [];
    const security: KafkaSecurity = {
        ...readTls(tls, problems),
        ...(sasl !== undefined && { sasl: readSasl(sasl, problems) }),
    };
    return { security: Object.keys(security).length === 0 ? undefined : security, problems };
}

function readTls(tls: KafkaArgs["tls"], problems: Problem[]): { tls?: TlsFiles } {
    if (tls === undefined || tls === false) {
        return {};
    }
    if (tls === true) {
        return { tls: {} };
    }
    if (typeof tls !== "object" || tls === null) {
        const message = `is ${show(tls)}; give true, or an object with any of ${tlsKeys.join(", ")}.`;
        problems.push({ field: "kafka.tls", message });
        return {};
    }
    const section = new Section("kafka.tls", tls, tlsKeys, problems);
    const files: Record<string, string> = {};
    for (const key of tlsKeys) {
        const wayOut = key === "serverName" ? "give a host name." : "give the path of a PEM file.";
        const value = section.text(key, wayOut);
        if (value !== null) {
            files[key] = value;
        }
    }
    for (const [one, other] of [
        ["certFile", "keyFile"],
        ["keyFile", "certFile"],
    ] as const) {
        if (section.get(one) !== undefined && section.get(other) === undefined) {
            section.refuse(other, `is missing; ${one} is of no use without it.`);
        }
    }
    return { tls: files };
}

function readSasl(sasl: SaslArgs, problems: Problem[]): Sasl {
    const section = new Section("kafka.sasl", sasl, saslKeys, problems);
    if (section.get("mechanism") === undefined) {
        section.refuse("mechanism", `is missing; give one of ${saslMechanisms.join(", ")}.`);
    }
    const mechanism = section.oneOf("mechanism", saslMechanisms, "scram-sha-512");
    const wanted =
        mechanism === "oauthbearer"
            ? (["tokenFrom"] as const)
            : (["usernameFrom", "passwordFrom"] as const);
    for (const key of ["usernameFrom", "passwordFrom", "tokenFrom"] as const) {
        if (section.get(key) !== undefined && !(wanted as readonly string[]).includes(key)) {
            section.refuse(
                key,
                `is of no use to ${mechanism}, which takes ${wanted.join(" and ")}.`,
            );
        }
    }
    return mechanism === "oauthbearer"
        ? { mechanism, tokenFrom: readSource(section, "tokenFrom", problems) }
        : {
              mechanism,
              usernameFrom: readSource(section, "usernameFrom", problems),
              passwordFrom: readSource(section, "passwordFrom", problems),
          };
}

/** Whoever writes the credential itself here is told so, without having it repeated. */
function readSource(parent: Section, key: string, problems: Problem[]): CredentialSource {
    const wayOut =
        'give { env: "NAME_OF_A_VARIABLE" } or { file: "/path/of/a/file" }, not the credential itself';
    const given = parent.get(key);
    if (given === undefined) {
        parent.refuse(key, `is missing; ${wayOut}.`);
        return { env: "" };
    }
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
        parent.refuse(key, `is not an object; ${wayOut}.`);
        return { env: "" };
    }
    const section = new Section(`${parent.path}.${key}`, given, ["env", "file"], problems);
    const [env, file] = [section.get("env"), section.get("file")];
    if ((env === undefined) === (file === undefined)) {
        parent.refuse(
            key,
            `has ${env === undefined ? "neither" : "both"} env and file; ${wayOut}.`,
        );
    } else if (env !== undefined && !(typeof env === "string" && /^[A-Za-z_]\w*$/.test(env))) {
        section.refuse("env", "is no name of an environment variable (letters, digits, _).");
    } else if (file !== undefined) {
        section.text("file", "give the path of a file.");
    }
    return typeof file === "string" ? { file } : { env: typeof env === "string" ? env : "" };
}

/** What a provider of Pulumi's is given for the same connections. No secrets: they would stand in the state. */
export interface TopicProviderSecurity {
    readonly tlsEnabled: boolean;
    readonly caCert?: string;
    readonly clientCert?: string;
    readonly clientKey?: string;
    readonly saslMechanism?: string;
}

/** The variables that the plugin of @pulumi/kafka reads by itself. */
const pluginVariables = {
    usernameFrom: "KAFKA_SASL_USERNAME",
    passwordFrom: "KAFKA_SASL_PASSWORD",
} as const;

/** What the component can tell a provider of its own about security. */
export function topicProviderSecurity(security: KafkaSecurity | undefined): TopicProviderSecurity {
    const { tls, sasl } = security ?? {};
    return {
        tlsEnabled: tls !== undefined,
        // Paths as well as certificates are taken there; a path says nothing in a state.
        ...(tls?.caFile !== undefined && { caCert: tls.caFile }),
        ...(tls?.certFile !== undefined && { clientCert: tls.certFile }),
        ...(tls?.keyFile !== undefined && { clientKey: tls.keyFile }),
        ...(sasl !== undefined && { saslMechanism: sasl.mechanism.replace("sha-", "sha") }),
    };
}

/** Why a provider that the component makes could not reach the brokers, where the user gives none of their own. */
export function topicProviderProblems(security: KafkaSecurity | undefined): Problem[] {
    const wayOut =
        "or give the component a provider of your own for topics: " +
        "{ providers: { kafka: new kafka.Provider(...) } }.";
    const problems: Problem[] = [];
    const { tls, sasl } = security ?? {};
    if (tls?.serverName !== undefined) {
        problems.push({
            field: "kafka.tls.serverName",
            message: `is ${show(tls.serverName)}, which @pulumi/kafka does not know of. Take that name in bootstrapServers, ${wayOut}`,
        });
    }
    if (sasl?.mechanism === "oauthbearer") {
        problems.push({
            field: "kafka.sasl.mechanism",
            message: `is "oauthbearer", for which @pulumi/kafka fetches tokens itself. Take another mechanism, ${wayOut}`,
        });
        return problems;
    }
    for (const key of sasl === undefined ? [] : (["usernameFrom", "passwordFrom"] as const)) {
        const source = sasl![key];
        const variable = pluginVariables[key];
        if (!("env" in source) || source.env !== variable) {
            problems.push({
                field: `kafka.sasl.${key}`,
                message:
                    `@pulumi/kafka, which makes the topics, reads the variable ${variable} and nothing else without ` +
                    `leaving the credential in the state. Say { env: "${variable}" }, ${wayOut}`,
            });
        }
    }
    return problems;
}
