import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalNumber } from "../../../components/provider/comparison/decimal.js";
import type { Leaf } from "../../../components/provider/comparison/decode.js";
import { parseEventTime } from "../../../components/provider/comparison/eventTime.js";
import { decoderOf } from "../../../components/provider/comparison/formats/format.js";
import { decoderFor, FakeRegistry, fieldsOf, framed, refusalOf } from "./double.js";
import { Long, protobufType } from "./protobufTypes.js";

/** What protobufjs writes for a message of a schema. */
function encoder(schema: string, name: string): (value: object) => Uint8Array {
    const type = protobufType(schema, name);
    return (value) => type.encode(type.create(value)).finish();
}

const first = [0];

async function decode(schema: string, value: object, name = "M"): Promise<Record<string, string>> {
    const record = framed(1, encoder(schema, name)(value), first);
    return fieldsOf(await decoderFor("protobuf", schema), record);
}

/** The fields of raw bytes. */
async function read(schema: string, ...bytes: number[]): Promise<Record<string, string>> {
    return fieldsOf(await decoderFor("protobuf", schema), framed(1, Buffer.from(bytes), first));
}

const proto3 = (body: string) => `syntax = "proto3"; message M { ${body} }`;

describe("Protobuf", () => {
    it("gives fields by path, with type and canonical text", async () => {
        const schema = `
            syntax = "proto3";
            package shop;
            message Order {
                string s = 1; int32 i = 2; int64 l = 3; uint64 u = 4; sint64 z = 5;
                fixed64 f = 6; sfixed32 g = 7; double d = 8; float h = 9; bool t = 10; bytes b = 11;
                Kind kind = 12; Item item = 13; map<string, Item> items = 14; map<int64, bytes> m = 15;
                repeated int32 packed = 16; repeated int32 loose = 17 [packed = false];
                repeated Item list = 18; repeated bytes blobs = 19; Item none = 20;
            }
            message Item { string snake_case = 1; bytes b = 2; }
            enum Kind { NO_KIND = 0; SALE = 1; }`;
        const value = {
            s: 'a"é\n',
            i: -7,
            l: Long.fromString("-9223372036854775808"),
            u: Long.fromString("18446744073709551615", true),
            z: Long.fromString("9223372036854775807"),
            f: Long.fromString("18446744073709551615", true),
            g: -1,
            d: 0.1,
            h: 0.5,
            t: true,
            b: Buffer.from([0, 255]),
            kind: 1,
            item: { snake_case: "x" },
            items: { "k.1": { snake_case: "y" }, a: {} },
            m: { "5": Buffer.from([1]) },
            packed: [1, -1],
            loose: [2, 3],
            list: [{ snake_case: "w", b: Buffer.from([2]) }],
            blobs: [Buffer.from([3])],
        };
        assert.deepEqual(await decode(schema, value, "shop.Order"), {
            s: 'string "a\\"é\\n"',
            i: "integer -7",
            l: "integer -9223372036854775808",
            u: "integer 18446744073709551615",
            z: "integer 9223372036854775807",
            f: "integer 18446744073709551615",
            g: "integer -1",
            d: "number 0.1",
            h: "number 0.5",
            t: "boolean true",
            b: 'bytes "00ff"',
            kind: 'string "SALE"',
            "item.snake_case": 'string "x"',
            "item.b": 'bytes ""',
            "items.k\\.1.snake_case": 'string "y"',
            "items.k\\.1.b": 'bytes ""',
            "items.a.snake_case": 'string ""',
            "items.a.b": 'bytes ""',
            "m.5": 'bytes "01"',
            packed: "array [1,-1]",
            loose: "array [2,3]",
            list: 'array [{"b":{"$bytes":"02"},"snake_case":"w"}]',
            blobs: 'array [{"$bytes":"03"}]',
        });
    });

    it("shows what is unset as absent where that can be known, else as its default", async () => {
        const schema = proto3(`
            int64 plain = 1; optional int64 maybe = 2; M nested = 3; string s = 4;
            oneof choice { string left = 5; int32 right = 6; }
            repeated int32 list = 7; map<string, int32> map = 8;`);
        assert.deepEqual(await decode(schema, {}), { plain: "integer 0", s: 'string ""' });
        assert.deepEqual(await decode(schema, { plain: 0, maybe: 0, right: 0 }), {
            plain: "integer 0",
            maybe: "integer 0",
            s: 'string ""',
            right: "integer 0",
        });
        const proto2 = 'syntax = "proto2"; message M { optional int32 a = 1 [default = 7]; }';
        assert.deepEqual(await decode(proto2, {}), {});
        const edition = 'edition = "2023"; message M { int32 a = 1; }';
        assert.deepEqual(await decode(edition, {}), {});
        const empty = proto3("optional int32 a = 1; E e = 2; message E {}");
        assert.deepEqual(await decode(empty, { e: {} }), { e: "object {}" });
    });

    it("takes of a oneof what comes last, and merges messages that come in parts", async () => {
        const schema = proto3(`
            oneof choice { int32 left = 1; M right = 2; }
            optional int32 a = 3; optional int32 b = 4; M part = 5;`);
        assert.deepEqual(await read(schema, 8, 1, 0x12, 0), { right: "object {}" });
        assert.deepEqual(await read(schema, 0x12, 0, 8, 1), { left: "integer 1" });
        assert.deepEqual(await read(schema, 0x2a, 4, 0x18, 1, 0x20, 1, 0x2a, 2, 0x20, 2), {
            "part.a": "integer 1",
            "part.b": "integer 2",
        });
        assert.deepEqual(await read(schema, 0x18, 1, 0x18, 2), { a: "integer 2" });
    });

    it("keeps numbers exact to the last bit", async () => {
        for (const [type, from, to] of [
            ["int64", -(2n ** 63n), 2n ** 63n - 1n],
            ["sint64", -(2n ** 63n), 2n ** 63n - 1n],
            ["sfixed64", -(2n ** 63n), 2n ** 63n - 1n],
            ["uint64", 0n, 2n ** 64n - 1n],
            ["fixed64", 0n, 2n ** 64n - 1n],
            ["int32", -(2n ** 31n), 2n ** 31n - 1n],
            ["sint32", -(2n ** 31n), 2n ** 31n - 1n],
            ["uint32", 0n, 2n ** 32n - 1n],
        ] as const) {
            const schema = proto3(`${type} a = 1;`);
            const encode = encoder(schema, "M");
            const decoder = await decoderFor("protobuf", schema);
            const is64 = type.endsWith("64");
            fc.assert(
                fc.property(fc.bigInt({ min: from, max: to }), (of) => {
                    const a = is64 ? Long.fromString(String(of), from === 0n) : Number(of);
                    assert.deepEqual(fieldsOf(decoder, framed(1, encode({ a }), first)), {
                        a: `integer ${of}`,
                    });
                }),
                { examples: [[from], [to], [to / 1024n + 1n]] },
            );
        }
        const doubles = proto3("double d = 1; float f = 2;");
        const encode = encoder(doubles, "M");
        const decoder = await decoderFor("protobuf", doubles);
        const number = (of: number) => `number ${canonicalNumber(JSON.stringify(of))}`;
        const d = fc.double({ noNaN: true, noDefaultInfinity: true });
        const f = fc.float({ noNaN: true, noDefaultInfinity: true });
        fc.assert(
            fc.property(fc.record({ d, f }), (value) => {
                assert.deepEqual(fieldsOf(decoder, framed(1, encode(value), first)), {
                    d: number(value.d),
                    f: number(value.f),
                });
            }),
        );
        assert.deepEqual(await decode(doubles, { d: NaN, f: -Infinity }), {
            d: 'number {"$number":"NaN"}',
            f: 'number {"$number":"-Infinity"}',
        });
    });

    it("reads well-known types as the values that they stand for", async () => {
        const schema = `
            syntax = "proto3";
            import "google/protobuf/timestamp.proto";
            import "google/protobuf/duration.proto";
            import "google/protobuf/wrappers.proto";
            message M {
                google.protobuf.Timestamp at = 1; google.protobuf.Duration took = 2;
                google.protobuf.Int64Value count = 3; google.protobuf.StringValue name = 4;
                repeated google.protobuf.Timestamp times = 5;
                repeated google.protobuf.BytesValue blobs = 6;
            }`;
        const found = await decode(schema, {
            at: { seconds: 1795428000, nanos: 123456789 },
            took: { seconds: -1, nanos: -500000000 },
            count: { value: 0 },
            times: [{ seconds: 1795428000 }, { seconds: 1795428000, nanos: 20_000_000 }],
            blobs: [{ value: Buffer.from([1]) }],
        });
        assert.deepEqual(found, {
            at: 'string "2026-11-23T10:00:00.123456789Z"',
            took: "number -1.5",
            count: "integer 0",
            times: 'array ["2026-11-23T10:00:00Z","2026-11-23T10:00:00.020Z"]',
            blobs: 'array [{"$bytes":"01"}]',
        });
        const leaf: Leaf = { type: "string", text: found["at"].slice("string ".length) };
        assert.equal(parseEventTime(leaf), Date.UTC(2026, 10, 23, 10, 0, 0, 123));
        // No time that a calendar has: then its members are shown.
        assert.deepEqual(await decode(schema, { at: { seconds: 1, nanos: -1 } }), {
            "at.seconds": "integer 1",
            "at.nanos": "integer -1",
        });
    });

    it("keeps apart what its schema does not know", async () => {
        const schema = proto3("int32 a = 1; M in = 2;");
        assert.deepEqual(await read(schema, 8, 1, 0x48, 5), {
            a: "integer 1",
            $unknown: 'bytes "4805"',
        });
        assert.deepEqual(await read(schema, 0x12, 4, 0x4b, 8, 1, 0x4c), {
            a: "integer 0",
            "in.a": "integer 0",
            "in.$unknown": 'bytes "4b08014c"',
        });
        // A field of another form than the schema says is as unknown.
        assert.deepEqual(await read(schema, 0x0d, 1, 2, 3, 4), {
            a: "integer 0",
            $unknown: 'bytes "0d01020304"',
        });
        const kinds = `syntax = "proto3"; message M { K k = 1; } enum K { A = 0; B = 1; }`;
        assert.deepEqual(await read(kinds, 8, 9), { k: 'string "9"' });
    });

    it("finds the message by its indexes: the first, another one, a nested one", async () => {
        const schema = `
            syntax = "proto3";
            message A {
                int32 a = 1;
                message Inner { int32 inner = 1; message Deep { int32 deep = 1; } }
                map<string, Second> map = 2;
                message Second { int32 second = 1; }
            }
            enum E { ZERO = 0; }
            message B { int32 b = 1; }`;
        const decoder = await decoderFor("protobuf", schema);
        const of = (...indexes: number[]) =>
            Object.keys(fieldsOf(decoder, framed(1, Buffer.from([8, 1]), indexes)));
        assert.deepEqual(of(0), ["a"]);
        assert.deepEqual(of(2, 0), ["a"]);
        assert.deepEqual(of(2, 2), ["b"]);
        assert.deepEqual(of(4, 0, 0), ["inner"]);
        assert.deepEqual(of(4, 0, 2), ["second"]);
        assert.deepEqual(of(6, 0, 0, 0), ["deep"]);
        const none = framed(1, Buffer.from([8, 1]), [2, 4]);
        assert.match(refusalOf(decoder, none), /message 2 of its schema, which has no such/);
        assert.match(refusalOf(decoder, framed(1, Buffer.from([0x80]), [])), /ends too early/);
        assert.match(
            refusalOf(decoder, framed(1, Buffer.from([1]), [])),
            /list of message indexes/,
        );
    });

    it("reads groups, and map keys of any name", async () => {
        const schema = `syntax = "proto2"; message M {
            optional group Part = 1 { optional int32 a = 1; optional M again = 2; }
            map<string, int32> map = 2; message Other { optional int32 o = 1; } }`;
        assert.deepEqual(await read(schema, 0x0b, 8, 1, 0x0c), { "part.a": "integer 1" });
        const key = Buffer.from("__proto__");
        const entry = [0x12, key.length + 4, 0x0a, key.length, ...key, 0x10, 5];
        assert.deepEqual(
            new Map(Object.entries(await read(schema, ...entry))),
            new Map([["map.__proto__", "integer 5"]]),
        );
        // Of equal keys the last one counts, as Protobuf says.
        const twice = [...entry, ...entry.slice(0, -1), 6];
        assert.equal(Object.values(await read(schema, ...twice))[0], "integer 6");
        const decoder = await decoderFor("protobuf", schema);
        const nested = Object.keys(fieldsOf(decoder, framed(1, Buffer.from([8, 3]), [4, 0, 0])));
        assert.deepEqual(nested, ["o"]);
    });

    it("refuses what is corrupt, and what is nested too deep", async () => {
        const schema = proto3("string s = 1; int32 i = 2; M m = 3; repeated fixed32 r = 4;");
        const decoder = await decoderFor("protobuf", schema);
        const refused = (...bytes: number[]) =>
            refusalOf(decoder, framed(1, Buffer.from(bytes), first));
        assert.match(refused(10, 5, 97), /ends too early for its schema \(schema id 1\)/);
        assert.match(refused(10, 1, 0xff), /not valid UTF-8/);
        assert.match(refused(0), /no possible number/);
        assert.match(refused(0x0f), /no possible form/);
        assert.match(refused(0x0c), /group that it did not begin/);
        assert.match(refused(0x4b), /ends too early/);
        assert.match(refused(0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 1), /more than 32 bits/);
        assert.match(refused(0x22, 3, 1, 2, 3), /too early|another length/);
        assert.match(refused(0x1a, 2, 10, 1, 97), /longer than its message/);
        const nested = (depth: number) => {
            let bytes = Buffer.alloc(0);
            for (let i = 0; i < depth; i++) {
                const { length } = bytes;
                const size = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
                bytes = Buffer.concat([Buffer.from([0x1a, ...size]), bytes]);
            }
            return framed(1, bytes, first);
        };
        assert.ok("decoded" in { decoded: fieldsOf(decoder, nested(900)) });
        assert.match(refusalOf(decoder, nested(1_100)), /more than 1000 levels/);
        const groups = framed(1, Buffer.alloc(100_000, 0x4b), first);
        assert.match(refusalOf(decoder, groups), /more than 1000 levels/);
    });

    it("refuses schemas that are none", async () => {
        for (const schema of [
            "",
            "{",
            "message",
            'syntax = "proto3"; message M { Nobody n = 1; }',
        ]) {
            const decoder = await decoderFor("protobuf", schema);
            assert.match(
                refusalOf(decoder, framed(1, Buffer.from([8, 1]), first)),
                /^(its schema id 1 cannot be used: |it is message 0 of its schema)[^\n]+$/,
            );
        }
    });

    it("reads schemas that import others, also in a circle of names", async () => {
        const fake = await FakeRegistry.start();
        try {
            const reference = (name: string) => ({ name, subject: name, version: 1 });
            fake.hold(
                7,
                "PROTOBUF",
                'syntax = "proto3"; package p; import "a.proto"; message M { A a = 1; }',
                [reference("a.proto")],
            );
            fake.holdVersion(
                "a.proto",
                1,
                'syntax = "proto3"; package p; import "b.proto"; message A { B b = 1; }',
                [reference("b.proto"), reference("a.proto")],
            );
            fake.holdVersion(
                "b.proto",
                1,
                'syntax = "proto3"; package p; message B { int32 x = 1; }',
            );
            fake.hold(8, "PROTOBUF", 'syntax = "proto3"; import "gone.proto"; message M {}');
            const decoder = decoderOf("protobuf", "key", fake.client());
            const record = framed(7, Buffer.from([10, 4, 10, 2, 8, 5]), first);
            const lost = framed(8, Buffer.from([]), first);
            await decoder.prepare([record, lost]);
            assert.deepEqual(fieldsOf(decoder, record), { "$key.a.b.x": "integer 5" });
            assert.match(refusalOf(decoder, lost), /gone.proto, which it imports, is not among/);
        } finally {
            await fake.stop();
        }
    });

    it("finds the type that a name means from the innermost scope outwards", async () => {
        const schema = `
            syntax = "proto3";
            message Inner { string far = 1; }
            message Near {
                message Inner { int32 near = 1; }
                message User { Inner of = 1; .Inner outer = 2; repeated Near.Inner list = 3; }
            }
            message Hidden { message Deep { int32 x = 1; } }
            message Last { Near.User user = 1; }`;
        const decoder = await decoderFor("protobuf", schema);
        const user = framed(1, Buffer.from([10, 2, 8, 1, 18, 3, 10, 1, 97]), [4, 2, 2]);
        assert.deepEqual(fieldsOf(decoder, user), {
            "of.near": "integer 1",
            "outer.far": 'string "a"',
        });
        for (const body of ["Deep d = 1;", "Hidden.Inner i = 1;", "Near.Nobody n = 1;"]) {
            const other = await decoderFor("protobuf", `${schema} message M { ${body} }`);
            assert.match(refusalOf(other, user), /cannot be used: it has no type \S+ in M$/);
        }
    });

    it("reads extensions, and leaves out those that are for options", async () => {
        const schema = `
            syntax = "proto2";
            package p;
            import "google/protobuf/descriptor.proto";
            message M { optional int32 a = 1 [(seen) = "x"]; extensions 100 to 199; }
            extend google.protobuf.FieldOptions { optional string seen = 50000; }
            extend M { repeated M more = 100; }`;
        assert.deepEqual(await read(schema, 8, 1, 0xa2, 6, 2, 8, 2), {
            a: "integer 1",
            "\\.p\\.more": 'array [{"a":2}]',
        });
        const before = `syntax = "proto2"; package p; extend M { optional int32 x = 100; }
            extend p.M { optional p.M y = 101; } message M { extensions 100 to 199; }`;
        assert.deepEqual(await read(before, 0xa0, 6, 2, 0xaa, 6, 0), {
            "\\.p\\.x": "integer 2",
            "\\.p\\.y": "object {}",
        });
        const unknown = await decoderFor("protobuf", schema.replace("google.protobuf", "google"));
        assert.match(refusalOf(unknown, framed(1, Buffer.of(8, 1), first)), /cannot be used: /);
    });

    it("takes a message that is only called like a well-known type for what it is", async () => {
        const schema = (type: string) =>
            `syntax = "proto3"; package google.protobuf;
            message M { Timestamp t = 1; Duration d = 2; }
            message Timestamp { ${type} seconds = 1; ${type} nanos = 2; }
            message Duration { ${type} seconds = 1; ${type} nanos = 2; }`;
        const parts = [10, 3, 10, 1, 97, 18, 3, 10, 1, 97];
        assert.deepEqual(await read(schema("string"), ...parts), {
            "t.seconds": 'string "a"',
            "t.nanos": 'string ""',
            "d.seconds": 'string "a"',
            "d.nanos": 'string ""',
        });
        assert.deepEqual(await read(schema("fixed32"), 10, 5, 13, 1, 0, 0, 0, 18, 0), {
            t: 'string "1970-01-01T00:00:01Z"',
            d: "number 0",
        });
    });

    it("never throws, whatever the bytes are", async () => {
        const schema = `syntax = "proto2"; import "google/protobuf/timestamp.proto"; message M {
            optional string s = 1; optional int64 i = 2; optional M m = 3; repeated fixed32 r = 4;
            map<string, M> map = 5; repeated M list = 6; optional group G = 7 { optional M x = 1; }
            optional google.protobuf.Timestamp t = 8; oneof o { M a = 9; bytes b = 10; } }`;
        const decoder = await decoderFor("protobuf", schema);
        const tags = fc.constantFrom(10, 16, 26, 34, 42, 50, 59, 60, 66, 74, 82);
        const chunk = fc.oneof(
            tags.map((tag) => [tag]),
            fc.uint8Array({ maxLength: 4 }).map((of) => [...of]),
        );
        fc.assert(
            fc.property(fc.array(chunk, { maxLength: 60 }), (chunks) => {
                const decoded = decoder.decode(framed(1, Buffer.from(chunks.flat()), first));
                assert.ok("fields" in decoded || typeof decoded.refused === "string");
            }),
            { numRuns: 5_000 },
        );
    });
});
