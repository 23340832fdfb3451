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
import { Member } from "../../soak/members.js";
import { excesses, settle, verify } from "../../soak/verify.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

quietTimers();

/** What Member.java asks for. */
const sessionSeconds = 6;

/** The broker counts a static member as one of its group for as long as its session lasts, though it is stopped. */
describe("a rollback to a group that a stopped member still fills", function () {
    this.timeout(120_000);
    let folder: string;
    let jobs: Jobs;
    let member: Member;

    before(async function () {
        await needsJdk(this, "needs javac: kafkajs knows no static members");
    });
    after(async () => {
        await member?.kill();
        jobs?.kill();
        fs.rmSync(folder, { recursive: true, force: true });
    });

    it("skips nothing, and announces what it repeats", async () => {
        const { bootstrapServers } = await sharedSandbox();
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-lingering-"));
        const sources = ["Producer", "Member", "Verifier"].map((name) => `soak/java/${name}.java`);
        const java = await JavaPrograms.compile(folder, sources);
        const job = new MovableJob(uniqueName("delays"), bootstrapServers, ["app"]);
        await job.createTopics();
        const records: RoutingRecord[] = [await job.create()];
        jobs = new Jobs(java, job, 1_000, 1);
        const journal = path.join(folder, "journal");
        member = new Member("app", journal, "static", bootstrapServers, java);
        member.start();
        const reads = async (more: number) => {
            const before = readJournal(journal).length;
            for (const deadline = Date.now() + 60_000; ; await pause(50)) {
                if (readJournal(journal).length >= before + more) {
                    return;
                }
                assert.ok(Date.now() < deadline, "nothing is delivered");
            }
        };
        const go = async (version: Version) => {
            await member.rest();
            const { epoch } = records.at(-1)!;
            records.push(await job.up(version));
            assert.equal(records.at(-1)!.epoch, epoch + 1);
            await member.read(records.at(-1)!);
        };
        await member.read(records[0]!);
        await reads(2_000);
        await go("v2");
        await reads(2_000);
        // From here on the group has a commit on every partition, as it would after a while.
        await pause(sessionSeconds * 1000);
        await go("v1");
        await reads(2_000);
        await pause(sessionSeconds * 1000);
        await member.rest();
        const rested = Date.now();
        await go("v2");
        await reads(2_000);
        await go("v1");
        const lingers = Date.now() - rested < sessionSeconds * 1000;
        const total = await jobs.end();
        await settle([journal]);
        const verified = await verify(java, folder, job, records, { app: journal });
        const audit = verified.consumers["app"]!;
        assert.deepEqual([verified.records, audit.skipped, audit.foreign], [total, 0, 0]);
        const move = audit.moves.at(-1)!;
        console.log(
            `      ${lingers ? "its session was not over" : "its session was over"}: ${move.again} records again, ` +
                `${move.announcedToGroup} announced`,
        );
        assert.ok(move.again <= move.announcedToGroup, JSON.stringify(move));
        assert.deepEqual(excesses("app", audit), []);
    });
});
