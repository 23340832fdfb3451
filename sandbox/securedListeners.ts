import { clientName, type Certificates } from "./certificates.js";

/** Who may enter a broker, beside everybody who comes through its plain port, which may do all. */
export interface BrokerUsers {
    /** Passwords by user, the same for PLAIN and SCRAM. */
    passwords: Readonly<Record<string, string>>;
    /** Those who may do all; the others may do what an ACL allows, and nothing else. */
    superUsers: readonly string[];
}

/** The secured ports of a broker. */
export interface SecuredPorts {
    /** TLS, and SASL with every mechanism that Kafka has but Kerberos. */
    sasl: number;
    /** TLS with certificates of both sides. */
    mutual: number;
}

/** Settings of the broker that replace or go with those of a plain one. */
export function securedSettings(
    { sasl, mutual }: SecuredPorts,
    certificates: Certificates,
    { passwords, superUsers }: BrokerUsers,
): { listeners: string; advertised: string; settings: Record<string, string | boolean> } {
    const listeners = `,SASL_SSL://127.0.0.1:${sasl},MUTUAL://127.0.0.1:${mutual}`;
    const module = "org.apache.kafka.common.security";
    const users = Object.entries(passwords).map(
        ([user, password]) => ` user_${user}="${password}"`,
    );
    const jaas = "listener.name.sasl_ssl";
    return {
        listeners,
        advertised: listeners,
        settings: {
            "listener.security.protocol.map":
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,MUTUAL:SSL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": certificates.broker,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": certificates.ca,
            "listener.name.mutual.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            [`${jaas}.plain.sasl.jaas.config`]: `${module}.plain.PlainLoginModule required${users.join("")};`,
            [`${jaas}.scram-sha-256.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
            [`${jaas}.scram-sha-512.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
            // Tokens that nobody signed: enough to see that they are sent and refused.
            [`${jaas}.oauthbearer.sasl.jaas.config`]: `${module}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": false,
            "super.users": ["ANONYMOUS", clientName, ...superUsers]
                .map((user) => `User:${user}`)
                .join(";"),
        },
    };
}

/** What a broker is formatted with, for its SCRAM users to be there from the beginning. */
export function scramOptions({ passwords }: BrokerUsers): string[] {
    return Object.entries(passwords).flatMap(([user, password]) =>
        ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
            "--add-scram",
            `${mechanism}=[name=${user},password=${password}]`,
        ]),
    );
}
