import { setTimeout as delay } from "node:timers/promises";
import type { CompareSettings } from "../../compare.js";
import { explain } from "../errors.js";
import type { KafkaPort, LogRecord, Offsets } from "../kafka/port.js";
import type { Log } from "../log.js";
import { assemble } from "./assemble.js";
import { writeContent } from "./content.js";
import { Engine, type Side } from "./engine.js";
import type { Evidence } from "./evidence.js";
import { Gaps } from "./gaps.js";
import { observe } from "./observe.js";
import { Progress } from "./progress.js";
import { cover, noCoverage, windowLength, type Coverage } from "./sealing.js";
import { Tally } from "./tally.js";
import { TopicReader } from "./topicReader.js";

/** One version's topic, and the next offset to read of every partition of it. */
export interface Source {
    readonly version: string;
    readonly topic: string;
    readonly from: Offsets;
}

export interface GatherRequest {
    readonly kafka: KafkaPort;
    readonly incumbent: Source;
    readonly candidate: Source;
    readonly settings: CompareSettings;
    readonly log: Log;
    /** Stops the look early; its own deadline it keeps by itself. */
    readonly signal?: AbortSignal;
    readonly clock?: Clock;
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
export async function gatherEvidence(request: GatherRequest): Promise<Evidence> {
    const gaps = new Gaps();
    let engine: Engine | undefined;
    try {
        engine = await Engine.open(request.settings);
    } catch (error) {
        gaps.note(`The comparison could not start: ${explain(error)}`);
    }
    try {
        return await new Gathering(request, engine, gaps).run();
    } finally {
        await engine?.close();
    }
}

class Gathering {
    readonly #settings: CompareSettings;
    readonly #clock: Clock;
    readonly #signal: AbortSignal;
    readonly #progress: Progress;
    readonly #tallies: Record<Side, Tally>;
    readonly #readers: Record<Side, TopicReader>;
    readonly #ignored: ReadonlySet<string>;
    readonly #waitUntil: number;

    constructor(
        private readonly request: GatherRequest,
        private readonly engine: Engine | undefined,
        private readonly gaps: Gaps,
    ) {
        const { settings, incumbent, candidate } = request;
        this.#settings = settings;
        this.#clock = request.clock ?? realClock;
        this.#waitUntil = this.#clock.now() + settings.waitSeconds * 1000;
        this.#signal = AbortSignal.any([
            ...(request.signal === undefined ? [] : [request.signal]),
            AbortSignal.timeout(settings.timeoutSeconds * 1000),
        ]);
        this.#progress = new Progress(request.log, () => this.#clock.now());
        const tally = () => new Tally(windowLength(settings));
        this.#tallies = { incumbent: tally(), candidate: tally() };
        const reader = ({ topic, from }: Source) =>
            new TopicReader(request.kafka, topic, from, gaps);
        this.#readers = { incumbent: reader(incumbent), candidate: reader(candidate) };
        this.#ignored = new Set(
            Object.entries(settings.fields)
                .filter(([, { ignore }]) => ignore !== null)
                .map(([name]) => name),
        );
    }

    async run(): Promise<Evidence> {
        await this.#both((reader) => reader.open());
        const coverage = await this.#look();
        const watermarks = {
            incumbent: this.#tallies.incumbent.span().last,
            candidate: this.#tallies.candidate.span().last,
        };
        await this.#settle(coverage);
        await this.#both((reader) => reader.recheck());
        this.request.log(this.#state(coverage));
        return this.#evidence(coverage, watermarks);
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
        for (let round = 1; this.#recordsIn(coverage) > 0; round++) {
            const before = this.#recordsIn(coverage);
            await this.#sleep(this.#settings.settleSeconds * 1000);
            await this.#readOn();
            const late = this.#recordsIn(coverage) - before;
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

    async #readOn(): Promise<void> {
        await this.#both((reader) => reader.advance());
        await this.#both((reader, side) =>
            reader.read(this.#signal, (record) => this.#take(side, record)),
        );
        this.#checkTime();
    }

    #take(side: Side, record: LogRecord): void {
        const observation = observe(record, this.#settings);
        if ("refused" in observation) {
            const { topic } = this.request[side];
            this.gaps.refuse(topic, record.partition, record.offset, observation);
            return;
        }
        const { eventTime, identity, fields } = observation;
        const window = this.#tallies[side].add(eventTime, fields);
        this.engine?.add(side, window, identity, writeContent(fields, this.#ignored));
        this.#progress.tick(() => this.#reading());
    }

    #cover(): Coverage {
        const { incumbent, candidate } = this.#tallies;
        return this.engine === undefined
            ? noCoverage
            : cover(incumbent.span(), candidate.span(), this.#settings);
    }

    #isEnough(coverage: Coverage): boolean {
        const { incumbent } = this.#tallies;
        return (
            incumbent.windowsIn(coverage) >= this.#settings.minWindows &&
            incumbent.recordsIn(coverage) >= this.#settings.minRecords
        );
    }

    #recordsIn(coverage: Coverage): number {
        const { incumbent, candidate } = this.#tallies;
        return incumbent.recordsIn(coverage) + candidate.recordsIn(coverage);
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
        const sealed = this.#tallies.incumbent.windowsIn(coverage);
        return `${this.#reading()}; ${sealed} windows can be judged (${this.#settings.minWindows} needed)`;
    }

    #reading(): string {
        return (["incumbent", "candidate"] as const)
            .map((side) => {
                const read = this.#tallies[side].records;
                const { remaining } = this.#readers[side];
                const of = remaining > 0 ? ` of about ${format(read + remaining)}` : "";
                return `${this.request[side].topic}: ${format(read)}${of} records read`;
            })
            .join(", ");
    }

    async #evidence(
        coverage: Coverage,
        watermarks: Record<Side, number | null>,
    ): Promise<Evidence> {
        const version = (side: Side) => ({
            version: this.request[side].version,
            topic: this.request[side].topic,
            records: this.#tallies[side].records,
            watermark: watermarks[side],
            unreadable: 0,
            largestDisorder: 0,
            lateRecords: 0,
            partitions: [],
            job: null,
        });
        const look = {
            settings: this.#settings,
            incumbent: version("incumbent"),
            candidate: version("candidate"),
            tallies: this.#tallies,
            coverage,
        };
        try {
            return await assemble({ ...look, gaps: this.gaps.sentences() }, this.engine);
        } catch (error) {
            // Without the pairs nothing can be said of any window.
            const [reason] = explain(error).split("\n");
            this.gaps.note(
                `The records could not be compared: ${reason}. Raise compare.memoryMiB where memory was short, ` +
                    "or free space in the temporary directory where that was.",
            );
            const rest = { ...look, coverage: noCoverage, gaps: this.gaps.sentences() };
            return assemble(rest, undefined);
        }
    }

    async #both(step: (reader: TopicReader, side: Side) => Promise<void>): Promise<void> {
        const { incumbent, candidate } = this.#readers;
        await Promise.all([step(incumbent, "incumbent"), step(candidate, "candidate")]);
    }
}

const format = (count: number) => count.toLocaleString("en-US");

const realClock: Clock = {
    now: () => Date.now(),
    sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};
