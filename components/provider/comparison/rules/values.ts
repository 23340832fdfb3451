import type { CompareSettings } from "../../../compare.js";
import type { FieldEvidence } from "../evidence.js";
import { shared } from "./fields.js";
import { shareOf, totalsOf, type Found, type Rule } from "./rule.js";
import { number, percent, several } from "./wording.js";

/** Whether counterparts say the same, field by field. */
export const values: Rule = {
    name: "values",
    settings: ({ rules }) => rules.values,
    needsEveryRecord: false,
    examine({ windows, fields }, settings) {
        if (windows.length === 0) {
            return [];
        }
        const { matched, changed } = totalsOf(windows);
        const pairs = matched + changed;
        if (pairs === 0) {
            return [nothing("No record has a counterpart, so that no value could be compared.")];
        }
        const others = fields.filter(({ field }) => !settings.identity.includes(field));
        if (others.length > 0 && others.every(({ ignored }) => ignored !== null)) {
            return [
                nothing("All fields but the identity are ignored: nothing is left to compare."),
            ];
        }
        const compared = shared(fields);
        const differing = compared.filter(({ different }) => different > 0);
        return differing.length > 0
            ? differing.map((field) => describe(field, settings))
            : [
                  {
                      field: null,
                      outcome: "pass",
                      incumbent: null,
                      candidate: null,
                      n: pairs,
                      threshold: threshold(settings),
                      sentence: `${several(compared.length, "field")} agree in ${several(pairs, "pair")} of records.`,
                  },
              ];
    },
};

const threshold = ({ rules }: CompareSettings) =>
    `${percent(rules.values.maxDifferentShare)} of the pairs`;

function describe(field: FieldEvidence, settings: CompareSettings): Found {
    const { different, compared, largestDifference } = field;
    const share = shareOf(different, compared);
    const by = largestDifference === null ? "" : `, by up to ${number(largestDifference)}`;
    return {
        field: field.field,
        outcome: share > settings.rules.values.maxDifferentShare ? "fail" : "pass",
        incumbent: null,
        candidate: `${number(different)} differ${by}`,
        n: compared,
        threshold: threshold(settings),
        sentence: `${field.field} differs in ${number(different)} of ${several(compared, "record")} (${percent(share)})${by}.`,
    };
}

function nothing(sentence: string): Found {
    return {
        field: null,
        outcome: "inconclusive",
        incumbent: null,
        candidate: null,
        n: 0,
        threshold: "at least one pair of records, and one field that counts",
        sentence,
    };
}
