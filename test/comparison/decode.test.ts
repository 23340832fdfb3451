import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalNumber } from "../../components/provider/comparison/decimal.js";
import { decodeValue, type Leaf } from "../../components/provider/comparison/decode.js";
import { parseEventTime } from "../../components/provider/comparison/eventTime.js";

function decode(text: string | Uint8Array): Record<string, string> {
    const decoded = decodeValue(Buffer.from(text));
    assert.ok("fields" in decoded, "refused" in decoded ? decoded.refused : "");
    return Object.fromEntries(
        [...decoded.fields].map(([path, leaf]) => [path, `${leaf.type} ${leaf.text}`]),
    );
}

function refusal(value: string | Uint8Array): string {
    const decoded = decodeValue(Buffer.from(value));
    assert.ok("refused" in decoded, "was decoded");
    return decoded.refused;
}

describe("decoding a record", () => {
    it("gives leaves by path, with type and canonical text", () => {
        assert.deepEqual(
            decode(
                '{"s":"a\\u0062","i":7,"n":7.0,"t":true,"z":null,"a":{"b":{"c":1}},"e":{},"l":[1.0,{"y":1,"x":[]}]}',
            ),
            {
                s: 'string "ab"',
                i: "integer 7",
                n: "number 7",
                t: "boolean true",
                z: "null null",
                "a.b.c": "integer 1",
                e: "object {}",
                l: 'array [1,{"x":[],"y":1}]',
            },
        );
    });

    it("keeps a dot in a name apart from nesting", () => {
        assert.deepEqual(decode('{"a.b":1,"a":{"b":2},"c\\\\":3}'), {
            "a\\.b": "integer 1",
            "a.b": "integer 2",
            "c\\\\": "integer 3",
        });
    });

    it("keeps numbers exact", () => {
        const text = (source: string) => decode(`{"n":${source}}`)["n"]!.split(" ")[1];
        assert.equal(text("9007199254740993"), "9007199254740993");
        assert.notEqual(text("9007199254740991"), text("9007199254740992"));
        assert.notEqual(text("9007199254740992"), text("9007199254740993"));
        assert.equal(text("1e400"), "1e400");
        assert.notEqual(text("1e400"), text("1e401"));
        assert.equal(text("1e-400"), "1e-400");
        assert.equal(text("-0"), "0");
        assert.equal(text("-0.0e5"), "0");
        for (const one of ["1", "1.0", "1e0", "10e-1", "0.1E+1"]) {
            assert.equal(text(one), "1");
        }
        const long = `0.${"123456789".repeat(40)}1`;
        assert.notEqual(text(long), text(`${long.slice(0, -1)}2`));
        assert.match(refusal('{"n":1e99999999999}'), /exponent/);
    });

    it("gives every number one text: the same for equal ones only", () => {
        const digits = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
        const written = fc.tuple(digits, fc.integer({ min: -60, max: 60 }), fc.nat(20));
        fc.assert(
            fc.property(written, ([value, exponent, zeros]) => {
                const padded = `${value}${"0".repeat(zeros)}e${exponent - zeros}`;
                const text = canonicalNumber(padded)!;
                assert.equal(text, canonicalNumber(`${value}e${exponent}`));
                assert.equal(text, canonicalNumber(text));
                assert.notEqual(text, canonicalNumber(`${value + 1n}e${exponent}`));
                assert.doesNotThrow(() => void JSON.parse(text));
            }),
        );
        fc.assert(
            fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
                assert.equal(Number(canonicalNumber(JSON.stringify(value))), value + 0);
            }),
        );
    });

    it("decodes what JSON.stringify writes, in any key order", () => {
        fc.assert(
            fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
                const reversed = Object.fromEntries(Object.entries(value).reverse());
                assert.deepEqual(
                    new Map(Object.entries(decode(JSON.stringify(value)))),
                    new Map(Object.entries(decode(JSON.stringify(reversed)))),
                );
            }),
        );
    });

    it("takes __proto__ and its like as plain names", () => {
        const decoded = decodeValue(
            Buffer.from('{"__proto__":{"polluted":1},"constructor":2,"toString":3}'),
        );
        assert.ok("fields" in decoded);
        assert.deepEqual(
            [...decoded.fields.keys()],
            ["__proto__.polluted", "constructor", "toString"],
        );
        assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    });

    it("refuses what could be read in two ways, and what is no object", () => {
        assert.match(refusal('{"a":1,"a":1}'), /same key twice/);
        assert.match(refusal('{"x":{"a":1,"\\u0061":2}}'), /same key twice/);
        assert.match(refusal('{"x":[{"a":1,"a":2}]}'), /same key twice/);
        assert.match(refusal('{"__proto__":1,"__proto__":2}'), /same key twice/);
        assert.match(refusal(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), /UTF-8/);
        assert.match(refusal("\ufeff{}"), /not valid JSON/);
        assert.match(refusal(""), /it is empty/);
        assert.match(refusal("  "), /it is empty/);
        assert.match(refusal("[1]"), /a JSON array, not an object/);
        assert.match(refusal("7"), /a JSON integer, not an object/);
        assert.match(refusal("null"), /a JSON null, not an object/);
        for (const broken of ["{", '{"a":1,}', "{'a':1}", '{"a":NaN}', "{}{}", '{"a":01}', '{"a']) {
            assert.match(refusal(broken), /not valid JSON/, broken);
        }
    });

    it("refuses what is nested too deep, at any depth, without overflow", () => {
        const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
        assert.ok("a" in decode(nested(999)));
        const objects = `${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`;
        assert.equal(Object.keys(decode(objects)).length, 1);
        for (const depth of [1_000, 100_000, 1_000_000]) {
            assert.match(refusal(nested(depth)), /more than 1000 levels/);
            assert.match(refusal(`{"a":${'{"a":'.repeat(depth)}`), /more than 1000 levels/);
        }
    });

    it("does not quote the record when it refuses it", () => {
        assert.doesNotMatch(refusal('{"card": 4111111111111111 oops}'), /4111|oops|card/);
    });
});

