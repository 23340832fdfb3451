import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { RoutingRecord } from "../components/provider/cutover/routingRecord.js";
import type { Sandbox } from "../sandbox/index.js";
import { JavaPrograms } from "./javaPrograms.js";
import { MovableJob, opposite, type Version } from "./job.js";
import { Jobs } from "./jobs.js";
import { type Application, Following, Member } from "./members.js";
import type { Point } from "./provider.js";
import { ProviderRun } from "./providerRun.js";
import { Random } from "./random.js";
import { reportedRepeats } from "./reported.js";
import { pointAt, steps } from "./steps.js";
import { excesses, settle, type Verified, verify } from "./verify.js";

export const faults = [
    "broker killed",
    "broker frozen",
    "consumer killed",
    "provider killed",
    "candidate's job killed",
] as const;
export type Fault = (typeof faults)[number];

export interface SoakPlan {
    readonly seconds: number;
    readonly perSecond: number;
    readonly seed: number;
    /** Promotions, and as many rollbacks. */
    readonly rounds: number;
    readonly log: (line: string) => void;
}

export interface SoakResult {
    readonly seconds: number;
    readonly written: number;
    readonly promotions: number;
    readonly rollbacks: number;
    readonly faults: Readonly<Record<Fault, number>>;
    /** Different places in a move at which they happened. */
    readonly crashPoints: number;
    /** Runs of the provider that failed or were killed; each was made good by the next one. */
    readonly runsLost: number;
    readonly verified: Verified;
    /** What the package says that the last move has repeated, of all consumers. */
    readonly reported: number;
    /** What must not be. */
    readonly problems: readonly string[];
}

const frozenSeconds = 4;
const restSeconds = 1;

/** Traffic, five kinds of consumers, moves in both directions, and faults in the middle of them. */
export class Soak {
    private readonly random: Random;
    private readonly records: RoutingRecord[] = [];
    private readonly counts = Object.fromEntries(faults.map((fault) => [fault, 0])) as Record<
        Fault,
        number
    >;
    private readonly points = new Set<string>();
    private runsLost = 0;
    private readonly problems: string[] = [];

    private constructor(
        private readonly plan: SoakPlan,
        private readonly sandbox: Sandbox,
        private readonly java: JavaPrograms,
        private readonly job: MovableJob,
        private readonly jobs: Jobs,
        private readonly follower: Following,
        private readonly members: readonly Member[],
    ) {
        this.random = new Random(plan.seed);
    }

    static async run(plan: SoakPlan, sandbox: Sandbox): Promise<SoakResult> {
        const servers = sandbox.bootstrapServers;
        const java = await JavaPrograms.compile(
            sandbox.directory,
            ["Producer", "Member", "Verifier"].map((name) => `soak/java/${name}.java`),
        );
        const kinds = ["kafkajs", "classic", "consumer", "static"] as const;
        const job = new MovableJob("soak", servers, ["follower", ...kinds]);
        await job.createTopics();
        const first = await job.create();
        const file = (name: string): string => path.join(sandbox.directory, `${name}.journal`);
        const follower = Following.ofPackage(servers, job.name, "follower", file("follower"));
        const members = kinds.map((kind) => new Member(kind, file(kind), kind, servers, java));
        const jobs = new Jobs(java, job, plan.perSecond, plan.seed);
        const soak = new Soak(plan, sandbox, java, job, jobs, follower, members);
        try {
            soak.applications.forEach((application) => application.start());
            await soak.tell(first);
            return await soak.goOn();
        } finally {
            jobs.kill();
            await Promise.all(soak.applications.map((application) => application.kill()));
        }
    }

    private get applications(): Application[] {
        return [this.follower, ...this.members];
    }

    /** As a new ConfigMap does with pods. */
    private async tell(record: RoutingRecord): Promise<void> {
        this.records.push(record);
        await Promise.all(this.members.map((member) => member.read(record)));
    }

    private async goOn(): Promise<SoakResult> {
        const { plan, random } = this;
        const began = Date.now();
        const moves = plan.rounds * 2;
        for (let move = 1; move <= moves; move += 1) {
            const due = began + (plan.seconds * 1000 * move) / (moves + 1);
            const fault = move % 2 === 0 || plan.rounds < 4 ? random.pick(faults) : this.rarest();
            await pause(Math.max(0, due - Date.now()));
            const resting = this.members.filter(() => random.next() < 0.5);
            await Promise.all(resting.map((member) => member.rest()));
            await this.move(move % 2 === 1 ? "v2" : "v1", fault);
            const seconds = Math.round((Date.now() - began) / 1000);
            plan.log(
                `${seconds} s: ${this.records.at(-1)?.authority} at epoch ${this.records.at(-1)?.epoch}, ${fault}, ` +
                    `${this.jobs.written} records`,
            );
        }
        await pause(Math.max(0, began + plan.seconds * 1000 - Date.now()));
        return this.result(began);
    }

    /** So that a short soak has some of every kind. */
    private rarest(): Fault {
        return [...faults].sort((a, b) => this.counts[a] - this.counts[b])[0]!;
    }

