import assert from "node:assert/strict";
import { jobEvidence } from "../../components/provider/flink/jobEvidence.js";
import { MetricsDouble } from "./metricsDouble.js";

const none = "-9223372036854775808";

describe("what Flink says of a job", () => {
    let cluster: MetricsDouble;
    beforeEach(async () => {
        cluster = await new MetricsDouble().start();
    });
    afterEach(() => cluster.stop());

    const before = {
        jobId: "j",
        at: 2,
        warm: true,
        restarts: 1,
        completedCheckpoints: 1,
        failedCheckpoints: 2,
    };
    const look = async (milliseconds = 5000) =>
        (
            await jobEvidence(
                { rest: cluster.url, jobId: "j", jobName: null },
                before,
                Date.now() + milliseconds,
            )
        ).evidence;

    it("is asked for until it is complete, and only by names that are there", async () => {
        cluster.fetchedAt = 3;
        assert.deepEqual(await look(), {
            jobId: "j",
            status: "RUNNING",
            restarts: 2,
            completedCheckpoints: 4,
            failedCheckpoints: 0,
            backpressure: 0.7,
            lateDropped: 100,
            recordsIn: 100,
            watermark: 1000,
            exception: "a.New",
            problem: null,
        });
        assert.deepEqual([cluster.looks, cluster.unknownNames], [3, []]);
    });

    it("is not what was fetched when somebody asked before", async () => {
        cluster.fetchedAt = 0;
        cluster.onLook = (look) => {
            cluster.restarts = look === 1 ? 3 : 4;
        };
        assert.equal((await look()).restarts, 3);
    });

    it("is a problem where it is not complete in time, and no number is made up", async () => {
        cluster.fetchedAt = 1_000;
        const { problem, ...numbers } = await look(1200);
        assert.equal(
            problem,
            "Flink does not say yet how often it was restarted, nor what its operators measure.",
        );
        assert.deepEqual(
            [numbers.restarts, numbers.backpressure, numbers.lateDropped, numbers.recordsIn],
            [null, null, null, null],
        );
    });

    it("has no watermark as long as one subtask has none", async () => {
        cluster.watermarks["window"] = ["2000", none];
        assert.equal((await look()).watermark, null);
        cluster.watermarks["window"] = [];
        assert.equal((await look()).watermark, null);
    });

    it("has no failed checkpoints, and not none of them, where checkpointing is off", async () => {
        cluster.checkpointing = false;
        const { failedCheckpoints, completedCheckpoints, problem } = await look();
        assert.deepEqual([failedCheckpoints, completedCheckpoints, problem], [null, null, null]);
    });

    it("has dropped nothing where no operator can", async () => {
        cluster.names["window"] = ["numRecordsIn"];
        assert.equal((await look()).lateDropped, 0);
    });

    it("is not waited for where the job does not run", async () => {
        cluster.fetchedAt = 1_000;
        cluster.state = "RESTARTING";
        const begun = Date.now();
        const { status } = await look(1_500);
        assert.equal(status, "RESTARTING");
        assert.ok(Date.now() - begun < 3_000);
        assert.equal(cluster.looks, 2);
    });
});
