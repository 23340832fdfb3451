import assert from "node:assert/strict";
import fc from "fast-check";
import type { CompareArgs } from "../../components/compare.js";
import { decodeValue } from "../../components/provider/comparison/decode.js";
import type { Evidence } from "../../components/provider/comparison/evidence.js";
import { settingsOf } from "../comparison/world.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox } from "../sandboxFixture.js";
import { Engines, type Look, type Message } from "./engines.js";

/** How many rule sets are tried, each with a job of its own; and from which seed on. */
const sets = Number(process.env["SHADOW_FLINK_RULE_SETS"] ?? 3);
const seed = Number(process.env["SHADOW_FLINK_SEED"] ?? 1);
/** Each of them is a small pair of topics: windows know nothing of each other. */
const windowsOfASet = 40;

const fields = ["id", "part 2", "time", "n", "text", "_any-thing", "written"] as const;
/** Nested records also have an object without members, and an array. */
type Field = (typeof fields)[number] | "place" | "tags";
/** A record as its values are written; a field that is not in it is absent. */
type Row = Partial<Record<Field | "more", string>>;

/** Where in a record its fields are, by path. */
type Layout = Partial<Record<Field | "more", string>>;
const flatLayout: Layout = Object.fromEntries(fields.map((field) => [field, field]));
/** Many have one name, and in each other's objects. */
const nestedLayout: Layout = {
    id: "who.id",
    "part 2": "id",
    time: "who.at",
    n: "place.n",
    text: "who.n",
    "_any-thing": "n",
    written: "place.deep.n",
    place: "place",
};
const layouts: readonly Layout[] = [flatLayout, { ...nestedLayout, tags: "tags" }, nestedLayout];

const hour = 3_600_000;
const began = Math.floor(Date.now() / hour) * hour - 100 * hour;

const json = (value: unknown) => JSON.stringify(value);
/** With all that JSON can hold: other planes, halves of surrogates, control characters, what looks like a field. */
const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 6 }).map(json),
    fc.string({ unit: "grapheme", maxLength: 3 }).map(json),
    fc.constantFrom(
        '""',
        '"a"',
        '"\\u0061"',
        '"\\/"',
        '"/"',
        '"1"',
        '"null"',
        '"\\"n\\":1,"',
        '"}"',
        '"\\\\"',
        '"\\ud800"',
        '"\\udfff"',
        '"\\ud83d\\ude00"',
        '"😀"',
        '"\ufeff"',
        '"\u2028"',
        '"\\n"',
        '"\\u000a"',
        '"\\u0000"',
    ),
);
const anyNumber = fc.oneof(
    fc.integer({ min: -20, max: 20 }).map(String),
    fc.integer({ min: -2000, max: 2000 }).map((n) => (n / 100).toFixed(2)),
    fc.bigInt({ min: -(10n ** 19n) + 1n, max: 10n ** 19n - 1n }).map(String),
    fc
        .tuple(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.bigInt({ min: 0n, max: 10n ** 17n }))
        .map(([whole, rest]) => `${whole}.${rest}`.slice(0, 37)),
    fc.constantFrom("-0", "0.0", "1E3", "1000", "1.5e-9", "9007199254740993", "9007199254740993.0"),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => String(n).replace("e+", "E")),
    fc.constantFrom("1e400", "-1e400", "1e-400", "123456789012345678901234567890.5"),
);
const plain = fc.constantFrom("null", "true", "false");
const identityValue = fc.oneof(
    fc.nat({ max: 30 }).map(String),
    fc.bigInt({ min: 10n ** 20n, max: 10n ** 29n }).map(String),
    fc.constantFrom(
        '"a"',
        '"é"',
        '"😀"',
        '"\uffee"',
        '"\\""',
        '"1"',
        "null",
        "true",
        "1.5",
        "-7",
        "[1,null]",
        "{}",
    ),
);

/** Some in two ways to write them, and with keys that fields have too. */
const arrays = [
    "[]",
    "[ ]",
    "[1,2]",
    "[ 1,\t2 ]",
    "[2,1]",
    "[1.5,2.25]",
    '["a"]',
    '["\\u0061"]',
    '["],\\"n\\":1"]',
    '[{"n":1,"id":"a"}]',
    '[{"id":"a", "n":1}]',
    '[{"id":"b", "n":1}]',
    '[{"place":{"n":[null,true]}}]',
    "[[9007199254740993]]",
    "[[9007199254740992]]",
    '["2","1"]',
    '["1","2"]',
    "[1e3]",
    "[1000.0]",
];

