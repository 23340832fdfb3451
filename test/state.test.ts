import assert from "node:assert/strict";
import { createRequire } from "node:module";
import fc from "fast-check";
import { toState } from "../components/provider/state.js";

interface Struct {
    toJavaScript(): unknown;
    serializeBinary(): Uint8Array;
}

/** What the SDK carries state in: its own dependency, which has no types here. */
const { Struct } = createRequire(require.resolve("@pulumi/pulumi"))(
    "google-protobuf/google/protobuf/struct_pb",
) as {
    Struct: { fromJavaScript(value: object): Struct; deserializeBinary(bytes: Uint8Array): Struct };
};

/** To the engine and back, as the bytes that go over the wire. */
function throughTheEngine(state: object): unknown {
    const bytes = Struct.fromJavaScript(state).serializeBinary();
    return Struct.deserializeBinary(bytes).toJavaScript();
}

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n));
/** Unpaired surrogates do not survive UTF-8. */
const text = fc.string({ unit: "grapheme" });
const key = text.filter((name) => name !== "__proto__");
const { plain } = fc.letrec((tie) => ({
    plain: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constant(null),
        fc.boolean(),
        number,
        text,
        fc.array(tie("plain"), { maxLength: 4 }),
        fc.dictionary(key, tie("plain"), { maxKeys: 4, noNullPrototype: true }),
    ),
}));
const state = fc.dictionary(key, plain, { maxKeys: 6, noNullPrototype: true });

describe("toState", () => {
    it("hands on plain JSON as it is, and the engine gives it back so", () => {
        fc.assert(
            fc.property(state, (value) => {
                const converted = toState(value);
                assert.deepEqual(converted, value);
                assert.deepEqual(throughTheEngine(converted), value);
            }),
        );
    });

    it("leaves out properties that are undefined, however deep", () => {
        fc.assert(
            fc.property(state, key, (value, name) => {
                const spare = Object.hasOwn(value, name) ? {} : { [name]: undefined };
                const given = { ...value, ...spare, nested: [{ value, spare }] };
                const expected = { ...value, nested: [{ value, spare: {} }] };
                assert.deepEqual(toState(given), expected);
            }),
        );
    });

    it("takes objects without a prototype", () => {
        const bare = Object.assign(Object.create(null) as object, { a: 1 });
        assert.deepEqual(toState({ bare }), { bare: { a: 1 } });
    });

    it("does not share anything with what it was given", () => {
        const list = [{ a: 1 }];
        const converted = toState({ list });
        list[0]!.a = 2;
        assert.deepEqual(converted, { list: [{ a: 1 }] });
    });

    class Own {}
    const refused: [string, unknown, RegExp][] = [
        ["undefined in an array", undefined, /a value of type undefined/],
        ["a bigint", 1n, /a value of type bigint/],
        ["NaN", NaN, /NaN/],
        ["an infinity", -Infinity, /-Infinity/],
        ["a Date", new Date(), /a Date/],
        ["a Map", new Map(), /a Map/],
        ["a Set", new Set(), /a Set/],
        ["a Buffer", Buffer.from("a"), /a Buffer/],
        ["an Error", new Error("a"), /a Error/],
        ["a function", () => 1, /a value of type function/],
        ["a symbol", Symbol("a"), /a value of type symbol/],
        ["an object of a class", new Own(), /a Own/],
        [
            "an object whose class cannot be told",
            Object.create(Object.create(null) as object),
            /object/,
        ],
    ];
    for (const [name, value, what] of refused) {
        it(`refuses ${name}, and says where it stands`, () => {
            assert.throws(
                () => toState({ a: { list: [1, value] } }),
                (error) => {
                    assert.ok(error instanceof TypeError);
                    assert.match(
                        error.message,
                        /^state\.a\.list\[1\] cannot be kept in the state: /,
                    );
                    assert.match(error.message, what);
                    return true;
                },
            );
        });
    }

    it("refuses what has holes", () => {
        // eslint-disable-next-line no-sparse-arrays
        assert.throws(() => toState({ list: [1, , 2] }), /state\.list\[1\]/);
    });

    it("keeps a property called __proto__", () => {
        const value = JSON.parse('{"fields": {"__proto__": {"a": 1}}}') as object;
        assert.equal(JSON.stringify(toState(value)), '{"fields":{"__proto__":{"a":1}}}');
    });
});
