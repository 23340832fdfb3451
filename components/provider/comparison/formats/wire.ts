import type { Enum } from "protobufjs";
import type { JsonType } from "../decode.js";
import { type Cursor, Unreadable, zigzag } from "./cursor.js";
import { bytesText, numberText, stringText } from "./texts.js";

/** How a value stands in Protobuf's wire format. */
export const wireTypes = {
    varint: 0,
    fixed64: 1,
    delimited: 2,
    startGroup: 3,
    endGroup: 4,
    fixed32: 5,
} as const;

/** Reads the number of a field, and how its value stands there. */
export function readTag(cursor: Cursor): { id: number; wireType: number } {
    const tag = cursor.varint();
    if (typeof tag === "bigint" || tag > 0xffffffff || tag < 8) {
        throw new Unreadable("it has a field of no possible number");
    }
    return { id: Math.floor(tag / 8), wireType: tag % 8 };
}

/** Goes past a value whose tag was read. */
export function skipValue(cursor: Cursor, id: number, wireType: number): void {
    cursor.count();
    switch (wireType) {
        case wireTypes.varint:
            cursor.varint();
            break;
        case wireTypes.fixed64:
            cursor.skip(8);
            break;
        case wireTypes.delimited:
            cursor.skip(cursor.length());
            break;
        case wireTypes.fixed32:
            cursor.skip(4);
            break;
        case wireTypes.startGroup:
            skipGroup(cursor, id);
            break;
        default:
            throw new Unreadable("it has a field of no possible form");
    }
}

function skipGroup(cursor: Cursor, group: number): void {
    cursor.enter();
    for (;;) {
        const { id, wireType } = readTag(cursor);
        if (wireType === wireTypes.endGroup) {
            if (id !== group) {
                throw new Unreadable("it ends a group that it did not begin");
            }
            cursor.leave();
            return;
        }
        skipValue(cursor, id, wireType);
    }
}

/** A value without members. */
export interface Scalar {
    readonly type: JsonType;
    readonly wireType: number;
    /** Its canonical text. */
    read(cursor: Cursor): string;
    /** The text of the value that is not written because it is the default. */
    readonly unwritten: string;
}

const scalar = (
    wireType: number,
    type: JsonType,
    unwritten: string,
    read: (cursor: Cursor) => string,
): Scalar => ({ type, wireType, read, unwritten });

const { varint, fixed32, fixed64, delimited } = wireTypes;

/** Scalar types by the names that schemas give them. */
export const scalars = new Map<string, Scalar>([
    ["double", scalar(fixed64, "number", "0", (cursor) => numberText(cursor.double()))],
    ["float", scalar(fixed32, "number", "0", (cursor) => numberText(cursor.float()))],
    ["int32", scalar(varint, "integer", "0", (cursor) => String(signed32(cursor.varint())))],
    ["int64", scalar(varint, "integer", "0", (cursor) => signed64(cursor.varint()))],
    ["uint32", scalar(varint, "integer", "0", (cursor) => String(unsigned32(cursor.varint())))],
    ["uint64", scalar(varint, "integer", "0", (cursor) => String(cursor.varint()))],
    [
        "sint32",
        scalar(varint, "integer", "0", (cursor) => String(zigzag(unsigned32(cursor.varint())))),
    ],
    ["sint64", scalar(varint, "integer", "0", (cursor) => String(zigzag(cursor.varint())))],
    ["fixed32", scalar(fixed32, "integer", "0", (cursor) => String(cursor.fixed32()))],
    ["fixed64", scalar(fixed64, "integer", "0", (cursor) => String(cursor.fixed64()))],
    ["sfixed32", scalar(fixed32, "integer", "0", (cursor) => String(cursor.fixed32() | 0))],
    [
        "sfixed64",
        scalar(fixed64, "integer", "0", (cursor) => String(BigInt.asIntN(64, cursor.fixed64()))),
    ],
    ["bool", scalar(varint, "boolean", "false", (cursor) => (cursor.varint() ? "true" : "false"))],
    [
        "string",
        scalar(delimited, "string", '""', (cursor) => stringText(cursor.string(cursor.length()))),
    ],
    ["bytes", scalar(delimited, "bytes", '""', (cursor) => bytesText(cursor.hex(cursor.length())))],
]);

/** An enum's values by name; one without a name by its number, which no name is. */
export function enumScalar(of: Enum): Scalar {
    const texts = new Map<number, string>();
    for (const [name, value] of Object.entries(of.values)) {
        if (!texts.has(value)) {
            texts.set(value, stringText(name));
        }
    }
    const text = (value: number) => texts.get(value) ?? `"${value}"`;
    const [first = 0] = Object.values(of.values);
    return scalar(varint, "string", text(first), (cursor) => text(signed32(cursor.varint())));
}

/** Negative ones are written in 64 bits, by some in 32. */
function signed32(value: number | bigint): number {
    if (typeof value === "bigint" ? value < firstNegative32 : value > 0xffffffff) {
        throw new Unreadable(tooLong);
    }
    return typeof value === "bigint" ? Number(BigInt.asIntN(32, value)) : value | 0;
}

function unsigned32(value: number | bigint): number {
    if (typeof value === "bigint" || value > 0xffffffff) {
        throw new Unreadable(tooLong);
    }
    return value;
}

function signed64(value: number | bigint): string {
    return String(typeof value === "bigint" ? BigInt.asIntN(64, value) : value);
}

const firstNegative32 = 2n ** 64n - 2n ** 31n;
const tooLong = "it has a number of more than 32 bits where its schema has 32";
