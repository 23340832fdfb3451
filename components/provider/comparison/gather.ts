import { setTimeout as delay } from "node:timers/promises";
import { beyondFlink } from "../../beyondFlink.js";
import type { CompareSettings } from "../../compare.js";
import { recordOffsets } from "../cutover/routingRecord.js";
import { explain } from "../errors.js";
import type { Fetched, KafkaPort } from "../kafka/port.js";
import type { Log } from "../log.js";
import { assemble, type Assembled, type Source } from "./assemble.js";
import { Decoders } from "./decoders.js";
import { type Side, sides } from "../../side.js";
import type { Evidence } from "./evidence.js";
import { Gaps } from "./gaps.js";
import { Intake } from "./intake.js";
import { limitKept, type Kept, type KeptTopic } from "./kept.js";
import { Leftovers } from "./leftovers.js";
import { furthestBehind, type Runner } from "./pace.js";
import { Progress } from "./progress.js";
import { cover, noCoverage, type Coverage } from "./sealing.js";
import { TopicReader } from "./topicReader.js";

export interface GatherRequest {
    readonly kafka: KafkaPort;
    readonly incumbent: Source;
    readonly candidate: Source;
    readonly settings: CompareSettings;
    /** What the verdict will be about: what is kept of this look holds for nothing else. Defaults to the empty string. */
    readonly fingerprint?: string;
    /** What earlier looks verified; the sources then begin where it says. Defaults to nothing. */
    readonly kept?: Kept | null;
    readonly log: Log;
    /** Stops the look early; its own deadline it keeps by itself. */
    readonly signal?: AbortSignal;
    readonly clock?: Clock;
}

/** What a look brought. */
export interface Gathered {
    readonly evidence: Evidence;
    /** Whether records came for windows that were verified already: what is kept of them does not hold any more. */
    readonly reopened: boolean;
    /**
     * What the next look need not read again, where the windows before this time are verified; `null` where that is
     * nothing, or too much to keep.
     */
    readonly keep: (verifiedThrough: number | null) => Kept | null;
}

/** Time as the look sees it, in milliseconds. */
export interface Clock {
    now(): number;
    sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const pollMilliseconds = 1_000;
/** How often a look that still receives records of finished windows settles again when its wait is over. */
const settleRounds = 5;

/**
 * Looks at both topics until there is enough to judge or the time is over. What goes wrong on the way (a
 * topic that is gone, a record that cannot be read, a broker that does not answer) stands in the evidence as
 * a gap; nothing is thrown for it.
 */
export async function gatherEvidence(request: GatherRequest): Promise<Gathered> {
    const gaps = new Gaps();
    let rest: Leftovers | undefined;
    try {
        rest = await Leftovers.open(request.settings);
    } catch (error) {
        gaps.note(`The comparison could not start: ${explain(error)}`);
    }
    try {
        return await new Gathering(request, rest, gaps).run();
    } finally {
        await rest?.close();
    }
}

interface FetchedOf extends Fetched {
    readonly side: Side;
}

class Gathering {
    readonly #settings: CompareSettings;
    readonly #kept: Kept | null;
    readonly #clock: Clock;
    readonly #signal: AbortSignal;
    readonly #progress: Progress;
    readonly #intake: Intake;
    readonly #readers: Record<Side, TopicReader>;
    /** How far every partition has come with what was fetched of it. */
    readonly #foreseen: Record<Side, Map<number, number>> = {
        incumbent: new Map(),
        candidate: new Map(),
    };
    readonly #startedAt: number;
    readonly #waitUntil: number;
    /** The ends of both topics as they were first seen. */
    #firstEnds: number | undefined;

