import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import type { Finding } from "../../components/provider/comparison/verdict.js";
import { delays, hour, look, topicOf, type Delay, type Value } from "./world.js";

/** The failing findings of a candidate that wrote `records` where the incumbent wrote `delays()`. */
async function failures(
    records: readonly Value[],
    args: Partial<CompareArgs> = {},
    incumbent: readonly Value[] = delays(),
): Promise<Finding[]> {
    const { verdict } = await look({
        incumbent: topicOf(incumbent),
        candidate: topicOf(records, 3),
        args,
    });
    const failed = verdict.findings.filter(({ outcome }) => outcome === "fail");
    assert.equal(verdict.outcome, failed.length > 0 ? "fail" : "pass", verdict.gaps.join());
    return failed;
}

const sentences = (findings: readonly Finding[]) => findings.map(({ sentence }) => sentence);
const rulesOf = (findings: readonly Finding[]) =>
    findings.map(({ rule, field }) => (field === null ? rule : `${rule} ${field}`));

/** The n-th of the twelve records that count, changed. */
function change(n: number, how: (record: Delay) => object): object[] {
    return delays().map((record, index) => (index === 6 + n ? how(record) : record));
}

const everywhere = (how: (record: Delay) => object): object[] => delays().map(how);

describe("the same output", () => {
    it("passes, whatever the partitions", async () => {
        assert.deepEqual(await failures(delays()), []);
    });

    it("passes with other key order, spaces and ways to write a number", async () => {
        const written = delays().map(
            ({ origin, window_start, flights, mean_delay }) =>
                `{ "mean_delay": ${mean_delay! * 10}e-1, "flights": ${flights},\n` +
                `"window_start":"${window_start}", "origin": "${origin}" }`,
        );
        assert.deepEqual(await failures(written), []);
    });

    it("passes where both versions write the same record twice", async () => {
        const twice = [...delays(), delays()[8]!];
        assert.deepEqual(await failures(twice, {}, twice), []);
    });

    it("does not look at windows of the warm-up, nor at unfinished ones", async () => {
        const early = delays().map((record, index) =>
            index < 6 || index > 17 ? { ...record, flights: -1 } : record,
        );
        assert.deepEqual(await failures(early), []);
    });
});

