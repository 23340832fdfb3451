import type { CompareSettings } from "../../compare.js";
import type { LogRecord } from "../kafka/port.js";
import { Aggregates } from "./aggregates.js";
import { ignoredFields, writeContent } from "./content.js";
import type { Fields, Leaf } from "./decode.js";
import type { Decoders, UsedSchema } from "./decoders.js";
import type { Engine, Row, Side } from "./engine.js";
import type { Gaps } from "./gaps.js";
import { Glance } from "./glance.js";
import { Schemas } from "./formats/schemas.js";
import { hash52 } from "./hash.js";
import type { Kept } from "./kept.js";
import { observe, placeOf, type Observation, type Place } from "./observe.js";
import { bytesOfText, span, textOfRecord } from "./recordText.js";
import { reachOf, type Reach } from "./reach.js";
import { windowLength, windowStart, type Coverage } from "./sealing.js";
import { mostShapes, Shapes, type Shape } from "./shape.js";
import { Tally } from "./tally.js";
import { Waiting, type Known } from "./waiting.js";

/** More windows of a topic than can be told apart in memory. */
const mostWindows = 200_000;
const mebibyte = 2 ** 20;

type Counted = Omit<Known, "identity" | "identityHash">;

/**
 * Takes the records of both topics as they are read. A record whose equal is there on the other topic is counted with it
 * and forgotten, not even decoded; what differs, or waits for too long, goes to the engine.
 */
export class Intake {
    readonly aggregates: Aggregates;
    readonly schemas: Schemas;
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
    /** The fields whose values are needed of every record. */
    readonly #wanted: readonly string[];
    readonly #glance: Glance | undefined;

