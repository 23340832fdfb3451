import assert from "node:assert/strict";
import fc from "fast-check";
import {
    canonicalTokenOf,
    differenceOf,
    distanceOf,
    isRecord,
    literal,
    millisecondsOf,
    shapeOf,
    tokenOf,
    typeLetters,
    typeIn,
    withTypeOnly,
} from "../../components/comparisonJob/jsonSql.js";
import { deepestArray } from "../../components/comparisonJob/jsonText.js";
import { pathOf, RecordFields } from "../../components/comparisonJob/recordFields.js";
import {
    decodeValue,
    type Fields,
    type JsonType,
} from "../../components/provider/comparison/decode.js";
import { parseEventTime } from "../../components/provider/comparison/eventTime.js";
import { PairComparison } from "../../components/provider/comparison/pair.js";
import { request, urlOf } from "../../components/provider/flink/request.js";
import { SqlGatewaySession } from "../../components/provider/flink/sqlGateway.js";
import { settingsOf } from "../comparison/world.js";
import { sharedSandbox } from "../sandboxFixture.js";

const names = ["a", "b c", "time"];
const flat = new RecordFields(names);
const a = flat.member("a");

/** Objects as other libraries write them, or nobody should. */
const written: readonly string[] = [
    '{"a":1}',
    '{ "a" : 1 , "b c" : "x" }',
    '\t{"a":null}\r\n',
    '{"b c":"}","a":2}',
    '{"b c":"say \\"a\\":5, or","a":2}',
    '{"b c":"ends with a backslash \\\\","a":2}',
    '{"b c":"\\u00e9\\/\\n","a":true}',
    '{"a":-0}',
    '{"a":1.50}',
    '{"a":1E3}',
    '{"a":9007199254740993}',
    '{"a":false,"b c":"é ☃ 😀"}',
    '{"a":""}',
    "{}",
    "{ }",
    "",
    " ",
    "null",
    "[]",
    '"a"',
    '{"a":1,}',
    '{"a":1 "b c":2}',
    '{"a":1}{"a":1}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":tru}',
    '{"a":"x\ty"}',
    '{"a":"\\x"}',
    '{"a":"\\u12"}',
    '{"a":"x}',
    '{"a":1,"a":2}',
    '{"a":1,"b c":"a","a":2}',
    '{"a":"\\"a\\":1"}',
    '{"a":{"b c":1}}',
    '{"a":[1]}',
    '{"other":1}',
    '{"\\u0061":1}',
    '{"A":1}',
    '{"a":NaN}',
    "{'a':1}",
    ...[
        "1763856000",
        "1763856000.25",
        "1763856000000",
        "1763856000123.9",
        "1.763856E9",
        "1e15",
        "-5",
        '"2026-11-23"',
        '"2026-11-23 04:05"',
        '"2026-11-23 04:05:06"',
        '"2026-11-23T04:05:06Z"',
        '"2026-11-23T04:05:06.7Z"',
        '"2026-11-23 04:05:06.789123"',
        '"2026-11-23T04:05:06+05:30"',
        '"2026-11-23T04:05:06.5-0330"',
        '"2026-11-23 04:05 +01:00"',
        '"2026-11-23T04:05:06.789123456-12:00"',
        '"2026-11-23 04:05:06 Z"',
        '"1969-12-31 23:59:59.5"',
        '"2026-11-23+01:00"',
        '"2026-11-23T04:05:06+1:00"',
        '"2026-11-23T04:05:0612"',
        '"2026-11-23T04:05.5"',
        '"0000-01-01"',
        '"9999-12-31 23:59:59.999"',
        "-0.5",
        "1e",
        '"2026-02-30"',
        '"2026-11-23 24:00:00"',
        '"2026-11-23T04"',
        '"23.11.2026"',
        '"1763856000"',
        "true",
        "null",
    ].map((time) => `{"time":${time}}`),
];

