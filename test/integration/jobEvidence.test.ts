import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import type { JobEvidence } from "../../components/provider/comparison/evidence.js";
import { jobHealth } from "../../components/provider/comparison/rules/jobHealth.js";
import {
    beginToCount,
    jobEvidence,
    type JobAddress,
} from "../../components/provider/flink/jobEvidence.js";
import { cancelJob, untilRunning } from "../../components/provider/flink/jobLife.js";
import { FlinkRest } from "../../components/provider/flink/restClient.js";
import { SqlGatewaySession } from "../../components/provider/flink/sqlGateway.js";
import type { Sandbox } from "../../sandbox/index.js";
import { evidenceOf, versionOf } from "../comparison/evidenceOf.js";
import { settingsOf } from "../comparison/world.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

/** Records come up to 20 s late, so that windows of a second drop many of them. */
const tables = [
    "CREATE TABLE numbers (a INT, t TIMESTAMP(3), WATERMARK FOR t AS t) WITH ('connector' = 'datagen', " +
        "'rows-per-second' = '50', 'fields.t.max-past' = '20000')",
    "CREATE TABLE nowhere (w TIMESTAMP(3), n BIGINT) WITH ('connector' = 'blackhole')",
];
const windows =
    "INSERT INTO nowhere SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(t), " +
    "INTERVAL '1' SECOND)) GROUP BY window_start, window_end";
const divides = "INSERT INTO nowhere SELECT t, CAST(a / (a - a) AS BIGINT) FROM numbers";

