import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { Admin as RequestAdmin } from "@platformatic/kafka";
import * as kafkaResources from "@pulumi/kafka";
import {
    AclOperationTypes,
    AclPermissionTypes,
    AclResourceTypes,
    ConfigResourceTypes,
    Kafka,
    logLevel,
    ResourcePatternTypes,
    type Admin,
} from "kafkajs";
import { existingJob, ShadowFlinkJob } from "../../components/index.js";
import { jobPermissions, permissionAcls } from "../../components/permissions.js";
import { withKafka } from "../../components/provider/connection.js";
import { jobQuotas, quotaResources } from "../../components/quota.js";
import { versionNames } from "../../components/versions.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { TestStack } from "../stack.js";
import { allOf, Intruder } from "./forbidden.js";

const passwords = {
    admin: "planted-51ad-admin",
    candidate: "planted-51ad-candidate",
};
const secrets = Object.values(passwords);
const variables = { KAFKA_SASL_USERNAME: "admin", KAFKA_SASL_PASSWORD: passwords.admin };
const names = versionNames("delays", "v2", undefined);
const principal = "User:candidate";
/** In ten seconds, over which brokers look, less than one batch of the test's. */
const quota = {
    readBytesPerSecond: 50_000,
    writeBytesPerSecond: 50_000,
    // Of one thread: more than the test asks for.
    requestPercentage: 500,
};