const scalar = fc.oneof(
    fc.string({ unit: "binary", maxLength: 8 }).map((text) => JSON.stringify(text)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
    fc.constantFrom("true", "false", "null", "0", "1.0", "-1.50", '"a"', '"\\"a\\":1"'),
);
const object = fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 1 })
    .chain((fields) =>
        fc.tuple(...fields.map((field) => scalar.map((value) => `"${field}":${value}`))),
    )
    .map((members) => `{${members.join(",")}}`);

const numbers = fc.oneof(
    fc.integer({ min: -20, max: 20 }).map(String),
    fc.integer({ min: -2000, max: 2000 }).map((n) => (n / 100).toFixed(2)),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((n) => String(n).replace("e+", "E")),
    fc.constantFrom(
        "9007199254740993",
        "9007199254740992",
        "1E3",
        "1000",
        "1e-7",
        "1.5e300",
        "0",
        "-0",
    ),
);
const token = fc.oneof(
    { weight: 4, arbitrary: numbers },
    { weight: 1, arbitrary: fc.constantFrom('"x"', '"\\u0078"', '"1"', "true", "null", undefined) },
);

/** With a path that needs no more than its name, some that begin at an object, and one that begins at the beginning. */
const withoutArrays = [
    "a",
    "place",
    "place.a",
    "place.b c",
    "place.deep.a",
    "at.time",
    "at.at.n",
    "only",
];
const withArrays = [...withoutArrays, "tags[]", "place.list[]"];

/** Records that are nested, and what only looks so. */
const nestedOnes: readonly string[] = [
    '{"a":1,"place":{"a":2,"b c":3,"deep":{"a":4}},"at":{"time":5,"at":{"n":6}},"only":7}',
    '{ "only" : "x" , "place" : { "deep" : { "a" : null } , "a" : "\\u0061" } }',
    '{"place":{"deep":{"a":4},"a":2},"a":1}',
    '{"place":{"deep":{"a":4}},"a":1}',
    '{"place":null,"a":1}',
    '{"place":{},"a":1}',
    '{"place":{ },"a":{}}',
    '{"place":7.50,"at":{"at":{"n":1}}}',
    '{"place":{"deep":{}}}',
    '{"place":{"deep":null}}',
    '{"at":{}}',
    '{"at":null}',
    '{"at":{"at":{"n":1,"n":2}}}',
    '{"at":{"time":1},"at":{"at":{"n":1}}}',
    '{"place":{"a":1},"place":{"b c":1}}',
    '{"place":{"a":1,"a":1}}',
    '{"place":{"a":1},"a":2,"at":{"time":3}}',
    '{"place":{"time":1}}',
    '{"a":1}{"a":1}',
    '{"place":{"a":1}',
    '{"place":{"a":1}}}',
    '{"place":{"a":1,}}',
    '{"place":{"a":1 "b c":1}}',
    '{"place":{"a":[1]}}',
    '{"place":"{\\"a\\":1}","a":2}',
    '{"place":{"b c":"\\"a\\":1","a":2},"a":3}',
    '{"place":{"b c":"}","a":2},"only":"{","a":"a"}',
    '{"only":"place","place":{"b c":"a","a":2}}',
    '{"a":"\ufffd"}',
    '{"tags":[]}',
    '{"tags":[ ],"place":{"list":null}}',
    '{"tags":["x","y"],"a":1,"place":{"list":[1,2.50,-0],"a":3}}',
    '{"tags":[{"a":1},{"place":{"a":2}}],"a":3,"place":{"a":4}}',
    '{"tags":[{"place":{"a":2}}]}',
    '{"place":{"list":[{"a":9}],"a":4},"tags":[{"only":1}]}',
    '{"tags":["]","[","\\"],\\"a\\":5"],"a":6}',
    '{"tags":[{"x\\"a":1}],"a":2}',
    '{"tags":[[[[1]]]],"a":2}',
    '{"tags":[[[[[1]]]]],"a":2}',
    '{"tags":[{"k":[{"k":[{"k":[1]}]}]}],"a":2}',
    '{"tags":[{"k":1,"k":2}]}',
    '{"tags":[{"k":1,"\\u006b":2}]}',
    '{"tags":[1,]}',
    '{"tags":[01]}',
    '{"tags":[1 2]}',
    '{"tags":[NaN]}',
    "{\"tags\":['x']}",
    '{"tags":["x\ty"]}',
    '{"tags":["\\x"]}',
    '{"tags":[1}]}',
    '{"tags":[{"k"}]}',
    '{"tags":[{1:2}]}',
    '{"tags":[//\n1]}',
    '{"tags":["\ufffd"]}',
    '{"tags":["\\ufffd"]}',
    '{"tags":[tru]}',
    '{"tags":[1.]}',
    '{"tags":[1e9999999999]}',
    '{"tags":[9007199254740993,1e400,0.1e-5,"\\ud800"],"only":[1]}',
    '{"tags":{"a":1},"a":2}',
    '{"tags":{}}',
];