describe("counts", () => {
    it("says in which window records are missing", async () => {
        const failed = await failures(delays().filter((_, index) => index !== 9));
        assert.deepEqual(sentences(failed), [
            "Missing: 1 of the incumbent's 12 records (8.3 %); the candidate has none with the same origin, window_start.",
            "The number of records differs in 1 of 4 windows, by 8.3 % in all; most at " +
                "2026-11-23T03:00Z: 2 against the incumbent's 3.",
        ]);
        const counts = failed[1]!;
        assert.deepEqual(
            [counts.rule, counts.incumbent, counts.candidate, counts.n, counts.severity],
            ["counts", 12, 11, 12, "critical"],
        );
    });

    it("does not let one window make up for another", async () => {
        const moved = delays().filter((_, index) => index !== 9);
        moved.push({ ...delays()[12]!, origin: "JFK" });
        const counts = (await failures(moved)).find(({ rule }) => rule === "counts");
        assert.deepEqual([counts?.incumbent, counts?.candidate], [12, 12]);
        assert.match(counts!.sentence, /differs in 2 of 4 windows, by 17 % in all/);
    });

    it("allows what the threshold allows", async () => {
        const fewer = delays().filter((_, index) => index !== 9);
        // One of twelve is 35 % at most, with 95 % confidence.
        const rules = {
            counts: { maxRelativeDifference: 0.36 },
            keyCoverage: { maxMissingShare: 0.36 },
        };
        assert.deepEqual(await failures(fewer, { rules }), []);
    });

    it("sees a window that only the candidate has", async () => {
        const failed = await failures(
            delays(),
            { minWindows: 2 },
            delays().filter(({ window_start }) => window_start !== hour(3)),
        );
        assert.deepEqual(rulesOf(failed), ["keyCoverage", "counts"]);
        assert.match(failed[1]!.sentence, /3 against the incumbent's 0/);
    });
});

describe("keyCoverage", () => {
    it("finds a key that became another one", async () => {
        const failed = await failures(change(3, (record) => ({ ...record, origin: "atl" })));
        assert.deepEqual(sentences(failed), [
            "Missing: 1 of the incumbent's 12 records (8.3 %); the candidate has none with the same origin, window_start.",
            "Extra: 1 of the candidate's 12 records (8.3 %); the incumbent has none with the same origin, window_start.",
        ]);
    });

    it("finds duplicates of one side", async () => {
        const failed = await failures([...delays(), delays()[8]!, delays()[8]!]);
        assert.deepEqual(rulesOf(failed), ["keyCoverage", "counts"]);
        assert.deepEqual([failed[0]!.incumbent, failed[0]!.candidate], [0, 2]);
        assert.equal(
            failed[0]!.sentence,
            "Duplicates: the candidate has 2 records more than the other version of the same origin, window_start.",
        );
    });

    it("does not let duplicates on the two sides cancel each other out", async () => {
        const failed = await failures([...delays(), delays()[8]!], {}, [...delays(), delays()[7]!]);
        assert.deepEqual(rulesOf(failed), ["keyCoverage"]);
        assert.deepEqual([failed[0]!.incumbent, failed[0]!.candidate], [1, 1]);
    });

    it("allows duplicates up to the threshold", async () => {
        const rules = {
            counts: { maxRelativeDifference: 0.36 },
            keyCoverage: { maxDuplicatedShare: 0.36 },
            // The one that is there twice comes behind all others.
            lateness: { maxLateShare: 0.36 },
        };
        assert.deepEqual(await failures([...delays(), delays()[8]!], { rules }), []);
    });
});

describe("values", () => {
    it("names the field, how often and by how much it differs", async () => {
        const wrong = everywhere((record) =>
            record.origin === "ATL" ? { ...record, mean_delay: record.mean_delay! + 7.25 } : record,
        );
        const failed = await failures(wrong);
        assert.deepEqual(sentences(failed), [
            "mean_delay differs in 4 of 12 records (33 %), by up to 7.25.",
        ]);
        assert.deepEqual([failed[0]!.field, failed[0]!.n], ["mean_delay", 12]);
    });

    it("finds one text in one record", async () => {
        const incumbent = everywhere((record) => ({ ...record, city: "Atlanta" }));
        const candidate = incumbent.map((record, index) =>
            index === 10 ? { ...record, city: "atlanta" } : record,
        );
        assert.deepEqual(sentences(await failures(candidate, {}, incumbent)), [
            "city differs in 1 of 12 records (8.3 %).",
        ]);
    });

    it("finds nested fields and arrays", async () => {
        const incumbent = everywhere((record) => ({ ...record, at: { gate: 1 }, stops: [1, 2] }));
        const candidate = everywhere((record) => ({ ...record, at: { gate: 2 }, stops: [2, 1] }));
        assert.deepEqual(rulesOf(await failures(candidate, {}, incumbent)), [
            "values at.gate",
            "values stops",
        ]);
    });

    it("finds integers apart by one beyond 2^53", async () => {
        const write = (flights: string) =>
            delays().map((record) =>
                JSON.stringify({ ...record, flights: "#" }).replace('"#"', flights),
            );
        const failed = await failures(write("9007199254740993"), {}, write("9007199254740992"));
        assert.deepEqual(sentences(failed), [
            "flights differs in 12 of 12 records (100 %), by up to 1.",
        ]);
        const fields = { flights: { absoluteTolerance: 0.5 } };
        assert.equal(
            (await failures(write("9007199254740993"), { fields }, write("9007199254740992")))
                .length,
            1,
        );
    });

    it("takes what is within a tolerance as equal, and no more", async () => {
        const near = change(2, (record) => ({ ...record, mean_delay: record.mean_delay! + 0.5 }));
        const within = { fields: { mean_delay: { absoluteTolerance: 0.5 } } };
        assert.deepEqual(await failures(near, within), []);
        const beyond = { fields: { mean_delay: { absoluteTolerance: 0.499 } } };
        assert.deepEqual(rulesOf(await failures(near, beyond)), ["values mean_delay"]);
        // 2.625 + 0.5 is 19.05 % away.
        const share = { fields: { mean_delay: { relativeTolerance: 0.2 } } };
        assert.deepEqual(await failures(near, share), []);
    });

    it("takes the same items in another order as equal where that is said, and no others", async () => {
        const items = ["a,b", 'c"]', 2, { x: [1, 2] }, [3, 4], "a,b"];
        const withItems = (of: unknown[]) => everywhere((record) => ({ ...record, items: of }));
        const args = { fields: { items: { unordered: true } } };
        const turned = items.toReversed();
        assert.deepEqual(await failures(withItems(turned), args, withItems(items)), []);
        assert.notDeepEqual(await failures(withItems(turned), {}, withItems(items)), []);
        for (const other of [items.slice(1), [...items, 2], [...items.slice(1), 'a,b"']]) {
            assert.notDeepEqual(await failures(withItems(other), args, withItems(items)), []);
        }
        const nested = [{ x: [2, 1] }, ...items.filter((item) => item !== items[3])];
        assert.notDeepEqual(await failures(withItems(nested), args, withItems(items)), []);
    });

    it("leaves ignored fields out, as if they were not there", async () => {
        const incumbent = everywhere((record) => ({ ...record, at: 1 }));
        const candidate = everywhere((record) => ({ ...record, at: "x" }));
        const fields = { at: { ignore: "the time of processing" } };
        assert.deepEqual(await failures(candidate, { fields }, incumbent), []);
        const { evidence, verdict } = await look({
            incumbent: topicOf(incumbent),
            candidate: topicOf(candidate),
            args: { fields },
        });
        assert.equal(verdict.records.matched, 12);
        const field = evidence.fields.find((entry) => entry.field === "at");
        assert.deepEqual([field?.ignored, field?.compared], ["the time of processing", 0]);
    });

    it("allows a share of differing pairs", async () => {
        const wrong = change(2, (record) => ({ ...record, flights: 0 }));
        const rules = { values: { maxDifferentShare: 0.36 } };
        assert.deepEqual(await failures(wrong, { rules }), []);
    });
});

describe("nullRates", () => {
    it("finds a field that is null more often", async () => {
        const sometimes = everywhere((record) =>
            record.origin === "ATL" ? { ...record, mean_delay: null } : record,
        );
        const more = sometimes.map((record, index) =>
            index === 10 ? { ...record, mean_delay: null } : record,
        );
        const failed = await failures(more, {}, sometimes);
        assert.deepEqual(rulesOf(failed), ["values mean_delay", "nullRates mean_delay"]);
        assert.equal(
            failed[1]!.sentence,
            "mean_delay is null in 42 % of the candidate's records, and in 33 % of the incumbent's.",
        );
        const rules = { nullRates: { maxDifference: 0.36 }, values: { maxDifferentShare: 0.36 } };
        assert.deepEqual(await failures(more, { rules }, sometimes), []);
    });

    it("finds a field that is left out more often", async () => {
        const sometimes = everywhere(({ mean_delay, ...record }) =>
            record.origin === "ATL" ? record : { ...record, mean_delay },
        );
        const less = delays().map((record, index) =>
            index % 3 === 0 && index !== 9 ? sometimes[index]! : record,
        );
        assert.deepEqual(rulesOf(await failures(less, {}, sometimes)), [
            "values mean_delay",
            "nullRates mean_delay",
        ]);
    });
});

describe("a threshold", () => {
    const rules = {
        counts: { maxRelativeDifference: 0.1 },
        keyCoverage: { maxMissingShare: 0.1 },
    };
    const without = (records: readonly Delay[], lacking: number) =>
        records.filter((_, index) => index % 12 !== 9 || index > 12 * lacking);

    it("is not met by too few records to say, and says how many would do", async () => {
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(without(delays(), 1)),
            args: { rules },
        });
        assert.equal(verdict.outcome, "inconclusive");
        assert.deepEqual(sentences(verdict.findings.slice(0, 2)), [
            "Missing: 1 of the incumbent's 12 records (8.3 %; 95 % confidence: 1.5 % to 35 %); the candidate has none " +
                "with the same origin, window_start. There are too few records to say whether that is within 10 %: " +
                "about 1,300 would be enough.",
            "The number of records differs in 1 of 4 windows, by 8.3 % (95 % confidence: 1.5 % to 35 %) in all; most " +
                "at 2026-11-23T03:00Z: 2 against the incumbent's 3. There are too few records to say whether that is " +
                "within 10 %: about 1,300 would be enough.",
        ]);
    });

    it("is met, or surely not, by many", async () => {
        const incumbent = delays(400);
        assert.deepEqual(await failures(without(incumbent, 50), { rules }, incumbent), []);
        const many = incumbent.filter((_, index) => index % 7 !== 0);
        assert.deepEqual(rulesOf(await failures(many, { rules }, incumbent)), [
            "keyCoverage",
            "counts",
        ]);
    });
});

