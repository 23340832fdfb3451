import assert from "node:assert/strict";
import { existingJob, jarJob, ShadowFlinkJob } from "../components/index.js";
import { jarProblems } from "../components/jobs/jarJob.js";
import { versionNames } from "../components/versions.js";
import { graphOf } from "./graph.js";

const names = versionNames("delays", "v2", undefined);
// Any file will do: its content tells one build from another.
const jar = "package.json";
const others = [{ version: "v1", topic: "delays", group: "delays-job" }];
const problems = (args: string[], change: object = {}, file = jar) => {
    const declared = jarJob(() => ({ rest: "http://flink:8081", jar: file, args }), change);
    const job = declared.build({ ...names, start: undefined });
    return jarProblems({ names, jar: declared, job }, others).map(
        ({ field, message }) => `${field} ${message}`,
    );
};

describe("a version that runs a jar", () => {
    it("must pass on the names that it is handed", () => {
        assert.deepEqual(
            problems(["--topic=delays-v2", "--group", "delays-v2", "--tx", "delays-v2."]),
            [],
        );
        const found = problems(["--topic", "delays", "--group=delays-job"]);
        assert.equal(found.length, 5, found.join("\n"));
        assert.match(
            found[0]!,
            /^versions\.v2\.args "delays-v2" is not in there, so that the job's topic/,
        );
        assert.match(found[1]!, /"delays" is the topic of version v1/);
        assert.match(found[2]!, /job's group cannot be its own.*or say `unused: \["group"\]`/);
        assert.match(found[3]!, /"delays-job" is the group of version v1/);
        assert.match(found[4]!, /"delays-v2\." is not in there/);
        const unused = { unused: ["group", "transactionalIdPrefix"] };
        assert.deepEqual(problems(["--topic", "delays-v2"], unused), []);
        assert.match(
            problems(["delays-v2."], {}, "no.jar")[0]!,
            /^versions\.v2\.jar there is no file "no\.jar"/,
        );
    });

    it("is a session job whose digest is that of the jar and of what it is handed", async () => {
        const digestOf = async (extra: string) => {
            const graph = await graphOf(
                false,
                () =>
                    new ShadowFlinkJob("delays", {
                        authority: "v1",
                        kafka: { bootstrapServers: ["broker:9092"] },
                        versions: {
                            v1: existingJob({ topic: "delays" }),
                            v2: jarJob(({ topic, group, transactionalIdPrefix }) => ({
                                rest: "http://flink:8081",
                                jar,
                                args: [topic, group, transactionalIdPrefix, extra],
                            })),
                        },
                        compare: { identity: ["id"], windowSeconds: 60 },
                    }),
            );
            const { inputs } = graph.find(({ name }) => name === "delays-v2-job")!;
            assert.deepEqual(
                [inputs["gateway"] ?? null, inputs["rest"], inputs["jar"], inputs["jobName"]],
                [null, "http://flink:8081", jar, "delays-v2"],
            );
            return inputs["digest"];
        };
        const one = await digestOf("one");
        assert.match(String(one), /^[0-9a-f]{64}$/);
        assert.equal(await digestOf("one"), one);
        assert.notEqual(await digestOf("two"), one);
    });
});
