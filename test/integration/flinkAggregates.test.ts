import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { sides } from "../../components/side.js";
import { settingsOf } from "../comparison/world.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox } from "../sandboxFixture.js";
import { Engines } from "./engines.js";

const hours = 12;
/** Of an hour, so that more numbers are different than are counted one by one. */
const records = 160;
const began = Math.floor(Date.now() / 3_600_000 - 48) * 3_600_000;

/** A record's text by field; a number in one of several ways to write it. */
type Row = Readonly<Record<string, string | undefined>>;

const row = (n: number, place: number): Row => ({
    n: String(place),
    at: `"${new Date(began + n * 3_600_000).toISOString()}"`,
    // Equal numbers in several ways, negative ones, zeros, nulls, texts, and none at all.
    delay: [
        String(place - 40),
        `${place - 40}.0`,
        `${place}.5`,
        "-0.0",
        "null",
        undefined,
        '"7"',
        `${place}e2`,
        "0.000000000001",
        "-1.25E-3",
    ][place % 10],
    // All different, of all sizes, and exact only where nothing is rounded.
    amount: `${place % 3 === 0 ? "-" : ""}${(n * records + place) ** 4}.${String(n).padStart(2, "0")}${place + 1}01`,
    // Two ways to write each group, and one in which it is not there.
    carrier: [`"AA"`, `"\\u0041A"`, `"é"`, "null", undefined][place % 5],
    gate: [`1`, `1.0`, `2`, `10e-1`][place % 4],
});

const textOf = (of: Row) =>
    `{${Object.entries(of)
        .flatMap(([name, text]) => (text === undefined ? [] : [`"${name}":${text}`]))
        .join(",")}}`;

const all = Array.from({ length: hours * records }, (_, index) =>
    row(Math.floor(index / records), index % records),
);
const inHour = (n: number, change: (of: Row, place: number) => Row) => (of: Row, index: number) =>
    Math.floor(index / records) === n ? change(of, index % records) : of;

const args: Partial<CompareArgs> = {
    identity: ["n"],
    eventTime: "at",
    windowSeconds: 3600,
    allowedLatenessSeconds: 3600,
    waitSeconds: 240,
    minWindows: hours - 4,
    rules: {
        aggregates: {
            fields: { delay: { maxRelativeDifference: 0.001 }, amount: {} },
            groupBy: ["carrier", "gate"],
            quantiles: [0, 0.1, 0.5, 0.99, 1],
        },
    },
};

describe("aggregates of a Flink job", function () {
    this.timeout(600_000);
    let engines: Engines;
    before(async function () {
        await needsJdk(this);
        engines = await Engines.connect(await sharedSandbox());
    });
    after(() => engines?.close());

    /** What both engines make of a candidate, by the same rules. */
    async function both(name: string, candidate: readonly Row[], more: Partial<CompareArgs> = {}) {
        const settings = settingsOf({
            ...args,
            ...more,
            engine: "flink",
            flink: {
                from: "beginning",
                checkpointSeconds: 1,
            },
        });
        const pair = await engines.start(name, settings);
        await engines.write(pair.incumbent.topic, all.map(textOf));
        await engines.write(pair.candidate.topic, candidate.map(textOf));
        const ours = await engines.byFlink(pair, settings);
        const embedded = settingsOf({ ...args, ...more, settleSeconds: 0 });
        return { pair, ours, theirs: await engines.embedded(pair, embedded) };
    }

    it("are those of the embedded engine, overall and of each group, also where they differ", async () => {
        const wrong = all
            .map(inHour(3, (of, place) => (place === 10 ? { ...of, delay: "-30.1" } : of)))
            .map(inHour(4, (of, place) => (place === 12 ? { ...of, delay: "99999" } : of)))
            .map(inHour(5, (of) => ({ ...of, gate: `2`, delay: of["delay"] && "null" })))
            .map(inHour(6, (of, place) => (place < 9 ? { ...of, amount: "1.5" } : of)))
            .map(inHour(7, (of, place) => (place === 1 ? { ...of, carrier: '"BB"' } : of)));
        const { ours, theirs } = await both("aggregates", wrong);
        assert.deepEqual(ours.evidence.gaps, []);
        const exact = ({ evidence }: typeof ours) => ({
            ...evidence,
            aggregates: evidence.aggregates.map(({ incumbent, candidate, ...of }) => ({
                ...of,
                incumbent: { ...incumbent, distinct: Math.min(incumbent.distinct, 1_023) },
                candidate: { ...candidate, distinct: Math.min(candidate.distinct, 1_023) },
            })),
        });
        assert.deepEqual(exact(ours), exact(theirs));
        // Many different numbers are counted by hashes, and those of SQL are others.
        const counts = ours.evidence.aggregates.flatMap(({ field, group, ...own }, at) =>
            sides.map((side) => {
                const [count, other] = [own[side], theirs.evidence.aggregates[at]![side]].map(
                    ({ distinct }) => distinct,
                ) as [number, number];
                assert.ok(Math.abs(count - other) <= 0.12 * other, `${field} ${group.join()}`);
                return count;
            }),
        );
        assert.ok(Math.max(...counts) >= 1_024);
        assert.ok(counts.some((count) => count < 1_024));
        const found = ({ verdict }: typeof ours) =>
            verdict.findings
                .filter(({ rule, sentence }) => rule === "aggregates" && !/distinct/.test(sentence))
                .map(({ field, outcome, sentence }) => ({ field, outcome, sentence }));
        assert.deepEqual(found(ours), found(theirs));
        assert.ok(found(ours).some(({ sentence }) => /The sum of delay is/.test(sentence)));
        assert.ok(found(ours).some(({ sentence }) => /in group [0-9a-f]{12}/.test(sentence)));
        assert.equal(ours.verdict.outcome, "fail");
    });

    it("agree where both versions write the same, in a sample too; and no number too long is rounded", async () => {
        const { pair, ours, theirs } = await both("agree", all, { sample: 0.5 });
        assert.deepEqual(ours.evidence, theirs.evidence);
        assert.deepEqual(ours.verdict, theirs.verdict);
        assert.equal(ours.verdict.outcome, "pass", ours.verdict.gaps.join());
        const long = all.map((of, index) =>
            index % records < 80 ? { ...of, amount: `0.${"1".repeat(18)}` } : of,
        );
        for (const { topic } of [pair.incumbent, pair.candidate]) {
            const later = long.map((of) => ({
                ...of,
                at: of["at"]!.replace(/\d{4}-\d\d-\d\dT\d\d/, (text) =>
                    new Date(Date.parse(`${text}:00Z`) + hours * 3_600_000)
                        .toISOString()
                        .slice(0, 13),
                ),
            }));
            await engines.write(topic, later.map(textOf));
        }
        const settings = settingsOf({
            ...args,
            sample: 0.5,
            minWindows: 2 * hours - 5,
            engine: "flink",
            flink: { from: "beginning" },
        });
        const { verdict } = await engines.byFlink(pair, settings);
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(
            verdict.gaps.join(),
            /[\d,]+ numbers of amount are too long to be aggregated exactly in SQL/,
        );
    });
});