describe("event time", () => {
    const at = Date.UTC(2026, 10, 23, 10, 0, 0, 123);
    const text = (value: string): Leaf => ({ type: "string", text: JSON.stringify(value) });

    it("reads epoch seconds and milliseconds, ISO and SQL timestamps", () => {
        assert.equal(parseEventTime({ type: "integer", text: String(at) }), at);
        assert.equal(parseEventTime({ type: "integer", text: "1795428000" }), 1795428000000);
        assert.equal(parseEventTime({ type: "number", text: "1795428000.5" }), 1795428000500);
        for (const written of [
            "2026-11-23T10:00:00.123Z",
            "2026-11-23T10:00:00.123",
            "2026-11-23 10:00:00.123",
            "2026-11-23 10:00:00.123Z",
            "2026-11-23T12:30:00.123+02:30",
            "2026-11-23T05:00:00.123456789-0500",
        ]) {
            assert.equal(parseEventTime(text(written)), at, written);
        }
        assert.equal(parseEventTime(text("2026-11-23 10:00:00")), at - 123);
        assert.equal(parseEventTime(text("2026-11-23")), Date.UTC(2026, 10, 23));
    });

    it("refuses the rest", () => {
        for (const written of [
            "2026-13-01",
            "2026-02-30",
            "2026-11-23 25:00:00",
            "23.11.2026",
            "",
        ]) {
            assert.equal(typeof parseEventTime(text(written)), "object", written);
        }
        const micros = parseEventTime({ type: "integer", text: "1795428000000000" });
        assert.match((micros as { refused: string }).refused, /microseconds/);
        assert.equal(typeof parseEventTime({ type: "null", text: "null" }), "object");
    });
});
