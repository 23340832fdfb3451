/** The verbs of a dynamic resource as Pulumi calls them, with plain JSON in and out. */
export interface Verbs {
    check(olds: Json, news: Json): Promise<{ inputs: Json; failures: CheckFailure[] }>;
    diff(id: string, olds: Json, news: Json): Promise<{ changes: boolean }>;
    create(inputs: Json): Promise<{ id: string; outs: Json }>;
    update(id: string, olds: Json, news: Json): Promise<{ outs: Json }>;
    delete(id: string, state: Json): Promise<void>;
}

/** Inputs and state as they cross the border to the engine. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the engine's own shape; each resource parses it
export type Json = Record<string, any>;

export interface CheckFailure {
    readonly property: string;
    readonly reason: string;
}

/** What the engine sends in a preview for a value that is not known yet. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether everything in a value is known already. */
export function isKnown(value: unknown): boolean {
    if (value === unknownValue) {
        return false;
    }
    return typeof value !== "object" || value === null || Object.values(value).every(isKnown);
}