describe("what a real cluster says of a job", function () {
    this.timeout(180_000);
    let sandbox: Sandbox;
    let rest: FlinkRest;
    const started: string[] = [];

    before(async () => {
        sandbox = await sharedSandbox();
        rest = new FlinkRest(sandbox.flinkRest ?? "");
    });
    afterEach(async () => {
        await Promise.all(started.splice(0).map((id) => cancelJob(rest, id)));
    });

    async function submit(jobName: string, insert: string): Promise<string> {
        const session = await SqlGatewaySession.open(sandbox.gateway ?? "");
        try {
            const until = Date.now() + 60_000;
            for (const table of tables) {
                await session.run(table, "a table", until);
            }
            const { jobId } = await session.run(insert, "the job", until, {
                "pipeline.name": jobName,
                "execution.checkpointing.interval": "1s",
                "restart-strategy.type": "fixed-delay",
                "restart-strategy.fixed-delay.attempts": "1000",
                "restart-strategy.fixed-delay.delay": "1s",
            });
            started.push(jobId ?? "");
            return jobId ?? "";
        } finally {
            await session.close();
        }
    }

    const named = (jobName: string): JobAddress => ({ rest: rest.url, jobId: null, jobName });
    const look = async (
        address: JobAddress,
        known = null as Awaited<ReturnType<typeof beginToCount>>,
    ) => jobEvidence(address, known, Date.now() + 20_000);
    const findings = (job: JobEvidence) =>
        jobHealth.examine(
            evidenceOf({ candidate: versionOf("v2", "delays-v2", { job }) }),
            settingsOf(),
        );

    it("is complete from the first look on, though metrics are fetched only when they are asked for", async () => {
        const name = uniqueName("healthy");
        const jobId = await submit(name, windows);
        await untilRunning(rest, jobId, Date.now() + 60_000);
        const { evidence, baseline } = await look(named(name));
        assert.equal(evidence.jobId, jobId);
        assert.deepEqual(
            [evidence.status, evidence.problem, evidence.exception, evidence.restarts],
            ["RUNNING", null, null, 0],
        );
        assert.equal(baseline?.warm, false);
        // The first checkpoints of a healthy job fail; until it is warm they do not count.
        assert.equal(evidence.failedCheckpoints, 0);
        assert.notEqual(evidence.recordsIn, null);
        assert.ok(evidence.backpressure !== null && evidence.backpressure <= 0.5);
        assert.deepEqual(
            findings(evidence).map(({ outcome }) => outcome),
            ["pass"],
        );
        // The cluster fetches anew when what it has is ten seconds old.
        await sleep(12_000);
        const later = (await look({ rest: rest.url, jobId, jobName: null }, baseline)).evidence;
        assert.ok((later.recordsIn ?? 0) > (evidence.recordsIn ?? 0));
        assert.ok((later.completedCheckpoints ?? -1) >= 0);
        assert.ok(later.lateDropped! > 0 && later.lateDropped! < later.recordsIn!);
        assert.ok(Math.abs(later.watermark! - Date.now()) < 60_000, `${later.watermark}`);
    });

    it("counts the restart of a job whose task manager was killed, and says why", async () => {
        const name = uniqueName("killed");
        const jobId = await submit(name, windows);
        await untilRunning(rest, jobId, Date.now() + 60_000);
        const begun = await beginToCount(named(name), null, Date.now() + 10_000);
        assert.deepEqual([begun?.jobId, begun?.restarts], [jobId, 0]);
        await sandbox.taskManager?.kill();
        await sandbox.taskManager?.start();
        let seen = await look(named(name), begun);
        for (const until = Date.now() + 100_000; Date.now() < until;) {
            if (seen.evidence.status === "RUNNING" && seen.evidence.restarts !== 0) {
                break;
            }
            // Not running, or not complete: never as if all were well.
            assert.ok(
                seen.evidence.restarts === 0 || findings(seen.evidence)[0]?.outcome !== "pass",
            );
            await sleep(1000);
            seen = await look(named(name), begun);
        }
        assert.equal(seen.evidence.status, "RUNNING");
        assert.ok((seen.evidence.restarts ?? 0) >= 1);
        assert.match(seen.evidence.exception ?? "", /^[\w.$]+$/);
        const [finding] = findings(seen.evidence);
        assert.equal(finding?.outcome, "fail");
        assert.match(
            finding.sentence,
            new RegExp(`job ${jobId} was restarted .* since it was warm`),
        );
    });

    it("shows a job that fails again and again, with the class of its exception", async () => {
        const name = uniqueName("divides");
        await submit(name, divides);
        let seen = await look(named(name));
        for (const until = Date.now() + 60_000; Date.now() < until;) {
            if ((seen.evidence.restarts ?? 0) > 0 && seen.evidence.exception !== null) {
                break;
            }
            await sleep(500);
            seen = await look(named(name), seen.baseline);
        }
        assert.ok((seen.evidence.restarts ?? 0) > 0);
        assert.match(seen.evidence.exception ?? "", /Exception$/);
        const outcomes = findings(seen.evidence).map(({ outcome }) => outcome);
        assert.ok(outcomes.includes("fail") && !outcomes.includes("pass"), outcomes.join());
    });

    it("is a problem where there is no such job, more than one, or no cluster", async () => {
        const nobody = await look(named("nobody"));
        assert.equal(nobody.evidence.problem, `No job named "nobody" is known at ${rest.url}.`);
        assert.deepEqual(
            findings(nobody.evidence).map(({ outcome, sentence }) => [outcome, sentence]),
            [
                [
                    "inconclusive",
                    `Not all is known of the candidate's job: No job named "nobody" is known at ${rest.url}.`,
                ],
            ],
        );
        const twice = uniqueName("twice");
        const ids = [await submit(twice, windows), await submit(twice, windows)];
        const { problem } = (await look(named(twice))).evidence;
        assert.match(problem ?? "", /^2 jobs named .* which one is meant is not known\.$/);
        assert.ok(ids.every((id) => problem?.includes(id)));
        const gone = await look({ rest: "http://127.0.0.1:65", jobId: "c0ffee", jobName: null });
        assert.deepEqual([gone.evidence.jobId, gone.evidence.status], ["c0ffee", "UNKNOWN"]);
        assert.match(gone.evidence.problem ?? "", /was not answered/);
    });

    it("shows a job that somebody cancelled, by the name that it had", async () => {
        const name = uniqueName("cancelled");
        const jobId = await submit(name, windows);
        await untilRunning(rest, jobId, Date.now() + 60_000);
        await cancelJob(rest, jobId);
        const { evidence } = await look(named(name));
        assert.deepEqual([evidence.jobId, evidence.status], [jobId, "CANCELED"]);
        assert.equal(findings(evidence)[0]?.outcome, "fail");
    });
});
