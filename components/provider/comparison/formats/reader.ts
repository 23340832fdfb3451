import type { JsonType, Leaf } from "../decode.js";
import type { Cursor } from "./cursor.js";

/** Reads the values of one type of a schema, wherever they stand. */
export interface Reader {
    readonly type: JsonType;
    /** Reads a value as one canonical text, as it stands inside an array. */
    text(cursor: Cursor): string;
    /** The same as a field of its own, whose type says the rest; the same text where there is none. */
    fieldText?(cursor: Cursor): string;
    /** Reads what has members into fields of their own, and returns how many there were. */
    members?(cursor: Cursor, prefix: string, fields: Map<string, Leaf>): number;
    /** Reads which of several types follows; only unions have it. */
    choose?(cursor: Cursor): Reader;
}

/** Reads a value into a field, or into several ones where it has members. */
export function place(
    reader: Reader,
    cursor: Cursor,
    path: string,
    fields: Map<string, Leaf>,
): void {
    cursor.count();
    const of = reader.choose === undefined ? reader : reader.choose(cursor);
    if (of.members === undefined) {
        const text = of.fieldText === undefined ? of.text(cursor) : of.fieldText(cursor);
        fields.set(path, { type: of.type, text });
        return;
    }
    cursor.enter();
    if (of.members(cursor, `${path}.`, fields) === 0) {
        fields.set(path, { type: "object", text: "{}" });
    }
    cursor.leave();
}

/** Reads what stands behind a record's schema id into its fields; fails with an `Unreadable`. */
export type ReadFields = (bytes: Buffer, start: number) => Map<string, Leaf>;

/** Which part of a record is decoded; its fields' names begin accordingly. */
export type Part = "key" | "value";

/** The path of a part that is one value. */
export const wholePath = (part: Part) => `$${part}`;

/** What stands in front of the names of a part's own fields. */
export const prefixOf = (part: Part) => (part === "key" ? "$key." : "");

/** Reads a whole key or value: its members where it has any, else one field for all of it. */
export function placeRoot(reader: Reader, cursor: Cursor, part: Part): Map<string, Leaf> {
    const fields = new Map<string, Leaf>();
    const of = reader.choose === undefined ? reader : reader.choose(cursor);
    if (of.members === undefined) {
        place(of, cursor, wholePath(part), fields);
    } else {
        cursor.enter();
        of.members(cursor, prefixOf(part), fields);
        cursor.leave();
    }
    return fields;
}
