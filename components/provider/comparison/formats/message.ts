import { Enum, type Field, MapField, type ReflectionObject, Type } from "protobufjs";
import { escapeName, type Leaf } from "../decode.js";
import { type Cursor, Unreadable } from "./cursor.js";
import { Paths } from "./paths.js";
import { bytesText, objectText } from "./texts.js";
import { meaningOf, type Meaning } from "./wellKnown.js";
import { enumScalar, readTag, type Scalar, scalars, skipValue, wireTypes } from "./wire.js";

/** What was read of a value: a scalar's canonical text, or a message. */
type Found = string | Scanned;

/** What a message has: its fields by slot, and in hex those that its schema does not know. */
export interface Scanned {
    readonly slots: (Found | Found[] | undefined)[];
    unknown: string;
}

/** How one field of a message is read. */
interface Plan {
    readonly id: number;
    readonly name: string;
    readonly slot: number;
    readonly value: Scalar | MessageReader;
    readonly kind: "one" | "many" | "map";
    readonly wireType: number;
    /** The other fields of its oneof: only the one that comes last counts. */
    readonly others: readonly number[];
    /** Its text where it is there without being written; `undefined` where it is absent then. */
    readonly unwritten: string | undefined;
}

/**
 * Reads Protobuf messages of one type. What may be unset and is, is absent; what cannot be unset has its default, as the
 * schema has it. Messages that come in parts are merged and of a map's equal keys the last counts, as Protobuf says.
 */
export class MessageReader {
    #plans: readonly Plan[] = [];
    #paths = new Paths([]);
    #meaning: Meaning | undefined;
    readonly #byId = new Map<number, Plan>();

    /** `known` are the readers so far: a message may contain itself. */
    static of(type: Type, known = new Map<Type, MessageReader>()): MessageReader {
        const before = known.get(type);
        if (before !== undefined) {
            return before;
        }
        const reader = new MessageReader();
        known.set(type, reader);
        const slots = new Map(type.fieldsArray.map((field, slot) => [field.name, slot]));
        const plans = type.fieldsArray.map((field) => planOf(field, slots, known));
        reader.#define(plans);
        reader.#meaning = meaningOf(type.fullName, (name, of) => {
            const value = plans.find((plan) => plan.name === name)?.value;
            const isFit = value && !(value instanceof MessageReader) && (!of || value.type === of);
            return isFit ? slots.get(name) : undefined;
        });
        return reader;
    }

    /** The entries of a map, which are messages of a key and a value. */
    static ofEntry(key: Scalar, value: Scalar | MessageReader): MessageReader {
        const reader = new MessageReader();
        const plan = (id: number, name: string, of: Scalar | MessageReader): Plan => ({
            id,
            name,
            slot: id - 1,
            value: of,
            kind: "one",
            wireType: of instanceof MessageReader ? wireTypes.delimited : of.wireType,
            others: [],
            unwritten: of instanceof MessageReader ? undefined : of.unwritten,
        });
        reader.#define([plan(1, "key", key), plan(2, "value", value)]);
        return reader;
    }

    #define(plans: readonly Plan[]): void {
        this.#plans = plans;
        this.#paths = new Paths(plans.map(({ name }) => name));
        for (const plan of plans) {
            this.#byId.set(plan.id, plan);
        }
    }

    /** What the values of a map are, of which this reads the entries. */
    get entryValue(): Scalar | MessageReader {
        return this.#plans[1]!.value;
    }

    unwrittenValue(): Found {
        const { value } = this.#plans[1]!;
        return value instanceof MessageReader ? value.nothing() : value.unwritten;
    }

    /** A map's key as a name, from its text; only strings are written in quotes. */
    keyOf(text = this.#plans[0]!.unwritten!): string {
        return text.startsWith('"') ? (JSON.parse(text) as string) : text;
    }

    nothing(): Scanned {
        return { slots: new Array<undefined>(this.#plans.length).fill(undefined), unknown: "" };
    }

    /** Reads up to `end`, or to the end of this group. */
    scan(cursor: Cursor, into: Scanned, end: number, group?: number): Scanned {
        cursor.enter();
        while (group !== undefined || cursor.at < end) {
            const start = cursor.at;
            const { id, wireType } = readTag(cursor);
            if (wireType === wireTypes.endGroup) {
                if (id !== group) {
                    throw new Unreadable("it ends a group that it did not begin");
                }
                break;
            }
            const plan = this.#byId.get(id);
            if (plan === undefined || !take(plan, wireType, cursor, into)) {
                skipValue(cursor, id, wireType);
                into.unknown += cursor.bytes.toString("hex", start, cursor.at);
            }
            if (cursor.at > end) {
                throw new Unreadable("it has a field that is longer than its message");
            }
        }
        cursor.leave();
        return into;
    }

    /** Puts the members into fields, and returns how many there were. */
    members(cursor: Cursor, scanned: Scanned, prefix: string, fields: Map<string, Leaf>): number {
        const paths = this.#paths.behind(prefix);
        let members = 0;
        for (const plan of this.#plans) {
            const found = scanned.slots[plan.slot] ?? plan.unwritten;
            if (found !== undefined) {
                cursor.count();
                placeField(plan, cursor, found, paths[plan.slot]!, fields);
                members++;
            }
        }
        if (scanned.unknown !== "") {
            // Not for its own sake, but so that two records that differ in it are not equal.
            fields.set(`${prefix}$unknown`, { type: "bytes", text: bytesText(scanned.unknown) });
            members++;
        }
        return members;
    }

    /** The single value that the message means, a time say; `undefined` where it is its members. */
    meant(scanned: Scanned): Leaf | undefined {
        if (this.#meaning === undefined || scanned.unknown !== "") {
            return undefined;
        }
        const texts = this.#meaning.slots.map((slot) => {
            const found = scanned.slots[slot] ?? this.#plans[slot]!.unwritten;
            return typeof found === "string" ? found : undefined;
        });
        const { value } = this.#plans[this.#meaning.slots[0]!]!;
        return texts.includes(undefined)
            ? undefined
            : this.#meaning.leaf(texts as string[], (value as Scalar).type);
    }

    text(cursor: Cursor, scanned: Scanned): string {
        const leaf = this.meant(scanned);
        if (leaf !== undefined) {
            return insideText(leaf.type, leaf.text);
        }
        const members: [string, string][] = [];
        for (const plan of this.#plans) {
            const found = scanned.slots[plan.slot] ?? plan.unwritten;
            if (found !== undefined) {
                cursor.count();
                members.push([plan.name, fieldText(plan, cursor, found)]);
            }
        }
        if (scanned.unknown !== "") {
            members.push(["$unknown", insideText("bytes", bytesText(scanned.unknown))]);
        }
        return objectText(members);
    }
}

