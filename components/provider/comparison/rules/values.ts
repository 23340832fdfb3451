import type { CompareSettings } from "../../../compare.js";
import type { Evidence, FieldEvidence } from "../evidence.js";
import { shared } from "./fields.js";
import { inParentheses, judgeBeyondNoise, shareOfRecords } from "./noise.js";
import { totalsOf, type Found, type Rule } from "./rule.js";
import { number, percent, recordOf, several } from "./wording.js";

/** Whether counterparts say the same, field by field. */
export const values: Rule = {
    name: "values",
    settings: ({ rules }) => rules.values,
    needsEveryRecord: false,
    examine(evidence, settings) {
        const { windows, fields } = evidence;
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
            ? differing.map((field) => describe(field, evidence, settings))
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

function describe(field: FieldEvidence, evidence: Evidence, settings: CompareSettings): Found {
    const { different, compared, largestDifference } = field;
    const allowed = settings.rules.values.maxDifferentShare;
    const { outcome, share, confidence, note } = judgeBeyondNoise(
        evidence,
        settings,
        allowed,
        ({ fields }) => {
            const of = fields.find((other) => other.field === field.field);
            return shareOfRecords(of?.different ?? 0, of?.compared ?? 0);
        },
    );
    const by = largestDifference === null ? "" : `, by up to ${number(largestDifference)}`;
    return {
        field: field.field,
        outcome,
        incumbent: null,
        candidate: `${number(different)} differ${by}`,
        n: compared,
        threshold: threshold(settings),
        sentence:
            `${field.field} differs in ${number(different)} of ${several(compared, recordOf(settings))}` +
            `${inParentheses(share, confidence)}${by}.${note}`,
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
