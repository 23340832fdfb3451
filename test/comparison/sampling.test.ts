import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { CompareArgs } from "../../components/compare.js";
import { resolveCompare } from "../../components/compareSettings.js";
import { commentOf } from "../../components/cli/comment.js";
import type { Evidence } from "../../components/provider/comparison/evidence.js";
import { Identities } from "../../components/provider/comparison/identities.js";
import { reportHtml } from "../../components/provider/comparison/report/reportHtml.js";
import { sampleSize } from "../../components/provider/comparison/sampleSize.js";
import { summarise } from "../../components/provider/comparison/summary.js";
import { windowOf } from "./evidenceOf.js";
import { defaults, hour, look, settingsOf, topicOf, type Seen } from "./world.js";

/** A record with its identity in one of several ways to write it. */
interface Cell {
    readonly carrier: string;
    readonly n: number;
    readonly hour: number;
    readonly flights: number | null;
    readonly way: number;
}

const texts = (value: string) => [
    JSON.stringify(value),
    `"${[...value].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`,
];
const numbers = (n: number) => [String(n), `${n}.0`, `${n}e0`, `${n}0E-1`];

const write = ({ carrier, n, hour: at, flights, way }: Cell): Buffer =>
    Buffer.from(
        `{"carrier":${texts(carrier)[way % 2]},"n":${numbers(n)[way % 4]},"at":"${hour(at)}",` +
            `"flights":${JSON.stringify(flights)}}`,
    );

/** Whether the identity of a record is in the sample, by what is documented of it. */
function isSampled({ carrier, n, hour: at }: Cell, sample: number): boolean {
    const start = Date.parse(`${hour(at).replace(" ", "T")}Z`);
    const digest = createHash("md5")
        .update(`[${JSON.stringify(carrier)},${n}]${start}`)
        .digest();
    return digest.readUInt32BE() < sample * 2 ** 32;
}

const cell = fc.record<Cell>({
    carrier: fc.constantFrom("AA", "é", 'q"'),
    n: fc.integer({ min: 1, max: 4 }),
    hour: fc.nat(5),
    flights: fc.constantFrom(1, 2, null),
    way: fc.nat(3),
});
const cells = fc.array(cell, { maxLength: 40 });
/** What makes hours 2 to 5 count, in all of which something is sampled or not. */
const end: Cell = { carrier: "AA", n: 1, hour: 7, flights: 1, way: 0 };
const first: Cell = { ...end, hour: 0 };

const args = (more: Partial<CompareArgs> = {}): Partial<CompareArgs> => ({
    identity: ["carrier", "n"],
    eventTime: "at",
    minRecords: 1,
    minWindows: 1,
    allowedLatenessSeconds: 7200,
    rules: { aggregates: { fields: { flights: {} }, groupBy: ["carrier"] } },
    ...more,
});

async function compare(
    incumbent: readonly Cell[],
    candidate: readonly Cell[],
    more: Partial<CompareArgs>,
): Promise<Seen> {
    return look({
        incumbent: topicOf([first, ...incumbent, end].map(write)),
        candidate: topicOf([first, ...candidate, end].map(write)),
        args: args(more),
    });
}

const compared = ({ windows, fields, aggregates, samples }: Evidence) => ({
    windows: windows
        .filter(({ incumbentSampled, candidateSampled }) => incumbentSampled + candidateSampled > 0)
        .map(({ start, matched, changed, missing, extra, ...of }) => ({
            ...{ start, matched, changed, missing, extra },
            incumbent: of.incumbentSampled,
            candidate: of.candidateSampled,
            duplicates: [of.incumbentDuplicates, of.candidateDuplicates],
        })),
    fields,
    aggregates,
    samples,
});