function planOf(
    field: Field,
    slots: ReadonlyMap<string, number>,
    known: Map<Type, MessageReader>,
): Plan {
    field.resolve();
    const value = valueOf(field, known);
    const isMessage = value instanceof MessageReader;
    const common = { id: field.id, name: field.name, slot: slots.get(field.name)! };
    if (field instanceof MapField) {
        const entry = MessageReader.ofEntry(scalarOf(field.keyType), value);
        const kind = "map" as const;
        const wireType = wireTypes.delimited;
        return { ...common, kind, value: entry, wireType, others: [], unwritten: undefined };
    }
    const others = field.partOf?.fieldsArray.filter((other) => other !== field) ?? [];
    const delimited = field.delimited || isGroup(field.resolvedType);
    return {
        ...common,
        value,
        kind: field.repeated ? "many" : "one",
        wireType: !isMessage
            ? value.wireType
            : delimited
              ? wireTypes.startGroup
              : wireTypes.delimited,
        others: others.map(({ name }) => slots.get(name)!),
        unwritten: isMessage || field.repeated || field.hasPresence ? undefined : value.unwritten,
    };
}

/** Whether a type is that of a group of proto2, which the library's types do not tell. */
export function isGroup(type: ReflectionObject | null): boolean {
    return (type as { group?: boolean } | null)?.group === true;
}

function valueOf(field: Field, known: Map<Type, MessageReader>): Scalar | MessageReader {
    const { resolvedType } = field;
    return resolvedType instanceof Type
        ? MessageReader.of(resolvedType, known)
        : resolvedType instanceof Enum
          ? enumScalar(resolvedType)
          : scalarOf(field.type);
}

function scalarOf(type: string): Scalar {
    const scalar = scalars.get(type);
    if (scalar === undefined) {
        throw new Error(`the type ${type} is not known`);
    }
    return scalar;
}

