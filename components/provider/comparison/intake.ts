import type { CompareSettings } from "../../compare.js";
import type { LogRecord } from "../kafka/port.js";
import { Aggregates } from "./aggregates.js";
import { writeContent } from "./content.js";
import type { Engine, Row, Side } from "./engine.js";
import type { Gaps } from "./gaps.js";
import { hash52 } from "./hash.js";
import type { Kept } from "./kept.js";
import { observe, type Decoders, type Observation } from "./observe.js";
import { windowLength, windowStart, type Coverage, type Span } from "./sealing.js";
import { Shapes } from "./shape.js";
import { Tally } from "./tally.js";
import { Waiting, type Known, type Waiter } from "./waiting.js";

/** More of one of these in a topic than can be told apart in memory; an id as a field name is the usual cause. */
const most = { shapes: 200_000, windows: 200_000 };
const mebibyte = 2 ** 20;

/**
 * Takes the records of both topics as they are read. A record whose equal is there on the other topic is counted with it
 * and forgotten, not even decoded; what differs, or waits for too long, goes to the engine.
 */
export class Intake {
    readonly aggregates: Aggregates;
    readonly shapes = new Shapes();
    /** Records that could not be used. */
    readonly unreadable: Record<Side, number> = { incumbent: 0, candidate: 0 };
    /** Whether a record came for a window that an earlier look verified. */
    reopened = false;
    readonly #tallies: Record<Side, Tally>;
    readonly #waiting = new Waiting();
    readonly #mostWaitingBytes: number;
    readonly #windowLength: number;
    readonly #ignored: ReadonlySet<string>;
    readonly #byBytes: boolean;
    readonly #byTimestamp: boolean;