    private async move(to: Version, fault: Fault): Promise<void> {
        this.counts[fault] += 1;
        const before = this.records.at(-1)!;
        const run = new ProviderRun();
        const point = this.anyPoint(to);
        this.points.add(`${to} ${point.when} ${point.label}`);
        run.begin(this.job.asks(to), point);
        await run.held();
        const after = await this.harm(fault, run);
        const result = await run.result().catch(() => undefined);
        await after();
        if (result?.kind === "done") {
            this.job.state = result.outs;
        } else {
            this.runsLost += 1;
            this.plan.log(
                `a run was lost (${fault}, ${point.when} ${point.label}): ` +
                    (result?.reason ?? "killed"),
            );
        }
        // What a user does next, whatever came of the first.
        const record = await this.job.up(to);
        if (record.authority !== to || record.epoch !== before.epoch + 1) {
            this.problems.push(
                `${to} was asked for after epoch ${before.epoch}, and ${record.authority} stands at epoch ${record.epoch}`,
            );
        }
        await this.tell(record);
    }

    private anyPoint(to: Version): Point {
        const when = this.random.pick(["before", "after"] as const);
        return pointAt(this.job, to, this.random.pick(steps), when);
    }

    /** Returns what is to be done when the run has ended. */
    private async harm(fault: Fault, run: ProviderRun): Promise<() => Promise<void>> {
        const { broker } = this.sandbox;
        switch (fault) {
            case "broker killed":
                await broker.kill();
                run.goOn();
                await pause(restSeconds * 1000);
                await broker.start();
                return () => Promise.resolve();
            case "broker frozen": {
                const pid = broker.pid!;
                process.kill(pid, "SIGSTOP");
                run.goOn();
                await pause(frozenSeconds * 1000);
                process.kill(pid, "SIGCONT");
                return () => Promise.resolve();
            }
            case "consumer killed": {
                const victim = this.random.pick(this.applications);
                await victim.kill();
                run.goOn();
                return () => {
                    victim.start();
                    return Promise.resolve();
                };
            }
            case "provider killed":
                await run.kill();
                return () => Promise.resolve();
            case "candidate's job killed":
                this.jobs.killSecond();
                run.goOn();
                return () => Promise.resolve();
        }
    }

    private async result(began: number): Promise<SoakResult> {
        const { jobs, java, job, sandbox, records, counts, runsLost, problems } = this;
        const written = await jobs.end();
        const journals = Object.fromEntries(
            this.applications.map(({ consumer, journal }) => [consumer, journal]),
        );
        await settle(Object.values(journals), 10);
        const reported = await reportedRepeats(job, records.at(-1)!);
        const verified = await verify(java, sandbox.directory, job, records, journals);
        if (verified.records !== written || verified.onlyOnOne !== 0) {
            problems.push(
                `the jobs say ${written} records; the topics hold ${verified.records}, ${verified.onlyOnOne} of them ` +
                    "on one topic only",
            );
        }
        for (const [consumer, audit] of Object.entries(verified.consumers)) {
            if (audit.skipped > 0) {
                problems.push(
                    `${consumer} was never given ${audit.skipped} records, such as ${audit.someSkipped.join(", ")}`,
                );
            }
            if (audit.foreign > 0) {
                problems.push(`${consumer} was given ${audit.foreign} records that were aborted`);
            }
            problems.push(...excesses(consumer, audit));
            // What was read on and never committed, nobody but the consumer itself can know of.
            const { again, readOn } = audit.moves.at(-1)!;
            const said = reported.get(consumer) ?? again;
            if (said < again || said > again + readOn) {
                problems.push(
                    `${consumer} was given ${again} records again by the last move, and ${readOn} that it had read on; ` +
                        `${said} were reported`,
                );
            }
        }
        const moved = records.slice(1).map(({ authority }) => authority);
        return {
            seconds: Math.round((Date.now() - began) / 1000),
            written,
            promotions: moved.filter((version) => version === opposite("v1")).length,
            rollbacks: moved.filter((version) => version === "v1").length,
            faults: counts,
            crashPoints: this.points.size,
            runsLost,
            verified,
            reported: [...reported.values()].reduce((sum, again) => sum + again, 0),
            problems,
        };
    }
}

/** Everything that a run has counted, on one line. */
export function totals(
    { seconds, written, promotions, rollbacks, faults, runsLost, verified, ...rest }: SoakResult,
    seed: number,
): string {
    const { crashPoints, reported, problems } = rest;
    const audits = Object.values(verified.consumers);
    const sum = (of: (audit: (typeof audits)[number]) => number): number =>
        audits.reduce((total, audit) => total + of(audit), 0);
    const ofMoves = (of: (move: (typeof audits)[number]["moves"][number]) => number): number =>
        sum(({ moves }) => moves.reduce((total, move) => total + of(move), 0));
    const announced = ofMoves(({ announcedToGroup }) => announcedToGroup);
    return (
        `${seconds} s, ${written} records, ${audits.length} consumers, ${promotions} cutovers, ${rollbacks} rollbacks, ` +
        `faults: ${Object.entries(faults)
            .map(([kind, count]) => `${kind} ${count}`)
            .join(", ")}, at ${crashPoints} crash points; ` +
        `${runsLost} runs lost and made good; ${sum(({ delivered }) => delivered)} delivered, ` +
        `${sum(({ skipped }) => skipped)} skipped, ${ofMoves(({ again }) => again)} repeated by moves ` +
        `(at most ${announced} announced; ${reported} reported of the last), ` +
        `${ofMoves(({ readOn }) => readOn)} read on or not committed, ` +
        `${sum(({ redelivered }) => redelivered)} redelivered after kills; ${problems.length} problems; seed ${seed}`
    );
}