const spaced = (text: string) =>
    fc.constantFrom("", "", " ", "\n\t").map((space) => `${space}${text}${space}`);
const item: fc.Arbitrary<string> = fc.letrec<{ item: string }>((tie) => ({
    item: fc.oneof(
        { depthSize: "small" },
        { weight: 4, arbitrary: scalar },
        fc.constantFrom('{"a":1}', '{"place": {"a" : "only"}}', '"tags\\":["', '{"n":1,"a":"x"}'),
        {
            weight: 1,
            arbitrary: fc
                .array(tie("item").chain(spaced), { maxLength: 3 })
                .map((items) => `[${items.join(",")}]`),
        },
        {
            weight: 1,
            arbitrary: fc
                .dictionary(fc.constantFrom("a", "only", "k", "at"), tie("item"), { maxKeys: 3 })
                .map((of) =>
                    Object.entries(of)
                        .map(([key, text]) => `${JSON.stringify(key)}: ${text}`)
                        .join(" ,"),
                )
                .map((members) => `{${members}}`),
        },
    ),
})).item;
const array = fc.array(item.chain(spaced), { maxLength: 4 }).map((items) => `[${items.join(",")}]`);

/** An object of some of these members, in any order. */
const some = (members: Readonly<Record<string, fc.Arbitrary<string>>>, minLength = 0) =>
    fc
        .shuffledSubarray(Object.keys(members), { minLength })
        .chain((keys) =>
            fc.tuple(
                ...keys.map((key) => members[key]!.chain(spaced).map((text) => `"${key}":${text}`)),
            ),
        )
        .chain((texts) => fc.tuple(...texts.map(spaced)))
        .map((texts) => `{${texts.join(",")}}`);
const nestedObject = (ofArrays: Record<"tags" | "list", fc.Arbitrary<string>> | undefined) =>
    some({
        a: scalar,
        place: fc.oneof(
            scalar,
            some({
                a: scalar,
                "b c": scalar,
                deep: some({ a: scalar }, 1),
                ...(ofArrays && { list: ofArrays.list }),
            }),
        ),
        at: some({ time: scalar, at: some({ n: scalar }, 1) }, 1),
        only: scalar,
        ...(ofArrays && { tags: ofArrays.tags }),
    });
/** The same with a character that is gone, or there twice. */
const damaged = (texts: fc.Arbitrary<string>) =>
    fc
        .tuple(texts, fc.nat(), fc.boolean())
        .map(([text, n, twice]) =>
            twice
                ? text.slice(0, n % text.length) + text.slice(Math.max(0, (n % text.length) - 1))
                : text.slice(0, n % text.length) + text.slice((n % text.length) + 1),
        )
        .map((text) => text.toWellFormed());

/** As deep as arrays may stand in one another, for which it is enough to look at brackets outside of strings. */
function depthOfArrays(text: string): number {
    let [depth, deepest] = [0, 0];
    for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]]/gs)) {
        depth += token === "[" ? 1 : token === "]" ? -1 : 0;
        deepest = Math.max(deepest, depth);
    }
    return deepest;
}

