import assert from "node:assert/strict";
import type { OtherVersion } from "../components/isolation.js";
import { namesInSpec, specIsolationProblems } from "../components/specIsolation.js";

const names = {
    version: "v2",
    topic: "delays-v2",
    group: "delays-v2",
    transactionalIdPrefix: "delays-v2.",
    checkpoints: "s3://state/delays-v2",
};
const v1: OtherVersion = {
    version: "v1",
    topic: "delays",
    group: "flink-delays",
    transactionalIdPrefix: "old-",
    checkpoints: "s3://state/delays-v1",
};
const own = ["--topic=delays-v2", "--group-id=delays-v2", "--prefix=delays-v2."];

const messages = (
    args: string[],
    configuration: Record<string, unknown> = {},
    more: Record<string, unknown> = {},
    unused: readonly ("group" | "transactionalIdPrefix")[] = [],
) =>
    specIsolationProblems(
        names,
        "delays-v2",
        {
            image: "delays",
            flinkConfiguration: configuration,
            job: { args, jarURI: "local:///delays" },
            ...more,
        },
        [v1],
        unused,
    ).map(({ message }) => message);

function one(expected: RegExp, found: string[]): void {
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", expected);
}

const pod = (value: string, name = "OUTPUT") => ({
    podTemplate: { spec: { containers: [{ name: "main", env: [{ name, value }] }] } },
});

describe("isolation of a spec", () => {
    it("is proved where every handed name is handed on, and no other's is", () => {
        assert.deepEqual(messages(own), []);
        assert.deepEqual(
            messages([...own, "--input", "flights", "--job", "hourly delays-job"]),
            [],
        );
    });

    it("takes names from the environment and from Flink's configuration too", () => {
        const [topic, group, prefix] = ["delays-v2", "delays-v2", "delays-v2."];
        const container = {
            env: [{ name: "TOPIC", value: topic }],
            args: ["--group", group],
        };
        const template = { jobManager: { podTemplate: { spec: { containers: [container] } } } };
        assert.deepEqual(messages([], { delays: { prefix } }, template), []);
    });

    it("refuses a name that is not handed on, for the job would have another", () => {
        one(
            /the topic that the callback is handed, "delays-v2", is not handed on/,
            messages(own.slice(2), {}, {}, ["group"]),
        );
        // Topic and group are called the same: one of them is missing.
        assert.equal(messages(own.slice(1)).length, 2);
        one(
            /the transactionalIdPrefix .* `unused: \["transactionalIdPrefix"\]`/,
            messages(own.slice(0, 2)),
        );
        assert.deepEqual(messages(own.slice(0, 2), {}, {}, ["transactionalIdPrefix"]), []);
        assert.deepEqual(messages(own.slice(0, 1), {}, {}, ["group", "transactionalIdPrefix"]), []);
        // Part of a path or of a longer name is not the name.
        assert.equal(messages([own[1]!, own[2]!, "s3://delays-v2/a", "delays-v21"]).length, 2);
    });

    it("refuses the topic, the group and the prefix of another version, wherever they stand", () => {
        one(
            /^job\.args\[3\]: "delays" is the topic of version v1/,
            messages([...own, "--sink=delays"]),
        );
        one(
            /^podTemplate\.spec\.containers\[0\]\.env\.OUTPUT: "delays" is the topic of version v1/,
            messages(own, {}, pod("delays")),
        );
        one(
            /"flink-delays" is the consumer group of version v1/,
            messages([...own, "flink-delays"]),
        );
        one(
            /^flinkConfiguration\.my\.prefix: "old-a" begins with "old-", the transactional-id prefix/,
            messages(own, { my: { prefix: "old-a" } }),
        );
    });

    it("does not take images, jars, paths and longer names for a topic", () => {
        assert.deepEqual(
            messages([...own, "s3://input/delays", "old-files/x", "delays.csv", "more-delays"]),
            [],
        );
    });

    it("refuses a group, a prefix and an output that are nobody's, since a running job may have them", () => {
        for (const arg of ["--group-id=x", "--kafka.group.id=x", "-group=x", "consumerGroupId=x"]) {
            one(/is "x", which is not this version's group/, messages([...own, arg]));
        }
        one(
            /is "x", which is not this version's group/,
            messages(own, {}, pod("x", "KAFKA_GROUP_ID")),
        );
        one(
            /not this version's transactional-id prefix/,
            messages([...own, "--transactional-id-prefix", "x"]),
        );
        one(/not this version's topic/, messages([...own, "--output-topic", "x"]));
        assert.deepEqual(
            messages([...own, "--output-topic", "delays-v2-errors", "--resource-group=x"]),
            [],
        );
    });

    it("reads a SQL script in an argument as a script", () => {
        const script = (topic: string) =>
            `CREATE TABLE delays (a INT) WITH ('connector' = 'kafka', 'topic' = '${topic}', ` +
            "'properties.group.id' = 'delays-v2', 'sink.transactional-id-prefix' = 'delays-v2.'); " +
            "INSERT INTO delays SELECT 1";
        assert.deepEqual(messages([script("delays-v2")]), []);
        const found = messages([script("delays")]).join("\n");
        assert.match(found, /job\.args\[0\]: line 1: "delays" is the topic of version v1/);
    });

    it("refuses folders that are another's, or not the version's own", () => {
        one(
            /the folder of version v1/,
            messages(own, { "state.checkpoints.dir": "s3://state/delays-v1/x" }),
        );
        one(
            /is not in this version's folder/,
            messages(own, { execution: { checkpointing: { "savepoint-dir": "s3://savepoints" } } }),
        );
        one(
            /the folder of version v1/,
            messages(own, { "high-availability.storageDir": "s3://state" }),
        );
        assert.deepEqual(messages(own, { "high-availability.storageDir": "s3://ha" }), []);
        assert.deepEqual(messages(own, { "state.savepoints.dir": "s3://state/delays-v2/s" }), []);
    });

    it("refuses to claim a savepoint of another job, which would be deleted", () => {
        const start = (mode: string, path: string) =>
            messages(
                [],
                { "execution.state-recovery.claim-mode": mode },
                {
                    job: { args: own, initialSavepointPath: path },
                },
            );
        one(
            /with CLAIM the job would delete "s3:\/\/state\/old"/,
            start("claim", "s3://state/old"),
        );
        assert.deepEqual(start("NO_CLAIM", "s3://state/old"), []);
        assert.deepEqual(start("CLAIM", "s3://state/delays-v2/savepoints/1"), []);
    });

    it("refuses ids of the cluster, which are the operator's to set", () => {
        for (const key of ["kubernetes.cluster-id", "high-availability.cluster-id"]) {
            one(/the operator refuses that key: .*"delays-v2"/, messages(own, { [key]: "x" }));
        }
    });

    it("finds the names that a spec in the cluster says", () => {
        assert.deepEqual(
            namesInSpec({
                flinkConfiguration: { state: { checkpoints: { dir: "s3://old" } } },
                job: { args: ["--group-id", "g", "--transactional-id-prefix=p"] },
            }),
            { group: "g", transactionalIdPrefix: "p", checkpoints: "s3://old" },
        );
        assert.deepEqual(Object.values(namesInSpec({})), [undefined, undefined, undefined]);
    });
});
