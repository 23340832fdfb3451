import assert from "node:assert/strict";
import { Type, types } from "avsc";
import fc from "fast-check";
import { canonicalNumber } from "../../../components/provider/comparison/decimal.js";
import { parseEventTime } from "../../../components/provider/comparison/eventTime.js";
import { decimalText } from "../../../components/provider/comparison/formats/texts.js";
import { decoderFor, fieldsOf, framed, refusalOf } from "./double.js";

/** As avsc says it in its documentation: longs as BigInts. */
const long = types.LongType.__with({
    fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
    toBuffer: (value: bigint) => {
        const buffer = Buffer.alloc(8);
        buffer.writeBigInt64LE(value);
        return buffer;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === "bigint",
    compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

function encoder(schema: unknown): (value: unknown) => Buffer {
    const type = Type.forSchema(schema as Parameters<typeof Type.forSchema>[0], {
        wrapUnions: "always",
        typeHook: (of) =>
            of === "long" || (of as { type?: unknown }).type === "long" ? long : undefined,
    });
    return (value) => framed(1, type.toBuffer(value));
}

async function decode(schema: unknown, value: unknown): Promise<Record<string, string>> {
    return fieldsOf(await decoderFor("avro", schema), encoder(schema)(value));
}

const record = (fields: Record<string, unknown>, name = "R") => ({
    type: "record",
    name,
    fields: Object.entries(fields).map(([of, type]) => ({ name: of, type })),
});
const one = (type: unknown) => record({ a: type });
const bytes = (...values: number[]) => framed(1, Buffer.from(values));

describe("Avro", () => {
    it("gives fields by path, with type and canonical text", async () => {
        const schema = record({
            s: "string",
            i: "int",
            l: "long",
            f: "float",
            d: "double",
            t: "boolean",
            z: "null",
            b: "bytes",
            x: { type: "fixed", name: "X", size: 2 },
            e: { type: "enum", name: "E", symbols: ["A", "B"] },
            r: record({ in: "int" }, "In"),
            m: { type: "map", values: "int" },
            n: { type: "map", values: "int" },
            o: { type: "array", items: { type: "map", values: ["null", "double", "bytes"] } },
            u: ["null", "string"],
            v: ["null", "string"],
        });
        const value = {
            s: 'a"é\n',
            i: -7,
            l: 9007199254740993n,
            f: 0.5,
            d: 0.1,
            t: true,
            z: null,
            b: Buffer.from([0, 255]),
            x: Buffer.from([1, 2]),
            e: "B",
            r: { in: 1 },
            m: { "k.1": 1, __proto_: 2 },
            n: {},
            o: [{ z: { double: 2 }, a: null, b: { bytes: Buffer.from([1]) } }],
            u: null,
            v: { string: "w" },
        };
        assert.deepEqual(await decode(schema, value), {
            s: 'string "a\\"é\\n"',
            i: "integer -7",
            l: "integer 9007199254740993",
            f: "number 0.5",
            d: "number 0.1",
            t: "boolean true",
            z: "null null",
            b: 'bytes "00ff"',
            x: 'bytes "0102"',
            e: 'string "B"',
            "r.in": "integer 1",
            "m.k\\.1": "integer 1",
            "m.__proto_": "integer 2",
            n: "object {}",
            o: 'array [{"a":null,"b":{"$bytes":"01"},"z":2}]',
            u: "null null",
            v: 'string "w"',
        });
    });

    it("keeps numbers exact to the last bit", async () => {
        const ofLong = await decoderFor("avro", one("long"));
        const encodeLong = encoder(one("long"));
        fc.assert(
            fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (a) => {
                assert.deepEqual(fieldsOf(ofLong, encodeLong({ a })), { a: `integer ${a}` });
            }),
            { examples: [[2n ** 63n - 1n], [-(2n ** 63n)], [2n ** 53n + 1n], [-1n], [0n]] },
        );
        const ofInt = await decoderFor("avro", one("int"));
        const encodeInt = encoder(one("int"));
        fc.assert(
            fc.property(fc.integer(), (a) => {
                assert.deepEqual(fieldsOf(ofInt, encodeInt({ a })), { a: `integer ${a}` });
            }),
        );
        const ofDouble = await decoderFor("avro", one("double"));
        const encodeDouble = encoder(one("double"));
        fc.assert(
            fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (a) => {
                const text = canonicalNumber(JSON.stringify(a));
                assert.deepEqual(fieldsOf(ofDouble, encodeDouble({ a })), { a: `number ${text}` });
            }),
        );
        // 0.1 as a float is not 0.1 as a double.
        assert.deepEqual(await decode(one("float"), { a: 0.1 }), {
            a: "number 0.10000000149011612",
        });
    });

    it("has a text for what is no number, equal to none of a string", async () => {
        for (const a of [NaN, Infinity, -Infinity]) {
            const { a: number } = await decode(one("double"), { a });
            const { a: string } = await decode(one("string"), { a: String(a) });
            assert.equal(number, `number {"$number":"${a}"}`);
            assert.notEqual(number.split(" ")[1], string!.split(" ")[1]);
        }
    });

    it("reads decimals exactly, with their scale", async () => {
        const decimal = { type: "bytes", logicalType: "decimal", precision: 40, scale: 2 };
        const decoder = await decoderFor("avro", one(decimal));
        const of = (hex: string) => {
            const value = Buffer.from(hex, "hex");
            return fieldsOf(decoder, framed(1, Buffer.from([value.length * 2, ...value])))["a"];
        };
        assert.equal(of("04d2"), "number 12.34");
        assert.equal(of("00000004d2"), "number 12.34");
        assert.equal(of("ff"), "number -0.01");
        assert.equal(of("64"), "number 1");
        assert.equal(of("7f".repeat(12)), "number 394587319188689053897258105.59");
        const fixed = one({
            type: "fixed",
            name: "F",
            size: 2,
            logicalType: "decimal",
            precision: 4,
        });
        assert.deepEqual(fieldsOf(await decoderFor("avro", fixed), bytes(0xff, 0xfe)), {
            a: "number -2",
        });
        fc.assert(
            fc.property(
                fc.bigInt({ min: -(2n ** 120n), max: 2n ** 120n }),
                fc.nat(130),
                fc.nat(45),
                (value, shift, scale) => {
                    const unscaled = value >> BigInt(shift);
                    const expected = canonicalNumber(`${unscaled}e-${scale}`);
                    assert.equal(decimalText(unscaled, scale), expected);
                },
            ),
            {
                numRuns: 1_000,
                examples: [
                    [0n, 0, 2],
                    [-5n, 0, 2],
                    [-100n, 0, 2],
                    [120n, 0, 1],
                ],
            },
        );
        for (let size = 1; size <= 9; size++) {
            const most = 2n ** BigInt(8 * size - 1);
            for (const value of [most - 1n, -most, -1n]) {
                const hex = BigInt.asUintN(8 * size, value)
                    .toString(16)
                    .padStart(2 * size, "0");
                assert.equal(of(hex), `number ${canonicalNumber(`${value}e-2`)}`);
            }
        }
        const long = bytes(0xd2, 0x0f, ...new Array<number>(1001).fill(1));
        assert.match(refusalOf(decoder, long), /decimal of more than 1000 bytes/);
        assert.match(refusalOf(decoder, bytes(0)), /without digits/);
    });

    it("reads timestamps as milliseconds, exactly, and as event time", async () => {
        const at = Date.UTC(2026, 10, 23, 10, 0, 0, 123);
        for (const [unit, digits, text] of [
            ["millis", "", `integer ${at}`],
            ["micros", "456", `number ${at}.456`],
            ["nanos", "456789", `number ${at}.456789`],
        ] as const) {
            for (const prefix of ["", "local-"]) {
                const logicalType = `${prefix}timestamp-${unit}`;
                const found = await decode(one({ type: "long", logicalType }), {
                    a: BigInt(`${at}${digits}`),
                });
                assert.deepEqual(found, { a: text });
                const [type, number] = text.split(" ") as ["integer", string];
                assert.equal(parseEventTime({ type, text: number }), at);
            }
        }
        const date = await decode(one({ type: "int", logicalType: "date" }), { a: 20780 });
        assert.deepEqual(date, { a: 'string "2026-11-23"' });
        // A meaning that does not fit, or that nobody knows, counts for nothing.
        assert.deepEqual(await decode(one({ type: "string", logicalType: "date" }), { a: "x" }), {
            a: 'string "x"',
        });
    });

    it("does not tell schemas apart by the order of their fields", async () => {
        const there = await decode(record({ a: "int", b: "string" }), { a: 1, b: "x" });
        const back = await decode(record({ b: "string", a: "int" }), { a: 1, b: "x" });
        assert.deepEqual(there, back);
        const list = (fields: Record<string, unknown>) =>
            one({ type: "array", items: record(fields, "I") });
        assert.deepEqual(
            await decode(list({ x: "int", y: "int" }), { a: [{ x: 1, y: 2 }] }),
            await decode(list({ y: "int", x: "int" }), { a: [{ x: 1, y: 2 }] }),
        );
    });

    it("tells bytes from strings, and records of two types, where a union has both", async () => {
        const union = one(["string", "bytes"]);
        const text = async (a: object) => (await decode(union, { a }))["a"]!.split(" ")[1];
        assert.notEqual(await text({ string: "01" }), await text({ bytes: Buffer.from([1]) }));
        const two = one([record({ x: "int" }, "A"), record({ x: "int" }, "B")]);
        assert.deepEqual(await decode(two, { a: { B: { x: 1 } } }), {
            "a.$type": 'string "B"',
            "a.x": "integer 1",
        });
    });

    it("reads recursive schemas, as deep as JSON", async () => {
        const schema = record({ v: "int", next: ["null", "R"] });
        const decoder = await decoderFor("avro", schema);
        const nested = (depth: number) =>
            framed(1, Buffer.concat([Buffer.alloc(2 * depth, 2), Buffer.from([2, 0])]));
        assert.deepEqual(fieldsOf(decoder, nested(1)), {
            v: "integer 1",
            "next.v": "integer 1",
            "next.next": "null null",
        });
        assert.equal(Object.keys(fieldsOf(decoder, nested(990))).length, 992);
        assert.match(refusalOf(decoder, nested(1001)), /more than 1000 levels/);
        assert.match(refusalOf(decoder, nested(100_000)), /more than 1000 levels/);
        const inside = await decoderFor("avro", record({ list: { type: "array", items: "R" } }));
        const lists = bytes(...new Array<number>(5_000).fill(2));
        assert.match(refusalOf(inside, lists), /more than 1000 levels/);
        const endless = await decoderFor("avro", record({ again: "R" }));
        assert.match(refusalOf(endless, bytes()), /more than 1000 levels/);
    });

    it("refuses what is corrupt, and what unfolds without end", async () => {
        const refused = async (type: unknown, ...values: number[]) =>
            refusalOf(await decoderFor("avro", one(type)), bytes(...values));
        assert.match(
            await refused("string", 8, 0x61),
            /ends too early for its schema \(schema id 1\)/,
        );
        assert.match(await refused("string", 1), /negative length/);
        assert.match(await refused("string", 2, 0xff), /not valid UTF-8/);
        assert.match(await refused("long", 0xff), /ends too early/);
        assert.match(await refused("long", ...new Array<number>(10).fill(0xff)), /64 bits/);
        assert.match(await refused("int", 0x80, 0x80, 0x80, 0x80, 0x20), /32 bits/);
        assert.match(await refused("boolean", 2), /boolean of 2/);
        assert.match(await refused(["null", "int"], 4), /branch 2 of a union of 2/);
        assert.match(await refused({ type: "enum", name: "E", symbols: ["A"] }, 2), /symbol 1/);
        assert.match(await refused("int", 2, 2), /goes on 1 bytes/);
        assert.match(
            await refused({ type: "map", values: "int" }, 4, 2, 97, 2, 2, 97, 2, 0),
            /twice/,
        );
        const nulls = { type: "array", items: "null" };
        const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
        assert.match(await refused(nulls, ...huge), /more values than its bytes can hold/);
        assert.match(
            await refused({ type: "array", items: "int" }, ...huge),
            /more values|too early/,
        );
        assert.match(await refused({ type: "array", items: "int" }, 1, 4, 2, 0), /another length/);
    });

    it("refuses schemas that are none, and does not quote records", async () => {
        for (const schema of ["{", '"nobody"', "[]x", '{"type":"record"}', "", "7", "null9"]) {
            const decoder = await decoderFor("avro", schema);
            assert.match(refusalOf(decoder, bytes(1)), /^its schema id 1 cannot be used: [^\n]+$/);
        }
        const deep = `${'{"type":"array","items":'.repeat(50_000)}"int"${"}".repeat(50_000)}`;
        assert.match(refusalOf(await decoderFor("avro", deep), bytes(1)), /cannot be used/);
    });

    it("takes defaults for what they are: nothing that reading needs", async () => {
        const field = { name: "a", type: "long", default: -9223372036854775808 };
        const decoder = await decoderFor("avro", { type: "record", name: "R", fields: [field] });
        assert.deepEqual(fieldsOf(decoder, bytes(2)), { a: "integer 1" });
    });

    it("decodes a part that is one value, and names the fields of a key", async () => {
        assert.deepEqual(fieldsOf(await decoderFor("avro", '"long"', "key"), bytes(2)), {
            $key: "integer 1",
        });
        assert.deepEqual(fieldsOf(await decoderFor("avro", "string"), bytes(2, 97)), {
            $value: 'string "a"',
        });
        assert.deepEqual(fieldsOf(await decoderFor("avro", one("int"), "key"), bytes(2)), {
            "$key.a": "integer 1",
        });
        const nullable = await decoderFor("avro", ["null", one("int")]);
        assert.deepEqual(fieldsOf(nullable, bytes(2, 2)), { a: "integer 1" });
        assert.deepEqual(fieldsOf(nullable, bytes(0)), { $value: "null null" });
    });

    it("decodes what avsc encodes, whatever it is", async () => {
        const schema = record({
            s: "string",
            l: "long",
            d: "double",
            b: "bytes",
            u: ["null", "string", "long"],
            list: { type: "array", items: record({ k: "string", v: ["null", "double"] }, "Item") },
            map: { type: "map", values: { type: "array", items: "long" } },
        });
        const encode = encoder(schema);
        const decoder = await decoderFor("avro", schema);
        const text = fc.string({ unit: "grapheme" });
        const anyLong = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
        const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });
        const value = fc.record({
            s: text,
            l: anyLong,
            d: anyDouble,
            b: fc.uint8Array().map((of) => Buffer.from(of)),
            u: fc.oneof(
                fc.constant(null),
                text.map((string) => ({ string })),
                anyLong.map((of) => ({ long: of })),
            ),
            list: fc.array(
                fc.record({
                    k: text,
                    v: fc.option(anyDouble.map((double) => ({ double }))),
                }),
            ),
            map: fc.dictionary(
                text.filter((key) => key !== "__proto__"),
                fc.array(anyLong),
            ),
        });
        const number = (of: number) => canonicalNumber(JSON.stringify(of));
        const escaped = (name: string) => name.replace(/[.\\]/g, "\\$&");
        fc.assert(
            fc.property(value, (of) => {
                const { u } = of;
                const items = of.list.map(
                    ({ k, v }) =>
                        `{"k":${JSON.stringify(k)},"v":${v === null ? "null" : number(v.double)}}`,
                );
                assert.deepEqual(fieldsOf(decoder, encode(of)), {
                    s: `string ${JSON.stringify(of.s)}`,
                    l: `integer ${of.l}`,
                    d: `number ${number(of.d)}`,
                    b: `bytes "${of.b.toString("hex")}"`,
                    u:
                        u === null
                            ? "null null"
                            : "string" in u
                              ? `string ${JSON.stringify(u.string)}`
                              : `integer ${u.long}`,
                    list: `array [${items.join(",")}]`,
                    ...(Object.keys(of.map).length === 0
                        ? { map: "object {}" }
                        : Object.fromEntries(
                              Object.entries(of.map).map(([key, longs]) => [
                                  `map.${escaped(key)}`,
                                  `array [${longs.join(",")}]`,
                              ]),
                          )),
                });
            }),
        );
    });

    it("never throws, whatever the bytes are", async () => {
        const schema = record({
            s: "string",
            l: "long",
            u: ["null", "string", "R"],
            list: { type: "array", items: ["null", "R", "bytes"] },
            map: { type: "map", values: { type: "array", items: "null" } },
            d: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 },
            t: { type: "int", logicalType: "date" },
        });
        const decoder = await decoderFor("avro", schema);
        fc.assert(
            fc.property(fc.uint8Array({ maxLength: 200 }), (of) => {
                const decoded = decoder.decode(framed(1, of));
                assert.ok("fields" in decoded || typeof decoded.refused === "string");
            }),
            { numRuns: 3_000 },
        );
    });
});
