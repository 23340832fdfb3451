import type { CompareSettings } from "../../../compare.js";
import type { Evidence, Sample } from "../evidence.js";
import { hashIdentity } from "../hash.js";
import type { Verdict } from "../verdict.js";

/** Rises when a reader of the JSON report would have to change. */
export const reportVersion = 1;

/** One look, as it is shown to people: what was decided, on what, by which rules. */
export interface Report {
    readonly verdict: Verdict;
    readonly evidence: Evidence;
    readonly settings: CompareSettings;
}

/**
 * The report without what must not be shown. Evidence has hashed identities already where `samples` asks for them; a
 * report is passed on to others, so it does not rest on that alone.
 */
export function withoutPayload(report: Report): Report {
    if (report.settings.samples === "raw") {
        return report;
    }
    return {
        ...report,
        verdict: { ...report.verdict, samples: report.verdict.samples.map(hashed) },
        evidence: hashedEvidence(report.evidence),
    };
}

function hashedEvidence(evidence: Evidence): Evidence {
    return {
        ...evidence,
        control: evidence.control === null ? null : hashedEvidence(evidence.control),
        aggregates: evidence.aggregates.map((of) => ({
            ...of,
            // The values of a group are those of records; as the rule names it.
            group: of.group.length === 0 ? [] : [hashIdentity(of.group.join(", "))],
        })),
        samples: evidence.samples.map(hashed),
    };
}

function hashed(sample: Sample): Sample {
    return {
        ...sample,
        identity: /^[0-9a-f]{12}$/.test(sample.identity)
            ? sample.identity
            : hashIdentity(sample.identity),
        fields: sample.fields.map(({ field }) => ({ field, incumbent: null, candidate: null })),
    };
}
