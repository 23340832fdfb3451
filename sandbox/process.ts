import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** A process that we started: its id alone says nothing once the system has given it to another. */
export interface ProcessRecord {
    pid: number;
    /** When it started, as the system tells it. */
    started: string;
}

/** Starts a process that outlives us, with its output appended to a log file. */
export function startDetached(
    command: string,
    args: string[],
    options: { cwd: string; env: NodeJS.ProcessEnv; log: string },
): ProcessRecord {
    fs.mkdirSync(path.dirname(options.log), { recursive: true });
    const log = fs.openSync(options.log, "a");
    try {
        const child = spawn(command, args, {
            cwd: options.cwd,
            env: options.env,
            detached: true,
            stdio: ["ignore", log, log],
        });
        // Without a listener a missing command would be an uncaught error; it shows as no pid.
        child.on("error", () => {});
        child.unref();
        const started = child.pid === undefined ? undefined : startOf(child.pid);
        if (child.pid === undefined || started === undefined) {
            throw new Error(`could not start ${command}; its output, if any, is in ${options.log}`);
        }
        return { pid: child.pid, started };
    } finally {
        fs.closeSync(log);
    }
}

/** When the process with this id started; undefined if there is none, or only its zombie. */
export function startOf(pid: number): string | undefined {
    if (process.platform === "linux") {
        try {
            const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
            // The second field is the program's name in parentheses and may hold anything.
            const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            return fields[0] === "Z" ? undefined : `${bootId()}/${fields[19]}`;
        } catch {
            return undefined;
        }
    }
    const asked = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" });
    const [state, ...started] = asked.stdout.trim().split(/\s+/);
    return state === undefined || state === "" || state.startsWith("Z")
        ? undefined
        : started.join(" ");
}

/** Start times count from the boot, so the same pid and time could come again after another. */
function bootId(): string {
    try {
        return fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    } catch {
        return "unknown";
    }
}

/** Whether the process that we recorded still runs, and not another under its id. */
export function isAlive(record: ProcessRecord): boolean {
    return startOf(record.pid) === record.started;
}

/** Sends a signal to the process that we recorded; does nothing if it is gone. */
export function signal(record: ProcessRecord, name: "SIGTERM" | "SIGKILL"): void {
    if (!isAlive(record)) return;
    try {
        process.kill(record.pid, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}

/** Waits until the process is gone; false if it is still there after the time. */
export async function waitForEnd(record: ProcessRecord, seconds: number): Promise<boolean> {
    const deadline = Date.now() + seconds * 1000;
    while (isAlive(record)) {
        if (Date.now() > deadline) return false;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
}

/** Asks the process to end, and ends it if it has not after `graceSeconds`. */
export async function endProcess(record: ProcessRecord, graceSeconds: number): Promise<void> {
    signal(record, "SIGTERM");
    if (await waitForEnd(record, graceSeconds)) return;
    signal(record, "SIGKILL");
    if (!(await waitForEnd(record, 10))) {
        throw new Error(`process ${record.pid} does not end, not even by SIGKILL`);
    }
}
