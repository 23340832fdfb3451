import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { askMetrics } from "../../components/provider/metrics/askMetrics.js";
import { settingsOf } from "../comparison/world.js";
import { skipBecause } from "../skip.js";
import { startPrometheus, type Prometheus } from "./prometheus.js";

describe("metrics of a real Prometheus", function () {
    this.timeout(180_000);
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-prometheus-"));
    let prometheus: Prometheus | undefined;
    let missing = "";

    before(async () => {
        try {
            prometheus = await startPrometheus(directory);
        } catch (error) {
            missing = `needs Prometheus, on the PATH or as Debian's package: ${String(error).split("\n")[0]}`;
        }
    });
    beforeEach(function () {
        if (prometheus === undefined) {
            skipBecause(this, missing);
        }
    });
    after(async () => {
        await prometheus?.stop();
        fs.rmSync(directory, { recursive: true, force: true });
    });

    async function ask(incumbent: string, candidate: string) {
        const url = `${prometheus?.url}/`;
        const { metrics } = settingsOf({
            metrics: { m: { prometheus: { url, incumbent, candidate } } },
        });
        const [evidence] = await askMetrics(metrics, new AbortController().signal);
        return evidence!;
    }

    it("are one sample each, a vector's or a scalar", async () => {
        assert.deepEqual(await ask("vector(42.5)", "scalar(vector(-3))"), {
            name: "m",
            incumbent: 42.5,
            candidate: -3,
            problem: null,
        });
    });

    it("are not there where the query gives none, several, or no number", async () => {
        const two = '(vector(1) or label_replace(vector(2), "a", "b", "", ""))';
        for (const [query, reason] of [
            ["nothing_of_this_name", "has no series for the query"],
            [two, "has 2 series for the query, not one: aggregate them"],
            ["vector(0) / 0", 'gives "NaN", which is no number'],
            ["vector(1) / 0", 'gives "+Inf", which is no number'],
            ["vector(1)[1m:1s]", "gives a matrix, not one number: aggregate the query"],
            ['"text"', "gives a string, not one number: aggregate the query"],
        ] as const) {
            const { incumbent, candidate, problem } = await ask("vector(1)", query);
            assert.deepEqual([incumbent, candidate], [1, null], query);
            assert.equal(problem, `The candidate's source ${reason}.`);
        }
    });

    it("are not there where the query is wrong, in Prometheus' words", async () => {
        const { problem } = await ask("sum(", "vector(1)");
        assert.match(problem ?? "", /^The incumbent's source answered 400: .*parse error: /);
    });
});
