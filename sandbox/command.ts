import { spawn } from "node:child_process";
import * as fs from "node:fs";

/** What a command gets besides its arguments. */
export interface CommandOptions {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    /** Kill it and fail after this long. Defaults to 30 minutes. */
    timeoutSeconds?: number;
}

/** Runs a command to its end and returns what it printed; fails with the tail of it. */
export function run(
    command: string,
    args: string[],
    { cwd, env, timeoutSeconds = 1800 }: CommandOptions = {},
): Promise<string> {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
        let stdout = "";
        let both = "";
        child.stdout.on("data", (chunk: Buffer) => {
            stdout += chunk.toString();
            both += chunk.toString();
        });
        child.stderr.on("data", (chunk: Buffer) => (both += chunk.toString()));
        let overdue = false;
        const timer = setTimeout(() => {
            overdue = true;
            child.kill("SIGKILL");
        }, timeoutSeconds * 1000);
        child.on("error", (error) => {
            clearTimeout(timer);
            reject(new Error(`could not run ${command}: ${error.message}`));
        });
        child.on("close", (code, signal) => {
            clearTimeout(timer);
            if (code === 0) return resolve(stdout);
            const how = overdue
                ? `took longer than ${timeoutSeconds} s`
                : `ended with ${signal ?? `exit code ${code}`}`;
            reject(new Error(`${[command, ...args].join(" ")} ${how}\n${lastLines(both, 30)}`));
        });
    });
}

/** The last lines of a text. */
export function lastLines(text: string, count: number): string {
    return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** The last lines of a log file, or a remark that it is not there. */
export function logTail(file: string, count = 40): string {
    try {
        return lastLines(fs.readFileSync(file, "utf8"), count);
    } catch {
        return `(no log at ${file})`;
    }
}
