import protobuf from "protobufjs";
import { Long, protobufType } from "../comparison/formats/protobufTypes.js";

/** Numbers from 0 to below another one, the same ones for the same seed. */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
    let state = seed;
    return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

const scalars = [
    ...["double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64"],
    ...["fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes"],
];
const keys = scalars.filter((type) => !["double", "float", "bytes"].includes(type));
const heads = ['syntax = "proto2"', 'syntax = "proto3"', 'edition = "2023"'] as const;

/** Any schema of a few messages, the first of which is called M0. */
export function anyProto(random: Random): string {
    const head = random(heads.length);
    const [isProto2, isProto3] = [head === 0, head === 1];
    const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
    const count = 1 + random(4);
    const type = () =>
        pick([...scalars, pick(scalars), "E", "M0.In", `M${random(count)}`, `M${random(count)}`]);
    const options = () =>
        isProto2 || isProto3
            ? ""
            : pick(["", "", " [features.field_presence = IMPLICIT]", " [deprecated = true]"]);
    const encoded = (of: string) =>
        !isProto2 && !isProto3 && /^M/.test(of) && random(3) === 0
            ? " [features.message_encoding = DELIMITED]"
            : /^M/.test(of)
              ? ""
              : options();
    const message = (name: string, inside: string) => {
        let number = 0;
        const next = () => (number += 1 + (random(5) === 0 ? random(40) : 0));
        const label = isProto2 ? ["optional ", "repeated ", "required "] : ["", "repeated "];
        if (isProto3) label.push("optional ");
        const field = () => {
            const kind = random(8);
            if (kind === 0) {
                return `map<${pick(keys)}, ${type()}> f${next()} = ${number};`;
            }
            if (kind === 1) {
                const parts = [type(), type()].map((of) => `${of} f${next()} = ${number};`);
                return `oneof o${number} { ${parts.join(" ")} }`;
            }
            if (kind === 2 && isProto2) {
                const group = `optional int32 a = 1; repeated string b = 2; optional ${name} c = 3;`;
                return `${pick(["optional", "repeated"])} group G${next()} = ${number} { ${group} }`;
            }
            const of = type();
            const how = pick(label);
            // What needs itself has no end.
            const safe = how === "required " && /^M/.test(of) ? "optional " : how;
            const set = how === "repeated " && !/^M/.test(of) ? "" : encoded(of);
            return `${safe}${of} f${next()} = ${number}${set};`;
        };
        const fields = Array.from({ length: random(8) }, field);
        return `message ${name} { ${fields.join(" ")} ${inside} }`;
    };
    const inner = message("In", "");
    const rest = Array.from({ length: count }, (_, i) => message(`M${i}`, i === 0 ? inner : ""));
    const values = isProto2 ? "THREE = 3; ONE = 1; LESS = -1;" : "NONE = 0; ONE = 1; LESS = -1;";
    return `${heads[head]!};\n${rest.join("\n")}\nenum E { ${values} }`;
}

/** Writes messages of a type of a schema, with any values, by protobufjs. */
export function writerOf(schema: string, name: string, random: Random): () => Buffer {
    const type = protobufType(schema, name);
    return () => Buffer.from(type.encode(type.create(anyMessage(type, random, 4))).finish());
}

function anyMessage(type: protobuf.Type, random: Random, depth: number): Record<string, unknown> {
    const message: Record<string, unknown> = {};
    for (const field of type.fieldsArray) {
        const isMessage = field.resolvedType instanceof protobuf.Type;
        if (!field.required && (random(3) === 0 || (isMessage && depth === 0))) {
            continue;
        }
        const value = () => anyValue(field.type, field.resolvedType, random, depth);
        if (field instanceof protobuf.MapField) {
            const names = Array.from({ length: random(4) }, () => mapKey(field.keyType, random));
            message[field.name] = Object.fromEntries(names.map((name) => [name, value()]));
        } else {
            message[field.name] = field.repeated
                ? Array.from({ length: random(4) }, value)
                : value();
        }
    }
    return message;
}

const texts = ["", "a", 'é"\n', "a.b", "$key", "__proto__", "\u{1f600}", "\\", "x".repeat(200)];
const longs = ["0", "1", "-1", "127", "128", "-9223372036854775808", "9223372036854775807"];

function mapKey(type: string, random: Random): string {
    if (type === "bool") return random(2) === 0 ? "true" : "false";
    // protobufjs takes keys of 64 bits in its own form only.
    if (type !== "string") return type.endsWith("64") ? "\0".repeat(8) : String(random(200));
    return texts.filter((text) => text !== "__proto__")[random(texts.length - 1)]!;
}

function anyValue(
    type: string,
    resolved: protobuf.ReflectionObject | null,
    random: Random,
    depth: number,
): unknown {
    if (resolved instanceof protobuf.Type) return anyMessage(resolved, random, depth - 1);
    if (resolved instanceof protobuf.Enum) return [0, 1, 3, -1, 77, -77][random(6)];
    switch (type) {
        case "string":
            return texts[random(texts.length)];
        case "bytes":
            return Buffer.from(Array.from({ length: random(5) }, () => random(256)));
        case "bool":
            return random(2) === 0;
        case "double":
        case "float":
            return [0, -0, 0.1, 1e21, -1e-9, NaN, -Infinity, 5e-324, 3.4e38][random(9)];
        default:
            if (type.endsWith("64")) {
                const isUnsigned = type === "uint64" || type === "fixed64";
                const of = isUnsigned && random(3) === 0 ? "18446744073709551615" : undefined;
                const text = of ?? longs[random(longs.length)]!;
                return Long.fromString(isUnsigned ? text.replace("-", "") : text, isUnsigned);
            }
            return type === "uint32" || type === "fixed32"
                ? [0, 1, 300, 0xffffffff][random(4)]
                : [0, 1, -1, 300, 0x7fffffff, -0x80000000][random(6)];
    }
}

/** Bytes as they are, cut off, with one bit another, and twice with a field more between them. */
export function damaged(whole: Buffer, random: Random): Buffer[] {
    const broken = Buffer.from(whole);
    if (broken.length > 0) {
        const at = random(broken.length);
        broken[at]! ^= 1 << random(8);
    }
    const more = [0x98, 6, random(100), 0xa3, 6, 8, 1, 0xa4, 6];
    return [
        whole,
        whole.subarray(0, random(whole.length + 1)),
        broken,
        Buffer.concat([whole, Buffer.from(more.slice(0, 3 + 6 * random(2))), whole]),
    ];
}