    constructor(
        private readonly request: GatherRequest,
        private readonly rest: Leftovers | undefined,
        private readonly gaps: Gaps,
    ) {
        const { settings, incumbent, candidate } = request;
        this.#settings = settings;
        this.#kept = request.kept ?? null;
        this.#clock = request.clock ?? realClock;
        this.#startedAt = this.#clock.now();
        this.#waitUntil = this.#startedAt + settings.waitSeconds * 1000;
        this.#signal = AbortSignal.any([
            ...(request.signal === undefined ? [] : [request.signal]),
            AbortSignal.timeout(settings.timeoutSeconds * 1000),
        ]);
        this.#progress = new Progress(request.log, () => this.#clock.now());
        const decoders = new Decoders(settings);
        if (decoders.problem !== null) {
            gaps.note(decoders.problem);
        }
        this.#intake = new Intake(settings, decoders, rest, gaps, this.#kept, {
            incumbent: incumbent.topic,
            candidate: candidate.topic,
        });
        const reader = ({ topic, from }: Source) =>
            new TopicReader(request.kafka, topic, from, settings.mode, gaps);
        this.#readers = { incumbent: reader(incumbent), candidate: reader(candidate) };
    }

    async run(): Promise<Gathered> {
        try {
            await this.#both((reader) => reader.prepare());
            const coverage = await this.#look();
            const watermarks = {
                incumbent: this.#intake.reach("incumbent").last,
                candidate: this.#intake.reach("candidate").last,
            };
            if (!this.#isEnough(coverage)) {
                await this.#sayWhatHoldsBack();
            }
            await this.#settle(coverage);
            await this.#sayWhatItTakes();
            await this.#both((reader) => reader.recheck());
            this.request.log(this.#state(coverage));
            const assembled = await this.#assemble(coverage, watermarks);
            return {
                evidence: assembled.evidence,
                reopened: this.#intake.reopened,
                keep: (through) => this.#keep(assembled, through),
            };
        } finally {
            await this.#both((reader) => reader.close());
        }
    }

    /** Reads until enough windows are sealed, or the wait is over. */
    async #look(): Promise<Coverage> {
        for (;;) {
            await this.#readOn();
            const coverage = this.#cover();
            const left = this.#waitUntil - this.#clock.now();
            this.#progress.tick(
                () => `${this.#state(coverage)}; looking for ${Math.ceil(left / 1000)} s more`,
            );
            // A gap does not go away by waiting.
            if (this.gaps.any || this.#isEnough(coverage) || left <= 0) {
                return coverage;
            }
            await this.#sleep(Math.min(pollMilliseconds, left));
        }
    }

    /**
     * Reads on while the coverage stays what it is. Transactions that commit together become visible one by
     * one, and one partition may lag behind another: so the windows are judged only once a whole settle
     * interval has brought nothing more for them.
     */
    async #settle(coverage: Coverage): Promise<void> {
        for (let round = 1; this.#intake.recordsIn(coverage) > 0; round++) {
            const before = this.#intake.recordsIn(coverage);
            await this.#sleep(this.#settings.settleSeconds * 1000);
            await this.#readOn();
            const late = this.#intake.recordsIn(coverage) - before;
            if (late === 0) {
                return;
            }
            if (round >= settleRounds && this.#clock.now() >= this.#waitUntil) {
                this.gaps.note(
                    `Records of windows that were taken as finished still arrive (${late} in the last ` +
                        `${this.#settings.settleSeconds} s). Raise compare.allowedLatenessSeconds to how far one ` +
                        "partition may be behind another, or compare.settleSeconds to the jobs' checkpoint interval.",
                );
                return;
            }
        }
    }

    /** Where the time was over: whether more of it would help, or one process is not enough. */
    async #sayWhatItTakes(): Promise<void> {
        const seconds = (this.#clock.now() - this.#startedAt) / 1000;
        if (!this.#signal.aborted || this.request.signal?.aborted === true || seconds <= 0) {
            return;
        }
        const before = this.#firstEnds ?? this.#ends();
        await this.#both((reader) => reader.advance());
        const rate =
            sides.reduce((sum, side) => sum + this.#intake.tally(side).records, 0) / seconds;
        const arriving = (this.#ends() - before) / seconds;
        const perSecond = (records: number) => `${format(Math.round(records))} records a second`;
        this.gaps.note(
            `Both topics together got ${perSecond(arriving)} meanwhile, and ${perSecond(rate)} were compared: ` +
                (arriving < rate ? "it catches up in time." : this.#sayWhoKeepsUp()),
        );
    }

    #sayWhoKeepsUp(): string {
        const beyond = beyondFlink(this.#settings).map(
            ({ field, what }) => `compare.${field} ${what}`,
        );
        return (
            'one process does not keep up. compare.engine "flink" compares on your Flink cluster' +
            (beyond.length === 0 ? "." : `; with it, ${beyond.join(", and ")}.`)
        );
    }

    /** The ends of both topics as they were last seen, as one number. */
    #ends(): number {
        return sides.reduce((sum, side) => {
            const { position, remaining } = this.#readers[side];
            return [...position.values()].reduce((ends, of) => ends + Number(of), sum + remaining);
        }, 0);
    }

    /** Open transactions are waited for until there is no more time, and then named. */
    async #sayWhatHoldsBack(): Promise<void> {
        await this.#both(async (reader) => {
            const sentences = await reader.heldBack(this.#clock.now());
            sentences.forEach((sentence) => this.gaps.note(sentence));
        });
    }

    /** Reads both topics to their ends as they are now, at one pace. */
    async #readOn(): Promise<void> {
        await this.#both((reader) => reader.advance());
        this.#firstEnds ??= this.#ends();
        let ahead = this.#fetch();
        for (;;) {
            const fetched = await ahead;
            if (fetched.length === 0) {
                break;
            }
            // While these are taken in, the brokers get the next ones ready.
            await this.#foresee(fetched);
            ahead = this.#fetch();
            try {
                for (const { side, records } of fetched) {
                    await this.#intake.take(side, records);
                    this.#progress.tick(() => this.#reading());
                }
            } catch (error) {
                this.#noteBroken(error);
                await ahead;
                break;
            }
        }
        this.#checkTime();
    }

    /** A fetch of the partitions that are furthest behind; nothing where all is read, or the time is over. */
    async #fetch(): Promise<FetchedOf[]> {
        const runners = this.#signal.aborted ? [] : this.#runners();
        const chosen = furthestBehind(runners);
        const fetched = await Promise.all(
            sides.map(async (side) =>
                chosen[side].length === 0
                    ? []
                    : (await this.#readers[side].fetch(chosen[side], this.#signal)).map((of) => ({
                          side,
                          ...of,
                      })),
            ),
        );
        const all = fetched.flat();
        // Where the brokers had nothing yet the partitions are still open, or their reader has stopped.
        return all.length === 0 && runners.length > 0 ? this.#fetch() : all;
    }

    /** How far each partition will have come once these are taken in, by its last record. */
    async #foresee(fetched: readonly FetchedOf[]): Promise<void> {
        for (const { side, partition, records } of fetched) {
            const last = records.at(-1);
            const eventTime = last && (await this.#intake.eventTimeOf(last));
            if (eventTime !== undefined) {
                this.#foreseen[side].set(partition, eventTime);
            }
        }
    }

    #runners(): Runner[] {
        return sides.flatMap((side) =>
            this.#readers[side].open.map((partition) => ({
                side,
                partition,
                eventTime: this.#foreseen[side].get(partition) ?? null,
            })),
        );
    }

    #cover(): Coverage {
        if (this.rest === undefined) {
            return noCoverage;
        }
        const coverage = cover(
            this.#intake.reach("incumbent"),
            this.#intake.reach("candidate"),
            this.#settings,
        );
        if (this.#kept === null) {
            return coverage;
        }
        // Its warm-up was over before the first verified window.
        const { through } = this.#kept;
        return { from: through, to: Math.max(through, coverage.to) };
    }

    #isEnough(coverage: Coverage): boolean {
        return (
            this.#windows(coverage) >= this.#settings.minWindows &&
            this.#intake.tally("incumbent").sampledIn(coverage) + this.#keptRecords() >=
                this.#settings.minRecords
        );
    }

    #windows(coverage: Coverage): number {
        const kept = this.#kept?.windows.filter(({ incumbentSampled }) => incumbentSampled > 0);
        return (
            this.#intake.tally("incumbent").windowsIn(coverage) +
            (kept ?? []).reduce((sum, { windows }) => sum + windows, 0)
        );
    }

    #keptRecords(): number {
        return (this.#kept?.windows ?? []).reduce(
            (sum, window) => sum + window.incumbentSampled,
            0,
        );
    }

    async #sleep(milliseconds: number): Promise<void> {
        try {
            await this.#clock.sleep(milliseconds, this.#signal);
        } catch {
            this.#checkTime();
        }
    }

    #checkTime(): void {
        if (this.#signal.aborted) {
            this.gaps.note(
                this.request.signal?.aborted === true
                    ? "The look was stopped from outside before it was complete."
                    : `The look was not complete after ${this.#settings.timeoutSeconds} s. Raise ` +
                          "compare.timeoutSeconds, or begin further on.",
            );
        }
    }

    #state(coverage: Coverage): string {
        return (
            `${this.#reading()}; ${this.#windows(coverage)} windows can be judged ` +
            `(${this.#settings.minWindows} needed)`
        );
    }

    #reading(): string {
        const topics = sides.map((side) => {
            const read = this.#intake.tally(side).records;
            const { remaining } = this.#readers[side];
            const of = remaining > 0 ? ` of about ${format(read + remaining)}` : "";
            return `${this.request[side].topic}: ${format(read)}${of} records read`;
        });
        return [...topics, ...this.#pace()].join(", ");
    }

    /** How fast it goes, and how long it takes yet, once that can be said. */
    #pace(): string[] {
        const seconds = (this.#clock.now() - this.#startedAt) / 1000;
        const read = sides.reduce((sum, side) => sum + this.#intake.tally(side).records, 0);
        const remaining = sides.reduce((sum, side) => sum + this.#readers[side].remaining, 0);
        if (seconds < 1 || read === 0 || remaining === 0) {
            return [];
        }
        const rate = read / seconds;
        return [`${format(Math.round(rate))}/s, about ${Math.ceil(remaining / rate)} s left`];
    }

    async #assemble(
        coverage: Coverage,
        watermarks: Record<Side, number | null>,
    ): Promise<Assembled> {
        const look = {
            settings: this.#settings,
            versions: { incumbent: this.request.incumbent, candidate: this.request.candidate },
            intake: this.#intake,
            kept: this.#kept,
            watermarks,
            coverage,
            isCompacted: sides.some((side) => this.#readers[side].isCompacted),
        };
        try {
            await this.#intake.flush();
            return await assemble({ ...look, gaps: this.gaps.sentences() }, this.rest);
        } catch (error) {
            // Without the pairs nothing can be said of any window.
            this.#noteBroken(error);
            const nothing = { ...look, coverage: noCoverage, kept: null };
            return assemble({ ...nothing, gaps: this.gaps.sentences() }, undefined);
        }
    }

    /** DuckDB, mostly: what it holds may be too much for the memory or the disk. */
    #noteBroken(error: unknown): void {
        const [reason] = explain(error).split("\n");
        this.gaps.note(
            `The records could not be compared: ${reason}. Raise compare.memoryMiB where memory was short, ` +
                "free space in the temporary directory where that was, or let your Flink cluster compare (compare.engine).",
        );
    }

    #keep({ verified }: Assembled, through: number | null): Kept | null {
        // Of upserts every record may still be superseded: there is no window that is done with.
        if (this.gaps.any || through === null || this.#settings.mode === "upsert") {
            return this.#kept;
        }
        const { incumbent, candidate, ...rest } = verified(through);
        const topic = (side: Side, known: typeof incumbent): KeptTopic => {
            const first = this.#intake.tally(side).firstBehind(through);
            const end = this.#readers[side].position;
            const from = new Map([...end].map(([p, position]) => [p, first.get(p) ?? position]));
            return { ...known, from: recordOffsets(from), to: recordOffsets(end) };
        };
        const kept = limitKept({
            fingerprint: this.request.fingerprint ?? "",
            through,
            ...rest,
            incumbent: topic("incumbent", incumbent),
            candidate: topic("candidate", candidate),
        });
        if (kept === null) {
            this.request.log("what was verified is too much to keep; the next look reads it again");
        }
        return kept;
    }

    async #both(step: (reader: TopicReader, side: Side) => Promise<void>): Promise<void> {
        await Promise.all(sides.map((side) => step(this.#readers[side], side)));
    }
}

const format = (count: number) => count.toLocaleString("en-US");

const realClock: Clock = {
    now: () => Date.now(),
    sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};
