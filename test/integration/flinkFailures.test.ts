import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { settingsOf } from "../comparison/world.js";
import { needsJdk } from "../needsJdk.js";
import { uniqueName } from "../sandboxFixture.js";
import { Engines, type Pair } from "./engines.js";

const minute = 60_000;
const began = Math.floor(Date.now() / minute) * minute - 240 * minute;

/** What both versions write in some minutes. */
const minutes = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, n) => began + (from + n) * minute).flatMap((at) =>
        ["ATL", "DFW", "SEA", "JFK"].map((origin) =>
            JSON.stringify({ origin, window_start: at, flights: at % 7 }),
        ),
    );

const args: Partial<CompareArgs> = {
    windowSeconds: 60,
    minWindows: 1,
    minRecords: 1,
    allowedLatenessSeconds: 600,
    waitSeconds: 120,
};

/** What becomes of a comparison where a part of it dies or loses something, on a Flink that keeps its jobs, and on one that does not. */
describe("a comparison as a Flink job, while things fail", function () {
    this.timeout(600_000);
    let sandbox: Sandbox;
    let engines: Engines;

    const settings = settingsOf({
        ...args,
        engine: "flink",
        flink: {
            from: "beginning",
            checkpointSeconds: 1,
            // No partition is ever silent; on a busy machine it may seem so.
            idleSeconds: 60,
        },
    });
    const impatient = { ...settings, waitSeconds: 0 };

    before(async function () {
        await needsJdk(this);
    });
    afterEach(async () => {
        await engines?.close();
        await sandbox?.stop();
    });

    async function begin(keepsJobs: boolean): Promise<Pair> {
        sandbox = await startSandbox({
            name: uniqueName("test-fails"),
            temporary: true,
            keepsJobs,
        });
        engines = await Engines.connect(sandbox);
        return engines.start("fails", settings);
    }

    async function write({ incumbent, candidate }: Pair, from: number, to: number): Promise<void> {
        await engines.write(incumbent.topic, minutes(from, to));
        await engines.write(candidate.topic, minutes(from, to));
    }

    /** Both engines say the same, and that is a pass of so many windows. */
    async function passes(pair: Pair, minWindows: number): Promise<void> {
        const ours = await engines.byFlink(pair, { ...settings, minWindows });
        const theirs = await engines.embedded(
            pair,
            settingsOf({ ...args, minWindows, settleSeconds: 0 }),
        );
        assert.deepEqual(ours.evidence, theirs.evidence);
        assert.equal(ours.verdict.outcome, "pass", ours.verdict.gaps.join());
    }

    async function isOpen(pair: Pair, why: RegExp): Promise<void> {
        const { verdict } = await engines.byFlink(pair, impatient);
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(verdict.gaps.join("\n"), why);
    }

    it("waits for Flink to recover, and passes no record that it has lost meanwhile", async () => {
        const pair = await begin(true);
        await write(pair, 0, 30);
        await passes(pair, 15);

        // Nothing of it is needed once the job runs.
        await sandbox.gatewayPart?.kill();
        await write(pair, 30, 40);
        await passes(pair, 25);

        await sandbox.jobManager?.kill();
        await write(pair, 40, 50);
        await isOpen(pair, /Whether the comparison's job runs \(.*\) is not known/);
        await sandbox.jobManager?.start();
        await passes(pair, 35);

        await sandbox.taskManager?.kill();
        await write(pair, 50, 60);
        await isOpen(
            pair,
            /comparison's job .*(RESTARTING|FAILING|not run with all its tasks|has not come to)/,
        );
        await sandbox.taskManager?.start();
        await passes(pair, 45);

        // Of both topics the same is lost: what the job reads later is equal again.
        await sandbox.taskManager?.kill();
        await write(pair, 60, 80);
        for (const topic of [pair.incumbent.topic, pair.candidate.topic]) {
            await engines.forget(topic, 140);
        }
        await write(pair, 80, 100);
        await sandbox.taskManager?.start();
        const overtaken =
            /overtaken by retention, and has not read all of .*Start the comparison anew/;
        await isOpen(pair, overtaken);
        const patient = await engines.byFlink(pair, settings);
        assert.notEqual(patient.verdict.outcome, "pass");
        assert.match(patient.verdict.gaps.join("\n"), overtaken);
        await engines.stop(pair);

        await sandbox.gatewayPart?.start();
        const anew = await engines.startJob(pair, settings, `${pair.job.topic}-2`);
        await write(pair, 100, 130);
        const { verdict } = await engines.byFlink(anew, { ...settings, minWindows: 15 });
        assert.equal(verdict.outcome, "pass", verdict.gaps.join());

        await engines.admin.deleteTopics({ topics: [anew.job.topic] });
        await isOpen(anew, /-evidence-2 does not exist\. Start the comparison anew/);
        await engines.makeTopic(anew.job.topic, 1);
        await write(pair, 130, 160);
        const remade = await engines.byFlink(anew, { ...settings, waitSeconds: 20 });
        assert.equal(remade.verdict.outcome, "inconclusive");
    });

    it("begins anew where Flink has lost the job", async () => {
        const pair = await begin(false);
        await write(pair, 0, 30);
        await passes(pair, 15);
        await sandbox.jobManager?.kill();
        await sandbox.jobManager?.start();
        await isOpen(pair, /is not known to the cluster\. Start the comparison anew/);
        const anew = await engines.startJob(pair, settings, `${pair.job.topic}-2`);
        await passes(anew, 15);
        await engines.admin.deleteTopics({ topics: [pair.candidate.topic] });
        await isOpen(anew, /The topic .*-v2 does not exist/);
        await engines.makeTopic(pair.candidate.topic, 2);
        await engines.write(pair.candidate.topic, minutes(0, 30));
        await isOpen(anew, /-v2 was made anew since the comparison's job began/);
    });
});