describe("schema", () => {
    it("finds a field that is gone and one that is new", async () => {
        const renamed = everywhere(({ flights, ...record }) => ({
            ...record,
            flightCount: flights,
        }));
        assert.deepEqual(sentences(await failures(renamed)), [
            "flightCount is new: no record of the incumbent has it. Set compare.rules.schema.allowAddedFields if that is meant.",
            "flights is gone: no record of the candidate has it.",
        ]);
    });

    it("lets a field be added where that is allowed, and nothing else change", async () => {
        const rules = { schema: { allowAddedFields: true } };
        const added = everywhere((record) => ({ ...record, late: 1 }));
        assert.deepEqual(await failures(added, { rules }), []);
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(added),
            args: { rules },
        });
        assert.equal(verdict.records.matched, 12);
        const wrong = everywhere((record) => ({ ...record, late: 1, flights: 0 }));
        assert.deepEqual(rulesOf(await failures(wrong, { rules })), ["values flights"]);
    });

    it("finds an integer that became a number, although the values are equal", async () => {
        const written = delays().map((record) =>
            JSON.stringify({ ...record, flights: "#" }).replace('"#"', `${record.flights}.0`),
        );
        assert.deepEqual(sentences(await failures(written)), [
            "flights changed its type from integer to number.",
        ]);
    });

    it("finds a number that became a string", async () => {
        const strings = everywhere((record) => ({ ...record, flights: String(record.flights) }));
        assert.deepEqual(rulesOf(await failures(strings)), ["schema flights", "values flights"]);
    });

    it("finds nulls where there were none, and null told apart from absent", async () => {
        const one = change(4, (record) => ({ ...record, mean_delay: null }));
        assert.equal(
            (await failures(one))[0]!.sentence,
            "mean_delay can be null on the candidate's side, and never is on the incumbent's.",
        );
        const absent = change(4, ({ origin, window_start, flights }) => ({
            origin,
            window_start,
            flights,
        }));
        assert.deepEqual(rulesOf(await failures(absent, {}, one)), [
            "schema mean_delay",
            "schema mean_delay",
            "values mean_delay",
            "nullRates mean_delay",
            "nullRates mean_delay",
        ]);
    });
});