const valueOf: Record<Field, fc.Arbitrary<string | undefined>> = {
    id: identityValue,
    "part 2": identityValue,
    time: fc.constant(undefined),
    n: fc.oneof({ weight: 5, arbitrary: anyNumber }, plain, text, fc.constant(undefined)),
    text: fc.oneof({ weight: 5, arbitrary: text }, plain, anyNumber, fc.constant(undefined)),
    "_any-thing": fc.oneof(text, plain, anyNumber, fc.constant(undefined)),
    written: fc.oneof(text, plain, anyNumber, fc.constant(undefined)),
    place: fc.oneof(fc.constantFrom("{}", "{ }", undefined), plain, text, anyNumber),
    tags: fc.oneof(fc.constantFrom(...arrays), plain, text, anyNumber, fc.constant(undefined)),
};

/** The same time in the ways in which a job may write it. */
const spelledTime = (at: number) => {
    const iso = new Date(at).toISOString();
    return [
        String(at),
        String(at / 1000),
        json(iso),
        json(iso.replace("T", " ").replace("Z", "")),
        json(new Date(at + 19_800_000).toISOString().replace("Z", "+05:30")),
    ];
};

/** An object, as the texts of its members' values. */
interface Members {
    [name: string]: string | Members;
}

/** Members in any order, with any space between them. */
const written = (members: Members, turn: number): string => {
    const entries = Object.entries(members).map(
        ([name, value]) =>
            [name, typeof value === "string" ? value : written(value, turn)] as const,
    );
    const rotated = [...entries.slice(turn % 7), ...entries.slice(0, turn % 7)];
    return turn % 2 === 0
        ? `{${rotated.map(([name, value]) => `"${name}":${value}`).join(",")}}`
        : `{ ${rotated.map(([name, value]) => `"${name}"\t: ${value}`).join(" ,\r\n")} }`;
};

/** The values of a row where they are in a record. An object that has members is no value. */
function membersOf(row: Row, layout: Layout): Members {
    const record: Members = {};
    for (const [field, value] of Object.entries(row)) {
        const path = layout[field as Field]?.split(".") ?? [];
        const name = path.pop();
        const object = path.reduce((within, key) => {
            const inner = within[key];
            return typeof inner === "object" ? inner : (within[key] = {});
        }, record);
        if (name !== undefined && typeof object[name] !== "object") {
            object[name] = value;
        }
    }
    return record;
}

interface Rules {
    readonly layout: Layout;
    readonly args: Partial<CompareArgs> & { readonly identity: readonly string[] };
    readonly parallelism: number;
}

const tolerance = fc.constantFrom({}, { absoluteTolerance: 0.5 }, { relativeTolerance: 0.01 });
const pathIn = (layout: Layout, field: string) => layout[field as Field] ?? field;
const rulesOf = (layout: Layout): fc.Arbitrary<Rules> =>
    fc
        .record({
            identity: fc.constantFrom<string[]>(
                ["id"],
                ["id", "part 2"],
                ["part 2", "$key"],
                ["$key"],
            ),
            eventTime: fc.constantFrom("time", undefined),
            n: tolerance,
            any: fc.constantFrom({}, { ignore: "as it comes" }),
            key: fc.constantFrom({}, { ignore: "as it comes" }),
            tags: fc.constantFrom({}, { unordered: true }),
            allowAdded: fc.boolean(),
            parallelism: fc.constantFrom(1, 2),
        })
        .map(({ identity, eventTime, n, any, key, tags, allowAdded, parallelism }) => ({
            parallelism,
            layout,
            args: {
                identity: identity.map((field) => pathIn(layout, field)),
                eventTime: eventTime && pathIn(layout, eventTime),
                windowSeconds: 3600,
                allowedLatenessSeconds: 7200,
                minRecords: 1,
                minWindows: 5,
                waitSeconds: 240,
                fields: {
                    [pathIn(layout, "n")]: n,
                    [pathIn(layout, "written")]: { ignore: "when it was written" },
                    ...(layout.tags === undefined ? {} : { tags }),
                    ...("ignore" in any ? { [pathIn(layout, "_any-thing")]: any } : {}),
                    ...("ignore" in key && !identity.includes("$key") ? { $key: key } : {}),
                },
                rules: { schema: { allowAddedFields: allowAdded } },
            },
        }));

