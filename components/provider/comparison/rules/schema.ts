import type { CompareSettings } from "../../../compare.js";
import type { FieldEvidence, FieldTally } from "../evidence.js";
import { isThere } from "./fields.js";
import { examineRegistered } from "./registeredSchemas.js";
import { totalsOf, type Found, type Rule } from "./rule.js";
import { several } from "./wording.js";

/** The fields that records have, their types, and whether they can be null or absent; and the schemas behind them. */
export const schema: Rule = {
    name: "schema",
    settings: ({ rules }) => rules.schema,
    needsEveryRecord: true,
    examine({ windows, fields, schemas }, settings) {
        const counted = fields.filter(({ ignored }) => ignored === null);
        const { incumbentSampled, candidateSampled } = totalsOf(windows);
        // With no records on one side nothing can be said of its fields.
        if (incumbentSampled === 0 || candidateSampled === 0) {
            return [];
        }
        const found = counted.flatMap((field) => examineField(field, settings));
        const registered = examineRegistered(schemas, settings);
        return found.length > 0
            ? [...found, ...registered]
            : [
                  {
                      field: null,
                      outcome: "pass",
                      incumbent: counted.length,
                      candidate: counted.length,
                      n: Math.min(incumbentSampled, candidateSampled),
                      threshold: "the same fields and types",
                      sentence: `Both versions have the same ${several(counted.length, "field")} of the same types.`,
                  },
                  ...registered,
              ];
    },
};

function examineField({ field, incumbent, candidate }: FieldEvidence, settings: CompareSettings) {
    const finding = (outcome: Found["outcome"], sentence: string): Found => ({
        field,
        outcome,
        incumbent: describe(incumbent),
        candidate: describe(candidate),
        n: candidate.present + candidate.nulls + candidate.absent,
        threshold: "the same fields and types",
        sentence,
    });
    if (!isThere(candidate)) {
        return [finding("fail", `${field} is gone: no record of the candidate has it.`)];
    }
    if (!isThere(incumbent)) {
        const sentence = `${field} is new: no record of the incumbent has it.`;
        return settings.rules.schema.allowAddedFields
            ? [finding("pass", `${sentence} Added fields are allowed.`)]
            : [
                  finding(
                      "fail",
                      `${sentence} Set compare.rules.schema.allowAddedFields if that is meant.`,
                  ),
              ];
    }
    const found: Found[] = [];
    const [before, after] = [types(incumbent), types(candidate)];
    // A field that is null throughout on one side has no type there.
    if (before !== after && before !== "" && after !== "") {
        found.push(finding("fail", `${field} changed its type from ${before} to ${after}.`));
    }
    for (const [kind, word] of [
        ["nulls", "null"],
        ["absent", "absent"],
    ] as const) {
        if ((incumbent[kind] === 0) !== (candidate[kind] === 0)) {
            const [can, never] =
                incumbent[kind] === 0 ? ["candidate", "incumbent"] : ["incumbent", "candidate"];
            found.push(
                finding(
                    "fail",
                    `${field} can be ${word} on the ${can}'s side, and never is on the ${never}'s.`,
                ),
            );
        }
    }
    return found;
}

/** Numbers of which some happen to be written as integers are numbers. */
function types({ types: seen }: FieldTally): string {
    return Object.keys(seen)
        .filter((type) => type !== "integer" || !("number" in seen))
        .join(" or ");
}

function describe(tally: FieldTally): string {
    if (!isThere(tally)) {
        return "absent";
    }
    return [types(tally), tally.nulls > 0 ? "null" : "", tally.absent > 0 ? "absent" : ""]
        .filter((part) => part !== "")
        .join(" or ");
}
