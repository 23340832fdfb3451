import { type Context, type Test } from "mocha";

/** Why tests were skipped, by full title; one without a reason counts as failed. */
export const skipReasons = new Map<string, string>();

/**
 * Skips the test that runs, the next one in its `beforeEach`, or all of the suite in its `before`, saying why:
 * `skipBecause(this, "needs javac")`.
 */
export function skipBecause(context: Context, reason: string): never {
    const { test, currentTest } = context;
    const note = (skipped: Test): void => void skipReasons.set(skipped.fullTitle(), reason);
    if (test?.title.startsWith('"before all" hook')) {
        test.parent?.eachTest(note);
    } else {
        const isHook = test?.title.startsWith('"before each" hook') === true;
        note((isHook ? currentTest : test) as Test);
    }
    return context.skip();
}

/** Each test goes on where the one before it ended; after a failure the rest would say nothing. */
export function inOrder(): void {
    let failed: string | undefined;
    beforeEach(function () {
        if (failed !== undefined) {
            skipBecause(this, `goes on from "${failed}", which failed`);
        }
    });
    afterEach(function () {
        if (this.currentTest?.state === "failed") {
            failed ??= this.currentTest.title;
        }
    });
}
