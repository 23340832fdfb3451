import type { CompareSettings } from "../../../compare.js";
import type { SchemaEvidence } from "../evidence.js";
import type { Found } from "./rule.js";
import { number } from "./wording.js";

/**
 * What the registry says of the candidate's schemas. Other ids alone are no fault: a candidate often has a schema of
 * its own, and its fields are compared by themselves.
 */
export function examineRegistered(
    schemas: readonly SchemaEvidence[],
    settings: CompareSettings,
): Found[] {
    return (["key", "value"] as const).flatMap((part) => {
        const own = schemas.filter((schema) => schema.part === part);
        const incumbent = own.filter(({ incumbentRecords }) => incumbentRecords > 0);
        const candidate = own.filter(({ candidateRecords }) => candidateRecords > 0);
        const [before, after] = [list(incumbent), list(candidate)];
        if (before === after || before === "" || after === "") {
            return [];
        }
        const level = settings.rules.schema.compatibility;
        const newest = describe(incumbent.at(-1)!);
        const judged = candidate
            .filter(({ compatible, message }) => compatible !== null || message !== null)
            .map((schema) => judge(schema, newest, level));
        const found: Found = {
            field: null,
            outcome: "pass",
            incumbent: before,
            candidate: after,
            n: recordsOf(candidate),
            threshold: "for information",
            sentence: `The incumbent's ${part}s are written with ${before}, the candidate's with ${after}.`,
        };
        return judged.length > 0 ? judged : [found];
    });
}

function judge(schema: SchemaEvidence, newest: string, level: string): Found {
    const { part, compatible, message, candidateRecords } = schema;
    const asked = `${level} compatible with the incumbent's newest one, ${newest}`;
    const reason = message === null ? "" : `: ${message.replace(/[.\s]+$/, "")}`;
    const verb = compatible === null ? "is not known to be" : compatible ? "is" : "is not";
    return {
        field: null,
        outcome: compatible === null ? "inconclusive" : compatible ? "pass" : "fail",
        incumbent: newest,
        candidate: describe(schema),
        n: candidateRecords,
        threshold: `${level} compatible`,
        sentence: `The candidate's ${part} ${describe(schema)}, in ${number(candidateRecords)} of its records, ${verb} ${asked}${reason}.`,
    };
}

function describe({ id, subject, version }: SchemaEvidence): string {
    return subject === null ? `schema ${id}` : `schema ${id} (${subject}, version ${version})`;
}

const list = (schemas: readonly SchemaEvidence[]) => schemas.map(describe).join(", ");

const recordsOf = (schemas: readonly SchemaEvidence[]) =>
    schemas.reduce((total, { candidateRecords }) => total + candidateRecords, 0);
