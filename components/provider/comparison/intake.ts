import { setImmediate } from "node:timers/promises";
import type { CompareSettings } from "../../compare.js";
import { viewOf } from "../kafka/hashBytes.js";
import type { LogRecord, Records } from "../kafka/port.js";
import { keyAndValue, storedBytesOf, storedWhole, type StoredBytes } from "../kafka/storedBytes.js";
import { Aggregates } from "./aggregates.js";
import { ignoredFields, writeContent } from "./content.js";
import type { Decoders } from "./decoders.js";
import type { Row } from "./engine.js";
import { type Side, sides } from "../../side.js";
import type { Gaps } from "./gaps.js";
import { canGlance, Glancer } from "./glancer.js";
import { Schemas } from "./formats/schemas.js";
import { hashWith } from "./hash.js";
import { Identities } from "./identities.js";
import type { Kept } from "./kept.js";
import type { Leftovers } from "./leftovers.js";
import { observe, type Observation } from "./observe.js";
import { reachOf, type Reach } from "./reach.js";
import { Sampling } from "./sampling.js";
import { windowLength, windowStart, type Coverage } from "./sealing.js";
import { mostShapes, Shapes } from "./shape.js";
import { Tally } from "./tally.js";
import { Waiting, type Known, type Waiter } from "./waiting.js";

/** More windows of a topic than can be told apart in memory. */
const mostWindows = 200_000;
const mebibyte = 2 ** 20;
/** A millisecond or so. */
const recordsAtATime = 1_024;

type Counted = Omit<Known, "identityHash" | "measured">;

/**
 * Takes the records of both topics as they are read. A record whose equal is there on the other topic is counted with it
 * and forgotten, not even decoded; what differs, or waits for too long, is left over.
 */
export class Intake {
    /** Complete once all is left over that waits. */
    readonly aggregates: Aggregates;
    readonly schemas: Schemas;
    readonly shapes = new Shapes();
    /** Those in the sample; where all are compared none is counted. */
    readonly identities = new Identities();
    /** Records that could not be used. */
    readonly unreadable: Record<Side, number> = { incumbent: 0, candidate: 0 };
    /** Whether a record came for a window that an earlier look verified. */
    reopened = false;
    readonly #tallies: Record<Side, Tally>;
    readonly #waiting: Waiting;
    readonly #sampling: Sampling;
    readonly #mostWaitingBytes: number;
    readonly #windowLength: number;
    readonly #ignored: ReadonlySet<string>;
    readonly #byBytes: boolean;
    readonly #byTimestamp: boolean;
    readonly #glancer: Glancer | undefined;

    constructor(
        private readonly settings: CompareSettings,
        private readonly decoders: Decoders,
        private readonly rest: Leftovers | undefined,
        private readonly gaps: Gaps,
        private readonly kept: Kept | null,
        private readonly topics: Readonly<Record<Side, string>>,
    ) {
        this.#windowLength = windowLength(settings);
        const tally = () => new Tally(settings);
        this.#tallies = { incumbent: tally(), candidate: tally() };
        this.#mostWaitingBytes = (settings.memoryMiB / 4) * mebibyte;
        this.aggregates = new Aggregates(settings);
        this.#sampling = new Sampling(settings);
        this.schemas = new Schemas(decoders.registry, settings.rules.schema.compatibility, topics);
        this.#byTimestamp = settings.eventTime === null;
        this.#ignored = ignoredFields(settings);
        // What is the last of its identity is known at the end only, and what is ignored is in the bytes.
        this.#byBytes = settings.mode === "append" && this.#ignored.size === 0;
        this.#waiting = new Waiting(Object.keys(settings.rules.aggregates.fields).length);
        this.#glancer =
            this.#byBytes && canGlance(settings) ? new Glancer(settings, this.shapes) : undefined;
    }

    /** Records of one fetch of one partition. */
    async take(side: Side, records: Records): Promise<void> {
        await this.decoders.prepare(records);
        for (let i = 0; i < records.length; i++) {
            this.#takeOne(side, records.at(i)!);
            if (i % recordsAtATime === recordsAtATime - 1) {
                // What brokers have sent meanwhile is received, and deadlines are kept.
                await setImmediate();
            }
        }
        await this.#keepWithinBounds();
    }

    tally(side: Side): Tally {
        return this.#tallies[side];
    }