    constructor(
        private readonly settings: CompareSettings,
        private readonly decoders: Decoders,
        private readonly engine: Engine | undefined,
        private readonly gaps: Gaps,
        private readonly kept: Kept | null,
        private readonly topics: Readonly<Record<Side, string>>,
    ) {
        this.#windowLength = windowLength(settings);
        const tally = () => new Tally(settings);
        this.#tallies = { incumbent: tally(), candidate: tally() };
        this.#mostWaitingBytes = (settings.memoryMiB / 4) * mebibyte;
        this.aggregates = new Aggregates(settings);
        this.schemas = new Schemas(decoders.registry, settings.rules.schema.compatibility, topics);
        this.#byTimestamp = settings.eventTime === null;
        this.#ignored = ignoredFields(settings);
        // What is the last of its identity is known at the end only, and what is ignored is in the bytes.
        this.#byBytes = settings.mode === "append" && this.#ignored.size === 0;
        const { fields, groupBy } = settings.rules.aggregates;
        const { identity, eventTime } = settings;
        this.#wanted = [
            ...new Set([
                ...identity,
                ...(eventTime === null ? [] : [eventTime]),
                ...Object.keys(fields),
                ...groupBy,
            ]),
        ];
        this.#glance = this.#canGlance() ? this.#newGlance() : undefined;
    }

    /** Records of one fetch of one partition. */
    async take(side: Side, records: readonly LogRecord[]): Promise<void> {
        await this.decoders.prepare(records);
        for (const record of records) {
            this.#takeOne(side, record);
        }
        this.#keepWithinBounds();
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

    /** Gives the engine all that still waits: nothing more comes. */
    flush(): void {
        this.#spill(0);
    }

    #takeOne(side: Side, record: LogRecord): void {
        const bytes = this.#byBytes ? this.#textOf(record) : undefined;
        if (bytes !== undefined) {
            if (this.#meet(side, record, bytes)) {
                return;
            }
            const known = this.#glanceAt(record, bytes);
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
        const shape = this.shapes.of(fields);
        const known = this.#known(observed, shape, (path) => fields.get(path), observed.schemas);
        const { window, identity } = known;
        const text = bytes ?? `${window} ${identity}${writeContent(fields, this.#ignored)}`;
        if (bytes !== undefined) {
            this.#learn(record, fields);
        } else if (this.#meet(side, record, text, known)) {
            return;
        }
        this.#admit(side, record, text, known);
    }

    /** Counts a record that is alone so far, and lets it wait. */
    #admit(side: Side, record: LogRecord, text: string, known: Known): void {
        if (this.kept !== null && known.window < this.kept.through) {
            this.#takeVerified(this.kept, side, record);
            return;
        }
        this.#count(side, record, known);
        this.#waiting.wait(side, text, known);
    }

    /** What is known of a record from its text alone; `undefined` where it takes a decoder. */
    #glanceAt(record: LogRecord, text: string): Known | undefined {
        if (this.#glance === undefined) {
            return undefined;
        }
        const key = span(text, this.#byTimestamp ? text.indexOf(" ") + 1 : 0);
        const value = span(text, key.end);
        const glanced = this.#glance.at(text, value.start, value.end, key.length >= 0);
        if (glanced === undefined) {
            return undefined;
        }
        const leafOf = (path: string) => glanced.leaves[this.#wanted.indexOf(path)];
        const place = placeOf(record.timestamp, this.settings, leafOf);
        return "refused" in place ? undefined : this.#known(place, glanced.shape, leafOf, []);
    }

    #known(
        { eventTime, identity }: Place,
        shape: Shape,
        leafOf: (path: string) => Leaf | undefined,
        schemas: readonly UsedSchema[],
    ): Known {
        const window = windowStart(eventTime, this.#windowLength);
        return {
            eventTime,
            window,
            identity,
            shape,
            measured: this.aggregates.measure((path) => leafOf(path)?.text),
            schemas,
            identityHash: hash52(identity, window),
        };
    }

    #learn({ key }: LogRecord, fields: Fields): void {
        if (key === null) {
            this.#glance?.learn(fields);
        } else if (this.#glance !== undefined) {
            this.#glance.learn(new Map([...fields].filter(([path]) => path !== "$key")));
        }
    }

    /** Whether all that is needed of a record stands in a JSON value. */
    #canGlance(): boolean {
        const { key, value } = this.settings.formats;
        return (
            this.#byBytes &&
            value === "json" &&
            key === "bytes" &&
            !this.#wanted.some((path) => path.startsWith("$"))
        );
    }

    #newGlance(): Glance {
        return new Glance(this.#wanted, (fields, hasKey) =>
            this.shapes.of([
                ...fields.map(([path, type]) => [path, { type }] as const),
                ...(hasKey ? [["$key", { type: "bytes" }] as const] : []),
            ]),
        );
    }

    #textOf(record: LogRecord): string {
        const text = textOfRecord(record);
        return this.#byTimestamp ? `${record.timestamp} ${text}` : text;
    }

    /**
     * Whether its counterpart, or its like, waits; then it is counted, as what it is known to be: one of the same text has
     * the same bytes where nothing else is known, and may have other types and ignored fields where it is.
     */
    #meet(side: Side, record: LogRecord, text: string, known?: Known): boolean {
        const met = this.#waiting.meet(side, text);
        if (met === undefined) {
            return false;
        }
        this.#count(side, record, known ?? met.known);
        if (met.isMatch) {
            this.engine?.addMatched(met.known.identityHash);
        }
        return true;
    }

    #count(side: Side, record: LogRecord, counted: Counted): void {
        const { eventTime, window, shape, measured, schemas } = counted;
        this.#tallies[side].add(record, eventTime, window, shape);
        for (const { part, id } of schemas) {
            this.schemas.count(side, part, id);
        }
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

    #takeUpsert(side: Side, record: LogRecord, observed: Observation): void {
        const { identity, fields, tombstone, eventTime, schemas } = observed;
        const window = windowStart(eventTime, this.#windowLength);
        const shape = this.shapes.of(fields);
        // Aggregated are the last ones of their identities, which are not known yet.
        this.#count(side, record, { eventTime, window, shape, schemas, measured: null });
        this.engine?.add({
            side,
            window,
            identity,
            identityHash: 0,
            content: tombstone ? null : writeContent(fields, this.#ignored),
            shape: shape.id,
            partition: record.partition,
            timestamp: record.timestamp,
            offset: record.offset,
        });
    }

    #keepWithinBounds(): void {
        if (this.#waiting.bytes > this.#mostWaitingBytes) {
            this.#spill(this.#mostWaitingBytes / 2);
        }
        for (const side of ["incumbent", "candidate"] as const) {
            if (this.#tallies[side].windows.size > mostWindows) {
                this.gaps.note(
                    `${this.topics[side]} has records in more than ${mostWindows} windows: choose a longer ` +
                        "compare.windowSeconds, or another field as compare.eventTime.",
                );
            }
        }
        if (this.shapes.count > mostShapes) {
            this.gaps.note(
                `The records of ${this.topics.incumbent} and ${this.topics.candidate} have more than ${mostShapes} ` +
                    "combinations of fields: ids as field names?",
            );
        }
    }

    /** Gives the engine what has waited longest until so many bytes are left. */
    #spill(bytes: number): void {
        for (const [text, { side, known, count }] of this.#waiting.drain(bytes)) {
            const row: Row = {
                side,
                window: known.window,
                identity: known.identity,
                identityHash: known.identityHash,
                content: this.#contentOf(text, known),
                shape: known.shape.id,
                partition: 0,
                timestamp: 0,
                offset: 0n,
            };
            for (let n = 0; n < count; n++) {
                this.engine?.add(row);
            }
        }
    }

    /** What the text of a waiting record says, ignored fields left out. */
    #contentOf(text: string, { window, identity, eventTime }: Known): string {
        if (!this.#byBytes) {
            return text.slice(`${window} ${identity}`.length);
        }
        const bytes = bytesOfText(this.#byTimestamp ? text.slice(text.indexOf(" ") + 1) : text);
        // It was decoded before, when it came.
        const observed = observe(
            { partition: 0, offset: 0n, timestamp: eventTime, ...bytes },
            this.settings,
            this.decoders,
        );
        return writeContent((observed as Observation).fields, this.#ignored);
    }
}
