import assert from "node:assert/strict";
import fc from "fast-check";
import type { CompareArgs } from "../../components/compare.js";
import { readSettings } from "../../components/comparisonJob/recordSettings.js";
import { Decoders } from "../../components/provider/comparison/decoders.js";
import { hasJdk } from "../../sandbox/javaJar.js";
import { FakeRegistry, framed } from "../comparison/formats/double.js";
import { settingsOf } from "../comparison/world.js";
import { anyProto, damaged, randomFrom, writerOf } from "../functions/anyProto.js";
import { JavaFunctions } from "../functions/javaFunctions.js";
import { readable, refused, stricter } from "../functions/oddProtos.js";
import { assertSame, expectedOf, recordOf } from "../functions/sameReading.js";
import { skipBecause } from "../skip.js";

const number = (of: number, wireType: number): number[] => varint(of * 8 + wireType);

function varint(of: number): number[] {
    const bytes = [];
    for (; of > 127; of = Math.floor(of / 128)) bytes.push((of % 128) + 128);
    return [...bytes, of];
}

/** A field of this number in every form that the wire has, with values that most types can have. */
function formsOf(of: number): number[][] {
    const inner = [8, 1, 18, 1, 97];
    return [
        ...[0, 1, 2, 300].map((value) => [...number(of, 0), ...varint(value)]),
        [...number(of, 0), ...new Array<number>(9).fill(255), 1],
        [...number(of, 1), 0, 0, 0, 0, 0, 0, 240, 63],
        ...[[], [97], [8, 1], inner, [8, 0, 16, 5], [10, 1, 107, 18, 2, 8, 1], [10, 2, 8, 1]].map(
            (bytes) => [...number(of, 2), bytes.length, ...bytes],
        ),
        [...number(of, 3), ...inner, ...number(of, 4)],
        [...number(of, 3), ...number(1, 3), ...number(1, 4), ...number(of, 4)],
        [...number(of, 5), 0, 0, 128, 63],
    ];
}

const numbers = [...Array.from({ length: 21 }, (_, i) => i + 1), 100, 18999, 20000, 536870911];
const forms = numbers.map(formsOf);
/** Each form alone, several numbers together, and all of one form. */
const messages = [
    [],
    ...forms.flat(),
    ...forms[0]!.map((_, form) => forms.slice(0, 16).flatMap((of) => of[form]!)),
    ...forms.slice(0, 8).flatMap((of, n) => of.map((bytes) => [...bytes, ...forms[n + 1]![0]!])),
].map((bytes) => Buffer.from(bytes));
/** Lists of indexes: of the first message, of others, and of inner ones. */
const places = [[0], [2, 2], [2, 4], [4, 0, 0], [4, 2, 0], [6, 0, 0, 0]];

const fields = `
    double d = 1; float f = 2; int32 i = 3; int64 l = 4; uint32 u = 5; uint64 v = 6; sint32 s = 7;
    sint64 z = 8; fixed32 x = 9; fixed64 y = 10; sfixed32 g = 11; sfixed64 h = 12; bool t = 13;
    string text = 14; bytes b = 15; Kind kind = 16; Item item = 17; google.protobuf.Timestamp at = 18;
    google.protobuf.Duration took = 19; google.protobuf.Int64Value count = 20;`;
const lists = fields.replace(/([\w.]+) (\w+) = (\d+);/g, "repeated $1 $2_list = 5$3;");
const maps = fields.replace(/([\w.]+) (\w+) = (\d+);/g, "map<string, $1> $2_map = 7$3;");
const rest = `
    message Item { KEPT string snake_case = 1; KEPT bytes b = 2; KEPT Order again = 3; }
    enum Kind { NO_KIND = 0; SALE = 1; LESS = -1; }`;
const imports = ["timestamp", "duration", "wrappers"]
    .map((file) => `import "google/protobuf/${file}.proto";`)
    .join(" ");
const oneOfAll = `syntax = "proto3"; package shop; ${imports}
    message Order { ${fields} ${lists} ${maps}
        optional int32 maybe = 30; oneof choice { int32 left = 31; Item right = 32; string up = 33; }
        map<int64, Kind> longs = 34; map<bool, bytes> both = 35; repeated int32 loose = 36 [packed = false]; }
    ${rest.replaceAll("KEPT ", "")}`;
const oldOneOfAll = `syntax = "proto2"; package shop; ${imports}
    message Order { ${fields.replace(/([\w.]+ \w+ = \d+;)/g, "optional $1")} ${lists}
        repeated group Part = 30 { optional int32 a = 1; optional Order inner = 2; }
        optional group Other = 31 { required int32 a = 1; } extensions 100 to 109; }
    extend Order { optional Item more = 100; repeated sint32 numbers = 101 [packed = true]; }
    ${rest.replaceAll("KEPT ", "optional ")}`;

