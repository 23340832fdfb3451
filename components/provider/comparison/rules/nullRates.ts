import type { Evidence, FieldEvidence, FieldTally } from "../evidence.js";
import { pairedDifference, sizeOf } from "./confidence.js";
import { shared } from "./fields.js";
import { differenceOfRecords, inParentheses, judgeBeyondNoise, type Measured } from "./noise.js";
import { shareOf, type Found, type Rule } from "./rule.js";
import { number, percent, several } from "./wording.js";

const kinds = { nulls: "null", absent: "absent" } as const;
type Kind = keyof typeof kinds;

/** How often a field is null, and how often it is absent: the two are told apart. */
export const nullRates: Rule = {
    name: "nullRates",
    settings: ({ rules }) => rules.nullRates,
    needsEveryRecord: true,
    examine(evidence, settings) {
        const { windows, fields } = evidence;
        const examined = shared(fields);
        if (windows.length === 0 || examined.length === 0) {
            return [];
        }
        const allowed = settings.rules.nullRates.maxDifference;
        const threshold = `${number(allowed * 100)} percentage points`;
        const differing = examined.flatMap((field) =>
            (["nulls", "absent"] as const).flatMap((kind): Found[] => {
                const [before, after] = [rate(field.incumbent, kind), rate(field.candidate, kind)];
                if (before === after) {
                    return [];
                }
                const judged = judgeBeyondNoise(evidence, settings, allowed, (of) =>
                    measure(of, field.field, kind),
                );
                const confidence =
                    judged.confidence === "" ? "" : `${judged.share} apart, ${judged.confidence}`;
                return [
                    {
                        field: field.field,
                        outcome: judged.outcome,
                        incumbent: before,
                        candidate: after,
                        n: records(field.candidate),
                        threshold,
                        sentence:
                            `${field.field} is ${kinds[kind]} in ${percent(after)} of the candidate's records, ` +
                            `and in ${percent(before)} of the incumbent's${inParentheses(confidence)}.${judged.note}`,
                    },
                ];
            }),
        );
        return differing.length > 0
            ? differing
            : [
                  {
                      field: null,
                      outcome: "pass",
                      incumbent: null,
                      candidate: null,
                      n: examined.reduce((n, { incumbent }) => Math.max(n, records(incumbent)), 0),
                      threshold,
                      sentence: `${several(examined.length, "field")} are null or absent as often on both.`,
                  },
              ];
    },
};

function measure({ fields }: Evidence, name: string, kind: Kind): Measured {
    const field = fields.find((other) => other.field === name);
    return field === undefined
        ? differenceOfRecords(pairedDifference(0, 0, 0), 0)
        : apart(field, kind);
}

/**
 * The versions' records are counterparts, so that only those in which the field differs, or that have no counterpart, can
 * differ in this: as many of them as the two rates are apart do, and the others may do, either way.
 */
function apart({ incumbent, candidate, compared, different }: FieldEvidence, kind: Kind): Measured {
    const [incumbents, candidates] = [records(incumbent), records(candidate)];
    const n = Math.max(incumbents, candidates);
    const unpaired = incumbents - compared + (candidates - compared);
    const shift = (rate(candidate, kind) - rate(incumbent, kind)) * n;
    const moved = Math.min(n, Math.max(different + unpaired, Math.abs(shift)));
    const difference = pairedDifference((moved + shift) / 2, (moved - shift) / 2, n);
    return differenceOfRecords(sizeOf(difference), n);
}

const records = ({ present, nulls, absent }: FieldTally) => present + nulls + absent;
const rate = (tally: FieldTally, kind: Kind) => shareOf(tally[kind], records(tally));