    /** How far a topic reaches in event time, what earlier looks saw of it included. */
    reach(side: Side): Reach {
        const other = side === "incumbent" ? "candidate" : "incumbent";
        const { windows } = this.#tallies[side];
        const { first, last, strays } = reachOf(
            windows,
            this.#tallies[other].windows,
            this.settings,
        );
        const known = this.kept?.[side];
        return {
            first,
            last:
                last === null || known === undefined
                    ? (last ?? known?.watermark ?? null)
                    : Math.max(last, known.watermark),
            strays: strays + (known?.strayRecords ?? 0),
        };
    }

    /** The event time of one record, if it can be told. */
    async eventTimeOf(record: LogRecord): Promise<number | undefined> {
        await this.decoders.prepare([record]);
        const observed = observe(record, this.settings, this.decoders);
        return "refused" in observed ? undefined : observed.eventTime;
    }

    /** Records of both topics in windows that count. */
    recordsIn(coverage: Coverage): number {
        const { incumbent, candidate } = this.#tallies;
        return incumbent.recordsIn(coverage) + candidate.recordsIn(coverage);
    }

    /** All that still waits is left over: nothing more comes. */
    flush(): Promise<void> {
        return this.#spill(0);
    }

    #takeOne(side: Side, record: LogRecord): void {
        const bytes = this.#byBytes ? storedBytesOf(record) : undefined;
        if (bytes !== undefined) {
            if (this.#meet(side, record, bytes)) {
                return;
            }
            const known = this.#glancer?.at(bytes, record.timestamp);
            if (known !== undefined) {
                this.#admit(side, record, bytes, known);
                return;
            }
        }
        const observed = observe(record, this.settings, this.decoders);
        if ("refused" in observed) {
            this.unreadable[side]++;
            this.gaps.refuse(this.topics[side], record.partition, record.offset, observed);
            return;
        }
        const { fields } = observed;
        if (this.settings.mode === "upsert") {
            this.#takeUpsert(side, record, observed);
            return;
        }
        const known = this.#known(observed);
        if (bytes === undefined && !known.sampled) {
            // Its equal would have to be decoded too: nothing is won by finding it.
            this.#admit(side, record, undefined, known);
            return;
        }
        const content =
            bytes ??
            // As it is, also where it is no valid Unicode.
            storedWhole(
                Buffer.from(
                    `${known.window}\n${observed.identity}\n${writeContent(fields, this.#ignored)}`,
                    "utf16le",
                ),
            );
        if (bytes !== undefined) {
            this.#glancer?.learn(fields);
        } else if (this.#meet(side, record, content, known)) {
            return;
        }
        this.#admit(side, record, content, known);
    }

    /** Counts a record that is alone so far, and lets it wait; without its content it is counted only. */
    #admit(side: Side, record: LogRecord, content: StoredBytes | undefined, known: Known): void {
        if (this.kept !== null && known.window < this.kept.through) {
            this.#takeVerified(this.kept, side, record);
            return;
        }
        this.#count(side, record, known);
        if (content === undefined) {
            return;
        }
        if (known.sampled && this.settings.sample < 1) {
            this.identities.add(known.window, known.identityHash);
        }
        if (!this.#byBytes) {
            this.#aggregate(side, known);
        }
        this.#waiting.wait(side, content, this.#timestampOf(record), known);
    }

    #known(observed: Observation): Known {
        const { eventTime, identity, fields, schemas } = observed;
        const window = windowStart(eventTime, this.#windowLength);
        const sampled = this.#sampling.includes(identity, window);
        return {
            eventTime,
            window,
            shape: this.shapes.of(fields),
            measured: sampled ? this.aggregates.measure((path) => fields.get(path)?.text) : null,
            schemas,
            identityHash: identityHashOf(identity, window),
            sampled,
        };
    }

    /** A record's timestamp, where it tells equal records apart. */
    #timestampOf({ timestamp }: LogRecord): number {
        return this.#byBytes && this.#byTimestamp ? timestamp : 0;
    }

    /**
     * Whether its counterpart, or its like, waits; then it is counted, as what it is known to be: one of the same content has
     * the same bytes where nothing else is known, and may have other types and ignored fields where it is.
     */
    #meet(side: Side, record: LogRecord, content: StoredBytes, known?: Known): boolean {
        const met = this.#waiting.meet(side, content, this.#timestampOf(record));
        if (met === undefined) {
            return false;
        }
        this.#count(side, record, known ?? met.known);
        if (known !== undefined) {
            this.#aggregate(side, known);
        }
        if (met.side !== side && met.known.sampled) {
            this.rest?.addMatched(met.known.identityHash);
            if (known === undefined) {
                this.#aggregate("both", met.known);
            }
        }
        return true;
    }

    #count(side: Side, record: LogRecord, counted: Counted): void {
        const { eventTime, window, shape, schemas, sampled } = counted;
        this.#tallies[side].add(record, eventTime, window, sampled ? shape : null);
        for (const { part, id } of schemas) {
            this.schemas.count(side, part, id);
        }
    }

    #aggregate(of: Side | "both", { window, measured }: Known): void {
        if (measured !== null) {
            this.aggregates.add(of, window, measured);
        }
    }

    /** A record of a window that an earlier look verified: known to it, or one that came too late for it. */
    #takeVerified(kept: Kept, side: Side, { partition, offset }: LogRecord): void {
        const to = kept[side].to[String(partition)];
        if (to === undefined || offset >= BigInt(to)) {
            this.reopened = true;
        }
    }

    #takeUpsert(side: Side, record: LogRecord, observed: Observation): void {
        const { identity, fields, tombstone, eventTime, schemas } = observed;
        const window = windowStart(eventTime, this.#windowLength);
        const shape = this.shapes.of(fields);
        // Aggregated are the last ones of their identities, which are not known yet.
        this.#count(side, record, { eventTime, window, shape, schemas, sampled: true });
        this.rest?.addUpdate({
            side,
            window,
            identity,
            content: tombstone ? null : writeContent(fields, this.#ignored),
            shape: shape.id,
            partition: record.partition,
            timestamp: record.timestamp,
            offset: record.offset,
        });
    }

    async #keepWithinBounds(): Promise<void> {
        this.#waiting.pack();
        if (this.#waiting.bytes > this.#mostWaitingBytes) {
            await this.#spill(this.#mostWaitingBytes / 2);
        }
        await this.rest?.keepWithinBounds();
        for (const side of sides) {
            if (this.#tallies[side].windows.size > mostWindows) {
                this.gaps.note(
                    `${this.topics[side]} has records in more than ${mostWindows} windows: choose a longer ` +
                        "compare.windowSeconds, or another field as compare.eventTime.",
                );
            }
        }
        if (this.aggregates.problem !== null) {
            this.gaps.note(this.aggregates.problem);
        }
        if (this.shapes.count > mostShapes) {
            this.gaps.note(
                `The records of ${this.topics.incumbent} and ${this.topics.candidate} have more than ${mostShapes} ` +
                    "combinations of fields: ids as field names?",
            );
        }
    }

    /** What has waited longest is left over, until so many bytes wait. */
    async #spill(bytes: number): Promise<void> {
        let spilled = 0;
        for (const waiter of this.#waiting.drain(bytes)) {
            const { side, known, count } = waiter;
            if (!known.sampled) {
                continue;
            }
            const row: Row = {
                ...this.#contentOf(waiter),
                side,
                window: known.window,
                identityHash: known.identityHash,
            };
            for (let n = 0; n < count; n++) {
                this.rest?.add(row);
                if (this.#byBytes) {
                    this.#aggregate(side, known);
                }
            }
            if (++spilled % recordsAtATime === 0) {
                await this.rest?.keepWithinBounds();
            }
        }
    }

    /** What a waiting record says, ignored fields left out, and whose it is. */
    #contentOf({ content, known: { eventTime } }: Waiter): Pick<Row, "identity" | "content"> {
        const { bytes, start, end } = content;
        if (!this.#byBytes) {
            const [, identity, ...lines] = bytes.toString("utf16le", start, end).split("\n");
            return { identity: identity!, content: lines.join("\n") };
        }
        const record = keyAndValue(bytes, start);
        const plain = this.#glancer?.contentOf(bytes, start, record.key);
        if (plain !== undefined) {
            return plain;
        }
        // It was decoded before, when it came.
        const { identity, fields } = observe(
            { partition: 0, offset: 0n, timestamp: eventTime, ...record },
            this.settings,
            this.decoders,
        ) as Observation;
        return { identity, content: writeContent(fields, this.#ignored) };
    }
}

function identityHashOf(identity: string, window: number): number {
    const bytes = Buffer.from(identity);
    return hashWith(viewOf(bytes), bytes.length, window);
}
