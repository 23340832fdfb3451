import type { FieldTally } from "../evidence.js";
import { shared } from "./fields.js";
import { shareOf, type Found, type Rule } from "./rule.js";
import { number, percent, several } from "./wording.js";

/** How often a field is null or absent. */
export const nullRates: Rule = {
    name: "nullRates",
    settings: ({ rules }) => rules.nullRates,
    needsEveryRecord: true,
    examine({ windows, fields }, { rules }) {
        const examined = shared(fields);
        if (windows.length === 0 || examined.length === 0) {
            return [];
        }
        const allowed = rules.nullRates.maxDifference;
        const threshold = `${number(allowed * 100)} percentage points`;
        const differing = examined.flatMap(({ field, incumbent, candidate }): Found[] => {
            const [before, after] = [nullRate(incumbent), nullRate(candidate)];
            if (before === after) {
                return [];
            }
            return [
                {
                    field,
                    outcome: Math.abs(after - before) > allowed ? "fail" : "pass",
                    incumbent: before,
                    candidate: after,
                    n: records(candidate),
                    threshold,
                    sentence:
                        `${field} is null or absent in ${percent(after)} of the candidate's records, ` +
                        `and in ${percent(before)} of the incumbent's.`,
                },
            ];
        });
        return differing.length > 0
            ? differing
            : [
                  {
                      field: null,
                      outcome: "pass",
                      incumbent: null,
                      candidate: null,
                      n: Math.max(...examined.map(({ incumbent }) => records(incumbent))),
                      threshold,
                      sentence: `${several(examined.length, "field")} are null or absent as often on both.`,
                  },
              ];
    },
};

const records = ({ present, nulls, absent }: FieldTally) => present + nulls + absent;
const nullRate = (tally: FieldTally) => shareOf(tally.nulls + tally.absent, records(tally));
