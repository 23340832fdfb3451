import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { removeAbandoned, startSandbox, type Sandbox } from "../../sandbox/index.js";
import { JavaPrograms } from "../../soak/javaPrograms.js";
import { MovableJob, opposite, type Version } from "../../soak/job.js";
import { Jobs } from "../../soak/jobs.js";
import { Following, Member } from "../../soak/members.js";
import type { Point } from "../../soak/provider.js";
import { ProviderRun } from "../../soak/providerRun.js";
import { pointAt, type Step, steps } from "../../soak/steps.js";
import { settle, type Verified, verify } from "../../soak/verify.js";
import { uniqueName } from "../sandboxFixture.js";

export const victims = [
    "the provider",
    "the broker, killed",
    "the broker, frozen",
    "the follower",
    "a group's member",
    "overtaken by another run",
] as const;
export type Victim = (typeof victims)[number];
export const whens = ["before", "after"] as const;

/** One point of the matrix. */
export interface Crash {
    readonly to: Version;
    readonly step: Step;
    readonly when: Point["when"];
    readonly victim: Victim;
}

/** A broker takes long to come back, so it dies only at what changes something, and in the middle of the reading. */
const brokersSteps: readonly Step[] = [
    "the fence",
    "the committed offsets",
    "the alignment on the new topic",
    "the commit of the first group",
    "the commit of the second group",
    "the write of the record",
];

/** Both directions of every step, just before and just after. */
export function matrix(victim: Victim): Crash[] {
    return (victim === "the broker, killed" ? brokersSteps : steps).flatMap((step) =>
        whens.flatMap((when) => (["v2", "v1"] as const).map((to) => ({ to, step, when, victim }))),
    );
}

const frozenSeconds = 2;

/** One job under traffic, a follower and a kafkajs group that read it all the time, and the moves between its versions. */
export class CrashScene {
    readonly records: RoutingRecord[] = [];
    private spare = new ProviderRun();

    private constructor(
        readonly sandbox: Sandbox,
        readonly job: MovableJob,
        private readonly java: JavaPrograms,
        private readonly jobs: Jobs,
        private readonly follower: Following,
        private readonly member: Member,
    ) {}

    static async open(): Promise<CrashScene> {
        // Its own: the broker is one of the victims.
        await removeAbandoned();
        const options = { flink: false, temporary: true };
        const sandbox = await startSandbox({ name: uniqueName("crash"), ...options });
        const servers = sandbox.bootstrapServers;
        const java = await JavaPrograms.compile(sandbox.directory, [
            "soak/java/Producer.java",
            "soak/java/Verifier.java",
        ]);
        const job = new MovableJob(uniqueName("delays"), servers, ["follower", "group"]);
        await job.createTopics();
        const first = await job.create();
        const jobs = new Jobs(java, job, 100, 1);
        const file = (name: string): string => path.join(sandbox.directory, `${name}.journal`);
        const follower = Following.ofPackage(servers, job.name, "follower", file("follower"));
        const member = new Member("group", file("group"), "kafkajs", servers, undefined);
        follower.start();
        member.start();
        const scene = new CrashScene(sandbox, job, java, jobs, follower, member);
        scene.records.push(first);
        await member.read(first);
        for (const deadline = Date.now() + 60_000; scene.delivered() < 2; await pause(100)) {
            assert.ok(Date.now() < deadline, "nobody reads anything");
        }
        return scene;
    }

    private delivered(): number {
        return [this.follower, this.member].filter(({ journal }) => fs.statSync(journal).size > 0)
            .length;
    }

    /** Moves there without anything in the way, where it is not there already. */
    async goTo(version: Version): Promise<void> {
        if (this.records.at(-1)!.authority !== version) {
            await this.arrived(await this.job.up(version));
        }
    }

    private async arrived(record: RoutingRecord): Promise<void> {
        const before = this.records.at(-1)!;
        assert.ok(record.epoch > before.epoch, `epoch ${record.epoch} after ${before.epoch}`);
        this.records.push(record);
        await this.member.read(record);
    }

    /** Does the harm, goes on as a user would, with one further `up`, and holds what is promised against what is there. */
    async crash({ to, step, when, victim }: Crash): Promise<void> {
        await this.goTo(opposite(to));
        const before = this.records.at(-1)!;
        const run = this.spare;
        this.spare = new ProviderRun();
        run.begin(this.job.asks(to), pointAt(this.job, to, step, when));
        try {
            await run.held();
            const isRefused = await this.harm(victim, run, to);
            if (isRefused !== undefined) {
                assert.match(
                    isRefused,
                    /has changed meanwhile|taken over|fenced|Producer|reads back/i,
                );
            }
        } finally {
            await run.kill();
        }
        const between = await this.job.live();
        assert.ok(
            between.epoch === before.epoch ||
                (between.epoch === before.epoch + 1 && between.authority === to),
            `epoch ${between.epoch} of ${between.authority} after ${before.epoch}`,
        );
        const written = between.epoch > before.epoch;
        const isOver = victim === "overtaken by another run";
        const record = isOver ? between : await this.job.up(to);
        assert.deepEqual(record, await this.job.live());
        assert.equal(record.authority, to);
        // A record that was written is the move: it is taken over, and not made a second time.
        assert.equal(record.epoch, before.epoch + 1);
        if (written) {
            assert.deepEqual(record, between);
        }
        assert.equal(record.history.length, before.history.length + 1);
        await this.arrived(record);
    }

    /** Returns why the run was refused, where it had to be. */
    private async harm(victim: Victim, run: ProviderRun, to: Version): Promise<string | undefined> {
        switch (victim) {
            case "the provider":
                await run.kill();
                return undefined;
            case "the broker, killed": {
                await this.sandbox.broker.kill();
                run.goOn();
                await pause(500);
                await this.sandbox.broker.start();
                await this.keep(run);
                return undefined;
            }
            case "the broker, frozen": {
                const pid = this.sandbox.broker.pid!;
                process.kill(pid, "SIGSTOP");
                run.goOn();
                await pause(frozenSeconds * 1000);
                process.kill(pid, "SIGCONT");
                await this.keep(run);
                return undefined;
            }
            case "the follower":
                await this.follower.kill();
                run.goOn();
                await this.keep(run);
                this.follower.start();
                return undefined;
            case "a group's member":
                await this.member.kill();
                run.goOn();
                await this.keep(run);
                this.member.start();
                return undefined;
            case "overtaken by another run": {
                await this.job.up(to);
                run.goOn();
                const result = await run.result();
                if (result.kind === "done") {
                    // It had written its record before: then that is the one that the other found.
                    assert.deepEqual(result.outs["routing"], this.job.state["routing"]);
                    return undefined;
                }
                return result.reason;
            }
        }
    }

    /** What a run returned is the state from then on; where it failed the state stays as it was. */
    private async keep(run: ProviderRun): Promise<void> {
        const result = await run.result();
        if (result.kind === "done") {
            this.job.state = result.outs;
        }
    }

    /** Ends the traffic and holds the journals against the log. */
    async audit(): Promise<Verified> {
        const total = await this.jobs.end();
        const journals = { follower: this.follower.journal, group: this.member.journal };
        await settle(Object.values(journals));
        const { java, job, sandbox } = this;
        const verified = await verify(java, sandbox.directory, job, this.records, journals);
        assert.deepEqual([verified.records, verified.onlyOnOne], [total, 0]);
        return verified;
    }

    async close(keepData: boolean): Promise<void> {
        await Promise.allSettled([this.spare.kill(), this.follower.kill(), this.member.kill()]);
        this.jobs.kill();
        await this.sandbox.stop({ keepData });
    }
}