describe("a sample of the identities", () => {
    for (const [what, more] of Object.entries<Partial<CompareArgs>>({
        "by their bytes": {},
        "by what they say": { fields: { flights: { ignore: "a test" } } },
    })) {
        it(`is compared ${what} as if it were all, whatever way identities are written in`, async function () {
            this.timeout(60_000);
            const share = fc.constantFrom(0.2, 0.5, 0.9);
            await fc.assert(
                fc.asyncProperty(cells, cells, share, async (before, after, sample) => {
                    const own = await compare(before, after, { ...more, sample });
                    const only = (of: readonly Cell[]) =>
                        of.filter((one) => isSampled(one, sample));
                    const all = await compare(only(before), only(after), more);
                    assert.deepEqual(compared(own.evidence), compared(all.evidence));
                    const counted = await compare(before, after, more);
                    assert.deepEqual(
                        own.evidence.windows.map((w) => [w.incumbentRecords, w.candidateRecords]),
                        counted.evidence.windows.map((w) => [
                            w.incumbentRecords,
                            w.candidateRecords,
                        ]),
                    );
                    assert.deepEqual(own.evidence.incumbent, counted.evidence.incumbent);
                    const names = new Set(
                        [...only(before), ...only(after)]
                            .filter(({ hour }) => hour >= 2 && hour <= 4)
                            .map(({ carrier, n, hour }) => `${carrier} ${n} ${hour}`),
                    );
                    assert.equal(own.verdict.sample?.identities, names.size);
                }),
                { numRuns: 60 },
            );
        });
    }

    const many = (change: (one: Cell, index: number) => Cell[] = (one) => [one]) =>
        Array.from({ length: 4_000 }, (_, index): Cell => {
            return { carrier: "AA", n: index + 1, hour: index % 6, flights: 1, way: 0 };
        }).flatMap(change);

    it("has its share of them, and others in another window", async () => {
        const { verdict } = await compare(many(), many(), { sample: 0.1 });
        const { identities, records, unsampledRecords, share } = verdict.sample!;
        assert.equal(verdict.outcome, "pass");
        assert.equal(share, 0.1);
        assert.equal(records.incumbent, identities);
        assert.equal(records.incumbent + unsampledRecords.incumbent, verdict.records.incumbent);
        assert.equal(verdict.records.matched, identities);
        const expected = verdict.records.incumbent / 10;
        assert.ok(Math.abs(identities - expected) < 5 * Math.sqrt(expected), String(identities));
        const hours = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) =>
            isSampled({ ...end, hour: at }, 0.5),
        );
        assert.equal(new Set(hours).size, 2);
    });

    it("is what values are judged by, and all records are what counts are", async () => {
        const outside = many().find((one) => one.hour === 3 && !isSampled(one, 0.5))!;
        const inside = many().find((one) => one.hour === 3 && isSampled(one, 0.5))!;
        const failing = async (change: (one: Cell) => Cell[], sample: number) => {
            const { verdict } = await compare(many(), many(change), { sample });
            return verdict.findings.filter((of) => of.outcome === "fail").map(({ rule }) => rule);
        };
        const changes = (of: Cell) => (one: Cell) => [
            one.n === of.n ? { ...one, flights: 9 } : one,
        ];
        const loses = (of: Cell) => (one: Cell) => (one.n === of.n ? [] : [one]);
        assert.deepEqual(await failing(changes(outside), 0.5), []);
        assert.ok((await failing(changes(inside), 0.5)).includes("values"));
        assert.deepEqual(await failing(loses(outside), 0.5), ["counts"]);
        assert.ok((await failing(loses(inside), 0.5)).includes("keyCoverage"));
    });

    it("has to have the records that a verdict needs", async () => {
        const outcome = async (sample: number, minRecords: number) =>
            (await compare(many(), many(), { sample, minRecords, waitSeconds: 0 })).verdict;
        assert.equal((await outcome(1, 1_000)).outcome, "pass");
        const few = await outcome(0.1, 1_000);
        assert.equal(few.outcome, "inconclusive");
        assert.match(few.findings[0]!.sentence, /with \d+ sampled records of the incumbent/);
        const { findings } = await outcome(0.000001, 1);
        assert.match(findings[0]!.sentence, /0 finished windows with 0 sampled records/);
    });

    it("is said in summary, comment and report, with the smallest difference that it shows", async () => {
        const wrong = many((one) => [isSampled(one, 0.1) ? { ...one, flights: 9 } : one]);
        for (const candidate of [many(), wrong]) {
            const { verdict, evidence } = await compare(many(), candidate, { sample: 0.1 });
            const { sentence, identities } = verdict.sample!;
            assert.match(
                sentence,
                /^A sample \(0\.1\) was compared: 1\d\d of the incumbent's 2,\d{3} records, of 1\d\d identities\. /,
            );
            assert.match(
                sentence,
                /shows what differs in 1\.\d % of all identities, or in 29 \(95/,
            );
            assert.equal(identities, verdict.sample!.records.incumbent);
            const lines = summarise(verdict);
            assert.match(lines[0]!, /in 1\d\d sampled records in \d windows\.$/);
            assert.ok(lines.length <= 24, `${lines.length} lines`);
            assert.equal(
                lines
                    .slice(-2)
                    .map((line) => line.trim())
                    .join(" "),
                sentence,
            );
            assert.match(commentOf(verdict), /It shows\s+what differs in 1\./);
            const settings = settingsOf(args({ sample: 0.1 }));
            const html = reportHtml({ verdict, evidence, settings });
            assert.ok(html.replaceAll("&#39;", "'").includes(sentence), html.slice(0, 3_000));
        }
    });

    it("shows less the smaller it is, and never promises more than it can", () => {
        const sizeOf = (identities: number, sample: number) =>
            sampleSize([windowOf(0, { identities })], settingsOf({ sample }))!;
        const usual = fc.tuple(
            fc.integer({ min: 1, max: 10_000_000 }),
            fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        );
        fc.assert(
            fc.property(usual, ([identities, sample]) => {
                const { smallestShare, smallestCount } = sizeOf(identities, sample);
                const unseen = (1 - smallestShare) ** identities;
                assert.ok(unseen <= 0.05 * 1.000001, `share ${smallestShare}: ${unseen}`);
                assert.ok((1 - smallestShare / 1.11) ** identities > 0.05 || smallestShare === 1);
                assert.ok((1 - sample) ** smallestCount <= 0.05);
                assert.ok(smallestCount === 1 || (1 - sample) ** (smallestCount - 1) > 0.05);
            }),
        );
        assert.equal(sizeOf(0, 0.1).smallestShare, 1);
        assert.equal(sizeOf(1_000, 0.1).smallestShare, 0.003);
        assert.equal(sampleSize([windowOf(0)], settingsOf()), null);
    });

    it("counts identities one by one up to a limit, and then the same in whatever order they come", () => {
        const hash = (n: number) => {
            const digest = createHash("md5").update(String(n)).digest();
            return digest.readUInt32BE() * 2 ** 20 + (digest.readUInt32BE(4) >>> 12);
        };
        const all = Array.from({ length: 20_000 }, (_, n) => hash(n));
        const count = (hashes: readonly number[], most: number) => {
            const identities = new Identities(most);
            hashes.forEach((of, n) => identities.add(n % 2, of));
            hashes.forEach((of, n) => identities.add(n % 2, of));
            return identities;
        };
        assert.equal(count(all, 20_000).in(0), 10_000);
        const limited = count(all, 5_000);
        assert.ok(Math.abs(limited.in(0) - 10_000) < 600, String(limited.in(0)));
        assert.equal(count(all.toReversed(), 5_000).in(1), limited.in(0));
    });

    it("is refused where it is no share, or where the last record of an identity counts", () => {
        const problems = (more: Record<string, unknown>) =>
            resolveCompare({ ...defaults, ...more }).problems.map(
                ({ field, message }) => `${field} ${message}`,
            );
        for (const sample of [0, -0.5, 1.5, NaN, "0.1", null]) {
            const [problem] = problems({ sample });
            assert.match(
                problem ?? "",
                /^compare\.sample is .*; give a number between 0\.000001 and 1, as a share/,
            );
        }
        assert.match(
            problems({ sample: 0.5, mode: "upsert" }).join(),
            /^compare\.sample is 0\.5, and compare\.mode is "upsert"/,
        );
        assert.deepEqual(problems({ sample: 1, mode: "upsert" }), []);
        assert.deepEqual(problems({ sample: 0.5 }), []);
    });
});