const fieldsOf = (text: string): Fields | undefined => {
    const decoded = decodeValue(Buffer.from(text));
    return "refused" in decoded ? undefined : decoded.fields;
};

/** What is left of a value of a type where its field is ignored. */
const onlyText: Readonly<Record<JsonType, string>> = {
    string: '""',
    integer: "0",
    number: "0.5",
    boolean: "true",
    null: "null",
    array: "[]",
    object: "{}",
    bytes: "",
};

/** Arrays that are the same, nearly the same, or only look so. */
const alike: readonly (readonly [string, string])[] = [
    ["[]", "[ ]"],
    ["[1,2]", "[ 1 , 2 ]"],
    ["[1,2]", "[2,1]"],
    ["[1.50]", "[1.5]"],
    ["[1.0]", "[1]"],
    ["[1.0]", "[10]"],
    ["[100]", "[1]"],
    ["[-0]", "[0]"],
    ["[-0.0]", "[0]"],
    ["[1e3]", "[1000]"],
    ["[1e3]", "[1001]"],
    ["[9007199254740993]", "[9007199254740992]"],
    ["[9007199254740993.0]", "[9007199254740992.0]"],
    ["[0.10000000000000000001]", "[0.1]"],
    [`[0.${"1".repeat(120)}0]`, `[0.${"1".repeat(120)}]`],
    [`[0.${"0".repeat(120)}]`, "[0]"],
    ["[1e400]", "[1e401]"],
    ['["a"]', '["\\u0061"]'],
    ['["\\/"]', '["/"]'],
    ['["1.0,"]', '["1,"]'],
    ['["1.50]"]', '["1.5]"]'],
    ['["\\ud800"]', '["\\udfff"]'],
    ['["\\ud800"]', '["?"]'],
    ['["\\ud83d\\ude00"]', '["\u{1f600}"]'],
    ['[{"a":1,"b":2}]', '[{"b": 2, "a": 1}]'],
    ['[{"a":1,"b":2}]', '[{"b": 1, "a": 2}]'],
    ['[{"a":1.0,"b":"x"}]', '[{"b":"x","a":1}]'],
    ['[{"a":1}]', '[{"a":1,"b":2}]'],
    ["[null]", '["null"]'],
    ["[1]", '["1"]'],
    ["[[1],2]", "[1,[2]]"],
    ["[{}]", "[[]]"],
    ["[true]", "[false]"],
];

/** What stands for NULL in a list of literals: with a NULL in it, Flink makes a source of every row. */
const absent = "absent";

