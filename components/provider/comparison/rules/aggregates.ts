import type { CompareSettings } from "../../../compare.js";
import type { Aggregate, AggregateEvidence, Evidence } from "../evidence.js";
import { hashIdentity } from "../hash.js";
import type { Outcome } from "../verdict.js";
import { exactly, type Estimate } from "./confidence.js";
import { inParentheses, judgeBeyondNoise, type Judged, type Measured } from "./noise.js";
import { differenceWithin, exactDifference, meanDifference } from "./relative.js";
import type { Found, Rule } from "./rule.js";
import { number, percent, several } from "./wording.js";

/** Of a quantile, and of a number of distinct values that is not counted any more: as `Aggregate` says. */
const quantileError = 0.01;
const distinctError = 0.06;
const counted = 1_024;

/** Sums, means, extremes, distinct values and quantiles of the fields that the settings name, overall and by group. */
export const aggregates: Rule = {
    name: "aggregates",
    settings: ({ rules }) => rules.aggregates,
    needsEveryRecord: true,
    examine(evidence, settings) {
        const fields = [...new Set(evidence.aggregates.map(({ field }) => field))];
        return fields.flatMap((field) => {
            const of = evidence.aggregates.filter((entry) => entry.field === field);
            const overall = of.filter(({ group }) => group.length === 0);
            const groups = of.filter(({ group }) => group.length > 0);
            const tolerance = settings.rules.aggregates.fields[field];
            const found = measures(settings).flatMap((measure) => [
                ...examineOverall(
                    overall,
                    measure,
                    evidence,
                    settings,
                    tolerance?.maxRelativeDifference ?? 0,
                ),
                ...examineGroups(
                    groups,
                    measure,
                    evidence,
                    settings,
                    tolerance?.maxGroupDifference ?? 0,
                ),
            ]);
            return found.length > 0 ? found : agreement(field, overall, groups);
        });
    },
};

/** One number of an aggregate, and how far two of them are apart. */
interface Measure {
    readonly name: string;
    readonly of: (aggregate: Aggregate) => number | string | null;
    readonly apart: (incumbent: Aggregate, candidate: Aggregate) => Estimate;
    /** How well it is known; `null` where it is exact. */
    readonly error: string | null;
}

function measures({ rules }: CompareSettings): Measure[] {
    const extreme = (name: string, of: (aggregate: Aggregate) => string | null): Measure => ({
        name,
        of,
        apart: (a, b) => exactDifference(of(a) ?? "0", of(b) ?? "0"),
        error: null,
    });
    const quantile = (wanted: number): Measure => {
        const of = ({ quantiles }: Aggregate) =>
            quantiles.find(({ quantile }) => quantile === wanted)?.value ?? null;
        return {
            name: `${number(wanted)}-quantile`,
            of,
            apart: (a, b) =>
                differenceWithin(of(a) ?? 0, of(b) ?? 0, {
                    incumbent: quantileError,
                    candidate: quantileError,
                }),
            error: "a quantile is known within 1 %",
        };
    };
    const error = ({ distinct }: Aggregate) => (distinct < counted ? 0 : distinctError);
    return [
        extreme("sum", ({ sum }) => sum),
        { name: "mean", of: ({ mean }) => mean, apart: meanDifference, error: null },
        extreme("minimum", ({ min }) => min),
        extreme("maximum", ({ max }) => max),
        {
            name: "number of distinct values",
            of: ({ distinct }) => distinct,
            apart: (a, b) =>
                differenceWithin(a.distinct, b.distinct, {
                    incumbent: error(a),
                    candidate: error(b),
                }),
            error: "many distinct values are counted within 6 %",
        },
        ...rules.aggregates.quantiles.map(quantile),
    ];
}

function examineOverall(
    entries: readonly AggregateEvidence[],
    measure: Measure,
    evidence: Evidence,
    settings: CompareSettings,
    allowed: number,
): Found[] {
    return entries
        .map((entry) => judgeEntry(entry, measure, evidence, settings, allowed))
        .filter(({ differs }) => differs)
        .map(({ entry, judged }) =>
            describe(entry, measure, judged, allowed, `The ${measure.name} of ${entry.field}`, ""),
        );
}

