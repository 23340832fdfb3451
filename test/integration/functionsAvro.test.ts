import assert from "node:assert/strict";
import { Type } from "avsc";
import fc from "fast-check";
import type { CompareArgs } from "../../components/compare.js";
import { readSettings } from "../../components/comparisonJob/recordSettings.js";
import type { LogRecord } from "../../components/provider/kafka/port.js";
import { hasJdk } from "../../sandbox/javaJar.js";
import { FakeRegistry, framed } from "../comparison/formats/double.js";
import { settingsOf } from "../comparison/world.js";
import { JavaFunctions } from "../functions/javaFunctions.js";
import { assertSame, recordOf } from "../functions/sameReading.js";
import { skipBecause } from "../skip.js";

type Schema = Parameters<typeof Type.forSchema>[0];

const record = (fields: Record<string, unknown>, name = "R") => ({
    type: "record",
    name,
    fields: Object.entries(fields).map(([of, type]) => ({ name: of, type })),
});
const one = (type: unknown) => record({ a: type });
const list = (items: unknown) => ({ type: "array", items });
const map = (values: unknown) => ({ type: "map", values });
const decimal = (scale: unknown) => ({
    type: "bytes",
    logicalType: "decimal",
    precision: 40,
    scale,
});
const time = (logicalType: string) => ({ type: "long", logicalType });
const enumOf = (name: string, ...symbols: string[]) => ({ type: "enum", name, symbols });
const fixed = (name: string, size: unknown) => ({ type: "fixed", name, size });

const oneOfAll = record({
    s: "string",
    i: "int",
    l: "long",
    f: "float",
    d: "double",
    t: "boolean",
    z: "null",
    b: "bytes",
    x: fixed("X", 2),
    e: enumOf("E", "A", "B"),
    r: record({ in: "int" }, "In"),
    m: map("int"),
    o: list(map(["null", "double", "bytes"])),
    u: ["null", "string", "X", "E"],
    v: ["bytes", { type: "int", logicalType: "date" }],
    w: list(["In", record({ in: "int" }, "deep.Other"), "null"]),
    n: ["null", record({ again: ["null", "R"] }, "Nested")],
    money: decimal(2),
    big: { ...fixed("F", 20), logicalType: "decimal", precision: 40, scale: 5 },
    ...Object.fromEntries(
        ["millis", "micros", "nanos"].flatMap((unit) => [
            [unit, time(`timestamp-${unit}`)],
            [`local_${unit}`, time(`local-timestamp-${unit}`)],
        ]),
    ),
    day: { type: "int", logicalType: "date" },
    other: { type: "string", logicalType: "uuid" },
    wrong: { type: "string", logicalType: "date" },
    unknown: time("decimal"),
});

/** Any schema: the names of types are made different afterwards. */
const anySchema = fc
    .letrec<{ schema: unknown; inner: unknown }>((tie) => ({
        inner: fc.oneof(
            fc.constantFrom("null", "boolean", "int", "long", "float", "double", "string", "bytes"),
            fc.constantFrom(
                { type: "int", logicalType: "date" },
                time("timestamp-micros"),
                time("timestamp-nanos"),
                time("timestamp-millis"),
                decimal(3),
                decimal(-1),
                decimal(100),
                { type: "int" },
                { ...fixed("F", 3), logicalType: "decimal", precision: 4 },
            ),
            fc.nat(9).map((size) => fixed("F", size)),
            fc.constant(enumOf("E", "A", "B", "C")),
            tie("schema"),
        ),
        schema: fc.oneof(
            { depthSize: "small" },
            fc
                .array(tie("inner"), { maxLength: 5 })
                .map((types) =>
                    record(Object.fromEntries(types.map((type, i) => [`f${i}`, type]))),
                ),
            tie("inner").map(list),
            tie("inner").map(map),
            fc
                .uniqueArray(tie("inner"), { minLength: 1, maxLength: 4, selector: kindOf })
                .map((types) => types.filter((type) => !Array.isArray(type)))
                .filter((types) => types.length > 0),
        ),
    }))
    .schema.map((schema) => {
        let names = 0;
        return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
            const isName = key === "name" && /^[A-Z]$/.test(String(value));
            return isName ? `${["", "deep.", "very.deep."][names % 3]}T${names++}` : value;
        }) as unknown;
    });

/** Of which a union may have one, unless they have names. */
function kindOf(schema: unknown): unknown {
    const type = (schema as { type?: unknown }).type ?? schema;
    return ["record", "enum", "fixed"].includes(type as string) ? schema : type;
}

