import { spawn } from "node:child_process";
import * as readline from "node:readline";
import { repository } from "../paths.js";

/** How a command ended. */
export interface Ended {
    readonly exitCode: number;
    readonly seconds: number;
    /** What was shown of its output. */
    readonly lines: readonly string[];
}

/**
 * Shows a command, runs it as shown in the root of the repository, and shows its output as it comes. Of Pulumi's output
 * for machines only what tells something is shown, and once.
 */
export async function runShown(command: string, env: NodeJS.ProcessEnv): Promise<Ended> {
    console.log(`\n$ ${command}`);
    const began = Date.now();
    const child = spawn(command, {
        cwd: repository,
        env: { ...env, NO_COLOR: "1" },
        shell: true,
        stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    const seen = new Set<string>();
    const show = (raw: string) => {
        const line = tell(raw);
        if (line !== undefined && !seen.has(line)) {
            seen.add(line);
            lines.push(line);
            console.log(`  ${line}`);
        }
    };
    const exitCode = await new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve(code ?? 1));
        readline.createInterface(child.stdout).on("line", show);
        readline.createInterface(child.stderr).on("line", show);
    });
    if (exitCode !== 0) {
        console.log(`  (exit code ${exitCode})`);
    }
    return { exitCode, seconds: (Date.now() - began) / 1000, lines };
}

/** What a line of Pulumi's output says, without where it comes from; `undefined` where it says nothing. */
function tell(raw: string): string | undefined {
    const line = raw.trim();
    const stack = /^pulumi:pulumi:Stack \S+ running (.*)$/.exec(line)?.[1];
    if (stack !== undefined) {
        return stack.startsWith("read ") ? undefined : stack;
    }
    const silent =
        line === "" ||
        /^@ |^pulumi:pulumi:Stack|^Diagnostics:|^(Previewing|Updating|Duration|View)|\d+ errors?$|\d+ messages$/.test(
            line,
        ) ||
        /^[a-z-]+:[\w/:-]+ \(.*\):$/.test(line);
    return silent ? undefined : line;
}