/** Reads a field whose tag was read; false where it has another form than the schema says. */
function take(plan: Plan, wireType: number, cursor: Cursor, { slots }: Scanned): boolean {
    const { kind, value, slot } = plan;
    if (wireType === plan.wireType) {
        cursor.count();
        if (kind === "one") {
            const before = slots[slot] as Found | undefined;
            slots[slot] = readValue(plan, cursor, before);
        } else {
            ((slots[slot] ??= []) as Found[]).push(readValue(plan, cursor, undefined));
        }
    } else if (
        kind === "many" &&
        wireType === wireTypes.delimited &&
        !(value instanceof MessageReader)
    ) {
        readPacked(value, cursor, (slots[slot] ??= []) as Found[]);
    } else {
        return false;
    }
    for (const other of plan.others) {
        slots[other] = undefined;
    }
    return true;
}

function readValue(
    { value, wireType, id }: Plan,
    cursor: Cursor,
    before: Found | undefined,
): Found {
    if (!(value instanceof MessageReader)) {
        return value.read(cursor);
    }
    const into = typeof before === "object" ? before : value.nothing();
    if (wireType === wireTypes.startGroup) {
        return value.scan(cursor, into, cursor.end, id);
    }
    const length = cursor.length();
    return value.scan(cursor, into, cursor.at + length);
}

/** Numbers one behind the other, without tags. */
function readPacked(value: Scalar, cursor: Cursor, into: Found[]): void {
    const length = cursor.length();
    const end = cursor.at + length;
    while (cursor.at < end) {
        cursor.count();
        into.push(value.read(cursor));
    }
    if (cursor.at !== end) {
        throw new Unreadable("it has packed values of another length than it says");
    }
}

function placeField(
    { value, kind }: Plan,
    cursor: Cursor,
    found: Found | Found[],
    path: string,
    fields: Map<string, Leaf>,
): void {
    if (kind === "map") {
        const entry = value as MessageReader;
        for (const [key, of] of entriesOf(entry, found as Scanned[])) {
            placeValue(entry.entryValue, cursor, of, `${path}.${escapeName(key)}`, fields);
        }
    } else if (Array.isArray(found)) {
        const texts = found.map((item) => valueText(value, cursor, item));
        fields.set(path, { type: "array", text: `[${texts.join(",")}]` });
    } else {
        placeValue(value, cursor, found, path, fields);
    }
}

function placeValue(
    value: Scalar | MessageReader,
    cursor: Cursor,
    found: Found,
    path: string,
    fields: Map<string, Leaf>,
): void {
    if (typeof found === "string") {
        fields.set(path, { type: (value as Scalar).type, text: found });
        return;
    }
    const message = value as MessageReader;
    const leaf = message.meant(found);
    if (leaf !== undefined) {
        fields.set(path, leaf);
    } else if (message.members(cursor, found, `${path}.`, fields) === 0) {
        fields.set(path, { type: "object", text: "{}" });
    }
}

function fieldText({ value, kind }: Plan, cursor: Cursor, found: Found | Found[]): string {
    if (kind === "map") {
        const entry = value as MessageReader;
        return objectText(
            [...entriesOf(entry, found as Scanned[])].map(([key, of]) => [
                key,
                valueText(entry.entryValue, cursor, of),
            ]),
        );
    }
    return Array.isArray(found)
        ? `[${found.map((item) => valueText(value, cursor, item)).join(",")}]`
        : valueText(value, cursor, found);
}

function valueText(value: Scalar | MessageReader, cursor: Cursor, found: Found): string {
    return value instanceof MessageReader
        ? value.text(cursor, found as Scanned)
        : insideText(value.type, found as string);
}

/** Bytes are told from strings by their field's type, but not inside an array. */
function insideText(type: Leaf["type"], text: string): string {
    return type === "bytes" ? `{"$bytes":${text}}` : text;
}

/** A map's values by key; of equal keys the last one counts. */
function entriesOf(entry: MessageReader, found: readonly Scanned[]): Map<string, Found> {
    const entries = new Map<string, Found>();
    for (const { slots, unknown } of found) {
        if (unknown !== "") {
            throw new Unreadable("it has a map's entry with more than a key and a value");
        }
        const [key, value] = slots as (Found | undefined)[];
        entries.set(entry.keyOf(key as string | undefined), value ?? entry.unwrittenValue());
    }
    return entries;
}
