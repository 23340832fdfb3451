import type { CompareSettings } from "../../compare.js";
import { aggregatedFields } from "../../compareRules.js";
import { viewOf } from "../kafka/hashBytes.js";
import { span, type StoredBytes } from "../kafka/storedBytes.js";
import type { Fields } from "./decode.js";
import type { UsedSchema } from "./decoders.js";
import type { Row } from "./engine.js";
import { firstMicroseconds, fromEpoch, parseEventTime } from "./eventTime.js";
import { bytesText } from "./formats/texts.js";
import { Glance, type Glanced } from "./glance.js";
import { Groups } from "./groups.js";
import { hashWith } from "./hash.js";
import { type Measured, MeasuredPlaces } from "./measured.js";
import { longestWindow, Sampling } from "./sampling.js";
import { windowLength, windowStart } from "./sealing.js";
import type { Shapes } from "./shape.js";
import type { Known } from "./waiting.js";

/** Of an identity that is put together in bytes; a longer one is decoded. */
const longestIdentity = 1_024;

/** Whether all that is needed of a record stands in a JSON value, whose bytes say all of it. */
export function canGlance(settings: CompareSettings): boolean {
    const { value, key } = settings.formats;
    return (
        value === "json" &&
        key === "bytes" &&
        !wantedFields(settings).some((path) => path.startsWith("$"))
    );
}

/** The fields whose values are needed of every record. */
function wantedFields(settings: CompareSettings): string[] {
    const { identity, eventTime } = settings;
    const fields = [...identity, ...(eventTime === null ? [] : [eventTime])];
    return [...new Set([...fields, ...aggregatedFields(settings.rules)])];
}

/** Tells from a record's bytes alone what has to be known of it: what the decoder would tell, or nothing. */
export class Glancer {
    readonly #glance: Glance;
    readonly #sampling: Sampling;
    readonly #groups: Groups;
    readonly #windowLength: number;
    readonly #wanted: readonly string[];
    /** Which of them are aggregated. */
    readonly #aggregated: readonly number[];
    /** Which of them are the identity and the event time; -1 where that is the record's timestamp. */
    readonly #identityFields: readonly number[];
    readonly #eventTimeField: number;
    /** Where an identity is put together, with room behind it. */
    readonly #identity = Buffer.alloc(longestIdentity + longestWindow);
    readonly #identityView = viewOf(this.#identity);

    constructor(settings: CompareSettings, shapes: Shapes) {
        const { identity, eventTime, rules } = settings;
        const { fields, groupBy } = rules.aggregates;
        this.#windowLength = windowLength(settings);
        this.#sampling = new Sampling(settings);
        this.#groups = new Groups(groupBy);
        this.#wanted = wantedFields(settings);
        this.#identityFields = identity.map((path) => this.#wanted.indexOf(path));
        this.#aggregated = Object.keys(fields).map((path) => this.#wanted.indexOf(path));
        this.#eventTimeField = eventTime === null ? -1 : this.#wanted.indexOf(eventTime);
        this.#glance = new Glance(this.#wanted, (fields, hasKey) =>
            shapes.of([
                ...fields.map(([path, type]) => [path, { type }] as const),
                ...(hasKey ? [["$key", { type: "bytes" }] as const] : []),
            ]),
        );
    }

    /** What is known of the record; `undefined` where it takes a decoder. */
    at(
        { bytes, start }: Pick<StoredBytes, "bytes" | "start">,
        timestamp: number,
    ): Known | undefined {
        const glanced = this.#glanced(bytes, start);
        if (glanced === undefined) {
            return undefined;
        }
        const eventTime = this.#eventTimeOf(glanced, timestamp);
        if (eventTime === undefined) {
            return undefined;
        }
        const window = windowStart(eventTime, this.#windowLength);
        const end = this.#copyIdentity(glanced);
        if (end === undefined) {
            return undefined;
        }
        const sampled = this.#sampling.includesBytes(this.#identity, end, window);
        return {
            eventTime,
            window,
            shape: glanced.shape,
            measured: sampled ? this.#measured(glanced, bytes, start) : null,
            schemas: noSchemas,
            identityHash: hashWith(this.#identityView, end, window),
            sampled,
        };
    }

    /** What the record says, and whose it is; `undefined` where it takes a decoder. */
    contentOf(
        bytes: Buffer,
        start: number,
        key: Buffer | null,
    ): Pick<Row, "identity" | "content"> | undefined {
        const glanced = this.#glanced(bytes, start);
        const content = glanced?.content(key === null ? undefined : bytesText(key.toString("hex")));
        const end = glanced === undefined ? undefined : this.#copyIdentity(glanced);
        return content === undefined || end === undefined
            ? undefined
            : { identity: this.#identity.toString("latin1", 0, end), content };
    }

    /** Remembers how a record was written that took a decoder. */
    learn(fields: Fields): void {
        const ofValue = fields.has("$key")
            ? new Map([...fields].filter(([path]) => path !== "$key"))
            : fields;
        this.#glance.learn(ofValue);
    }

    #glanced(bytes: Buffer, start: number): Glanced | undefined {
        const key = span(bytes, start);
        const value = span(bytes, key.end);
        return this.#glance.at(bytes, value.start, value.end, key.length >= 0);
    }

    #eventTimeOf(glanced: Glanced, timestamp: number): number | undefined {
        const field = this.#eventTimeField;
        if (field < 0) {
            return timestamp >= 0 && timestamp < firstMicroseconds ? timestamp : undefined;
        }
        const whole = glanced.whole(field);
        const leaf = Number.isNaN(whole) ? glanced.leaf(field) : undefined;
        const eventTime = leaf === undefined ? fromEpoch(whole) : parseEventTime(leaf);
        return typeof eventTime === "number" && !Number.isNaN(eventTime) ? eventTime : undefined;
    }

    #measured(glanced: Glanced, bytes: Buffer, start: number): Measured | null {
        if (this.#aggregated.length === 0) {
            return null;
        }
        const group = this.#groups.of((path) => glanced.text(this.#wanted.indexOf(path)));
        const places = glanced.places(this.#aggregated, start);
        return new MeasuredPlaces(group, bytes, start, places);
    }

    /** Puts the identity together that the decoder would give; returns where it ends. */
    #copyIdentity(glanced: Glanced): number | undefined {
        const bytes = this.#identity;
        bytes[0] = openBracket;
        let at = 1;
        for (let i = 0; i < this.#identityFields.length; i++) {
            const field = this.#identityFields[i]!;
            if (!glanced.has(field)) {
                return undefined;
            }
            if (i > 0) {
                bytes[at++] = comma;
            }
            at = glanced.copy(field, bytes, at);
        }
        bytes[at++] = closeBracket;
        return at > longestIdentity ? undefined : at;
    }
}

const noSchemas: readonly UsedSchema[] = [];
const [openBracket, closeBracket, comma] = [0x5b, 0x5d, 0x2c];
