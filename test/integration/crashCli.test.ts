import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { readJournal } from "../../sandbox/dashboard/audit.js";
import type { Sandbox } from "../../sandbox/index.js";
import { repository } from "../../sandbox/paths.js";
import { JavaPrograms } from "../../soak/javaPrograms.js";
import { MovableJob, opposite } from "../../soak/job.js";
import { Jobs } from "../../soak/jobs.js";
import { Following } from "../../soak/members.js";
import { excesses, settle, verify } from "../../soak/verify.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";
import { TestStack } from "../stack.js";

quietTimers();

/** What a run prints, in the order of the protocol: begun, committed and not written, written and not in the state. */
const moments = {
    "when the pointer begins": /-authority updating/,
    "when the group stands ready": /group \S+ stands ready/,
    "when the record is written": /authority is v\d \(/,
};
const points = Object.keys(moments).flatMap((moment) =>
    (["v2", "v1"] as const).map((to) => ({ to, moment: moment as keyof typeof moments })),
);
const isAll = process.env["CRASH"] === "all";
const day = Number(process.env["CRASH_DAY"] ?? Math.floor(Date.now() / 86_400_000));
/** One each day in every run: each takes three runs of the engine. */
const chosen = isAll ? points : [points[day % points.length]!];

describe(`a move of the real engine whose every process is killed (${chosen.length} of ${points.length} points)`, function () {
    this.timeout(240_000);
    let sandbox: Sandbox;
    let java: JavaPrograms;
    let job: MovableJob;
    let jobs: Jobs;
    let follower: Following;
    let stack: TestStack;
    let folder: string;
    const records: RoutingRecord[] = [];

    before(async function () {
        await needsJdk(this, "needs javac, for the jobs that write and the verifier");
        sandbox = await sharedSandbox();
        const servers = sandbox.bootstrapServers;
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-crash-"));
        java = await JavaPrograms.compile(folder, [
            "soak/java/Producer.java",
            "soak/java/Verifier.java",
        ]);
        job = new MovableJob(uniqueName("delays"), servers, ["follower"]);
        // v2 is a real job that copies the other topic that the jobs write, so nobody else is to write its own.
        const topics = { v1: job.topics.v1, v2: `${job.name}-in` };
        await createTopics(servers, Object.values(topics));
        jobs = new Jobs(java, { ...job, topics }, 50, 1);
        stack = await TestStack.ofFolder(sandbox, programFor(sandbox, job));
        await stack.set({ authority: "v1" });
        await stack.up();
        records.push(await job.live());
        const journal = path.join(folder, "follower.journal");
        follower = Following.ofPackage(servers, job.name, "follower", journal);
        follower.start();
        await reads();
    });
    after(async () => {
        await follower?.kill();
        jobs?.kill();
        await stack?.remove();
        fs.rmSync(folder, { recursive: true, force: true });
    });

    /** Waits for something new of the version that holds authority. */
    const reads = async () => {
        const { authority } = await job.live();
        const before = readJournal(follower.journal).length;
        for (const deadline = Date.now() + 60_000; ; await pause(200)) {
            const journal = readJournal(follower.journal);
            if (journal.length > before && journal.at(-1)?.version === authority) {
                return;
            }
            assert.ok(Date.now() < deadline, `nothing of ${authority} is delivered`);
        }
    };
    const note = async () => {
        const record = await job.live();
        if (record.epoch > records.at(-1)!.epoch) {
            records.push(record);
        }
        return record;
    };

    for (const { to, moment } of chosen) {
        it(`${to === "v2" ? "promotion" : "rollback"}, killed ${moment}`, async () => {
            if (records.at(-1)!.authority === to) {
                await stack.set({ authority: opposite(to) });
                await stack.up();
                await note();
            }
            const { epoch } = records.at(-1)!;
            await stack.set({ authority: to });
            const { killed, printed, processes } = await stack.upKilledAt(moments[moment]);
            assert.ok(killed, printed.join("\n"));
            // The CLI, its language host with the program, and a provider.
            assert.ok(processes >= 3, `${processes} processes were killed`);
            await reads();
            // What a user does, and no more.
            await stack.cancel();
            await stack.up();
            const record = await note();
            assert.deepEqual([record.authority, record.epoch], [to, epoch + 1]);
            await reads();
            // A version that was rolled back from is looked at again by every up, as long as nothing is decided on it.
            if (to === "v2") {
                await stack.up({ expectNoChanges: true });
            }
        });
    }

    it("skipped nothing", async () => {
        const total = await jobs.end();
        await settle([follower.journal]);
        const { journal } = follower;
        const verified = await verify(java, folder, job, records, { follower: journal });
        assert.deepEqual([verified.records, verified.onlyOnOne], [total, 0]);
        const audit = verified.consumers["follower"]!;
        const { delivered, skipped, someSkipped, foreign } = audit;
        assert.deepEqual([skipped, someSkipped, foreign], [0, [], 0]);
        assert.deepEqual(excesses("follower", audit), []);
        console.log(
            `      ${chosen.length} points, ${records.length - 1} moves, ${total} records: ${delivered} delivered, 0 skipped`,
        );
    });
});

async function createTopics(servers: string, topics: readonly string[]): Promise<void> {
    const admin = new Kafka({ brokers: [servers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
        await createReadyTopics(
            admin,
            topics.map((topic) => ({ topic, numPartitions: 4 })),
        );
    } finally {
        await admin.disconnect();
    }
}

/** A folder with a program that the CLI runs by itself; inside the repository, so that it finds the package. */
function programFor(sandbox: Sandbox, { name, bootstrapServers }: MovableJob): string {
    const folder = path.join(sandbox.directory, name);
    fs.mkdirSync(folder, { recursive: true });
    const runtime = "runtime:\n  name: nodejs\n  options:\n    typescript: false\n";
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), `name: ${name}\nmain: index.js\n${runtime}`);
    const given = { name, bootstrapServers, gateway: sandbox.gateway };
    fs.writeFileSync(path.join(folder, "given.json"), JSON.stringify(given));
    const program = path.join(repository, "test", "integration", "crashProgram.js");
    fs.copyFileSync(program, path.join(folder, "index.js"));
    return folder;
}
