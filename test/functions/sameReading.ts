import assert from "node:assert/strict";
import type { CompareSettings } from "../../components/compare.js";
import { readSettings } from "../../components/comparisonJob/recordSettings.js";
import {
    ignoredFields,
    lineBeginning,
    writeContent,
} from "../../components/provider/comparison/content.js";
import type { Fields } from "../../components/provider/comparison/decode.js";
import { Decoders } from "../../components/provider/comparison/decoders.js";
import { observe } from "../../components/provider/comparison/observe.js";
import type { LogRecord } from "../../components/provider/kafka/port.js";
import type { JavaFunctions, Read } from "./javaFunctions.js";

/** The first millisecond of the year 1, before which Flink has no timestamps. */
const yearOne = Date.parse("0001-01-01T00:00:00Z");
/** And the first one that it does not have any more. */
const yearTenThousand = Date.parse("+010000-01-01T00:00:00Z");

/** A record without more than a value, unless it is said. */
export const recordOf = (
    value: string | Uint8Array | null,
    key: string | Uint8Array | null = null,
    timestamp = 0,
): LogRecord => ({
    partition: 0,
    offset: 0n,
    timestamp,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
});

/**
 * Holds what the functions read of records against what the embedded engine reads, and returns how many both could read.
 */
export async function assertSame(
    java: JavaFunctions,
    records: readonly LogRecord[],
    settings: CompareSettings,
): Promise<{ read: number; refused: number }> {
    const decoders = new Decoders(settings);
    await decoders.prepare(records);
    const text = readSettings(settings);
    const answers = await Promise.all(records.map((record) => java.read(record, text)));
    const counts = { read: 0, refused: 0 };
    records.forEach((record, n) => {
        const expected = expectedOf(record, settings, decoders);
        assert.deepEqual(withoutWords(answers[n]), withoutWords(expected), `of ${show(record)}`);
        counts[expected.problem === null ? "read" : "refused"]++;
    });
    return counts;
}

/** What is wrong with a schema is said in other words: those of another parser. */
function withoutWords<T>(answer: T): T {
    const { problem } = answer as Read;
    const [cannot] =
        /^(its key cannot be used: )?its schema id \d+ cannot be used: (?!it refers)/.exec(
            problem ?? "",
        ) ?? [problem];
    return { ...answer, problem: cannot };
}

/** What `read_record` should say, from what the embedded engine says. */
export function expectedOf(record: LogRecord, settings: CompareSettings, decoders: Decoders): Read {
    const observed = observe(record, settings, decoders);
    if ("refused" in observed) {
        // The job says neither where JSON is broken, nor which fields there are instead.
        return refusal(
            observed.refused.replace(/ \(at character \d+\)$/, "").replace(/, but .*$/s, ""),
        );
    }
    if (observed.eventTime < yearOne) {
        return refusal(`it has an event time ${settings.eventTime} that lies before the year 1`);
    }
    if (observed.eventTime >= yearTenThousand) {
        return refusal(`it has an event time ${settings.eventTime} that lies behind the year 9999`);
    }
    const schemas = observed.schemas.map(({ part, id }) => `${part} ${id}`).join(" ");
    return {
        problem: null,
        // JavaScript has a zero with a sign.
        eventTime: observed.eventTime + 0,
        identity: observed.identity,
        content: writeContent(observed.fields, ignoredFields(settings)),
        types: typesOf(observed.fields),
        schemas: schemas === "" ? null : schemas,
    };
}

/** In the order of a content. */
function typesOf(fields: Fields): string {
    const types = [...fields].map(([path, { type }]) => [path, type] as const);
    return JSON.stringify(types.sort(([a], [b]) => (lineBeginning(a) < lineBeginning(b) ? -1 : 1)));
}

const refusal = (problem: string): Read => ({
    problem,
    eventTime: null,
    identity: null,
    content: null,
    types: null,
    schemas: null,
});

function show({ key, value }: LogRecord): string {
    const [ofKey, ofValue] = [key, value].map((bytes) =>
        bytes === null ? "null" : `${JSON.stringify(bytes.toString().slice(0, 500))}`,
    );
    const hex = value !== null && value.length < 200 ? ` (${value.toString("hex")})` : "";
    return `key ${ofKey}, value ${ofValue}${hex}`;
}
