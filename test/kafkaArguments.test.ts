import assert from "node:assert/strict";
import { parseCompare } from "../components/cli/compareArguments.js";
import {
    resolveKafkaSecurity,
    topicProviderProblems,
    topicProviderSecurity,
    type KafkaArgs,
} from "../components/kafkaArguments.js";

type Given = Pick<KafkaArgs, "tls" | "sasl">;

const secret = "planted-secret";
const problems = (given: object) =>
    resolveKafkaSecurity(given as Given).problems.map(
        ({ field, message }) => `${field} ${message}`,
    );

describe("how brokers are entered", () => {
    it("is plain where nothing is said", () => {
        assert.deepEqual(resolveKafkaSecurity({}), { security: undefined, problems: [] });
        assert.equal(resolveKafkaSecurity({ tls: false }).security, undefined);
        assert.deepEqual(topicProviderSecurity(undefined), { tlsEnabled: false });
    });

    it("keeps where credentials are, for both halves", () => {
        const given: Given = {
            tls: { caFile: "/ca.pem", certFile: "/c.pem", keyFile: "/k.pem" },
            sasl: {
                mechanism: "scram-sha-512",
                usernameFrom: { env: "KAFKA_SASL_USERNAME" },
                passwordFrom: { env: "KAFKA_SASL_PASSWORD" },
            },
        };
        const { security } = resolveKafkaSecurity(given);
        assert.deepEqual(security, given);
        assert.deepEqual(topicProviderProblems(security), []);
        assert.deepEqual(topicProviderSecurity(security), {
            tlsEnabled: true,
            caCert: "/ca.pem",
            clientCert: "/c.pem",
            clientKey: "/k.pem",
            saslMechanism: "scram-sha512",
        });
    });

    it("says all that is wrong, without repeating a credential that was given in place of its place", () => {
        const found = problems({
            tls: { certFile: "/c.pem", cafile: "/ca.pem" },
            sasl: {
                mechanism: "PLAIN",
                usernameFrom: secret,
                passwordFrom: { env: secret, file: "/f" },
            },
        });
        assert.deepEqual(found, [
            "kafka.tls.cafile is not an argument; did you mean caFile?",
            "kafka.tls.keyFile is missing; certFile is of no use without it.",
            'kafka.sasl.mechanism is "PLAIN"; give "plain", "scram-sha-256", "scram-sha-512" or "oauthbearer".',
            'kafka.sasl.usernameFrom is not an object; give { env: "NAME_OF_A_VARIABLE" } or { file: "/path/of/a/file" }, not the credential itself.',
            'kafka.sasl.passwordFrom has both env and file; give { env: "NAME_OF_A_VARIABLE" } or { file: "/path/of/a/file" }, not the credential itself.',
        ]);
        assert.deepEqual(
            problems({ tls: 1, sasl: { mechanism: "oauthbearer", passwordFrom: {} } }),
            [
                "kafka.tls is 1; give true, or an object with any of caFile, certFile, keyFile, serverName.",
                "kafka.sasl.passwordFrom is of no use to oauthbearer, which takes tokenFrom.",
                'kafka.sasl.tokenFrom is missing; give { env: "NAME_OF_A_VARIABLE" } or { file: "/path/of/a/file" }, not the credential itself.',
            ],
        );
        assert.deepEqual(
            problems({
                sasl: {
                    mechanism: "plain",
                    usernameFrom: { env: "my secret!" },
                    passwordFrom: {},
                },
            }).filter((line) => line.includes("my secret")),
            [],
        );
    });

    it("asks for a provider of topics where that of the component could not get in without secrets in the state", () => {
        const fields = (given: Given) =>
            topicProviderProblems(resolveKafkaSecurity(given).security).map(({ field }) => field);
        const own = { env: "KAFKA_SASL_USERNAME" };
        assert.deepEqual(
            fields({
                tls: { serverName: "kafka" },
                sasl: {
                    mechanism: "plain",
                    usernameFrom: own,
                    passwordFrom: { file: "/run/secrets/password" },
                },
            }),
            ["kafka.tls.serverName", "kafka.sasl.passwordFrom"],
        );
        assert.deepEqual(fields({ sasl: { mechanism: "oauthbearer", tokenFrom: own } }), [
            "kafka.sasl.mechanism",
        ]);
    });

    it("is said to the command by flags that name the same places", () => {
        const parse = (...flags: string[]) =>
            parseCompare([
                ...["--bootstrap-servers", "a:9092", "--incumbent", "a", "--candidate", "b"],
                ...["--identity", "id", "--window-seconds", "60", ...flags],
            ]);
        const secured = parse(
            ...["--tls-ca-file", "ca.pem", "--sasl-mechanism", "plain"],
            ...["--sasl-username-env", "USER_NAME", "--sasl-password-file", "/run/password"],
        );
        assert.equal(secured.kind, "compare");
        assert.deepEqual(secured.kind === "compare" && secured.request.security, {
            tls: { caFile: "ca.pem" },
            sasl: {
                mechanism: "plain",
                usernameFrom: { env: "USER_NAME" },
                passwordFrom: { file: "/run/password" },
            },
        });
        const plainTls = parse("--tls");
        assert.deepEqual(plainTls.kind === "compare" && plainTls.request.security, { tls: {} });
        const wrong = parse("--sasl-mechanism", "kerberos", "--sasl-username-env", "no name");
        assert.deepEqual(wrong.kind === "wrong" && wrong.problems, [
            'kafka.sasl.mechanism (--sasl-mechanism) is "kerberos"; give "plain", "scram-sha-256", "scram-sha-512" or "oauthbearer".',
            "kafka.sasl.usernameFrom.env (--sasl-username-env) is no name of an environment variable (letters, digits, _).",
            'kafka.sasl.passwordFrom (--sasl-password-env or -file) is missing; give { env: "NAME_OF_A_VARIABLE" } or { file: "/path/of/a/file" }, not the credential itself.',
        ]);
        const open = parse();
        assert.ok(open.kind === "compare" && !("security" in open.request));
    });
});
