import * as path from "node:path";
import Mocha from "mocha";
import { skipReasons } from "./skip.js";

/** What came of tests. */
export interface Tally {
    passed: number;
    failed: number;
    skipped: number;
}

/** What a lane is to run: compiled test files, relative to this one. */
export interface LaneRequest {
    readonly files: readonly string[];
    readonly grep?: string | undefined;
}

/** Tests that run one after the other in a process of their own, and what came of them to the process that asked. */
async function main({ files, grep }: LaneRequest): Promise<Tally> {
    const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
    const mocha = new Mocha({
        timeout: 20_000,
        reporter: "spec",
        grep,
        color: process.stdout.isTTY,
    });
    for (const file of files) mocha.addFile(path.join(__dirname, file));
    try {
        await mocha.loadFilesAsync();
    } catch (error) {
        // One file that cannot be loaded keeps all others from running.
        console.error(error);
        return { ...tally, failed: 1 };
    }
    const runner = await new Promise<Mocha.Runner>((resolve) => {
        const running: Mocha.Runner = mocha.run(() => resolve(running));
        running.on("pending", (test) => noteSkipped(test, tally));
    });
    tally.passed += runner.stats?.passes ?? 0;
    tally.failed += runner.stats?.failures ?? 0;
    return tally;
}

/** A skipped test says why, or it counts as failed: nothing is left out in silence. */
function noteSkipped(test: Mocha.Test, tally: Tally): void {
    const reason = skipReasons.get(test.fullTitle());
    if (reason === undefined) tally.failed++;
    else tally.skipped++;
    console.log(`      skipped: ${reason ?? "without a reason (use skipBecause), so it failed"}`);
}

process.once("message", (request: LaneRequest) => {
    void main(request).then((tally) => {
        // Whatever a failed test left open must not keep the run from ending.
        process.send?.(tally, () => process.exit());
    });
});
// Nobody would read what comes of it.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
