import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { readJournal } from "../../sandbox/dashboard/audit.js";
import { JavaPrograms } from "../../soak/javaPrograms.js";
import { MovableJob, type Version } from "../../soak/job.js";
import { Jobs } from "../../soak/jobs.js";
import { Following } from "../../soak/members.js";
import { excesses, settle, verify } from "../../soak/verify.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

quietTimers();

/** JavaFollower.java was written from docs/routingRecord.md, and shares nothing with the package. */
describe("a follower of another language", function () {
    this.timeout(180_000);
    let folder: string;
    let job: MovableJob;
    let jobs: Jobs;
    let java: JavaPrograms;
    let follower: Following;
    const records: RoutingRecord[] = [];

    before(async function () {
        await needsJdk(this, "needs javac, to compile the follower of another language");
        const { bootstrapServers } = await sharedSandbox();
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-java-"));
        java = await JavaPrograms.compile(folder, [
            "test/integration/java/JavaFollower.java",
            "soak/java/Producer.java",
            "soak/java/Verifier.java",
        ]);
        job = new MovableJob(uniqueName("java"), bootstrapServers, ["app"]);
        await job.createTopics();
        records.push(await job.create());
        jobs = new Jobs(java, job, 200, 1);
        const journal = path.join(folder, "journal");
        follower = new Following("app", journal, () =>
            java.spawn("JavaFollower", [bootstrapServers, job.name, "app", journal]),
        );
        follower.start();
    });
    after(async () => {
        await follower?.kill();
        jobs?.kill();
        fs.rmSync(folder, { recursive: true, force: true });
    });

    const move = async (version: Version) => {
        records.push(await job.up(version));
    };
    /** Waits for records of this version under the newest epoch. */
    const reads = async (version: Version) => {
        const { epoch } = records.at(-1)!;
        for (const deadline = Date.now() + 60_000; ; await pause(100)) {
            const last = readJournal(follower.journal).at(-1);
            if (last?.version === version && last.epoch === epoch) {
                return;
            }
            assert.ok(Date.now() < deadline, `it stays at ${JSON.stringify(last)}`);
        }
    };

    it("skips nothing through promotions and rollbacks, running, stopped and killed", async () => {
        await reads("v1");
        await move("v2");
        await reads("v2");
        await move("v1");
        await reads("v1");

        await follower.end();
        await move("v2");
        await pause(1_000);
        follower.start();
        await reads("v2");

        await follower.kill();
        await move("v1");
        await pause(1_000);
        follower.start();
        await reads("v1");

        await follower.end();
        await move("v2");
        await move("v1");
        await pause(1_000);
        await move("v2");
        follower.start();
        await reads("v2");

        await move("v1");
        await follower.kill();
        follower.start();
        await reads("v1");

        const total = await jobs.end();
        await settle([follower.journal]);
        const verified = await verify(java, folder, job, records, { app: follower.journal });
        const { skipped, someSkipped, foreign, backwards, moves } = verified.consumers["app"]!;
        assert.deepEqual([verified.records, verified.onlyOnOne], [total, 0]);
        assert.deepEqual([skipped, someSkipped, foreign, backwards], [0, [], 0, 0]);
        const again = moves.reduce((sum, move) => sum + move.again + move.readOn, 0);
        console.log(
            `      ${total} records, ${moves.length - 1} moves: 0 skipped, ${again} repeated`,
        );
        assert.deepEqual(excesses("app", verified.consumers["app"]!), []);
    });
});
