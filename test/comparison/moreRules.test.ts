import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { decide } from "../../components/provider/comparison/decide.js";
import type { Evidence, JobEvidence } from "../../components/provider/comparison/evidence.js";
import type { Finding, Verdict } from "../../components/provider/comparison/verdict.js";
import {
    aggregateOf,
    evidenceOf,
    fieldOf,
    hours,
    jobOf,
    start,
    versionOf,
    windowOf,
} from "./evidenceOf.js";
import { settingsOf } from "./world.js";

function verdictOn(change: Partial<Evidence>, args: Partial<CompareArgs> = {}): Verdict {
    return decide(evidenceOf(change), settingsOf(args), { fingerprint: "f", comparedAt: "now" });
}

/** What one rule says of evidence that is fine otherwise, and the whole verdict. */
function said(rule: string, change: Partial<Evidence>, args: Partial<CompareArgs> = {}) {
    const { findings, outcome } = verdictOn(change, args);
    const own = findings.filter((finding) => finding.rule === rule);
    return { own, outcome, lines: own.map((found) => `${found.outcome}: ${found.sentence}`) };
}

const incumbent = (change: object) => versionOf("v1", "delays", change);
const candidate = (change: object) => versionOf("v2", "delays-v2", change);

describe("rules without anything to look at", () => {
    it("say nothing, and make no verdict pass", () => {
        const { outcome, findings } = verdictOn({});
        assert.equal(outcome, "pass");
        const named = new Set(findings.map(({ rule }) => rule));
        for (const silent of ["aggregates", "metrics", "jobHealth"]) {
            assert.ok(!named.has(silent), silent);
        }
        const nothing = { windows: [], candidate: candidate({ records: 0, watermark: null }) };
        assert.equal(verdictOn(nothing).outcome, "inconclusive");
        const wellWithoutRecords = {
            windows: [],
            candidate: candidate({ job: jobOf() }),
            metrics: [{ name: "revenue", incumbent: 1, candidate: 1, problem: null }],
        };
        assert.equal(verdictOn(wellWithoutRecords).outcome, "inconclusive");
    });
});

describe("decoding", () => {
    it("fails a candidate whose records cannot be decoded, beside the gap", () => {
        const seen = {
            candidate: candidate({ unreadable: 3 }),
            gaps: ["delays-v2, partition 0, offset 7: not JSON."],
        };
        const { lines, outcome } = said("decoding", seen);
        assert.deepEqual(lines, [
            "fail: 3 of 8,000 records on delays-v2 cannot be decoded, and none on delays.",
        ]);
        assert.equal(outcome, "fail");
    });

    it("fails a larger share only", () => {
        const both = (unreadable: number) => ({
            incumbent: incumbent({ unreadable: 3 }),
            candidate: candidate({ unreadable }),
        });
        assert.deepEqual(said("decoding", both(3)).lines, [
            "pass: The candidate's records can be decoded as well as the incumbent's.",
        ]);
        assert.deepEqual(said("decoding", both(4)).lines, [
            "fail: 4 of 8,000 records on delays-v2 cannot be decoded, and 3 of 8,000 on delays.",
        ]);
    });
});