describe("the verdict", () => {
    it("is verified through the windows before the first that does not pass", async () => {
        const seen = (records: readonly Value[]) =>
            look({ incumbent: topicOf(delays()), candidate: topicOf(records) });
        const wrong = await seen(change(7, (record) => ({ ...record, flights: 0 })));
        assert.equal(wrong.verdict.verifiedThrough, "2026-11-23T04:00:00.000Z");
        const first = await seen(change(0, (record) => ({ ...record, flights: 0 })));
        assert.equal(first.verdict.verifiedThrough, null);
        assert.equal(first.verdict.coveredFrom, "2026-11-23T02:00:00.000Z");
        assert.ok(Object.isFrozen(first.verdict.findings[0]));
    });

    it("fails on differing counterparts in spite of a gap, but not on what may be unread", async () => {
        const gap = topicOf([...delays(), "{", "{"]);
        const broken = [...delays().filter((_, index) => index !== 9), "{"];
        const lacking = await look({ incumbent: gap, candidate: topicOf(broken) });
        assert.equal(lacking.verdict.outcome, "inconclusive");
        assert.equal(lacking.verdict.findings[0]!.outcome, "fail");
        const wrong = [...change(7, (record) => ({ ...record, flights: 0 })), "{"];
        const differing = await look({ incumbent: gap, candidate: topicOf(wrong) });
        assert.equal(differing.verdict.outcome, "fail");
    });

    it("does not pass where no record has a counterpart, whatever is allowed", async () => {
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(everywhere((record) => ({ ...record, origin: "JFK" }))),
            args: {
                rules: {
                    keyCoverage: { maxMissingShare: 1, maxExtraShare: 1, maxDuplicatedShare: 1 },
                },
            },
        });
        assert.equal(verdict.outcome, "inconclusive");
    });

    it("does not pass where all fields but the identity are ignored", async () => {
        const ignore = "not interesting";
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(delays()),
            args: { fields: { flights: { ignore }, mean_delay: { ignore } } },
        });
        assert.equal(verdict.outcome, "inconclusive");
    });
});
