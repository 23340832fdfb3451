import assert from "node:assert/strict";
import type { CompareArgs, CompareSettings } from "../../components/compare.js";
import type { Sandbox } from "../../sandbox/index.js";
import { settingsOf } from "../comparison/world.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox } from "../sandboxFixture.js";
import { Engines, type Pair } from "./engines.js";

/** A value that stands in the JSON as it is written here. */
class Written {
    constructor(readonly text: string) {}
}
const as = (text: string) => new Written(text);

type Row = Record<string, unknown>;

const hourMilliseconds = 3_600_000;
const began = Math.floor(Date.now() / hourMilliseconds) * hourMilliseconds - 24 * hourMilliseconds;
const hourOf = (n: number) =>
    new Date(began + n * hourMilliseconds).toISOString().replace("T", " ").slice(0, 19);
const origins = ["ATL", "DFW", "SEA", "JFK", "LAX", "ORD"];

/** What the incumbent writes in an hour: numbers of all kinds, a text that is null or absent, and one that differs always. */
const hour = (n: number, run: number): Row[] =>
    origins.map((origin, place) => ({
        origin,
        window_start: hourOf(n),
        flights: 10 * n + place,
        mean_delay: n + place / 4 + 0.125,
        cancelled: place % 2 === 0,
        ...(place === 3 ? {} : { note: place === 2 ? null : `é "q" ${n}` }),
        id: as("9007199254740993"),
        score: n + 0.25,
        ratio: as("1.234567E7"),
        written: run + place,
    }));

/** The text of a row; another library has its own way to write spaces and the order of fields. */
function textOf(row: Row, other = false): string {
    const members = Object.entries(row).map(([name, value]) => {
        const text = value instanceof Written ? value.text : JSON.stringify(value);
        return other ? `"${name}" : ${text}` : `"${name}":${text}`;
    });
    return other ? `{ ${members.reverse().join(" ,\n\t")} }` : `{${members.join(",")}}`;
}

const only = (place: number, change: (row: Row) => readonly Row[]) => (row: Row, at: number) =>
    at === place ? change(row) : [row];
const without = (row: Row, field: string) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => name !== field));

/** One thing that the candidate does in one hour, and what has to be counted of it. */
interface Defect {
    readonly name: string;
    readonly change: (row: Row, place: number) => readonly Row[];
    readonly counted?: Partial<
        Record<"changed" | "missing" | "extra" | "candidateDuplicates", number>
    >;
}

const defects: readonly Defect[] = [
    { name: "one is lost", change: only(1, () => []), counted: { missing: 1 } },
    {
        name: "one is there that nobody asked for",
        change: only(1, (row) => [row, { ...row, origin: "XXX" }]),
        counted: { extra: 1 },
    },
    {
        name: "one is there twice",
        change: only(2, (row) => [row, row]),
        counted: { candidateDuplicates: 1 },
    },
    {
        name: "a number is another",
        change: only(0, (row) => [{ ...row, flights: 99_999 }]),
        counted: { changed: 1 },
    },
    {
        name: "a number is a text",
        change: only(0, (row) => [{ ...row, flights: String(row["flights"]) }]),
        counted: { changed: 1 },
    },
    {
        name: "a null is left out",
        change: only(2, (row) => [without(row, "note")]),
        counted: { changed: 1 },
    },
    {
        name: "what was absent is null",
        change: only(3, (row) => [{ ...row, note: null }]),
        counted: { changed: 1 },
    },
    {
        name: "an integer beyond 2^53 went through a double",
        change: only(1, (row) => [{ ...row, id: as("9007199254740992") }]),
        counted: { changed: 1 },
    },
    {
        name: "an integer is a double of the same value",
        change: only(1, (row) => [{ ...row, id: as("9007199254740993.0") }]),
    },
    {
        name: "the 16th place of a decimal is another",
        change: only(1, (row) => [
            { ...row, mean_delay: as(`${String(row["mean_delay"])}0000000000001`) },
        ]),
        counted: { changed: 1 },
    },
    {
        name: "a number is written with an exponent",
        change: only(1, (row) => [
            { ...row, mean_delay: as(`${Number(row["mean_delay"]) / 10}E1`) },
        ]),
    },
    {
        name: "a text is written with escapes",
        change: only(1, (row) => [
            { ...row, note: as(JSON.stringify(row["note"]).replace("é", "\\u00e9")) },
        ]),
    },
    {
        name: "an accent is lost",
        change: only(1, (row) => [
            { ...row, note: as(JSON.stringify(row["note"]).replace("é", "\\u0065")) },
        ]),
        counted: { changed: 1 },
    },
    {
        name: "a boolean is 0 or 1",
        change: (row) => [{ ...row, cancelled: row["cancelled"] === true ? 1 : 0 }],
        counted: { changed: 6 },
    },
    {
        name: "a number is within its tolerance",
        change: only(1, (row) => [{ ...row, score: Number(row["score"]) + 0.5 }]),
    },
    {
        name: "a number is beyond its tolerance",
        change: only(2, (row) => [{ ...row, score: Number(row["score"]) + 0.51 }]),
        counted: { changed: 1 },
    },
    {
        name: "a double is within its share",
        change: only(1, (row) => [{ ...row, ratio: as("1.2345679E7") }]),
    },
    {
        name: "doubles are far beyond their share",
        change: (row, place) => [
            place === 2
                ? { ...row, ratio: as("2.5E300") }
                : place === 3
                  ? { ...row, ratio: as("1.234567e-30") }
                  : row,
        ],
        counted: { changed: 2 },
    },
    {
        name: "one is there a second time with another value",
        change: only(4, (row) => [row, { ...row, flights: 0 }]),
        counted: { candidateDuplicates: 1 },
    },
    {
        name: "one has another text in quotes",
        change: only(1, (row) => [{ ...row, note: 'a "note":1, or so' }]),
        counted: { changed: 1 },
    },
];

