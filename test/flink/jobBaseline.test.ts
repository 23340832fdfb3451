import assert from "node:assert/strict";
import {
    baselineAt,
    since,
    type JobBaseline,
    type JobCounts,
} from "../../components/provider/flink/jobBaseline.js";

const counts = (age: number, change: Partial<JobCounts> = {}): JobCounts => ({
    jobId: "c0ffee",
    age,
    restarts: 2,
    completedCheckpoints: 10,
    failedCheckpoints: 3,
    ...change,
});

describe("what a job is counted from", () => {
    const day = 86_400_000;

    it("is the first look, for a job that ran before", () => {
        const known: JobBaseline = baselineAt(null, counts(day), 5);
        assert.deepEqual(known, {
            jobId: "c0ffee",
            at: 5,
            warm: true,
            restarts: 2,
            completedCheckpoints: 10,
            failedCheckpoints: 3,
        });
        const later = counts(day + 1, { restarts: 4, failedCheckpoints: 5 });
        assert.equal(baselineAt(known, later, 6), known);
    });

    it("is the job's start for restarts, and when it is warm for checkpoints", () => {
        const young = baselineAt(null, counts(5_000), 5);
        assert.deepEqual([young.warm, young.restarts, young.failedCheckpoints], [false, 0, 3]);
        const still = baselineAt(young, counts(20_000, { failedCheckpoints: 4 }), 6);
        assert.deepEqual([still.warm, still.restarts, still.failedCheckpoints], [false, 0, 4]);
        const warm = baselineAt(still, counts(30_000, { failedCheckpoints: 5 }), 7);
        assert.deepEqual([warm.warm, warm.restarts, warm.failedCheckpoints], [true, 0, 5]);
        assert.equal(baselineAt(warm, counts(60_000, { failedCheckpoints: 9 }), 8), warm);
    });

    it("is another one for another job", () => {
        const known = baselineAt(null, counts(day), 5);
        const other = baselineAt(known, counts(day, { jobId: "bee", restarts: 7 }), 6);
        assert.deepEqual([other.jobId, other.restarts, other.at], ["bee", 7, 6]);
    });

    it("is nothing where the counter began anew", () => {
        assert.equal(since(2, 5), 3);
        assert.equal(since(2, 1), 1);
    });
});