describe("a broker where permissions count", function () {
    this.timeout(300_000);
    let sandbox: Sandbox;
    let secured: NonNullable<Sandbox["secured"]>;
    let stack: TestStack;
    let root: Admin;
    let printed = "";

    before(async () => {
        Object.assign(process.env, variables);
        sandbox = await startSandbox({
            name: `permissions-${process.pid}`,
            flink: false,
            temporary: true,
            users: { passwords, superUsers: ["admin"] },
        });
        assert.ok(sandbox.secured);
        secured = sandbox.secured;
        root = new Kafka({
            brokers: [sandbox.bootstrapServers],
            logLevel: logLevel.NOTHING,
        }).admin();
        await root.connect();
        await createReadyTopics(
            root,
            ["flights", "delays", "payments"].map((topic) => ({ topic })),
        );
        stack = await TestStack.ofProgram(sandbox, program);
    });
    after(async () => {
        for (const name of Object.keys(variables)) {
            delete process.env[name];
        }
        await root?.disconnect();
        await sandbox?.stop();
    });

    /** The component on the secured port, and beside it what it makes for the job of a candidate. */
    const program = () => {
        const { ca } = secured.certificates;
        const provider = new kafkaResources.Provider("own", {
            bootstrapServers: [secured.sasl],
            tlsEnabled: true,
            caCert: ca,
            saslMechanism: "scram-sha512",
        });
        new kafkaResources.Topic(
            "canary",
            { name: names.topic, partitions: 1, replicationFactor: 1 },
            { provider },
        );
        const permissions = jobPermissions(names, { principal, sources: ["flights"] });
        permissionAcls("delays-v2", permissions, { provider });
        quotaResources("delays-v2", jobQuotas(names, principal, quota), { provider });
        new ShadowFlinkJob("delays", {
            authority: "v1",
            kafka: {
                bootstrapServers: [secured.sasl],
                tls: { caFile: ca },
                sasl: {
                    mechanism: "scram-sha-512",
                    usernameFrom: { env: "KAFKA_SASL_USERNAME" },
                    passwordFrom: { env: "KAFKA_SASL_PASSWORD" },
                },
            },
            versions: { v1: existingJob({ topic: "delays" }) },
            compare: { identity: ["id"], windowSeconds: 60 },
            consumers: { dashboard: { group: "dashboard" } },
        });
        return Promise.resolve({});
    };

    it("is set up by pulumi up, through TLS and SASL", async () => {
        const commands = watchCommands();
        printed = await stack.up();
        printed += await stack.up({ expectNoChanges: true });
        const routing = (await stack.resource("delays-authority")).outputs["routing"];
        assert.equal((routing as { authority: string }).authority, "v1");
        const seen = commands.stop();
        assert.ok(
            seen.some((line) => line.includes("pulumi")),
            "no command was seen",
        );
        assert.deepEqual(leaksIn(seen.join("\n")), [], "in the arguments of a process");
    });

    it("leaves no secret in the state, in what is printed, or in any file of the stack", async () => {
        assert.deepEqual(leaksIn(printed), [], "in what was printed");
        assert.deepEqual(leaksIn(JSON.stringify(await stack.exported())), [], "in the state");
        // The broker's own files hold its users.
        const files = filesIn(sandbox.directory).filter(
            (file) => !file.startsWith(path.join(sandbox.directory, "kafka")),
        );
        assert.ok(files.length > 5, files.join("\n"));
        const found = files.filter((file) => leaksIn(fs.readFileSync(file, "latin1")).length > 0);
        assert.deepEqual(found, []);
    });

    it("gives the candidate exactly its permissions", async () => {
        const { resources } = await root.describeAcls({
            resourceType: AclResourceTypes.ANY,
            resourcePatternType: ResourcePatternTypes.ANY,
            permissionType: AclPermissionTypes.ANY,
            operation: AclOperationTypes.ANY,
        });
        const rows = resources.flatMap(
            ({ resourceType, resourceName, resourcePatternType, acls }) =>
                acls.map(({ principal, operation, permissionType }) =>
                    [principal, permissionType, operation, resourceType, resourcePatternType]
                        .concat(resourceName)
                        .join(" "),
                ),
        );
        const { ALLOW } = AclPermissionTypes;
        const { READ, WRITE } = AclOperationTypes;
        const { TOPIC, GROUP, TRANSACTIONAL_ID } = AclResourceTypes;
        const { LITERAL, PREFIXED } = ResourcePatternTypes;
        assert.deepEqual(
            rows.sort(),
            [
                `User:candidate ${ALLOW} ${READ} ${TOPIC} ${LITERAL} flights`,
                `User:candidate ${ALLOW} ${WRITE} ${TOPIC} ${LITERAL} delays-v2`,
                `User:candidate ${ALLOW} ${READ} ${GROUP} ${LITERAL} delays-v2`,
                `User:candidate ${ALLOW} ${WRITE} ${TRANSACTIONAL_ID} ${PREFIXED} delays-v2.`,
            ].sort(),
        );
    });

    describe("for the candidate", () => {
        let candidate: Intruder;
        const ids = new Map<string, string>();
        before(async () => {
            candidate = await Intruder.enter(secured.sasl, {
                tls: { caFile: secured.certificates.ca },
                sasl: {
                    mechanism: "scram-sha-256",
                    usernameFrom: { file: fileOf("candidate-name", "candidate") },
                    passwordFrom: { file: fileOf("candidate-password", passwords.candidate) },
                },
            });
            const known = { bootstrapServers: [sandbox.bootstrapServers] };
            await withKafka(known, async (kafka) => {
                for (const topic of ["flights", "delays", "payments", "delays-v2", routing]) {
                    ids.set(topic, (await kafka.describeTopic(topic))!.id);
                }
                // A new broker takes a moment to know who coordinates a group, and kafkajs does not wait in a transaction.
                await kafka.committedOffsets(names.group, "flights");
            });
        });
        after(() => candidate?.leave());

        const fileOf = (name: string, text: string) => {
            const file = path.join(sandbox.directory, "kafka", name);
            fs.writeFileSync(file, text, { mode: 0o600 });
            return file;
        };

        it("allows a transactional producer of its own, which commits with its group", async () => {
            const producer = candidate.kafka.producer({
                transactionalId: `${names.transactionalIdPrefix}0`,
                idempotent: true,
                maxInFlightRequests: 1,
            });
            await producer.connect();
            const transaction = await producer.transaction();
            await transaction.send({ topic: names.topic, messages: [{ value: "one" }] });
            await transaction.sendOffsets({
                consumerGroupId: names.group,
                topics: [{ topic: "flights", partitions: [{ partition: 0, offset: "0" }] }],
            });
            await transaction.commit();
            await producer.disconnect();
        });

        it("allows an idempotent producer without transactions", async () => {
            const producer = candidate.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
            await producer.connect();
            await producer.send({ topic: names.topic, acks: -1, messages: [{ value: "two" }] });
            await producer.disconnect();
        });

        it("allows a consumer of its sources in its group", async () => {
            await root.setOffsets({
                groupId: names.group,
                topic: "flights",
                partitions: [{ partition: 0, offset: "0" }],
            });
            const writer = new Kafka({
                brokers: [sandbox.bootstrapServers],
                logLevel: logLevel.NOTHING,
            }).producer();
            await writer.connect();
            await writer.send({ topic: "flights", messages: [{ value: "a flight" }] });
            await writer.disconnect();
            const consumer = candidate.kafka.consumer({ groupId: names.group });
            await consumer.connect();
            await consumer.subscribe({ topics: ["flights"], fromBeginning: true });
            const read = new Promise<string>((resolve, reject) => {
                consumer.on("consumer.crash", ({ payload }) => reject(payload.error));
                void consumer.run({
                    eachMessage: ({ message }) => {
                        resolve(String(message.value));
                        return Promise.resolve();
                    },
                });
            });
            assert.equal(await read, "a flight");
            await consumer.disconnect();
        });

        type Attempt = (who: Intruder) => Promise<unknown>;
        const topicType = 2;
        const brokerType = 4;
        const acl = {
            resourceType: AclResourceTypes.TOPIC,
            resourceName: "delays",
            resourcePatternType: ResourcePatternTypes.LITERAL,
            principal,
            host: "*",
            operation: AclOperationTypes.ALL,
            permissionType: AclPermissionTypes.ALLOW,
        };
        const deleteFrom =
            (name: string): Attempt =>
            ({ requests }) =>
                requests.deleteRecords({
                    topics: [{ name, partitions: [{ partition: 0, offset: -1n }] }],
                });
        const grow =
            (topic: string): Attempt =>
            ({ admin }) =>
                admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
        const forbidden: Record<string, Attempt> = {
            "write to the incumbent's topic": (who) => who.write("delays"),
            "read the incumbent's topic": (who) => who.read(ids.get("delays")!),
            "see the incumbent's topic": ({ admin }) =>
                admin.fetchTopicMetadata({ topics: ["delays"] }),
            "ask where the incumbent's topic ends": ({ requests }) =>
                requests.listOffsets({
                    topics: [
                        { name: "delays", partitions: [{ partitionIndex: 0, timestamp: -1n }] },
                    ],
                }),
            "delete the incumbent's topic": ({ admin }) =>
                admin.deleteTopics({ topics: ["delays"] }),
            "delete records of the incumbent's topic": deleteFrom("delays"),
            "change a setting of the incumbent's topic": (who) =>
                who.alterConfig(topicType, "delays", "retention.ms", "1"),
            "read the settings of the incumbent's topic": (who) =>
                who.describeConfig(ConfigResourceTypes.TOPIC, "delays"),
            "add partitions to the incumbent's topic": grow("delays"),
            "read its own topic": (who) => who.read(ids.get("delays-v2")!),
            "delete its own topic": ({ admin }) => admin.deleteTopics({ topics: ["delays-v2"] }),
            "delete records of its own topic": deleteFrom("delays-v2"),
            "change a setting of its own topic": (who) =>
                who.alterConfig(topicType, "delays-v2", "retention.ms", "1"),
            "read the settings of its own topic": (who) =>
                who.describeConfig(ConfigResourceTypes.TOPIC, "delays-v2"),
            "add partitions to its own topic": grow("delays-v2"),
            "write to its source": (who) => who.write("flights"),
            "delete its source": ({ admin }) => admin.deleteTopics({ topics: ["flights"] }),
            "delete records of its source": deleteFrom("flights"),
            "change a setting of its source": (who) =>
                who.alterConfig(topicType, "flights", "retention.ms", "1"),
            "add partitions to its source": grow("flights"),
            "read a topic that is no source": (who) => who.read(ids.get("payments")!),
            "write to a topic that is none of its": (who) => who.write("payments"),
            "read the routing record": (who) => who.read(ids.get(routing)!),
            "write a routing record": (who) => who.write(routing),
            "delete the routing topic": ({ admin }) => admin.deleteTopics({ topics: [routing] }),
            "make a topic": ({ admin }) =>
                admin.createTopics({ topics: [{ topic: "delays-v3", numPartitions: 1 }] }),
            "make a topic whose name begins with its own": ({ admin }) =>
                admin.createTopics({ topics: [{ topic: "delays-v2-more", numPartitions: 1 }] }),
            "join the incumbent's group": (who) => who.join("delays-job"),
            "join a consumer's group": (who) => who.join("dashboard"),
            "commit for the incumbent's group": (who) => who.commit("delays-job", "flights"),
            "commit for a consumer's group": (who) => who.commit("dashboard", "delays"),
            "commit for its group on a topic that it may not read": (who) =>
                who.commit(names.group, "delays"),
            "commit for the incumbent's group in a transaction": (who) =>
                who.commitInTransaction(`${names.transactionalIdPrefix}1`, "delays-job", "flights"),
            "read what a consumer's group has committed": ({ requests }) =>
                requests.listConsumerGroupOffsets({ groups: ["dashboard"] }),
            "see who is in a consumer's group": ({ requests }) =>
                requests.describeGroups({ groups: ["dashboard"] }),
            "delete a consumer's group": ({ requests }) =>
                requests.deleteGroups({ groups: ["dashboard"] }),
            "delete its own group": ({ requests }) =>
                requests.deleteGroups({ groups: [names.group] }),
            "take the incumbent's transactional id": (who) =>
                who.takeTransactionalId("delays-v1.0"),
            "take the transactional id that fences routing": (who) =>
                who.takeTransactionalId("shadow-route-delays"),
            "take a transactional id of a version whose name begins like its own": (who) =>
                who.takeTransactionalId("delays-v20.0"),
            "allow itself everything": ({ admin }) => admin.createAcls({ acl: [acl] }),
            "see who is allowed what": ({ admin }) =>
                admin.describeAcls({ ...acl, operation: AclOperationTypes.ANY }),
            "take permissions away": ({ admin }) => admin.deleteAcls({ filters: [acl] }),
            "read the settings of a broker": (who) =>
                who.describeConfig(ConfigResourceTypes.BROKER, "1"),
            "change a setting of a broker": (who) =>
                who.alterConfig(brokerType, "1", "log.cleaner.threads", "2"),
            "see quotas": (who) => who.quotas(),
            "see where partitions move": (who) => who.reassignments(),
        };
        const denied: string[] = [];
        for (const [name, attempt] of Object.entries(forbidden)) {
            it(`does not let it ${name}`, async () => {
                const outcome = await attempt(candidate).then(
                    (answer) => `it could: ${String(JSON.stringify(answer, bigints))}`,
                    (error: unknown) => allOf(error),
                );
                assert.match(outcome, /AUTHORIZATION_FAILED|not authorized/i);
                denied.push(name);
            });
        }

        it("was denied more than thirty things, and nothing came of any of them", async () => {
            assert.ok(denied.length >= 30, `${denied.length} were denied`);
            const topics = await root.listTopics();
            for (const topic of ["flights", "delays", "payments", "delays-v2", routing]) {
                assert.ok(topics.includes(topic), `${topic} is gone`);
            }
            assert.ok(!topics.some((topic) => topic.startsWith("delays-v3")));
            const [ends] = await root.fetchTopicOffsets("delays");
            assert.equal(ends?.high, "0");
        });

        describe("that has a quota", () => {
            const batch = "x".repeat(800_000);
            /** How long so many answers take: whoever is above the quota waits for the next one. */
            const secondsOf = async (times: number, work: () => Promise<unknown>) => {
                const began = Date.now();
                for (let time = 0; time < times; time++) await work();
                return (Date.now() - began) / 1000;
            };
            const writeTwice = (kafka: Kafka, topic: string) => {
                const producer = kafka.producer();
                return producer
                    .connect()
                    .then(() =>
                        secondsOf(2, () =>
                            producer.send({ topic, acks: -1, messages: [{ value: batch }] }),
                        ),
                    )
                    .finally(() => producer.disconnect());
            };
            const open = () =>
                new Kafka({ brokers: [sandbox.bootstrapServers], logLevel: logLevel.NOTHING });

            it("has it as its user, in the words of the broker", async () => {
                const requests = new RequestAdmin({
                    clientId: "test",
                    bootstrapBrokers: [sandbox.bootstrapServers],
                });
                const found = await requests.describeClientQuotas({
                    components: [{ entityType: "user", matchType: 2 }],
                    strict: false,
                });
                await requests.close();
                assert.deepEqual(
                    found.map(({ entity, values }) => [
                        entity.map(({ entityType, entityName }) => `${entityType} ${entityName}`),
                        Object.fromEntries(values.map(({ key, value }) => [key, value])),
                    ]),
                    [
                        [
                            ["user candidate"],
                            {
                                consumer_byte_rate: quota.readBytesPerSecond,
                                producer_byte_rate: quota.writeBytesPerSecond,
                                request_percentage: quota.requestPercentage,
                            },
                        ],
                    ],
                );
            });

            it("waits where it writes more, and nobody else does", async () => {
                const own = await writeTwice(candidate.kafka, names.topic);
                const others = await writeTwice(open(), "flights");
                console.log(
                    `      · the candidate wrote for ${own} s, another one for ${others} s`,
                );
                assert.ok(own > 2 && others < own / 2, `${own} s, ${others} s`);
            });

            it("waits where it reads more", async () => {
                // The second of these answers is above it, and empty; the third one waits.
                const seconds = await secondsOf(3, () => candidate.read(ids.get("flights")!));
                console.log(`      · the candidate read for ${seconds} s`);
                assert.ok(seconds > 2, `${seconds} s`);
            });
        });
    });
});

const routing = "delays-routing";

function bigints(_key: string, value: unknown): unknown {
    return typeof value === "bigint" ? String(value) : value;
}

/** The secrets that stand in a text. */
function leaksIn(text: string): string[] {
    return secrets.filter((secret) => text.includes(secret));
}

function filesIn(folder: string): string[] {
    return fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name));
}

/** Looks at the command lines of all processes, many times a second. */
function watchCommands(): { stop(): string[] } {
    const seen = new Set<string>();
    const look = () => {
        for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
            try {
                seen.add(fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
            } catch {
                // It has ended.
            }
        }
    };
    const timer = setInterval(look, 50);
    return {
        stop: () => {
            clearInterval(timer);
            return [...seen];
        },
    };
}
