import type { CompareSettings } from "../../../compare.js";
import type { MetricSettings } from "../../../compareMetrics.js";
import type { MetricEvidence } from "../evidence.js";
import { shareOf, type Found, type Rule } from "./rule.js";
import { number, percent } from "./wording.js";

/** Numbers from elsewhere: incumbent against candidate. One that is not there decides nothing. */
export const metrics: Rule = {
    name: "metrics",
    settings: ({ metrics: settings }, { field }) => ({
        // A finding is always about a metric of the settings.
        severity: (field === null ? undefined : of(settings, field))?.severity ?? "critical",
        minRecords: 0,
    }),
    needsEveryRecord: false,
    examine({ metrics: seen }, { metrics: settings }) {
        return Object.entries(settings).map(([name, metric]) =>
            examineMetric(
                name,
                metric,
                seen.find((evidence) => evidence.name === name),
            ),
        );
    },
};

function of(settings: CompareSettings["metrics"], name: string): MetricSettings | undefined {
    return Object.entries(settings).find(([known]) => known === name)?.[1];
}

function examineMetric(
    name: string,
    { maxRelativeDifference, maxAbsoluteDifference }: MetricSettings,
    evidence: MetricEvidence | undefined,
): Found {
    const incumbent = evidence?.incumbent ?? null;
    const candidate = evidence?.candidate ?? null;
    const found = {
        field: name,
        incumbent,
        candidate,
        n: 1,
        threshold:
            `${percent(maxRelativeDifference)} of the incumbent's` +
            (maxAbsoluteDifference === 0 ? "" : `, or ${number(maxAbsoluteDifference)}`),
    };
    if (incumbent === null || candidate === null) {
        const why = evidence?.problem ?? "It was not asked.";
        return {
            ...found,
            outcome: "inconclusive",
            sentence: `The metric ${name} is not known of both versions. ${why}`,
        };
    }
    const apart = Math.abs(candidate - incumbent);
    const share = shareOf(apart, Math.abs(incumbent));
    const within = apart <= maxAbsoluteDifference || share <= maxRelativeDifference;
    const much = incumbent === 0 && apart > 0 ? number(apart) : percent(share);
    return {
        ...found,
        outcome: within ? "pass" : "fail",
        sentence:
            `The metric ${name} is ${number(candidate)} for the candidate and ${number(incumbent)} for the ` +
            `incumbent${apart === 0 ? "" : `: ${much} apart`}.`,
    };
}