/** The SQL over the text of records, run by the sandbox's Flink, against the decoder of the embedded engine. */
describe("JSON in Flink SQL", function () {
    this.timeout(300_000);
    let gateway: string;
    let session: SqlGatewaySession;

    before(async () => {
        gateway = (await sharedSandbox()).gateway ?? "";
        session = await SqlGatewaySession.open(gateway, {
            "execution.runtime-mode": "batch",
            "table.local-time-zone": "UTC",
            "parallelism.default": "1",
        });
    });
    after(() => session?.close());

    /** What expressions over columns come to, row by row. */
    async function select(
        expressions: readonly string[],
        columns: readonly string[],
        rows: readonly (readonly (string | null | undefined)[])[],
    ): Promise<(string | null)[][]> {
        const cell = (value: string | null | undefined) => literal(value ?? absent);
        const values = rows.map((row, n) => `(${[String(n), ...row.map(cell)].join(", ")})`);
        const typed = columns.map(
            (column) => `NULLIF(CAST(${column} AS STRING), ${literal(absent)}) AS ${column}`,
        );
        const texts = expressions.map((expression) => `CAST(${expression} AS STRING)`);
        const found = await pages(
            `SELECT n, ${texts.join(", ")} FROM (SELECT n, ${typed.join(", ")} FROM (VALUES ${values.join(", ")}) ` +
                `AS v(n, ${columns.join(", ")}))`,
        );
        assert.equal(found.length, rows.length);
        const sorted = found.toSorted((a, b) => Number(a[0]) - Number(b[0]));
        return sorted.map(([, ...rest]) => rest as (string | null)[]);
    }

    /** All pages of a query's result. */
    async function pages(query: string): Promise<unknown[][]> {
        const asked = "run the query";
        const at = (...path: string[]) =>
            urlOf(gateway, "v3", "sessions", handleOf(session), ...path);
        const { operationHandle } = await request({
            method: "POST",
            url: at("statements"),
            asked,
            body: { statement: query },
            deadlineMilliseconds: 120_000,
        });
        const rows: unknown[][] = [];
        for (let page = 0; ;) {
            const answer = await request({
                method: "GET",
                url: at("operations", String(operationHandle), "result", String(page)),
                asked,
            });
            if (answer.resultType === "EOS") {
                return rows;
            }
            if (answer.resultType !== "NOT_READY") {
                const { data } = answer.results as { data: { fields: unknown[] }[] };
                rows.push(...data.map(({ fields }) => fields));
                page++;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    it("reads what the decoder reads, and leaves the rest to it", async () => {
        const texts = [...written, ...fc.sample(object, { seed: 7, numRuns: 150 })];
        const answers = await select(
            [
                isRecord("record", flat),
                ...names.flatMap((name) => [
                    typeIn(shapeOf("record", flat), flat.member(name)),
                    canonicalTokenOf("record", flat.member(name)),
                ]),
                millisecondsOf("record", flat.member("time")),
            ],
            ["record"],
            texts.map((text) => [text]),
        );
        const left: string[] = [];
        texts.forEach((text, n) => {
            const [isPlain, ...of] = answers[n]!;
            const fields = fieldsOf(text);
            if (isPlain !== "TRUE") {
                left.push(text);
                return;
            }
            assert.ok(fields !== undefined, `${text} is nothing that the decoder reads`);
            assert.ok(
                [...fields.keys()].every((name) => names.includes(name)),
                text,
            );
            names.forEach((name, place) => {
                const leaf = fields.get(name);
                const letter = of[2 * place] as keyof typeof typeLetters;
                assert.equal(typeLetters[letter], leaf?.type ?? null, `${name} of ${text}`);
                const canonical = of[2 * place + 1];
                assert.ok(
                    canonical === null || canonical === leaf?.text,
                    `${name} of ${text}: ${canonical}`,
                );
            });
            const time = fields.get("time");
            const expected = time === undefined ? null : parseEventTime(time);
            // The job leaves earlier ones out.
            if (typeof expected !== "number" || expected >= Date.UTC(1583)) {
                const milliseconds = typeof expected === "number" ? String(expected) : null;
                assert.equal(of.at(-1), milliseconds, text);
            }
        });
        // What can be read, and is no flat object of these fields as it is written.
        const unlike = left.filter((text) => {
            const fields = fieldsOf(text);
            return (
                fields !== undefined &&
                [...fields].every(([name, { type }]) => names.includes(name) && type !== "array")
            );
        });
        assert.deepEqual(
            unlike.filter((text) => !text.includes("\ufffd")),
            ['{"\\u0061":1}'],
        );
    });

    for (const [what, declared] of Object.entries({
        "no arrays": withoutArrays,
        arrays: withArrays,
    })) {
        it(`reads members of objects where they are, with ${what}`, async () => {
            const fields = new RecordFields(declared);
            const paths = declared.map(pathOf);
            const objects = nestedObject(
                declared === withArrays
                    ? { tags: array, list: fc.oneof(array, scalar) }
                    : undefined,
            );
            const texts = [
                ...nestedOnes,
                ...written,
                ...fc.sample(objects, { seed: 3, numRuns: 150 }),
                ...fc.sample(damaged(objects), { seed: 4, numRuns: 100 }),
            ];
            const answers = await select(
                [
                    isRecord("record", fields),
                    millisecondsOf("record", fields.member("at.time")),
                    ...paths.flatMap((path) => [
                        tokenOf("record", fields.member(path)),
                        typeIn(shapeOf("record", fields), fields.member(path)),
                        canonicalTokenOf("record", fields.member(path)),
                        withTypeOnly("record", fields.member(path)),
                    ]),
                ],
                ["record"],
                texts.map((text) => [text]),
            );
            let read = 0;
            texts.forEach((text, n) => {
                const [isOne, milliseconds, ...of] = answers[n]!;
                const found = fieldsOf(text);
                const isKnown =
                    found !== undefined &&
                    [...found].every(
                        ([path, { type }]) =>
                            paths.includes(path) &&
                            (type !== "array" || declared.includes(`${path}[]`)) &&
                            (type !== "object" || path === "place"),
                    ) &&
                    !text.includes("\ufffd") &&
                    depthOfArrays(text) <= deepestArray &&
                    !/^\{"\\u0061/.test(text);
                assert.equal(isOne, isKnown ? "TRUE" : "FALSE", text);
                if (!isKnown) {
                    return;
                }
                read++;
                paths.forEach((path, place) => {
                    const [token, letter, canonical, typeOnly] = of.slice(4 * place);
                    const leaf = found.get(path);
                    const where = `${path} of ${text}`;
                    assert.equal(
                        typeLetters[letter as keyof typeof typeLetters],
                        leaf?.type ?? null,
                        where,
                    );
                    assert.equal(token === null, leaf === undefined, where);
                    assert.deepEqual(
                        token === null ? undefined : fieldsOf(`{"v":${token}}`)?.get("v"),
                        leaf,
                        where,
                    );
                    assert.ok(
                        canonical === null || canonical === leaf?.text,
                        `${where}: ${canonical}`,
                    );
                    const others = (all: Fields) => [...all].filter(([other]) => other !== path);
                    const left = fieldsOf(typeOnly!)!;
                    assert.deepEqual(others(left), others(found), where);
                    assert.equal(left.get(path)?.type, leaf?.type, where);
                    assert.equal(left.get(path)?.text, leaf && onlyText[leaf.type], where);
                });
                const time = found.get("at.time");
                const expected = time === undefined ? null : parseEventTime(time);
                if (typeof expected !== "number" || expected >= Date.UTC(1583)) {
                    assert.equal(
                        milliseconds,
                        typeof expected === "number" ? String(expected) : null,
                        text,
                    );
                }
            });
            assert.ok(read > 150, `${read} are read`);
        });
    }

    it("tells two arrays apart as the embedded engine does, or says that it cannot", async () => {
        const either = new RecordFields(["a[]"]).member("a");
        const numbersOnly = fc
            .array(numbers, { maxLength: 3 })
            .map((items) => `[${items.join(",")}]`);
        const arrays = fc.oneof(array, numbersOnly);
        const pairs: (readonly [string | undefined, string | undefined])[] = [
            ...alike,
            ...fc.sample(fc.tuple(arrays, arrays), { seed: 5, numRuns: 40 }),
            ...fc.sample(fc.tuple(arrays, fc.oneof(token, array)), { seed: 6, numRuns: 30 }),
            ...fc
                .sample(damaged(arrays), { seed: 8, numRuns: 200 })
                .filter((text) => fieldsOf(`{"a":${text}}`)?.get("a")?.type === "array")
                .map((text) => [text, text.replace(/[ \t\n]/g, "")] as const),
        ];
        const none = { absoluteTolerance: 0, relativeTolerance: 0 };
        const answers = await select(
            [differenceOf("a", "b", none, either), distanceOf("a", "b")],
            ["a", "b"],
            pairs,
        );
        const letters = new Map<string, number>();
        pairs.forEach(([a, b], n) => {
            const [letter, distance] = answers[n]!;
            const [one, other] = [a, b].map((text) =>
                text === undefined ? undefined : fieldsOf(`{"a":${text}}`)?.get("a")?.text,
            );
            letters.set(letter!, (letters.get(letter!) ?? 0) + 1);
            if (letter !== "?") {
                const expected = one === other ? "." : one === undefined ? "a" : "d";
                assert.equal(letter, expected, `${a} and ${b}`);
            }
            if (one?.startsWith("[") || other?.startsWith("[")) {
                assert.equal(distance, null, `${a} and ${b}`);
            }
        });
        assert.ok(letters.get(".")! > 10 && letters.get("d")! > 50, JSON.stringify([...letters]));
        assert.ok((letters.get("?") ?? 0) < pairs.length / 6, JSON.stringify([...letters]));
    });

    it("takes the canonical text where there is one, so that equal identities are equal texts", async () => {
        const texts = ['"x"', "7", "-7", "1.5", "true", "null", "0", '"\\"q\\" \\n"'];
        const others = ["-0", "7.0", "1.50", "1e3", '"\\u0078"', '"\\/"', "01"];
        const answers = await select(
            [canonicalTokenOf("record", a)],
            ["record"],
            [...texts, ...others].map((text) => [`{"a":${text}}`]),
        );
        assert.deepEqual(
            answers.map(([answer]) => answer),
            [...texts, ...others.map(() => null)],
        );
    });

    it("keeps nothing but the type of a field that is ignored", async () => {
        const values = [
            '"x"',
            '"\\"y\\""',
            "7",
            "-12",
            "1.5",
            "1E3",
            "2e-5",
            "true",
            "false",
            "null",
        ];
        const answers = await select(
            [withTypeOnly("record", a)],
            ["record"],
            values.map((value) => [`{"b c":"a","a" : ${value},"time":7}`]),
        );
        const kept = ['""', '""', "0", "0", "0.5", "0.5", "0.5", "true", "true", "null"];
        assert.deepEqual(
            answers.map(([answer]) => answer),
            kept.map(
                (value) => `{"b c":"a","a"${value === "null" ? " : " : ":"}${value},"time":7}`,
            ),
        );
    });

    it("tells two values apart as the embedded engine does, or says that it cannot", async () => {
        const tolerances = [
            { absoluteTolerance: 0, relativeTolerance: 0 },
            { absoluteTolerance: 0.5, relativeTolerance: 0 },
            { absoluteTolerance: 0, relativeTolerance: 0.01 },
        ];
        const pairs = fc.sample(fc.tuple(token, token), { seed: 11, numRuns: 250 });
        const answers = await select(
            [
                ...tolerances.map((tolerance) => differenceOf("a", "b", tolerance, a)),
                distanceOf("a", "b"),
            ],
            ["a", "b"],
            pairs,
        );
        let undecided = 0;
        pairs.forEach(([a, b], n) => {
            const values = (text: string | undefined) =>
                new Map(
                    [...(fieldsOf(text === undefined ? "{}" : `{"a":${text}}`) ?? [])].map(
                        ([name, { text }]) => [name, text] as const,
                    ),
                );
            const [one, other] = [values(a), values(b)];
            tolerances.forEach((tolerance, place) => {
                const comparison = new PairComparison(
                    settingsOf({ fields: { a: tolerance } }),
                    new Set(),
                );
                const [difference] = comparison.differences(one, other);
                const letter = answers[n]![place];
                if (letter === "?") {
                    undecided++;
                    return;
                }
                const what = `${a} and ${b} with ${JSON.stringify(tolerance)}`;
                assert.equal(letter === ".", difference === undefined, what);
                assert.equal(letter === "a", a === undefined && b !== undefined, what);
                if (letter === "d" && difference?.by !== null && difference !== undefined) {
                    const by = Number(answers[n]!.at(-1));
                    assert.ok(
                        Math.abs(by - difference.by) <= 1e-9 * difference.by,
                        `${what}: ${by}`,
                    );
                }
            });
        });
        assert.ok(undecided < 10, `${undecided} of ${3 * pairs.length} are left open`);
    });
});

/** The session's handle, which its own methods need no caller to know. */
function handleOf(session: SqlGatewaySession): string {
    return (session as unknown as { handle: string }).handle;
}