describe("aggregates", () => {
    const of = (maxRelativeDifference: number, more: object = {}): Partial<CompareArgs> => ({
        rules: { aggregates: { fields: { delay: { maxRelativeDifference } }, ...more } },
    });
    const lines = (aggregates: Evidence["aggregates"], args = of(0)) =>
        said("aggregates", { aggregates }, args).lines;

    it("agree where all numbers are equal", () => {
        assert.deepEqual(lines([aggregateOf(), aggregateOf({}, ["ATL"])]), [
            "pass: Sum, mean, extremes, distinct values and quantiles of delay agree over all records and in " +
                "each of 1 group.",
        ]);
    });

    it("differ by one in a number that no double holds", () => {
        const sum = (text: string) => ({ sum: text, mean: 2.5 });
        const [first, second] = lines([
            aggregateOf(sum("9007199254740993"), [], sum("9007199254740992")),
        ]);
        assert.match(
            first!,
            /^fail: The sum of delay is 9007199254740993, and 9007199254740992 on/,
        );
        // The mean is judged by the exact sums, though both doubles are equal.
        assert.match(second!, /^fail: The mean of delay is 2.5, and 2.5 on the incumbent's side/);
    });

    it("are within a threshold to the last digit", () => {
        const change = aggregateOf({ sum: "11", mean: 2.75 });
        assert.deepEqual(lines([change], of(0.1)), [
            "pass: The sum of delay is 11, and 10 on the incumbent's side (10 % apart).",
            "pass: The mean of delay is 2.75, and 2.5 on the incumbent's side (10 % apart).",
        ]);
        const more = lines(
            [{ ...change, candidate: { ...change.candidate, sum: "11.0001" } }],
            of(0.1),
        );
        assert.match(more[0]!, /^fail: The sum of delay is 11.0001, and 10 .* \(10 % apart\)\.$/);
    });

    it("of nothing against something differ more than any threshold allows", () => {
        const nothing = { count: 0, sum: "0", mean: null, min: null, max: null, distinct: 0 };
        const [first] = lines([aggregateOf(nothing)], of(1));
        assert.equal(first, "fail: The sum of delay is nothing, and 10 on the incumbent's side.");
        assert.match(
            lines([aggregateOf({}, [], { sum: "0" })], of(1))[0]!,
            /more than there is apart/,
        );
    });

    it("do not fail for what an estimate's error explains", () => {
        const median = (value: number) => [{ quantile: 0.5, value }];
        const quantile = (value: number) =>
            aggregateOf({ quantiles: median(value) }, [], { quantiles: median(100) });
        const args = of(0.05, { quantiles: [0.5] });
        assert.deepEqual(lines([quantile(101)], args), [
            "pass: The 0.5-quantile of delay is 101, and 100 on the incumbent's side (1 % apart).",
        ]);
        assert.deepEqual(lines([quantile(104)], args), [
            "inconclusive: The 0.5-quantile of delay is 104, and 100 on the incumbent's side (4 % apart). It may be " +
                "anything from 1.9 % to 6.1 %: a quantile is known within 1 %.",
        ]);
        assert.deepEqual(lines([quantile(108)], args), [
            "fail: The 0.5-quantile of delay is 108, and 100 on the incumbent's side (8 % apart).",
        ]);
        assert.match(lines([quantile(101)], of(0, { quantiles: [0.5] }))[0]!, /^inconclusive/);
        const distinct = (candidate: number, incumbent: number) =>
            lines(
                [aggregateOf({ distinct: candidate }, [], { distinct: incumbent })],
                of(0.05),
            )[0]!;
        assert.match(distinct(900, 1_000), /^fail/);
        assert.match(distinct(1_900, 2_000), /^inconclusive/);
        assert.match(distinct(1_500, 2_000), /^fail/);
    });

    it("name the worst group, by its hash unless raw values are asked for", () => {
        const groups = [
            aggregateOf(),
            aggregateOf({}, ["ATL"]),
            aggregateOf({ max: "5" }, ["DFW"]),
            aggregateOf({ max: "7" }, ["SEA"]),
        ];
        const args = of(0, { groupBy: ["origin"] });
        assert.deepEqual(lines(groups, { ...args, samples: "raw" }), [
            "fail: The maximum of delay in group SEA (by origin) is 7, and 4 on the incumbent's side (75 % apart). It " +
                "differs in 2 of 3 groups, here most.",
        ]);
        const [hashed] = lines(groups, args);
        assert.match(hashed!, /in group [0-9a-f]{12} \(by origin\)/);
        const rules = { fields: { delay: { maxGroupDifference: 0.75 } }, groupBy: ["origin"] };
        assert.match(lines(groups, { rules: { aggregates: rules } })[0]!, /^pass/);
    });
});

describe("lateness", () => {
    /** So many late records in the newest window. */
    const late = (candidates: number, incumbents: number) => ({
        windows: [0, 1, 2, 3].map((n) =>
            windowOf(n, n < 3 ? {} : { candidateLate: candidates, incumbentLate: incumbents }),
        ),
    });

    it("says that nothing is late", () => {
        assert.deepEqual(said("lateness", {}).lines, [
            "pass: No record of the candidate came more than 3,600 seconds behind.",
        ]);
    });

    it("fails where surely more is late, and says how far", () => {
        const seen = {
            ...late(40, 4),
            candidate: candidate({ largestDisorder: 2.5 * hours }),
            incumbent: incumbent({ largestDisorder: 90 }),
        };
        const { lines, outcome } = said("lateness", seen);
        assert.deepEqual(lines, [
            "fail: 1 % of the candidate's records came more than 3,600 seconds behind, and 0.1 % of the incumbent's: " +
                "0.9 percentage points more (95 % confidence: 0.59 to 1.3). At most, one was 2.5 hours behind, and 90 ms " +
                "on the incumbent's topic.",
        ]);
        assert.equal(outcome, "fail");
        const allowed = { rules: { lateness: { maxLateShare: 0.02 } } };
        const within = said("lateness", seen, allowed);
        assert.equal(within.own[0]!.outcome, "pass");
        // The largest disorder depends on the partitioning, which must not change a verdict that passes.
        assert.doesNotMatch(within.own[0]!.sentence, /hours|90 ms/);
    });

    it("does not decide on one record more", () => {
        assert.match(
            said("lateness", late(5, 4), { rules: { lateness: { maxLateShare: 0 } } }).lines[0]!,
            /^inconclusive: .* There are too few records to say whether that is more than nothing: about [\d,]+ would/,
        );
    });

    it("looks at the newest windows, whatever was while the candidate caught up", () => {
        const windows = Array.from({ length: 20 }, (_, n) =>
            windowOf(n, n < 8 ? { candidateLate: 900 } : {}),
        );
        assert.match(said("lateness", { windows }).lines[0]!, /^pass: No record/);
        const now = windows.map((window, n) =>
            n === 8 ? { ...window, candidateLate: 900 } : window,
        );
        assert.match(said("lateness", { windows: now }).lines[0]!, /^fail: 7\.5 %/);
    });

    it("does not pass records that are dated far away from all others, unless the incumbent has them too", () => {
        const seen = { candidate: candidate({ strayRecords: 3 }), incumbent: incumbent({}) };
        assert.match(
            said("lateness", seen).lines.join("\n"),
            /^inconclusive: 3 records of the candidate have an event time far away .*, and 0 of the incumbent's/m,
        );
        const both = {
            candidate: candidate({ strayRecords: 3 }),
            incumbent: incumbent({ strayRecords: 3 }),
        };
        assert.equal(said("lateness", both).own.length, 1);
    });

    it("compares what Flink dropped, where both jobs say it", () => {
        const jobs = (own: Partial<JobEvidence>, other: JobEvidence | null) => ({
            incumbent: incumbent({ job: other }),
            candidate: candidate({ job: jobOf(own) }),
        });
        const lines = said("lateness", jobs({ lateDropped: 500 }, jobOf())).lines;
        assert.equal(
            lines[0],
            "fail: Flink dropped 5 % of what the candidate's job read as too late, and 0 % of the incumbent's: 5 " +
                "percentage points more (95 % confidence: 4.6 to 5.4).",
        );
        assert.equal(said("lateness", jobs({}, jobOf())).own.length, 2);
        for (const [own, other] of [
            [{}, null],
            [{ lateDropped: null }, jobOf()],
            [{}, jobOf({ recordsIn: 0 })],
        ] as const) {
            assert.equal(said("lateness", jobs(own, other)).own.length, 1);
        }
    });
});

describe("watermarks", () => {
    it("do not let a candidate pass that has stopped, and name what is idle", () => {
        const seen = {
            candidate: candidate({
                watermark: start + 3 * hours,
                partitions: [
                    { partition: 0, records: 4_000, watermark: start + 3 * hours },
                    { partition: 1, records: 0, watermark: null },
                    { partition: 2, records: 4_000, watermark: start + 8 * hours },
                ],
                job: jobOf({ watermark: start + 2 * hours }),
            }),
        };
        const { lines, outcome } = said("watermarks", seen);
        assert.deepEqual(lines, [
            "inconclusive: The candidate lags more than 14,400 seconds of event time behind (delays has come to " +
                "2026-11-23T08:00Z, delays-v2 has come to 2026-11-23T03:00Z): what it says of now is not known. On " +
                "delays-v2, partition 0 is idle since 2026-11-23T03:00Z, partition 1 is empty. Its job's watermark " +
                "stalled at 2026-11-23T02:00Z. Does its job run, and keep up?",
        ]);
        assert.equal(outcome, "inconclusive");
        const rules = { watermarks: { maxLagSeconds: 5 * 3600 } };
        assert.equal(said("watermarks", seen, { rules }).outcome, "pass");
    });

    it("names a few of many idle partitions", () => {
        const partitions = Array.from({ length: 9 }, (_, partition) => ({
            partition,
            records: 0,
            watermark: null,
        }));
        const behind = candidate({ watermark: start, partitions });
        assert.match(
            said("watermarks", { candidate: behind }).lines[0]!,
            /partition 4 is empty and 4 more\. Does/,
        );
    });
});

describe("jobHealth", () => {
    const on = (job: Partial<JobEvidence>, args: Partial<CompareArgs> = {}) =>
        said("jobHealth", { candidate: candidate({ job: jobOf(job) }) }, args);

    it("says that a job is well", () => {
        assert.deepEqual(on({}).lines, [
            "pass: The candidate's job c0ffee runs, with 0 restarts and 0 failed checkpoints since it was warm.",
        ]);
    });

    it("says each thing that is not well, and keeps the verdict from passing", () => {
        const { lines, outcome } = on({
            status: "RESTARTING",
            restarts: 3,
            failedCheckpoints: 2,
            backpressure: 0.75,
            exception: "java.lang.ArithmeticException",
        });
        assert.deepEqual(lines, [
            "fail: The candidate's job c0ffee is RESTARTING, not RUNNING. Its last exception was " +
                "java.lang.ArithmeticException.",
            "fail: The candidate's job c0ffee was restarted 3 times since it was warm. Its last exception was " +
                "java.lang.ArithmeticException. At most 0 is allowed.",
            "fail: The candidate's job c0ffee has 2 failed checkpoints since it was warm, beside 100 completed. At " +
                "most 0 is allowed.",
            "fail: The candidate's job c0ffee is held up: an operator was back-pressured 75 % of the time. At most " +
                "0.5 is allowed.",
        ]);
        assert.equal(outcome, "inconclusive");
        const rules = {
            jobHealth: { maxRestarts: 3, maxFailedCheckpoints: 2, maxBackpressure: 0.75 },
        };
        assert.equal(
            on({ restarts: 3, failedCheckpoints: 2, backpressure: 0.75 }, { rules }).outcome,
            "pass",
        );
        const critical = { rules: { jobHealth: { severity: "critical" } } } as const;
        assert.equal(on({ status: "FAILED", recordsIn: 0 }, critical).outcome, "fail");
    });

    it("names the job and what is missing where it could not be asked", () => {
        const unknown = { restarts: null, failedCheckpoints: null, backpressure: null };
        const { lines, outcome } = on({
            ...unknown,
            status: "UNKNOWN",
            problem: "Could not list the jobs: no answer.",
        });
        assert.deepEqual(lines, [
            "inconclusive: Not all is known of the candidate's job c0ffee: Could not list the jobs: no answer.",
        ]);
        assert.equal(outcome, "inconclusive");
        assert.deepEqual(on({ status: "UNKNOWN" }).lines, [
            "inconclusive: Not all is known of the candidate's job c0ffee: Flink does not say whether it runs.",
        ]);
        assert.deepEqual(on({ failedCheckpoints: null }).lines, [
            "inconclusive: Flink does not say of the candidate's job c0ffee how many checkpoints failed: is " +
                "checkpointing on?",
        ]);
    });

    it("never judges the incumbent's", () => {
        const sick = incumbent({ job: jobOf({ status: "FAILED", restarts: 9 }) });
        const { own, outcome } = said("jobHealth", {
            incumbent: sick,
            candidate: candidate({ job: jobOf() }),
        });
        assert.equal(outcome, "pass");
        assert.equal(own[0]!.incumbent, "FAILED");
    });
});

describe("metrics", () => {
    const source = { url: "http://prometheus:9090", incumbent: "a", candidate: "b" };
    const on = (
        incumbentNumber: number | null,
        candidateNumber: number | null,
        limits: object = {},
        problem: string | null = null,
    ) =>
        said(
            "metrics",
            {
                metrics: [
                    {
                        name: "revenue",
                        incumbent: incumbentNumber,
                        candidate: candidateNumber,
                        problem,
                    },
                ],
            },
            { metrics: { revenue: { prometheus: source, ...limits } } },
        );

    it("are within either limit, or fail", () => {
        assert.deepEqual(on(100, 101).lines, [
            "pass: The metric revenue is 101 for the candidate and 100 for the incumbent: 1 % apart.",
        ]);
        assert.deepEqual(on(100, 98).lines, [
            "fail: The metric revenue is 98 for the candidate and 100 for the incumbent: 2 % apart.",
        ]);
        assert.equal(on(100, 98).outcome, "fail");
        assert.equal(on(100, 98, { maxAbsoluteDifference: 2 }).outcome, "pass");
        assert.deepEqual([on(-100, -101).outcome, on(-100, -150).outcome], ["pass", "fail"]);
        assert.deepEqual(on(0, 3).lines, [
            "fail: The metric revenue is 3 for the candidate and 0 for the incumbent: 3 apart.",
        ]);
        assert.equal(on(0, 0).outcome, "pass");
    });

    it("decide nothing where one is not there, with the reason", () => {
        const { lines, outcome } = on(100, null, {}, "prometheus:9090 has no series.");
        assert.deepEqual(lines, [
            "inconclusive: The metric revenue is not known of both versions. prometheus:9090 has no series.",
        ]);
        assert.equal(outcome, "inconclusive");
        const unasked = said("metrics", {}, { metrics: { revenue: { prometheus: source } } });
        assert.equal(unasked.outcome, "inconclusive");
    });

    it("have a severity each", () => {
        const { own, outcome } = on(100, 50, { severity: "informational" });
        assert.deepEqual(
            [own[0]!.severity, own[0]!.outcome, outcome],
            ["informational", "fail", "pass"],
        );
    });
});

describe("a control", () => {
    const changed = (n: number) => ({
        windows: [0, 1, 2, 3].map((at) => windowOf(at, { changed: n / 4, matched: 1_000 - n / 4 })),
        fields: [fieldOf("delay", { different: n })],
    });
    const control = (change: Partial<Evidence>) =>
        evidenceOf({ candidate: versionOf("v1-again", "delays-again"), ...change });
    const values = (own: Partial<Evidence>, noise: Evidence, allowed = 0): Finding => {
        const args = { rules: { values: { maxDifferentShare: allowed } } };
        return said("values", { ...own, control: noise }, args).own[0]!;
    };

    it("takes its own difference off the candidate's", () => {
        const same = values(changed(400), control(changed(400)));
        assert.equal(same.outcome, "pass");
        assert.equal(
            same.sentence,
            "delay differs in 400 of 4,000 records (10 %). The control v1-again differs by 10 % itself, which leaves " +
                "0 % (95 % confidence: 0 % to 1.3 %).",
        );
        assert.equal(values(changed(400), control(changed(0))).outcome, "fail");
        const more = values(changed(600), control(changed(400)));
        assert.deepEqual(
            [more.outcome, more.sentence.slice(-57)],
            ["fail", "itself, which leaves 5 % (95 % confidence: 3.6 % to 6.4 %)."].map((text) =>
                text.slice(-57),
            ),
        );
        const allowed = values(changed(600), control(changed(400)), 0.07);
        assert.equal(allowed.outcome, "pass");
    });

    it("does not decide where the rest may be noise or not", () => {
        const found = values(changed(420), control(changed(400)));
        assert.equal(found.outcome, "inconclusive");
        assert.match(found.sentence, /too few records to say whether that is more than nothing/);
    });

    it("decides nothing where it was not seen, but a candidate that needs none passes", () => {
        const gap = control({ ...changed(400), gaps: ["delays-again is not there."] });
        const found = values(changed(400), gap);
        assert.equal(found.outcome, "inconclusive");
        assert.equal(
            found.sentence,
            "delay differs in 400 of 4,000 records (10 %). How much of that is noise is not known: of the control " +
                "v1-again, delays-again is not there.",
        );
        assert.match(
            values(changed(400), control({ windows: [] })).sentence,
            /there is not enough of the control v1-again to judge by yet\.$/,
        );
        assert.equal(verdictOn({ control: gap, fields: [fieldOf("delay")] }).outcome, "pass");
    });

    it("is taken off counts, keys, nulls and aggregates too", () => {
        const nulls = { present: 3_600, nulls: 400, absent: 0, types: { number: 3_600 } };
        const noisy: Partial<Evidence> = {
            windows: [0, 1, 2, 3].map((at) =>
                windowOf(at, {
                    candidateRecords: 910,
                    matched: 890,
                    missing: 100,
                    extra: 10,
                    incumbentDuplicates: 10,
                    candidateDuplicates: 10,
                }),
            ),
            fields: [fieldOf("delay", { candidate: nulls, different: 400 })],
            aggregates: [aggregateOf({ sum: "11", mean: 2.75 })],
        };
        const args = {
            rules: {
                schema: { severity: "informational" },
                aggregates: { fields: { delay: {} } },
            },
        } as const;
        const alone = verdictOn(noisy, args);
        assert.deepEqual(
            new Set(
                alone.findings.filter(({ outcome }) => outcome === "fail").map(({ rule }) => rule),
            ),
            new Set(["schema", "keyCoverage", "values", "nullRates", "counts", "aggregates"]),
        );
        const verdict = verdictOn({ ...noisy, control: control(noisy) }, args);
        assert.deepEqual(
            verdict.findings.filter(({ outcome }) => outcome !== "pass").map(({ rule }) => rule),
            ["schema"],
        );
        assert.equal(verdict.outcome, "pass");
    });
});