describe("the functions of a comparison's job, of Protobuf", function () {
    this.timeout(120_000);
    let java: JavaFunctions;
    let registry: FakeRegistry;
    let lastId = 0;

    before(async function () {
        if (!(await hasJdk())) skipBecause(this, "needs javac and jar");
        java = await JavaFunctions.start();
    });
    beforeEach(async () => void (registry = await FakeRegistry.start()));
    afterEach(() => registry?.stop());
    after(() => java?.stop());

    /** Of keys: then the identity is a value, which every record has. */
    const settings = (args: Partial<CompareArgs> = {}) =>
        settingsOf({
            identity: ["$value"],
            eventTime: undefined,
            formats: { key: "protobuf", value: "string" },
            registry: { url: registry.url },
            ...args,
        });
    /** Registers a schema. */
    const hold = (text: string, imports: Readonly<Record<string, string>> = {}): number => {
        const references = Object.keys(imports).map((name) => {
            const subject = `${lastId} ${name}`;
            registry.holdVersion(subject, 1, imports[name]!);
            return { name, subject, version: 1 };
        });
        registry.hold(++lastId, "PROTOBUF", text, references);
        return lastId;
    };
    const inKey = (id: number, bytes: Uint8Array, indexes: readonly number[] = [0]) =>
        recordOf("x", framed(id, bytes, indexes));

    it("reads messages of all types, whole and broken", async () => {
        const random = randomFrom(1);
        const records = [oneOfAll, oldOneOfAll].flatMap((schema) => {
            const id = hold(schema);
            const write = writerOf(schema, "shop.Order", random);
            return Array.from({ length: 400 }, () => damaged(write(), random))
                .flat()
                .map((bytes) => inKey(id, bytes));
        });
        const { read, refused } = await assertSame(java, records, settings());
        assert.ok(read > 1_600 && refused > 400, `${read} read, ${refused} refused`);
    });

    it("reads messages of any schema, whole and broken, also with another schema", async () => {
        const random = randomFrom(Date.now() % 1_000_000);
        const schemas = Array.from({ length: 250 }, () => anyProto(random));
        const ids = schemas.map((schema) => hold(schema));
        const records = schemas.flatMap((schema, n) => {
            const write = writerOf(schema, "M0", random);
            const other = ids[random(ids.length)]!;
            return Array.from({ length: 5 }, () => damaged(write(), random))
                .flat()
                .flatMap((bytes) => [inKey(ids[n]!, bytes), inKey(other, bytes)]);
        });
        const { read, refused } = await assertSame(java, records, settings());
        assert.ok(read > 4_000 && refused > 500, `${read} read, ${refused} refused`);
    });

    it("reads whatever the bytes are", async () => {
        const id = hold(`syntax = "proto2"; import "google/protobuf/timestamp.proto"; message M {
            optional string s = 1; optional int64 i = 2; optional M m = 3; repeated fixed32 r = 4;
            map<string, M> map = 5; repeated M list = 6; optional group G = 7 { optional M x = 1; }
            optional google.protobuf.Timestamp t = 8; oneof o { M a = 9; bytes b = 10; } }`);
        const tags = fc.constantFrom(10, 16, 26, 34, 42, 50, 59, 60, 66, 74, 82);
        const chunk = fc.oneof(
            tags.map((tag) => [tag]),
            fc.uint8Array({ maxLength: 4 }).map((of) => [...of]),
            fc.array(fc.nat(10), { maxLength: 6 }),
        );
        const samples = fc.sample(fc.array(chunk, { maxLength: 40 }), 6_000);
        const records = samples.map((chunks) => inKey(id, Buffer.from(chunks.flat())));
        const { read } = await assertSame(java, records, settings());
        assert.ok(read > 100, `${read} read`);
    });

    it("finds the message by its indexes, also by such that are none", async () => {
        const id = hold(`syntax = "proto2";
            message A { optional group G = 1 { optional int32 g = 1; } map<string, In> map = 2;
                message In { optional int32 in = 1; message Deep { optional int32 deep = 1; } } }
            enum E { ZERO = 0; }
            message B { optional int32 b = 1; }`);
        const lists = [
            ...[[0], [2, 0], [2, 2], [2, 4], [2, 1], [4, 0, 0], [4, 0, 2], [6, 0, 0, 0], [1], [3]],
            ...[[], [2], [80, 0], [128], [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
            ...[[2, 254, 255, 255, 255, 255, 255, 255, 255, 255, 1], new Array<number>(40).fill(0)],
            [20, ...new Array<number>(10).fill(0)],
        ];
        const records = lists.flatMap((list) => [
            inKey(id, Buffer.of(8, 1), list),
            inKey(id, Buffer.of(), list),
        ]);
        const { read } = await assertSame(java, records, settings());
        assert.ok(read > 8, `${read} read`);
    });

    it("reads numbers, times and durations of any size", async () => {
        const id = hold(`syntax = "proto3"; import "google/protobuf/timestamp.proto";
            import "google/protobuf/duration.proto"; message M { google.protobuf.Timestamp t = 1;
            google.protobuf.Duration d = 2; repeated google.protobuf.Timestamp ts = 3; float f = 4; }`);
        const long = (of: bigint): number[] => {
            const bytes: number[] = [];
            let rest = BigInt.asUintN(64, of);
            for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
            return [...bytes, Number(rest)];
        };
        const seconds = [
            ...[0n, 1n, -1n, 59n, 1795428000n, -62135596800n, -62135596801n, 253402300799n],
            ...[253402300800n, 2n ** 63n - 1n, -(2n ** 63n), -1n * 10n ** 9n, 951782400n],
        ];
        const nanos = [
            0n,
            1n,
            10n,
            100_000_000n,
            123_000n,
            120n,
            999_999_999n,
            1_000_000_000n,
            -1n,
        ];
        const records = seconds.flatMap((second) =>
            nanos.flatMap((nano) => {
                const inner = [8, ...long(second), 16, ...long(nano)];
                return [10, 18, 26].map((tag) =>
                    inKey(id, Buffer.from([tag, inner.length, ...inner])),
                );
            }),
        );
        const { read, refused } = await assertSame(java, records, settings());
        assert.deepEqual([read, refused], [records.length, 0]);
    });

    it("refuses what is nested too deep or unfolds into too much", async () => {
        const names = Array.from({ length: 200 }, (_, i) => `int32 f${i} = ${i + 10};`).join(" ");
        const id = hold(`syntax = "proto3"; message M { M m = 1; repeated Wide list = 2;
            map<int32, Wide> map = 3; } message Wide { ${names} }`);
        const nested = (depth: number) => {
            let bytes = Buffer.alloc(0);
            for (let i = 0; i < depth; i++) {
                bytes = Buffer.concat([Buffer.from([10, ...varint(bytes.length)]), bytes]);
            }
            return bytes;
        };
        const records = [
            ...[1, 998, 999, 1_000, 1_001, 5_000].map(nested),
            ...[0x0b, 0x4b].map((tag) => Buffer.alloc(100_000, tag)),
            ...[1_000, 20_000].map((times) => Buffer.alloc(2 * times, Buffer.from([18, 0]))),
            Buffer.concat(
                Array.from({ length: 300 }, (_, i) => {
                    const key = varint(i);
                    return Buffer.from([26, key.length + 3, 8, ...key, 18, 0]);
                }),
            ),
        ].map((bytes) => inKey(id, bytes));
        const { read, refused } = await assertSame(java, records, settings());
        assert.deepEqual([read, refused], [5, 6]);
    });

    it("reads values as it reads keys", async () => {
        const id = hold(`${oneOfAll} message Single { Order order = 1; int32 id = 2; }`);
        const whole = hold(
            'syntax = "proto3"; package google.protobuf; message StringValue { string value = 1; }',
        );
        const random = randomFrom(7);
        const write = writerOf(oneOfAll, "shop.Order", random);
        const of = settings({ identity: ["i"], formats: { value: "protobuf" } });
        const records = Array.from({ length: 50 }, () => recordOf(framed(id, write(), [0])));
        const { read } = await assertSame(java, records, of);
        assert.equal(read, 50);
        const ofAll = settings({ identity: ["$value"], formats: { value: "protobuf" } });
        const text = recordOf(framed(whole, Buffer.from([10, 1, 97]), [0]));
        assert.deepEqual(await assertSame(java, [text], ofAll), { read: 1, refused: 0 });
    });

    for (const [name, { text, imports }] of readable) {
        it(`reads a schema with ${name}`, async () => {
            const id = hold(text, imports);
            const records = places.flatMap((indexes) =>
                messages.map((bytes) => inKey(id, bytes, indexes)),
            );
            const { read } = await assertSame(java, records, settings());
            assert.equal(read > 0, text.includes("message"), `${read} read`);
        });
    }

    it("refuses schemas that are none", async () => {
        const records = refused.map(([, { text, imports }]) =>
            inKey(hold(text, imports), Buffer.of(8, 1)),
        );
        const { read } = await assertSame(java, records, settings());
        assert.equal(read, 0);
    });

    it("refuses schemas that protoc refuses, where the embedded engine does not", async () => {
        const decoders = new Decoders(settings());
        for (const [name, { text }] of stricter) {
            const record = inKey(hold(text), Buffer.of(8, 1));
            await decoders.prepare([record]);
            assert.equal(expectedOf(record, settings(), decoders).problem, null, name);
            const said = await java.read(record, readSettings(settings()));
            assert.ok("problem" in said, name);
            assert.match(String(said.problem), /schema id \d+ cannot be used: its? [^\n]+$/, name);
        }
    });
});
