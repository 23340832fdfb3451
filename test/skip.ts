import { type Context } from "mocha";

/** Why tests were skipped, by full title; one without a reason counts as failed. */
export const skipReasons = new Map<string, string>();

/** Skips the test that runs, saying why: `skipBecause(this, "needs a Kubernetes plugin")`. */
export function skipBecause(context: Context, reason: string): never {
    skipReasons.set(context.test?.fullTitle() ?? "", reason);
    return context.skip();
}

/** Each test goes on where the one before it ended; after a failure the rest would say nothing. */
export function inOrder(): void {
    let failed: string | undefined;
    beforeEach(function () {
        if (failed !== undefined) {
            skipReasons.set(
                this.currentTest?.fullTitle() ?? "",
                `goes on from "${failed}", which failed`,
            );
            this.skip();
        }
    });
    afterEach(function () {
        if (this.currentTest?.state === "failed") {
            failed ??= this.currentTest.title;
        }
    });
}