const args: Partial<CompareArgs> = {
    windowSeconds: 3600,
    waitSeconds: 180,
    minRecords: 12,
    // All is read as fast as it can be, and one partition is hours ahead of the other.
    allowedLatenessSeconds: 3600,
    fields: {
        score: { absoluteTolerance: 0.5 },
        ratio: { relativeTolerance: 0.01 },
        written: { ignore: "when it was written" },
    },
};

/** The rules that run as a job on the sandbox's Flink, held against those of the embedded engine. */
describe("a comparison as a Flink job", function () {
    this.timeout(600_000);
    let sandbox: Sandbox;
    let engines: Engines;

    const flink = settingsOf({
        ...args,
        engine: "flink",
        flink: {
            from: "beginning",
            checkpointSeconds: 1,
        },
    });
    const embedded = settingsOf({ ...args, settleSeconds: 0 });

    before(async function () {
        await needsJdk(this);
        sandbox = await sharedSandbox();
        engines = await Engines.connect(sandbox);
    });
    after(() => engines?.close());

    const byFlink = (pair: Pair, changes: Partial<CompareSettings> = {}, base = flink) =>
        engines.byFlink(pair, { ...base, ...changes });
    const embeddedly = (pair: Pair, changes: Partial<CompareSettings> = {}, base = embedded) =>
        engines.embedded(pair, { ...base, ...changes });

    it("finds what the embedded engine finds, of every seeded defect", async () => {
        const pair = await engines.start("defects", flink);
        // The first hour, and that of the warm-up, come before them; two more seal the last one.
        const hours = Array.from({ length: defects.length + 4 }, (_, n) => n);
        const changed = hours.flatMap((n) =>
            hour(n, 5_000).flatMap((row, place) =>
                (defects[n - 2]?.change(row, place) ?? [row]).map((one) =>
                    textOf(one, n % 3 === 0),
                ),
            ),
        );
        await engines.write(
            pair.incumbent.topic,
            hours.flatMap((n) => hour(n, 0).map((row) => textOf(row))),
        );
        await engines.write(pair.candidate.topic, changed);

        const ours = await byFlink(pair, { minWindows: defects.length });
        const theirs = await embeddedly(pair, { minWindows: defects.length });
        assert.deepEqual(ours.evidence, theirs.evidence);
        assert.deepEqual(ours.verdict, theirs.verdict);
        assert.equal(ours.verdict.outcome, "fail");
        const counted = ours.evidence.windows.map(
            ({ changed, missing, extra, candidateDuplicates }) => ({
                changed,
                missing,
                extra,
                candidateDuplicates,
            }),
        );
        const none = { changed: 0, missing: 0, extra: 0, candidateDuplicates: 0 };
        assert.deepEqual(
            defects.map(({ name }, n) => ({ name, ...counted[n] })),
            defects.map(({ name, counted }) => ({ name, ...none, ...counted })),
        );

        await engines.stop(pair);
        const { verdict } = await byFlink(pair, { minWindows: defects.length });
        assert.match(
            verdict.gaps.join(),
            /comparison's job .* is CANCELED\. Start the comparison anew/,
        );
    });

    it("passes what is the same, also where a task manager dies; and never without its evidence", async () => {
        const pair = await engines.start("same", flink);
        const same = async (from: number, to: number) => {
            const hours = Array.from({ length: to - from }, (_, n) => from + n);
            for (const { topic } of [pair.incumbent, pair.candidate]) {
                const run = topic === pair.candidate.topic ? 7_000 : 0;
                await engines.write(
                    topic,
                    hours.flatMap((n) => hour(n, run).map((row) => textOf(row))),
                );
            }
        };
        const passes = async (minWindows: number) => {
            const ours = await byFlink(pair, { minWindows });
            const theirs = await embeddedly(pair, { minWindows });
            assert.deepEqual(ours.evidence, theirs.evidence);
            assert.deepEqual(ours.verdict, theirs.verdict);
            assert.equal(ours.verdict.outcome, "pass", ours.verdict.gaps.join());
        };
        await same(0, 5);
        await engines.takeBack(pair.candidate.topic, textOf({ ...hour(4, 0)[0]!, flights: 4_711 }));
        await same(5, 10);
        await passes(6);

        await sandbox.taskManager?.kill();
        await same(10, 16);
        await sandbox.taskManager?.start();
        await passes(12);

        await engines.write(pair.candidate.topic, [textOf(hour(16, 0)[0]!), '{"origin":"ATL",']);
        const unreadable = await byFlink(pair);
        assert.notEqual(unreadable.verdict.outcome, "pass");
        assert.match(
            unreadable.verdict.gaps.join(),
            /1 record of .*-v2 was not compared .*not valid JSON/,
        );
        assert.equal(unreadable.evidence.candidate.unreadable, 1);

        await engines.admin.deleteTopics({ topics: [pair.job.topic] });
        const { verdict } = await byFlink(pair);
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(verdict.gaps.join(), /-evidence does not exist\. Start the comparison anew/);
    });

    it("goes by keys and timestamps in two tasks, and counts what it cannot compare by its reason", async () => {
        const keyed: Partial<CompareArgs> = {
            ...args,
            identity: ["$key"],
            eventTime: undefined,
            allowedLatenessSeconds: 0,
            fields: {},
        };
        const byKey = settingsOf({
            ...keyed,
            engine: "flink",
            flink: { from: "beginning", checkpointSeconds: 1, parallelism: 2 },
        });
        const pair = await engines.start("keys", byKey);
        const producer = engines.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
        await producer.connect();
        const messages = Array.from({ length: 90 }, (_, n) => ({
            partition: n % 2,
            timestamp: String(began + Math.floor(n / 2) * 600_001),
            key: Buffer.from([0xff, n]),
            value: `{"n":${n}}`,
        }));
        await producer.send({ topic: pair.incumbent.topic, messages });
        const other = messages.map((message, n) => {
            const value = n === 31 ? '{"n":0}' : n === 33 ? '{"n":33,"at":null}' : message.value;
            return { ...message, value };
        });
        await producer.send({ topic: pair.candidate.topic, messages: other });
        const ours = await byFlink(pair, {}, byKey);
        const theirs = await embeddedly(pair, {}, settingsOf({ ...keyed, settleSeconds: 0 }));
        assert.deepEqual(ours.evidence, theirs.evidence);
        assert.deepEqual(ours.verdict.findings, theirs.verdict.findings);
        assert.equal(ours.verdict.outcome, "fail");

        const { timestamp, key } = messages.at(-1)!;
        const values = [null, "[]", Buffer.from([0x7b, 0xff, 0x7d]), '{"n":1,"n":1}', '{"m":[1]}'];
        await producer.send({
            topic: pair.candidate.topic,
            messages: [
                ...values.map((value) => ({ partition: 0, timestamp, key, value })),
                { partition: 0, timestamp, key: null, value: '{"n":1}' },
            ],
        });
        await producer.disconnect();
        const { evidence } = await byFlink(pair, {}, byKey);
        assert.deepEqual(evidence.gaps, [
            `5 records of ${pair.candidate.topic} were not compared (partition 0, offset 45: it is a tombstone, which a topic ` +
                "that is only appended to does not have; partition 0, offset 46: it is a JSON array, not an object; " +
                "partition 0, offset 47: it is not valid UTF-8; and 2 more).",
        ]);
        assert.equal(evidence.candidate.unreadable, 5);
        assert.equal(evidence.candidate.records, ours.evidence.candidate.records + 1);
        assert.deepEqual(evidence.windows, ours.evidence.windows);
    });
});
