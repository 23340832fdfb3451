import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createServer, type Server } from "node:tls";
import type { AddressInfo } from "node:net";
import { Kafka, logLevel, type Admin } from "kafkajs";
import { withKafka } from "../../components/provider/connection.js";
import type { KafkaPort } from "../../components/provider/kafka/port.js";
import type { KafkaSecurity, Sasl } from "../../components/provider/kafka/security.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { uniqueName } from "../sandboxFixture.js";

const password = "planted-7c1e-password";
const wrong = "planted-7c1e-wrong";
const user = { env: "SECURED_TEST_USER" };
const pass = { env: "SECURED_TEST_PASSWORD" };
const nobody = { env: "SECURED_TEST_ABSENT" };

describe("a secured Kafka", function () {
    this.timeout(180_000);
    let sandbox: Sandbox;
    let secured: NonNullable<Sandbox["secured"]>;
    let admin: Admin;
    let folder: string;

    before(async () => {
        sandbox = await startSandbox({
            name: `secured-${process.pid}`,
            flink: false,
            temporary: true,
            users: { passwords: { admin: password }, superUsers: ["admin", "token-holder"] },
        });
        assert.ok(sandbox.secured);
        secured = sandbox.secured;
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "secured-"));
        process.env[user.env] = "admin";
        process.env[pass.env] = password;
        admin = new Kafka({
            brokers: [sandbox.bootstrapServers],
            logLevel: logLevel.NOTHING,
        }).admin();
        await admin.connect();
    });
    after(async () => {
        delete process.env[user.env];
        delete process.env[pass.env];
        await admin?.disconnect();
        await sandbox?.stop();
        fs.rmSync(folder, { recursive: true, force: true });
    });

    const file = (name: string, text: string): string => {
        const at = path.join(folder, name);
        fs.writeFileSync(at, text, { mode: 0o600 });
        return at;
    };
    const tls = () => ({ caFile: secured.certificates.ca });
    const mutual = () => ({
        ...tls(),
        certFile: secured.certificates.clientCert,
        keyFile: secured.certificates.clientKey,
    });
    const scram: Sasl = { mechanism: "scram-sha-512", usernameFrom: user, passwordFrom: pass };
    const bearer = (text: string): Sasl => ({
        mechanism: "oauthbearer",
        tokenFrom: { file: file("token", text) },
    });

    /** What the provider half does with Kafka, all of it, through both clients. */
    async function worksWith(kafka: KafkaPort, topic: string): Promise<void> {
        const description = await kafka.describeTopic(topic);
        assert.equal(description?.partitions, 1);
        const writer = await kafka.fence(`${topic}-fence`);
        await writer.write(topic, [{ key: "a", value: "one" }]);
        // It trails the commit, by seconds where the broker has only just made what it keeps transactions in.
        let end = await kafka.lastStableOffsets(topic);
        for (const deadline = Date.now() + 60_000; end.get(0) === 0n; await pause(100)) {
            assert.ok(Date.now() < deadline, "what was committed does not become stable");
            end = await kafka.lastStableOffsets(topic);
        }
        const values: string[] = [];
        await kafka.read(topic, await kafka.earliestOffsets(topic), end, {
            signal: AbortSignal.timeout(20_000),
            onRecords: (records) => void values.push(...records.map(({ value }) => String(value))),
        });
        assert.deepEqual(values, ["one"]);
        await kafka.commitOffsets(`${topic}-group`, topic, new Map([[0, 1n]]));
        const committed = await kafka.committedOffsets(`${topic}-group`, topic);
        assert.deepEqual(committed, new Map([[0, 1n]]));
        assert.deepEqual(await kafka.openTransactions(description), []);
        await writer.close();
    }

    const ways: [string, () => { at: string; security: KafkaSecurity }][] = [
        ...(["plain", "scram-sha-256", "scram-sha-512"] as const).map(
            (mechanism): (typeof ways)[number] => [
                mechanism,
                () => ({
                    at: secured.sasl,
                    security: { tls: tls(), sasl: { ...scram, mechanism } },
                }),
            ],
        ),
        [
            "a password from a file",
            () => {
                const passwordFrom = { file: file("password", `${password}\n`) };
                return {
                    at: secured.sasl,
                    security: { tls: tls(), sasl: { ...scram, passwordFrom } },
                };
            },
        ],
        [
            "a token",
            () => ({
                at: secured.sasl,
                security: { tls: tls(), sasl: bearer(unsignedToken("token-holder", 600)) },
            }),
        ],
        ["certificates of both sides", () => ({ at: secured.mutual, security: { tls: mutual() } })],
        [
            "another name in the certificate than that of the address",
            () => ({
                at: secured.sasl,
                security: { tls: { ...tls(), serverName: "localhost" }, sasl: scram },
            }),
        ],
    ];
    for (const [name, way] of ways) {
        it(`is read, written, fenced and committed to with ${name}`, async () => {
            const topic = uniqueName("secured");
            await createReadyTopics(admin, [{ topic }]);
            const { at, security } = way();
            await withKafka({ bootstrapServers: [at], security }, (kafka) =>
                worksWith(kafka, topic),
            );
        });
    }

    const refusals: [string, () => { at: string; security?: KafkaSecurity }, RegExp][] = [
        [
            "a wrong password",
            () => {
                const sasl = { ...scram, passwordFrom: { file: file("wrong", wrong) } };
                return { at: secured.sasl, security: { tls: tls(), sasl } };
            },
            /kafka\.sasl: the brokers refused user and password from the variable SECURED_TEST_USER and the file ".*wrong" \(scram-sha-512\)/,
        ],
        [
            "a wrong password in clear",
            () => {
                const passwordFrom = { file: file("wrong", wrong) };
                const sasl = { ...scram, mechanism: "plain" as const, passwordFrom };
                return { at: secured.sasl, security: { tls: tls(), sasl } };
            },
            /kafka\.sasl: the brokers refused user and password .* \(plain\)/,
        ],
        [
            "a token that has ended",
            () => ({
                at: secured.sasl,
                security: { tls: tls(), sasl: bearer(unsignedToken("token-holder", -600)) },
            }),
            /kafka\.sasl: the brokers refused the token from the file ".*token" \(oauthbearer\)/,
        ],
        [
            "an authority that did not sign the brokers' certificate",
            () => ({
                at: secured.sasl,
                security: { tls: { caFile: secured.certificates.otherCa }, sasl: scram },
            }),
            /kafka\.tls: the brokers' certificate is signed by nobody that is known. Put its authority's certificate into ".*other\.crt"/,
        ],
        [
            "no authority but those that Node knows",
            () => ({ at: secured.sasl, security: { tls: {}, sasl: scram } }),
            /kafka\.tls: the brokers' certificate is signed by nobody .* into `kafka\.tls\.caFile`/,
        ],
        [
            "another name than that of the certificate",
            () => ({
                at: secured.sasl,
                security: { tls: { ...tls(), serverName: "kafka.example" }, sasl: scram },
            }),
            /kafka\.tls: the brokers' certificate is for another name .*serverName/,
        ],
        [
            "no certificate where one is wanted",
            () => ({ at: secured.mutual, security: { tls: tls() } }),
            /kafka\.tls: .*The brokers want a client certificate: give `kafka\.tls\.certFile`/,
        ],
        [
            "a certificate of the client's that has ended",
            () => ({
                at: secured.mutual,
                security: {
                    tls: {
                        ...tls(),
                        certFile: secured.certificates.expiredCert,
                        keyFile: secured.certificates.expiredKey,
                    },
                },
            }),
            /kafka\.tls\.certFile: the certificate in ".*expired\.crt" expired on /,
        ],
        [
            "TLS on a port without",
            () => ({ at: sandbox.bootstrapServers, security: { tls: tls() } }),
            /kafka\.tls: the brokers (do not speak TLS on this port|ended the connection)/,
        ],
        [
            "a variable and a file that are not there",
            () => ({
                at: secured.sasl,
                security: {
                    tls: { caFile: "/nowhere/ca.pem" },
                    sasl: { ...scram, usernameFrom: nobody },
                },
            }),
            /kafka\.tls\.caFile: the file "\/nowhere\/ca\.pem" cannot be read \(ENOENT\).*\n.*kafka\.sasl\.usernameFrom: the environment variable SECURED_TEST_ABSENT is not set/,
        ],
    ];
    for (const [name, way, expected] of refusals) {
        it(`says within seconds what to look at with ${name}, and tells no secret`, async () => {
            const began = Date.now();
            const { at, security } = way();
            const error = await withKafka(
                { bootstrapServers: [at], ...(security && { security }) },
                () => Promise.resolve(undefined),
            ).catch((thrown: unknown) => thrown);
            assert.ok(error instanceof Error, "it was let in");
            assert.match(error.message, expected);
            assert.doesNotMatch(fullText(error), /planted-7c1e/);
            const seconds = (Date.now() - began) / 1000;
            assert.ok(seconds < 15, `it took ${seconds} s`);
        });
    }

    it("says that the brokers' certificate has ended", async () => {
        const { expiredCert, expiredKey } = secured.certificates;
        const server = createServer({
            cert: fs.readFileSync(expiredCert),
            key: fs.readFileSync(expiredKey),
        });
        server.on("tlsClientError", () => undefined);
        const { port } = await listening(server);
        try {
            await assert.rejects(
                withKafka(
                    { bootstrapServers: [`127.0.0.1:${port}`], security: { tls: tls() } },
                    () => Promise.resolve(),
                ),
                /kafka\.tls: the brokers' certificate has expired/,
            );
        } finally {
            server.close();
        }
    });
});

function listening(server: Server): Promise<AddressInfo> {
    return new Promise((resolve) =>
        server.listen(0, "127.0.0.1", () => resolve(server.address() as AddressInfo)),
    );
}

/** A token as the broker's development validator takes it: with a name and an end, and no signature. */
function unsignedToken(sub: string, seconds: number): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { sub, iat: Math.min(now, now + seconds - 60), exp: now + seconds };
    return `${part({ alg: "none" })}.${part(claims)}.`;
}

function fullText(error: unknown): string {
    return error instanceof Error
        ? `${error.message}\n${error.stack}\n${JSON.stringify(error)}\n${fullText(error.cause)}`
        : String(error);
}