    constructor(
        private readonly settings: CompareSettings,
        private readonly decoders: Decoders,
        private readonly engine: Engine | undefined,
        private readonly gaps: Gaps,
        private readonly kept: Kept | null,
        private readonly topics: Readonly<Record<Side, string>>,
    ) {
        this.#windowLength = windowLength(settings);
        const tally = () => new Tally(settings.allowedLatenessSeconds * 1000);
        this.#tallies = { incumbent: tally(), candidate: tally() };
        this.#mostWaitingBytes = (settings.memoryMiB / 4) * mebibyte;
        this.aggregates = new Aggregates(settings);
        this.#byTimestamp = settings.eventTime === null;
        this.#ignored = new Set(
            Object.entries(settings.fields)
                .filter(([, { ignore }]) => ignore !== null)
                .map(([name]) => name),
        );
        // What is the last of its identity is known at the end only, and what is ignored is in the bytes.
        this.#byBytes = settings.mode === "append" && this.#ignored.size === 0;
    }

    /** Records of one fetch of one partition. */
    take(side: Side, records: readonly LogRecord[]): Promise<void> {
        for (const record of records) {
            this.#takeOne(side, record);
        }
        this.#keepWithinBounds();
        return Promise.resolve();
    }

    tally(side: Side): Tally {
        return this.#tallies[side];
    }

    /** How far a topic reaches in event time, what earlier looks saw of it included. */
    span(side: Side): Span {
        const { first } = this.#tallies[side].span(this.settings);
        return { first, last: this.watermark(side) };
    }

    watermark(side: Side): number | null {
        const { last } = this.#tallies[side].span(this.settings);
        const known = this.kept?.[side].watermark ?? null;
        return last === null || known === null ? (last ?? known) : Math.max(last, known);
    }

    /** How far one partition has come; `null` where nothing was read of it yet. */
    eventTime(side: Side, partition: number): number | null {
        return this.#tallies[side].partitions.get(partition)?.last ?? null;
    }

    /** Records of both topics in windows that count. */
    recordsIn(coverage: Coverage): number {
        const { incumbent, candidate } = this.#tallies;
        return incumbent.recordsIn(coverage) + candidate.recordsIn(coverage);
    }

    /** Gives the engine all that still waits: nothing more comes. */
    flush(): Promise<void> {
        this.#spill(0);
        return Promise.resolve();
    }

    #takeOne(side: Side, record: LogRecord): void {
        const bytes = this.#byBytes ? textOfBytes(record, this.#byTimestamp) : undefined;
        if (bytes !== undefined && this.#meet(side, record, bytes)) {
            return;
        }
        const observed = observe(record, this.settings, this.decoders);
        if ("refused" in observed) {
            this.unreadable[side]++;
            this.gaps.refuse(this.topics[side], record.partition, record.offset, observed);
            return;
        }
        const window = windowStart(observed.eventTime, this.#windowLength);
        if (this.kept !== null && window < this.kept.through) {
            this.#takeVerified(this.kept, side, record);
            return;
        }
        if (this.settings.mode === "upsert") {
            this.#takeUpsert(side, record, observed, window);
            return;
        }
        const { eventTime, identity, fields } = observed;
        const text = bytes ?? `${window} ${identity}${writeContent(fields, this.#ignored)}`;
        if (bytes === undefined && this.#meet(side, record, text)) {
            return;
        }
        const known: Known = {
            eventTime,
            window,
            identity,
            shape: this.shapes.of(fields),
            measured: this.aggregates.measure((path) => fields.get(path)?.text),
            identityHash: hash52(`${window}${identity}`),
        };
        this.#count(side, record, known);
        this.#waiting.wait(side, text, known, record);
    }

    /** Whether its counterpart, or its like, waits; then it is counted. */
    #meet(side: Side, record: LogRecord, text: string): boolean {
        const counterpart = this.#waiting.match(side, text);
        if (counterpart !== undefined) {
            this.#count(side, record, counterpart);
            this.engine?.addMatched(counterpart.identityHash);
            return true;
        }
        const like = this.#waiting.repeat(side, text);
        if (like !== undefined) {
            this.#count(side, record, like);
        }
        return like !== undefined;
    }

    #count(side: Side, record: LogRecord, { eventTime, window, shape, measured }: Known): void {
        this.#tallies[side].add(record, eventTime, window, shape);
        if (measured !== null) {
            this.aggregates.add(side, window, measured);
        }
    }

    /** A record of a window that an earlier look verified: known to it, or one that came too late for it. */
    #takeVerified(kept: Kept, side: Side, { partition, offset }: LogRecord): void {
        const to = kept[side].to[String(partition)];
        if (to === undefined || offset >= BigInt(to)) {
            this.reopened = true;
        }
    }

    #takeUpsert(side: Side, record: LogRecord, observed: Observation, window: number): void {
        const { identity, fields, tombstone, eventTime } = observed;
        const shape = this.shapes.of(fields);
        this.#tallies[side].add(record, eventTime, window, shape);
        this.engine?.add({
            side,
            window,
            identity,
            identityHash: 0,
            content: tombstone ? null : writeContent(fields, this.#ignored),
            shape: shape.id,
            timestamp: record.timestamp,
            offset: record.offset,
        });
    }

    #keepWithinBounds(): void {
        if (this.#waiting.bytes > this.#mostWaitingBytes) {
            this.#spill(this.#mostWaitingBytes / 2);
        }
        for (const side of ["incumbent", "candidate"] as const) {
            if (this.#tallies[side].windows.size > most.windows) {
                this.gaps.note(
                    `${this.topics[side]} has records in more than ${most.windows} windows: choose a longer ` +
                        "compare.windowSeconds, or another field as compare.eventTime.",
                );
            }
        }
        if (this.shapes.count > most.shapes) {
            this.gaps.note(
                `The records of ${this.topics.incumbent} and ${this.topics.candidate} have more than ${most.shapes} ` +
                    "combinations of fields: ids as field names?",
            );
        }
    }

    /** Gives the engine what has waited longest until so many bytes are left. */
    #spill(bytes: number): void {
        for (const [text, waiter] of this.#waiting.drain(bytes)) {
            const row: Row = {
                ...waiter,
                content: this.#contentOf(text, waiter),
                shape: waiter.shape.id,
            };
            for (let n = 0; n < waiter.count; n++) {
                this.engine?.add(row);
            }
        }
    }

    /** What the text of a waiting record says, ignored fields left out. */
    #contentOf(text: string, { window, identity, timestamp }: Waiter): string {
        if (!this.#byBytes) {
            return text.slice(`${window} ${identity}`.length);
        }
        const bytes = bytesOfText(text, this.#byTimestamp);
        // It was decoded before, when it came.
        const observed = observe(
            { partition: 0, offset: 0n, timestamp, ...bytes },
            this.settings,
            this.decoders,
        );
        return writeContent((observed as Observation).fields, this.#ignored);
    }
}

/**
 * Keys and values as one text: equal for records with equal bytes and, where that is their event time, equal timestamps.
 * The length of the key stands in front, so that no key and value look like another key and value.
 */
function textOfBytes({ key, value, timestamp }: LogRecord, byTimestamp: boolean): string {
    const ofKey = key === null ? "-" : `${key.length}:${key.toString("latin1")}`;
    const ofValue = value === null ? "-" : `+${value.toString("latin1")}`;
    return byTimestamp ? `${timestamp} ${ofKey}${ofValue}` : ofKey + ofValue;
}

/** The key and the value that a text was made of. */
function bytesOfText(text: string, byTimestamp: boolean): Pick<LogRecord, "key" | "value"> {
    const start = byTimestamp ? text.indexOf(" ") + 1 : 0;
    const colon = text.indexOf(":", start);
    const isNull = text.charAt(start) === "-";
    const keyStart = isNull ? start : colon + 1;
    const keyEnd = isNull ? start + 1 : keyStart + Number(text.slice(start, colon));
    const bytes = (from: number, to?: number) => Buffer.from(text.slice(from, to), "latin1");
    return {
        key: isNull ? null : bytes(keyStart, keyEnd),
        value: text.charAt(keyEnd) === "-" ? null : bytes(keyEnd + 1),
    };
}
