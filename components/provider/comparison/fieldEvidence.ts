import type { CompareSettings } from "../../compare.js";
import type { Side } from "../../side.js";
import type { FieldEvidence, FieldTally } from "./evidence.js";
import type { totalsOfWindows } from "./kept.js";

/** How often a field was seen as what, by field and JSON type, `null` among these. */
export type FieldTypes = ReadonlyMap<string, ReadonlyMap<string, number>>;
export type FieldsOfBoth = Readonly<Record<Side, FieldTypes>>;

/** The pairs in which a field differs. */
export interface FieldDifferences {
    readonly pairs: number;
    /** The largest difference of two numbers; `null` where no two numbers differed. */
    readonly largest: number | null;
}

/** What is known of every field that either version has, in order of their names. */
export function fieldEvidence(
    settings: CompareSettings,
    fields: FieldsOfBoth,
    different: ReadonlyMap<string, FieldDifferences>,
    records: ReturnType<typeof totalsOfWindows>,
): FieldEvidence[] {
    const tolerances = new Map(Object.entries(settings.fields));
    const names = new Set([...fields.incumbent.keys(), ...fields.candidate.keys()]);
    return [...names].sort().map((field) => {
        const ignored = tolerances.get(field)?.ignore ?? null;
        return {
            field,
            incumbent: fieldTally(fields.incumbent.get(field), records.incumbent),
            candidate: fieldTally(fields.candidate.get(field), records.candidate),
            compared: ignored === null ? records.pairs : 0,
            different: different.get(field)?.pairs ?? 0,
            largestDifference: different.get(field)?.largest ?? null,
            ignored,
        };
    });
}

/** Fields that only the candidate has, where the settings allow these. */
export function addedAndAllowed(
    { rules }: CompareSettings,
    { incumbent, candidate }: FieldsOfBoth,
): Set<string> {
    return new Set(
        rules.schema.allowAddedFields
            ? [...candidate.keys()].filter((field) => !incumbent.has(field))
            : [],
    );
}

function fieldTally(types: ReadonlyMap<string, number> | undefined, records: number): FieldTally {
    const nulls = types?.get("null") ?? 0;
    const values = [...(types ?? [])].filter(([type]) => type !== "null");
    const present = values.reduce((sum, [, n]) => sum + n, 0);
    return {
        present,
        nulls,
        absent: records - present - nulls,
        types: Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1))),
    };
}
