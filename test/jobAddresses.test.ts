import assert from "node:assert/strict";
import { existingJob, ShadowFlinkJob, sqlJob } from "../components/index.js";
import { graphOf } from "./graph.js";

const candidate = (rest?: string) =>
    sqlJob(({ topic, group, transactionalIdPrefix }) => ({
        gateway: "http://gateway:8083",
        ...(rest !== undefined && { rest }),
        script:
            `CREATE TABLE flights (id STRING) WITH ('connector' = 'kafka', 'topic' = 'flights', ` +
            `'properties.group.id' = '${group}', 'format' = 'json'); CREATE TABLE delays (id STRING) WITH ` +
            `('connector' = 'kafka', 'topic' = '${topic}', 'format' = 'json', 'sink.delivery-guarantee' = ` +
            `'exactly-once', 'sink.transactional-id-prefix' = '${transactionalIdPrefix}'); ` +
            `INSERT INTO delays SELECT id FROM flights;`,
    }));

const build = (existing: object) =>
    new ShadowFlinkJob("delays", {
        authority: "v1",
        kafka: { bootstrapServers: ["broker:9092"] },
        versions: {
            v1: existingJob({ topic: "delays", ...existing }),
            v2: candidate(),
            v3: candidate("http://other:8081"),
        },
        compare: { identity: ["id"], windowSeconds: 60 },
    });

describe("where jobs can be asked about", () => {
    it("is their own id for the candidate, and what is declared for the others", async () => {
        const graph = await graphOf(false, () =>
            build({ rest: "http://old:8081", jobName: "delays" }),
        );
        const jobsOf = (version: string) =>
            graph.find(({ name }) => name === `delays-${version}-comparison`)?.inputs["jobs"];
        const v1 = { rest: "http://old:8081", jobId: null, jobName: "delays" };
        const own = { rest: "http://flink:8081", jobId: "job-id", jobName: null };
        assert.deepEqual(jobsOf("v2"), {
            v1,
            v2: own,
            v3: { rest: "http://other:8081", jobId: null, jobName: "delays-v3" },
        });
        assert.deepEqual(jobsOf("v3"), {
            v1,
            v2: { rest: "http://flink:8081", jobId: null, jobName: "delays-v2" },
            v3: own,
        });
    });

    it("needs both where and which, without a password", () => {
        const problems = (existing: object) => {
            try {
                build(existing);
            } catch (error) {
                return String(error);
            }
            return assert.fail("It was built.");
        };
        assert.match(
            problems({ rest: "http://old:8081" }),
            /versions\.v1\.jobName: is missing: give/,
        );
        assert.match(
            problems({ jobName: "delays" }),
            /versions\.v1\.rest: is missing; give an http/,
        );
        assert.match(
            problems({ rest: "http://me:secret@old", jobName: "delays" }),
            /versions\.v1\.rest: has a user or password in it/,
        );
        assert.match(
            problems({ rest: "http://old", jobName: "" }),
            /versions\.v1\.jobName: is "";/,
        );
    });
});
