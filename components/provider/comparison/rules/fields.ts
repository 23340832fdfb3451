import type { FieldEvidence, FieldTally } from "../evidence.js";

/** Whether any record of a version has the field, be it null. */
export function isThere({ present, nulls }: FieldTally): boolean {
    return present + nulls > 0;
}

/** Fields that both versions have and that count: the others are the schema rule's. */
export function shared(fields: readonly FieldEvidence[]): FieldEvidence[] {
    return fields.filter(
        ({ ignored, incumbent, candidate }) =>
            ignored === null && isThere(incumbent) && isThere(candidate),
    );
}
