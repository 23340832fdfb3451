import type { JsonType, Leaf } from "../decode.js";
import { decimalText } from "./texts.js";

/** The one value that a message of Protobuf's own types stands for. */
export interface Meaning {
    /** The slots of the fields that it is made of. */
    readonly slots: readonly number[];
    /** From their texts; `undefined` where they mean nothing, and the members are to be shown. */
    leaf(texts: readonly string[], type: JsonType): Leaf | undefined;
}

/**
 * What a message of this name means; `undefined` for most. `slotOf` finds a field that is no message, of a type if one is given.
 */
export function meaningOf(
    fullName: string,
    slotOf: (field: string, type?: JsonType) => number | undefined,
): Meaning | undefined {
    const known = meanings.get(fullName);
    const slots = known?.fields.map((field) => slotOf(field, known.type)) ?? [];
    // Somebody's own file may have another message under this name.
    return known === undefined || slots.includes(undefined)
        ? undefined
        : { slots: slots as number[], leaf: known.leaf };
}

const wrapper = {
    fields: ["value"],
    leaf: ([text]: readonly string[], type: JsonType): Leaf => ({ type, text: text! }),
};

interface Known {
    readonly fields: readonly string[];
    /** Of all the fields; `undefined` where any will do. */
    readonly type?: JsonType;
    readonly leaf: Meaning["leaf"];
}

const seconds = { fields: ["seconds", "nanos"], type: "integer" } as const;

const meanings = new Map<string, Known>([
    [
        ".google.protobuf.Timestamp",
        { ...seconds, leaf: ([seconds, nanos]) => instant(seconds!, nanos!) },
    ],
    [
        ".google.protobuf.Duration",
        {
            ...seconds,
            leaf: ([seconds, nanos]) => ({
                type: "number",
                text: decimalText(BigInt(seconds!) * 1_000_000_000n + BigInt(nanos!), 9),
            }),
        },
    ],
    ...["Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"].map(
        (name) => [`.google.protobuf.${name}Value`, wrapper] as const,
    ),
]);

/** An ISO timestamp with as many of the nanoseconds as are not zero, three at a time. */
function instant(seconds: string, nanos: string): Leaf | undefined {
    const [whole, part] = [Number(seconds), Number(nanos)];
    if (whole < firstSecond || whole > lastSecond || part < 0 || part > 999_999_999) {
        return undefined;
    }
    const [date] = new Date(whole * 1000).toISOString().split(".");
    const digits = String(part)
        .padStart(9, "0")
        .replace(/(000){1,3}$/, "");
    return { type: "string", text: `"${date}${digits === "" ? "" : `.${digits}`}Z"` };
}

/** Protobuf's limits: the years 1 to 9999. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;
