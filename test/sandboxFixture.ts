import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { removeAbandoned, type Sandbox, startSandbox } from "../sandbox/index.js";
import { signal } from "../sandbox/process.js";
import { directoryOf, readState } from "../sandbox/state.js";

const name = `test-${process.pid}`;
let starting: Promise<Sandbox> | undefined;
let failed = false;

/**
 * The one sandbox (Kafka and Flink) of this test run, started when the first test asks for it and
 * stopped at the end of the run, however it ends. Call it in a `before` hook with a timeout of at
 * least 120 s, and use `uniqueName` for topics and groups: other tests use the same broker.
 */
export function sharedSandbox(): Promise<Sandbox> {
    starting ??= startShared();
    return starting;
}

async function startShared(): Promise<Sandbox> {
    stopWithProcess();
    await removeAbandoned();
    return startSandbox({ name, temporary: true });
}

/** A name that no other test of this run, and no other run, uses. */
export function uniqueName(prefix: string): string {
    return `${prefix}-${randomBytes(4).toString("hex")}`;
}

/**
 * The last resort, for an interrupt or an exit in the middle: it must not wait for anything, so it
 * kills what the state file names. What a SIGKILL leaves is removed by the next run.
 */
function stopWithProcess(): void {
    const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
    for (const [sent, number] of Object.entries(numbers)) {
        process.on(sent, () => process.exit(128 + number));
    }
    process.on("exit", () => {
        const state = readState(name);
        if (state === undefined) return;
        for (const record of Object.values(state.processes)) signal(record, "SIGKILL");
        if (!failed) fs.rmSync(directoryOf(name), { recursive: true, force: true });
    });
}

afterEach("note a failure", function () {
    failed ||= this.currentTest?.state === "failed";
});

after("stop the shared sandbox", async function () {
    if (starting === undefined) return;
    this.timeout(60_000);
    const sandbox = await starting.catch(() => undefined);
    await sandbox?.stop({ keepData: failed });
    // Until the next run, which removes what runs left behind.
    if (failed) console.log(`  the logs of the shared sandbox are in ${directoryOf(name)}/logs`);
});
