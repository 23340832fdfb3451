import assert from "node:assert/strict";
import {
    existingJob,
    ShadowFlinkJob,
    sqlJob,
    type PermissionArgs,
    type QuotaArgs,
} from "../components/index.js";
import { jobQuotas, quotaProblems } from "../components/quota.js";
import { versionNames } from "../components/versions.js";
import { graphOf } from "./graph.js";
import { noteOptions, type ToldOptions } from "./resourceOptions.js";

const names = versionNames("delays", "v2", undefined);
const principal = "User:delays-v2";

describe("the quota of a job", () => {
    it("is of its user where it has one", () => {
        const quota = {
            readBytesPerSecond: 5_000_000,
            writeBytesPerSecond: 1_000_000,
            requestPercentage: 12.5,
            subtasks: 4,
        };
        assert.deepEqual(jobQuotas(names, principal, quota), [
            {
                label: "quota",
                entityType: "user",
                entityName: "delays-v2",
                config: {
                    consumer_byte_rate: "5000000",
                    producer_byte_rate: "1000000",
                    request_percentage: "12.5",
                },
            },
        ]);
    });

    it("is of its sources' client ids where it has none, as Flink calls them", () => {
        assert.deepEqual(jobQuotas(names, undefined, { readBytesPerSecond: 500, subtasks: 2 }), [
            {
                label: "quota-0",
                entityType: "client-id",
                entityName: "delays-v2-0",
                config: { consumer_byte_rate: "500" },
            },
            {
                label: "quota-1",
                entityType: "client-id",
                entityName: "delays-v2-1",
                config: { consumer_byte_rate: "500" },
            },
        ]);
    });

    it("is none where none is given", () => {
        assert.deepEqual(jobQuotas(names, principal, undefined), []);
        assert.deepEqual(quotaProblems("v2", undefined, undefined), []);
    });

    it("is refused where it would limit nothing, or cannot be", () => {
        const found = (quota: object, who?: string) =>
            quotaProblems("v2", who, quota as QuotaArgs).map(
                ({ field, message }) => `${field} ${message}`,
            );
        const subtasks =
            "give a whole number between 1 and 10000: brokers know sources by their client ids, one for each subtask; " +
            "or give the version a `principal`.";
        assert.deepEqual(found({}, principal), [
            "versions.v2.quota.readBytesPerSecond is missing; give at least one limit, or no `quota`.",
        ]);
        assert.deepEqual(found({ readBytesPerSecond: 5 }), [
            `versions.v2.quota.subtasks is missing; ${subtasks}`,
        ]);
        assert.deepEqual(found({ readBytesPerSecond: 5, writeBytesPerSecond: 5, subtasks: 1e6 }), [
            `versions.v2.quota.subtasks is 1000000; ${subtasks}`,
            "versions.v2.quota.writeBytesPerSecond needs a `principal`: the client ids of a transactional sink are not " +
                "known beforehand.",
        ]);
        assert.deepEqual(found({ readBytesPerSecond: 0.5, requestPercentage: NaN }, principal), [
            "versions.v2.quota.readBytesPerSecond is 0.5; give a whole number of at least 1.",
            "versions.v2.quota.requestPercentage is NaN; give a number of at least 1.",
        ]);
        assert.deepEqual(found({ readBytes: 7, readBytesPerSecond: 7 }, principal), [
            "versions.v2.quota.readBytes is not an argument; these are: readBytesPerSecond, writeBytesPerSecond, " +
                "requestPercentage, subtasks.",
        ]);
        assert.deepEqual(found(null as unknown as object, principal), [
            "versions.v2.quota is null; give an object.",
            "versions.v2.quota.readBytesPerSecond is missing; give at least one limit, or no `quota`.",
        ]);
    });

    it("is a resource that the job waits for, and that a promotion does not change", async () => {
        let told: Record<string, ToldOptions> = {};
        const build = (authority: string, options: PermissionArgs) => () => {
            told = noteOptions();
            return new ShadowFlinkJob("delays", {
                authority,
                kafka: { bootstrapServers: ["broker:9092"] },
                versions: {
                    v1: existingJob({ topic: "delays" }),
                    v2: sqlJob(
                        ({ topic, group, transactionalIdPrefix }) => ({
                            gateway: "http://gateway:8083",
                            script:
                                `CREATE TABLE i (a INT) WITH ('connector' = 'kafka', 'topic' = 'flights', 'properties.group.id' = '${group}');` +
                                `CREATE TABLE o (a INT) WITH ('connector' = 'kafka', 'topic' = '${topic}', 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${transactionalIdPrefix}');` +
                                "INSERT INTO o SELECT a FROM i",
                        }),
                        options,
                    ),
                },
                compare: { identity: ["id"], windowSeconds: 60 },
            });
        };
        const quotas = async (authority: string, options: PermissionArgs) =>
            (await graphOf(false, build(authority, options)))
                .filter(({ type }) => type === "kafka:index/quota:Quota")
                .map(({ name, inputs }) => [name, inputs] as const);
        const byClient = { quota: { readBytesPerSecond: 500, subtasks: 1 } };
        const expected = [
            [
                "delays-v2-quota-0",
                {
                    entityType: "client-id",
                    entityName: "delays-v2-0",
                    config: { consumer_byte_rate: "500" },
                },
            ],
        ];
        assert.deepEqual(await quotas("v1", byClient), expected);
        assert.deepEqual(told["delays-v2-job"]?.dependsOn, [
            "delays-v2-quota-0",
            "delays-v2-topic",
        ]);
        const { parent, provider, dependsOn } = told["delays-v2-quota-0"]!;
        assert.deepEqual(
            { parent, provider, dependsOn },
            { parent: "delays", provider: "delays-kafka", dependsOn: ["delays-cluster"] },
        );
        assert.deepEqual(await quotas("v2", byClient), expected);
        const byUser = { principal, sources: ["flights"], quota: { readBytesPerSecond: 500 } };
        assert.deepEqual(
            (await quotas("v1", byUser)).map(([name]) => name),
            ["delays-v2-quota"],
        );
        assert.deepEqual(await quotas("v1", {}), []);
    });
});