type Of<T> = T extends fc.Arbitrary<infer U> ? U : never;

/** What is in a record in the place of something usual. */
const odd = fc.constantFrom<Partial<Record<Field | "more", string>>>(
    { more: "1" },
    { more: '{"deeper":{"a.b":[]}}' },
    { n: "[1]" },
    { n: '1,"n":2' },
    { text: '"\ufffd"' },
    { text: '"\\ud800x"' },
    { time: "true" },
    { time: '"yesterday"' },
    { time: '"2026-02-30"' },
    { time: "1e14" },
);

/** The same values in another way to write them. */
const respelled = (row: Row): Row =>
    Object.fromEntries(
        Object.entries(row).map(([field, value]) => [
            field,
            /^-?[1-9]\d*$/.test(value)
                ? `${value}.0`
                : /^"[a-z]/.test(value)
                  ? `"\\u00${value.charCodeAt(1).toString(16)}${value.slice(2)}`
                  : value,
        ]),
    );
const canonical = (value: string): string => {
    const decoded = decodeValue(Buffer.from(`{"v":${value}}`));
    return "refused" in decoded ? value : decoded.fields.get("v")!.text;
};

/** The fields of which an identity may be. */
const identityOf = (row: Row): Row =>
    Object.fromEntries(Object.entries(row).filter(([field]) => /^(id|part 2)$/.test(field)));

/** What both versions say of one identity in a window. */
const group = fc.record({
    row: fc.record(valueOf),
    change: fc.subarray(["n", "text", "_any-thing", "written", "place", "tags"] as const),
    other: fc.record(valueOf),
    third: fc.record(valueOf),
    kept: fc.subarray([...fields]),
    key: fc.uint8Array({ minLength: 1, maxLength: 3 }),
    otherKey: fc.option(fc.uint8Array({ minLength: 1, maxLength: 3 }), { freq: 4 }),
    minute: fc.nat({ max: 59 }),
    copies: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })),
    kind: fc.constantFrom("same", "same", "respelled", "changed", "changed", "one of many", "many"),
    odd: fc.option(odd, { freq: 12 }),
    turn: fc.nat({ max: 30 }),
    partitions: fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 1 })),
});
/** What is no record, for both engines. */
const junk = fc.constantFrom(null, "", "[]", '"x"', '{"id":1', '{"id":01}', "{\u0000}");
const hourOf = fc.record({
    groups: fc.array(group, { maxLength: 8 }),
    junk: fc.option(fc.tuple(junk, fc.boolean()), { freq: 12 }),
});

type Topics = Record<"incumbent" | "candidate", Message[]>;

/** Both topics: an hour after the other, each a little out of order. */
function topicsOf(hours: readonly Of<typeof hourOf>[], { args, layout }: Rules): Topics {
    const topics: Topics = { incumbent: [], candidate: [] };
    hours.forEach(({ groups, junk }, n) => {
        const known = new Set<string>();
        const ofHour: Topics = { incumbent: [], candidate: [] };
        const add = (side: keyof Topics, message: Message, times: number) =>
            ofHour[side].push(...Array<Message>(times).fill(message));
        for (const one of groups) {
            const identity = json(
                args.identity.map((path) =>
                    path === "$key"
                        ? [...one.key]
                        : canonical(one.row[fields.find((field) => layout[field] === path)!]!),
                ),
            );
            if (known.has(identity)) continue;
            known.add(identity);
            const at = began + n * hour + one.minute * 60_000;
            const times = spelledTime(at);
            const ofRow = (row: Row, turn: number) =>
                written(membersOf({ ...row, time: times[turn % times.length]! }, layout), turn);
            const present = (row: Row): Row =>
                Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
            const { turn, kind, copies } = one;
            const row: Row = { ...present(one.row), ...one.odd };
            const other = present({
                ...one.row,
                ...Object.fromEntries(one.change.map((field) => [field, one.other[field]])),
                ...one.odd,
            });
            const third = { ...other, ...present({ ...one.third, ...identityOf(one.row) }) };
            const message = (value: string, side: 0 | 1, key = one.key): Message => ({
                key: Buffer.from(key),
                value,
                partition: one.partitions[side],
                timestamp: at,
            });
            const otherKey = args.identity.includes("$key") ? one.key : (one.otherKey ?? one.key);
            switch (kind) {
                case "same":
                    add("incumbent", message(ofRow(row, turn), 0), copies[0]);
                    add("candidate", message(ofRow(row, turn), 1), copies[1]);
                    break;
                case "respelled":
                    add("incumbent", message(ofRow(row, turn), 0), copies[0]);
                    add("candidate", message(ofRow(respelled(row), turn + 5), 1), copies[1]);
                    break;
                case "changed":
                    add("incumbent", message(ofRow(row, turn), 0), copies[0]);
                    add("candidate", message(ofRow(other, turn), 1, otherKey), copies[1]);
                    break;
                case "one of many":
                    add("incumbent", message(ofRow(row, turn), 0), copies[0] + 1);
                    add("candidate", message(ofRow(row, turn), 1), 1);
                    add("candidate", message(ofRow(other, turn), 1, otherKey), copies[1]);
                    break;
                case "many":
                    add("incumbent", message(ofRow(row, turn), 0), copies[0] + 1);
                    add("incumbent", message(ofRow(other, turn), 0), copies[1]);
                    add("candidate", message(ofRow(third, turn), 1), copies[0]);
                    add("candidate", message(ofRow(other, turn), 1, otherKey), 1);
                    break;
            }
        }
        if (junk !== null) {
            const [value, isOld] = junk;
            add(
                isOld ? "incumbent" : "candidate",
                { key: Buffer.from("k"), value, partition: n % 2, timestamp: began + n * hour },
                1,
            );
        }
        topics.incumbent.push(...ofHour.incumbent.toReversed());
        topics.candidate.push(...ofHour.candidate);
    });
    return topics;
}

