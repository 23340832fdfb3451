import { type Context } from "mocha";

/** Why tests were skipped, by full title; one without a reason counts as failed. */
export const skipReasons = new Map<string, string>();

/** Skips the test that runs, saying why: `skipBecause(this, "needs a Kubernetes plugin")`. */
export function skipBecause(context: Context, reason: string): never {
    skipReasons.set(context.test?.fullTitle() ?? "", reason);
    return context.skip();
}