/** Groups are many: the one that is furthest off is named, and how many there are like it. */
function examineGroups(
    entries: readonly AggregateEvidence[],
    measure: Measure,
    evidence: Evidence,
    settings: CompareSettings,
    allowed: number,
): Found[] {
    const differing = entries
        .map((entry) => judgeEntry(entry, measure, evidence, settings, allowed))
        .filter(({ differs }) => differs)
        .sort((a, b) => rank(b.judged.outcome) - rank(a.judged.outcome) || b.apart - a.apart);
    const [worst] = differing;
    if (worst === undefined) {
        return [];
    }
    const { entry, judged } = worst;
    const by = settings.rules.aggregates.groupBy.join(", ");
    const text = entry.group.join(", ");
    const group = settings.samples === "raw" ? text : hashIdentity(text);
    return [
        describe(
            entry,
            measure,
            judged,
            allowed,
            `The ${measure.name} of ${entry.field} in group ${group} (by ${by})`,
            ` It differs in ${number(differing.length)} of ${several(entries.length, "group")}, here most.`,
        ),
    ];
}

const rank = (outcome: Outcome) => ["pass", "inconclusive", "fail"].indexOf(outcome);

interface JudgedEntry {
    readonly entry: AggregateEvidence;
    readonly judged: Judged;
    readonly apart: number;
    readonly differs: boolean;
}

function judgeEntry(
    entry: AggregateEvidence,
    measure: Measure,
    evidence: Evidence,
    settings: CompareSettings,
    allowed: number,
): JudgedEntry {
    const apart = between(entry, measure).value;
    const judged = judgeBeyondNoise(evidence, settings, allowed, (of) =>
        measured(of, entry, measure),
    );
    return { entry, judged, apart, differs: apart > 0 };
}

function measured(
    evidence: Evidence,
    { field, group }: AggregateEvidence,
    measure: Measure,
): Measured {
    const entry = evidence.aggregates.find(
        (other) => other.field === field && other.group.join("\n") === group.join("\n"),
    );
    const estimate = entry === undefined ? exactly(0) : between(entry, measure);
    return {
        estimate,
        seen: estimate,
        doubt: (left) =>
            ` It may be anything from ${percent(left.low)} to ${percent(left.high)}: ` +
            `${measure.error ?? "the control's differs as much"}.`,
    };
}

/** Where only one version has numbers, all that can be said of them differs. */
function between({ incumbent, candidate }: AggregateEvidence, measure: Measure): Estimate {
    const numbers = [incumbent, candidate].filter(({ count }) => count > 0).length;
    return numbers === 2
        ? measure.apart(incumbent, candidate)
        : exactly(numbers === 0 ? 0 : Infinity);
}

function describe(
    { field, incumbent, candidate }: AggregateEvidence,
    measure: Measure,
    judged: Judged,
    allowed: number,
    what: string,
    more: string,
): Found {
    const { of } = measure;
    const [before, after] = [
        incumbent.count === 0 ? null : of(incumbent),
        candidate.count === 0 ? null : of(candidate),
    ];
    const show = (value: number | string | null) =>
        value === null ? "nothing" : typeof value === "number" ? number(value) : value;
    return {
        field,
        outcome: judged.outcome,
        incumbent: before,
        candidate: after,
        n: Math.max(incumbent.count, candidate.count),
        threshold: `${percent(allowed)} of the incumbent's`,
        sentence:
            `${what} is ${show(after)}, and ${show(before)} on the incumbent's side` +
            `${inParentheses(before === null || after === null ? "" : `${judged.share} apart`)}.${judged.note}${more}`,
    };
}

function agreement(
    field: string,
    overall: readonly AggregateEvidence[],
    groups: readonly AggregateEvidence[],
): Found[] {
    const n = Math.max(0, ...overall.map(({ incumbent }) => incumbent.count));
    const where = groups.length === 0 ? "" : ` and in each of ${several(groups.length, "group")}`;
    return [
        {
            field,
            outcome: "pass",
            incumbent: null,
            candidate: null,
            n,
            threshold: "the same aggregates",
            sentence: `Sum, mean, extremes, distinct values and quantiles of ${field} agree over all records${where}.`,
        },
    ];
}