/** What finishes all windows, in both partitions. */
function ends(n: number, layout: Layout): Message[] {
    const at = began + n * hour;
    return [0, 1].map((partition) => ({
        key: Buffer.from([partition]),
        value: written(
            membersOf({ id: String(partition), "part 2": "0", time: String(at) }, layout),
            0,
        ),
        partition,
        timestamp: at,
    }));
}

/** What depends on no engine; a job says of records that cannot be read no more than which is the first, and why. */
function comparable({ evidence, verdict }: Look) {
    const { gaps, ...rest }: Evidence = evidence;
    return {
        evidence: rest,
        refused: gaps.map((gap) => /^\d+ records? of \S+/.exec(gap)?.[0] ?? gap),
        outcome: verdict.outcome,
        findings: verdict.findings,
    };
}

/** Those that are enough or not. */
function windowsOf({ windows }: Evidence): number {
    return windows.filter(({ incumbentRecords }) => incumbentRecords > 0).length;
}

describe("both engines", function () {
    this.timeout((sets + 1) * 300_000);
    let engines: Engines;

    before(async function () {
        await needsJdk(this);
        engines = await Engines.connect(await sharedSandbox());
    });
    after(() => engines?.close());

    for (let n = 0; n < sets; n++) {
        const layout = layouts[n % layouts.length]!;
        const [rule] = fc.sample(rulesOf(layout), { seed: seed + n, numRuns: 1 });
        const { args, parallelism } = rule!;
        it(`find the same of any records, by ${JSON.stringify(args.fields)} and ${String(args.identity)}`, async () => {
            const flink = settingsOf({
                ...args,
                engine: "flink",
                flink: {
                    from: "beginning",
                    checkpointSeconds: 1,
                    parallelism,
                },
            });
            const hours = fc.sample(hourOf, { seed: seed + n, numRuns: windowsOfASet });
            const topics = topicsOf(hours, rule!);
            const pair = await engines.start("both", flink);
            for (const side of ["incumbent", "candidate"] as const) {
                await engines.send(pair[side].topic, [
                    ...ends(-1, layout),
                    ...topics[side],
                    ...ends(windowsOfASet + 4, layout),
                ]);
            }
            const byOne = settingsOf({ ...args, settleSeconds: 0 });
            const { evidence } = await engines.embedded(pair, byOne);
            // All of them, not as many as are enough.
            const minWindows = windowsOf(evidence);
            const theirs = await engines.embedded(pair, { ...byOne, minWindows });
            const ours = await engines.byFlink(pair, { ...flink, minWindows });
            await engines.stop(pair);
            assert.ok(minWindows > windowsOfASet / 2);
            assert.deepEqual(comparable(ours), comparable(theirs));
        });
    }
});
