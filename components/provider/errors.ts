import type { Json } from "./verbs.js";

/**
 * A failure after something real was done: the engine keeps `properties` in the state, prints `reasons` as a
 * list, and runs `update` again with the next `pulumi up` even where no input changed. `properties` must start
 * from the inputs, which carry `__provider`; without it the resource can be neither refreshed nor destroyed.
 */
export class PartialFailure extends Error {
    override readonly name = "PartialFailure";
    constructor(
        readonly id: string,
        readonly properties: Json,
        readonly reasons: readonly string[],
    ) {
        super(reasons.join("\n"));
    }
}

/** The text of whatever was thrown, with the texts of its causes. */
export function explain(error: unknown): string {
    if (!(error instanceof Error)) {
        return String(error);
    }
    return error.cause === undefined ? error.message : `${error.message} (${explain(error.cause)})`;
}