/** The bytes of values of a schema, whole, cut off, with one bit or byte another, and with more behind. */
function bytesOf(schema: unknown, count: number, seed: number): Buffer[] {
    const type = Type.forSchema(schema as Schema, { wrapUnions: "always" });
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    return Array.from({ length: count }, () => {
        let whole: Buffer;
        try {
            whole = type.toBuffer(type.random());
        } catch {
            // It nests some at random until the stack has ended.
            whole = Buffer.alloc(8);
        }
        const broken = Buffer.from(whole);
        if (broken.length > 0) {
            const at = random(broken.length);
            broken[at]! ^= 1 << random(8);
        }
        return [whole, whole.subarray(0, random(whole.length + 1)), broken];
    }).flatMap(([whole, cut, broken]) => [whole!, cut!, broken!, Buffer.concat([whole!, cut!])]);
}

describe("the functions of a comparison's job, of Avro", function () {
    this.timeout(120_000);
    let java: JavaFunctions;
    let registry: FakeRegistry;
    let lastId = 0;

    before(async function () {
        if (!(await hasJdk())) skipBecause(this, "needs javac and jar");
        java = await JavaFunctions.start({ REGISTRY_HEADER: " Basic dGhlIHNlY3JldA== \n" });
    });
    beforeEach(async () => void (registry = await FakeRegistry.start()));
    afterEach(() => registry?.stop());
    after(() => java?.stop());

    const settings = (args: Partial<CompareArgs> = {}) =>
        settingsOf({
            identity: ["a"],
            eventTime: undefined,
            formats: { value: "avro" },
            registry: { url: registry.url },
            ...args,
        });
    /** Registers a schema. */
    const hold = (schema: unknown, references: object[] = []): number => {
        registry.hold(++lastId, "AVRO", schema, references);
        return lastId;
    };
    const answerTo = async (value: Buffer, args?: Partial<CompareArgs>) =>
        java.read(recordOf(value), readSettings(settings(args)));
    /** Where the identity is no matter: a field that every record has. */
    const wrapped = (schema: unknown) => record({ a: "int", b: schema }, "Wrapped");
    const inWrapped = (id: number, bytes: Buffer | number[]): LogRecord =>
        recordOf(framed(id, Buffer.from([2, ...bytes])));

    it("reads values of all types, whole and broken", async () => {
        const id = hold(wrapped(oneOfAll));
        const { read, refused } = await assertSame(
            java,
            bytesOf(oneOfAll, 400, 1).map((bytes) => inWrapped(id, bytes)),
            settings(),
        );
        assert.ok(read > 400 && refused > 500, `${read} read, ${refused} refused`);
    });

    it("reads values of any schema, whole and broken", async () => {
        const schemas = fc.sample(anySchema, 200);
        const records = schemas.flatMap((schema, n) => {
            const id = hold(wrapped(schema));
            return bytesOf(schema, 6, n + 1).map((bytes) => inWrapped(id, bytes));
        });
        const { read, refused } = await assertSame(java, records, settings());
        assert.ok(read > 1_000 && refused > 1_000, `${read} read, ${refused} refused`);
    });

    it("reads whatever the bytes are", async () => {
        const id = hold(
            wrapped(record({ u: ["null", "string", "Wrapped"], ...partsOf(oneOfAll) })),
        );
        const plain = hold(
            wrapped(
                record({
                    list: list(["null", "Wrapped", "bytes"]),
                    map: map(list("null")),
                    d: decimal(2),
                    t: { type: "int", logicalType: "date" },
                }),
            ),
        );
        const samples = fc.sample(fc.uint8Array({ maxLength: 60 }), 3_000);
        const small = fc.sample(fc.array(fc.nat(6), { maxLength: 40 }), 3_000);
        await assertSame(
            java,
            [...samples, ...small].map((bytes, n) =>
                inWrapped(n % 2 === 0 ? id : plain, Buffer.from(bytes)),
            ),
            settings(),
        );
    });

    it("writes numbers as JavaScript does", async () => {
        const count = 5_000;
        const doubles = new BigUint64Array(count * 20);
        let state = BigInt(Date.now());
        for (let i = 0; i < doubles.length; i++) {
            state ^= BigInt.asUintN(64, state << 13n);
            state ^= state >> 7n;
            state ^= BigInt.asUintN(64, state << 17n);
            doubles[i] = state;
        }
        const values = new Float64Array(doubles.buffer);
        // Powers of two, what is beside them, those of ten, subnormal ones, and what has few digits.
        let n = 0;
        const bits = new BigUint64Array(1);
        const asDouble = new Float64Array(bits.buffer);
        for (let power = -1074; power < 1024; power++) {
            asDouble[0] = 2 ** power;
            for (const by of [0n, 1n, -1n]) {
                doubles[n++] = bits[0]! + by;
            }
        }
        for (let power = -323; power < 309; power++) {
            for (const digits of [1, 2, 5, 9.5, 1.25]) values[n++] = Number(`${digits}e${power}`);
        }
        for (let i = 0; i < 5_000; i++) values[n++] = i * 5e-324;
        for (let i = 0; i < 20_000; i++) values[n++] = (i - 9_000) / 100;
        for (let i = 0; i < 10_000; i++) values[n++] = Math.fround(i / 10);
        const ofDoubles = hold(one(list("double")));
        const ofFloats = hold(one(list("float")));
        const floats = new Float32Array(doubles.buffer);
        const chunks = (of: Float32Array | Float64Array, id: number) =>
            Array.from({ length: of.length / count }, (_, i) => {
                const part = of.subarray(i * count, (i + 1) * count);
                const raw = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
                const length = Type.forSchema("long").toBuffer(count);
                return recordOf(framed(id, Buffer.concat([length, raw, Buffer.from([0])])));
            });
        const records = [...chunks(values, ofDoubles), ...chunks(floats, ofFloats)];
        const { read } = await assertSame(java, records, settings());
        assert.equal(read, 60);
    });

    it("refuses an event time that is no number", async () => {
        const id = hold({ type: "record", name: "R", fields: [{ name: "t", type: "double" }] });
        const records = [NaN, Infinity, -Infinity, 1.5e12].map((time) => {
            const bytes = Buffer.alloc(8);
            bytes.writeDoubleLE(time);
            return recordOf(framed(id, bytes));
        });
        const counts = await assertSame(
            java,
            records,
            settings({ identity: ["t"], eventTime: "t" }),
        );
        assert.deepEqual(counts, { read: 1, refused: 3 });
    });

    it("reads integers, decimals, dates and times of any size", async () => {
        const raw = (value: bigint): number[] => {
            const bytes: number[] = [];
            let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
            for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
            return [...bytes, Number(rest)];
        };
        const longs = [
            ...[0n, 1n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 31n - 1n, 2n ** 53n, -(2n ** 53n) - 1n],
            ...[2n ** 63n - 1n, -(2n ** 63n), 100_000_000n, 100_000_001n, -100_000_000n, 2932896n],
            ...[
                2932897n,
                -719528n,
                -719529n,
                -719162n,
                20780n,
                1795428000123456n,
                10n ** 18n,
                -1000n,
            ],
            ...fc.sample(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), 100),
        ];
        const types = [
            ...["int", "long", { type: "int", logicalType: "date" }],
            ...["millis", "micros", "nanos"].map((unit) => time(`timestamp-${unit}`)),
        ];
        const ofLongs = types.flatMap((type) => {
            const id = hold(one(type));
            return longs.map((value) => recordOf(framed(id, Buffer.from(raw(value)))));
        });
        const tooLong = [9, 10, 11].flatMap((length) =>
            [0, 1, 2, 0x7f, 0x80].map((last) => {
                const bytes = [...new Array<number>(length).fill(0xff), last];
                return recordOf(framed(lastId, Buffer.from(bytes)));
            }),
        );
        const decimals = [
            0,
            1,
            2,
            30,
            31,
            45,
            100_000,
            100_001,
            -1,
            1.5,
            "2",
            null,
            undefined,
        ].flatMap((scale) => {
            const id = hold(one(decimal(scale)));
            return [
                ...["", "00", "ff", "64", "9c", "04d2", "00000004d2", "7f".repeat(12), "80"],
                ...[
                    "8000000000000000",
                    "7fffffffffffffff",
                    "ff".repeat(30),
                    "0186a0",
                    "01".repeat(900),
                ],
                "01".repeat(1_000),
                "01".repeat(1_001),
            ].map((hex) => {
                const length = raw(BigInt(hex.length / 2));
                return recordOf(framed(id, Buffer.from([...length, ...Buffer.from(hex, "hex")])));
            });
        });
        const { read } = await assertSame(java, [...ofLongs, ...tooLong, ...decimals], settings());
        assert.ok(read > 700, `${read} read`);
    });

    it("takes schemas for what they are, and refuses those that are none", async () => {
        const inside = (of: string, namespace?: unknown) => ({
            ...record({ a: enumOf("E", "A"), b: of }, "some.R"),
            ...(namespace !== undefined && { namespace }),
        });
        const schemas: unknown[] = [
            ...["{", '"nobody"', "[]x", '{"type":"record"}', "", " ", "7", "null9", "int x", "[]"],
            ...["null", "true", "-7", '"int"', " long ", '{"type":"int"}', '{"type":"long"}', "é"],
            ...[
                '{"type":{"type":"int"}}',
                '{"type":["null","int"]}',
                '{"type":"array"}',
                '{"type":"map"}',
            ],
            ...['{"type":"array","items":null}', '{"type":"array","items":""}', "{}", "[[]]"],
            ...['["int","int"]', '["null",["int"]]', '["int",{"type":"int"}]', '"some.int"'],
            ...[
                '[{"type":"array","items":"int"},{"type":"array","items":"long"}]',
                '["int","long"]',
            ],
            inside("E"),
            inside("some.E"),
            inside("other.E"),
            inside("E", "other"),
            inside("some.E", "other"),
            inside("R"),
            inside("E", ""),
            inside("E", null),
            record({ a: "int" }, ".R"),
            record({ a: ".R" }, ".R"),
            record({ a: "int" }, "int"),
            record({ a: "int" }, "bad-name"),
            record({ a: "int" }, ""),
            record({ "bad-name": "int" }),
            { type: "record", fields: [{ name: "a", type: "int" }] },
            { type: "error", name: "R", fields: [{ name: "a", type: "int" }] },
            {
                ...record({}),
                fields: [
                    { name: "a", type: "int" },
                    { name: "a", type: "int" },
                ],
            },
            { ...record({}), fields: [{ name: "a" }] },
            { ...record({}), fields: [{ name: "a", type: "int", order: "up" }] },
            { ...record({}), fields: [{ name: "a", type: "int", order: "ignore" }] },
            { ...record({}), fields: [{ name: "a", type: "long", default: -9223372036854775808 }] },
            { ...record({}), fields: [{ name: "a", type: "long", default: "none" }] },
            { ...record({ a: "int" }), aliases: ["bad-name"] },
            { ...record({ a: "int" }), aliases: ["good", "very.good"] },
            record({}),
            record({ a: enumOf("E") }),
            record({ a: enumOf("E", "A", "A") }),
            record({ a: enumOf("E", "a-b") }),
            record({ a: { ...enumOf("E", "A", "B"), default: "A" } }),
            record({ a: { ...enumOf("E", "A", "B"), default: "C" } }),
            record({ a: fixed("F", 1), b: fixed("F", 1) }),
            record({ a: fixed("F", 0) }),
            record({ a: fixed("F", -1) }),
            record({ a: fixed("F", 1.5) }),
            record({ a: fixed("F", "1") }),
            record({ a: fixed("F", undefined) }),
            record({ a: fixed("F", 2 ** 31) }),
            record({ a: fixed("F", 2 ** 31 - 1) }),
            record({ a: { ...fixed("F", 1), logicalType: "decimal" }, b: "F" }),
            record({ a: { ...fixed("F", 1), logicalType: "decimal", scale: -2 }, b: "F" }),
            record({ a: ["string", fixed("F", 1)], b: ["bytes", "F"] }),
            record({ a: [enumOf("E", "A"), fixed("F", 1)] }),
            record({ a: [record({ a: "int" }, "A"), record({ a: "int" }, "other.A")] }),
            record({ a: [record({ a: "int" }, "A"), "R"] }),
            record({ a: ["R", "R"] }),
            record({ a: list([record({ a: "int" }, "A"), record({ a: "int" }, "B"), "int"]) }),
            record({ again: "R" }),
            record({ a: "int", again: list("R") }),
            record({ a: "int", again: ["null", "R"] }),
            record({ a: { type: "int", logicalType: "date", scale: -1 } }),
            record({ a: { type: "array", items: "int", logicalType: "decimal" } }),
            record({ a: map(map("bytes")), b: map(record({ a: "int" }, "A")) }),
            `${'{"type":"array","items":'.repeat(50_000)}"int"${"}".repeat(50_000)}`,
        ];
        const values = [
            ...[
                [],
                [0],
                [1],
                [2],
                [0, 0],
                [0, 2],
                [2, 0],
                [2, 2],
                [2, 2, 2],
                [2, 2, 97, 2],
                [4, 4, 97],
            ],
            ...[
                [2, 2, 2, 2, 0],
                [2, 2, 36, 2, 2, 98, 4, 0, 0, 0],
                [2, 12, 0x24, 0x6b, 0x65, 0x79, 0x2e, 0x5c],
            ],
            ...[
                new Array<number>(1_500).fill(2),
                [...new Array<number>(990).fill(2), 0],
                [1, 4, 2, 0, 0],
            ],
            ...[
                [2, 1, 4, 2, 0],
                [1, 6, 2, 0, 0],
                [4, 2, 97, 2, 2, 97, 2, 0],
                [4, 2, 97, 0, 2, 97, 0, 0],
            ],
            ...[
                [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
                [2, 0xff],
                [8, 0x61],
                [2, 0xc0],
                [2, 0xed],
            ],
            ...[
                [...new Array<number>(9).fill(0xff), 1],
                [1, ...new Array<number>(9).fill(0xff), 1],
            ],
        ];
        const ids = schemas.map((schema) => hold(schema));
        for (const part of ["value", "key"] as const) {
            const formats = { value: "bytes" as const, [part]: "avro" as const };
            const records = ids.flatMap((id) =>
                values.map((bytes) => {
                    const made = framed(id, Buffer.from(bytes));
                    return part === "value" ? recordOf(made) : recordOf("", made);
                }),
            );
            const identities = { value: [["a"], ["$value"]], key: [["$key"], ["$key.a"]] };
            for (const identity of identities[part]) {
                await assertSame(java, records, settings({ formats, identity }));
            }
        }
    });

    it("refuses what is in no registry's wire format", async () => {
        const records = ["", "\0", "\0\0\0\0", '{"a":1}', "{", "Obj\x01\0", "\x01\0\0\0\x01"];
        const { refused } = await assertSame(
            java,
            records.map((value) => recordOf(value, '{"a":1}')),
            settings({ formats: { value: "avro", key: "avro" } }),
        );
        assert.equal(refused, records.length);
        await assertSame(
            java,
            records.map((key) => recordOf("{}", key)),
            settings({ formats: { value: "json", key: "avro" } }),
        );
    });

    it("reads schemas that refer to others, and says which are missing, unknown or of another type", async () => {
        const refer = (name: string, subject: string, version = 1) => ({ name, subject, version });
        registry.holdVersion(
            "times",
            1,
            JSON.stringify({ ...enumOf("Zone", "UTC"), namespace: "x" }),
        );
        registry.holdVersion(
            "places/of all",
            2,
            JSON.stringify(record({ zone: "x.Zone", n: "int" }, "x.Place")),
            [refer("x.Zone", "times")],
        );
        const both = [refer("x.Place", "places/of all", 2), refer("x.Zone", "times")];
        const known = hold(record({ a: "x.Place", b: "x.Zone" }), both);
        const missing = hold(record({ a: "x.Place" }), [refer("x.Place", "places/of all", 3)]);
        const ofOther = ++lastId;
        registry.hold(ofOther, "PROTOBUF", 'syntax = "proto3";');
        const unknown = ++lastId;
        const key = hold("long");
        const records = [known, missing, ofOther, unknown].flatMap((id) =>
            [[0, 2, 0], [0], [2, 2, 0]].map((bytes) =>
                recordOf(framed(id, Buffer.from(bytes)), framed(key, Buffer.from([14]))),
            ),
        );
        // The same schema for both parts.
        records.push(recordOf(framed(key, Buffer.from([14])), framed(key, Buffer.from([16]))));
        const { read } = await assertSame(
            java,
            records,
            settings({ identity: ["$key"], formats: { value: "avro", key: "avro" } }),
        );
        assert.equal(read, 2);
        // Both the embedded engine and the functions asked, each once.
        const counts = new Map<string, number>();
        registry.asked.forEach(({ path }) => counts.set(path, (counts.get(path) ?? 0) + 1));
        assert.deepEqual(new Set(counts.values()), new Set([2]));
    });

    it("refuses more schemas than a topic can have", async () => {
        const records = Array.from({ length: 1_002 }, (_, n) =>
            recordOf(framed(1_000_000 + n, Buffer.from([0]))),
        );
        const { refused } = await assertSame(java, records, settings());
        assert.equal(refused, 1_002);
    });

    it("fails the job where the registry does not answer, and goes on when it does", async () => {
        const id = ++lastId;
        const path = `/schemas/ids/${id}`;
        const value = framed(id, Buffer.from([2]));
        const failure = async (args?: Partial<CompareArgs>) => {
            const answer = await answerTo(value, args);
            return "failed" in answer ? answer.failed : JSON.stringify(answer);
        };
        const asked = () => registry.asked.filter((one) => one.path === path).length;
        for (const [times, answer, expected] of [
            [3, { status: 503, body: "" }, /^the registry at http:\S+ answered 503$/],
            [3, { status: 429, body: "" }, /answered 429$/],
            [1, { status: 404, body: "not here" }, /answered 404$/],
            [1, { status: 404, body: { message: "not here" } }, /answered 404$/],
            [1, { status: 200, body: "[" }, /answered 200 with something else than a registry's/],
            [1, { status: 200, body: { schema: 7 } }, /with something else than a registry's JSON/],
            [1, { status: 200, body: { schema: "{}", schemaType: "XML" } }, /with something else/],
            [1, { status: 200, body: { schema: '"int"', references: [{ name: "x" }] } }, /else/],
            [
                1,
                { status: 401, body: {} },
                /401 \(compare\.registry\.authorizationFrom names no header/,
            ],
        ] as const) {
            const before = asked();
            registry.answers.set(path, answer);
            assert.match(await failure(), expected);
            assert.equal(asked() - before, times);
        }
        registry.answers.set(path, "hang up");
        assert.match(
            await failure(),
            /^the registry at http:\S+ could not be reached: .*IOException/,
        );
        // The next attempt of the same question.
        registry.hold(id, "AVRO", one("int"));
        const before = asked();
        const good = registry.answers.get(path) as { body: unknown };
        registry.answers.set(path, (attempt) =>
            attempt === before + 1 ? { status: 500, body: "" } : good,
        );
        const answer = await answerTo(value);
        assert.deepEqual("content" in answer && answer.content, '"a"\t1');
        assert.equal(asked(), before + 2);
    });

    it("waits for a registry that is slow for some seconds only", async function () {
        const id = ++lastId;
        registry.answers.set(`/schemas/ids/${id}`, "never");
        const began = Date.now();
        const answer = await answerTo(framed(id, Buffer.from([2])));
        assert.match("failed" in answer ? answer.failed : "", /did not answer within 10 s$/);
        assert.ok(Date.now() - began < 15_000);
    });

    it("sends the header of a variable of the cluster, and never tells it", async () => {
        const id = hold(one("int"));
        const value = framed(id, Buffer.from([2]));
        const text = (authorizationFrom: string) =>
            readSettings(settings({ registry: { url: `${registry.url}/`, authorizationFrom } }));
        const answer = await java.read(recordOf(value), text("REGISTRY_HEADER"));
        assert.ok("content" in answer, JSON.stringify(answer));
        assert.equal(registry.asked.at(-1)?.authorization, "Basic dGhlIHNlY3JldA==");
        registry.answers.set(`/schemas/ids/${++lastId}`, { status: 403, body: "" });
        assert.deepEqual(
            await java.read(recordOf(framed(lastId, Buffer.alloc(0))), text("REGISTRY_HEADER")),
            {
                failed: `the registry at ${registry.url} answered 403 (it did not accept the header in REGISTRY_HEADER)`,
            },
        );
        for (const attempt of ["first", "second"]) {
            assert.deepEqual(
                await java.read(recordOf(value), text("NOT_THERE")),
                {
                    failed:
                        "the environment variable NOT_THERE, named by compare.registry.authorizationFrom, is not " +
                        "set where the job's tasks run",
                },
                attempt,
            );
        }
    });

    it("says nothing of a header that cannot be sent", async () => {
        const other = await JavaFunctions.start({ REGISTRY_HEADER: "Basic dGhl\nc2VjcmV0" });
        try {
            const authorizationFrom = "REGISTRY_HEADER";
            const text = readSettings(
                settings({ registry: { url: registry.url, authorizationFrom } }),
            );
            assert.deepEqual(await other.read(recordOf(framed(1, Buffer.alloc(0))), text), {
                failed: "the value of REGISTRY_HEADER cannot be sent as a header",
            });
        } finally {
            await other.stop();
        }
    });
});

/** The fields of a record's schema, by name. */
function partsOf(of: { fields: readonly { name: string; type: unknown }[] }) {
    return Object.fromEntries(of.fields.map(({ name, type }) => [name, type]));
}
