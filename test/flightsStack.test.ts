import assert from "node:assert/strict";
import { flights } from "./flightsProgram.js";
import type { Registered } from "./graph.js";

const deploymentType = "kubernetes:flink.apache.org/v1beta1:FlinkDeployment";

describe("the program of the flights", () => {
    const job = (graph: readonly Registered[]) =>
        graph.find(({ name }) => name === "delays-v2-job") ?? assert.fail("there is no job");

    it("runs candidates on a session cluster", async () => {
        const { type, inputs } = job(await flights({ gateway: "http://gateway:8083" }));
        assert.match(type, /shadow-flink:SessionJob$/);
        assert.equal(inputs["gateway"], "http://gateway:8083");
    });

    it("runs the same SQL as a FlinkDeployment, where only the job is another", async () => {
        const session = await flights({ gateway: "http://gateway:8083" });
        const graph = await flights({ runtime: "kubernetes", namespace: "jobs", image: "sql:1" });
        const { type, inputs } = job(graph);
        assert.equal(type, deploymentType);
        const { metadata, spec } = inputs as {
            metadata: { namespace: string };
            spec: { image: string; job: { args: string[] } };
        };
        assert.deepEqual([metadata.namespace, spec.image], ["jobs", "sql:1"]);
        assert.deepEqual(spec.job.args, [job(session).inputs["script"]]);
        const others = (all: readonly Registered[]) =>
            all.map(({ name }) => name).filter((name) => !name.startsWith("delays-v2-job"));
        assert.deepEqual(others(graph), others(session));
    });

    it("says which runtimes there are, and what each needs", async () => {
        await assert.rejects(flights({ gateway: "" }), /gateway: is missing, .* runtime "session"/);
        await assert.rejects(
            flights({ runtime: "kubernetes", namespace: "jobs" }),
            /image: is missing, .* runtime "kubernetes"/,
        );
        await assert.rejects(flights({ runtime: "yarn" }), /runtime: is "yarn"; give "session" or/);
    });
});
