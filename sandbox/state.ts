import * as fs from "node:fs";
import * as path from "node:path";
import { sandboxes } from "./paths.js";
import { type ProcessRecord } from "./process.js";

/** What a sandbox remembers between commands, in `.sandbox/<name>/state.json`. */
export interface SandboxState {
    name: string;
    /** Whether it has a Flink cluster. */
    flink: boolean;
    /** Whether that keeps its jobs over the death of the job manager, in a ZooKeeper of its own. */
    keepsJobs?: boolean;
    /** The process that must outlive it, if it was started for one (a test run). */
    owner?: ProcessRecord;
    /** Ports by use; kept over a restart so that clients find the parts where they were. */
    ports: Record<string, number>;
    processes: Record<string, ProcessRecord>;
}

/** The folder of the sandbox with this name. */
export function directoryOf(name: string): string {
    if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
        throw new Error(
            `"${name}" cannot be the name of a sandbox: use up to 40 lower-case letters, digits and dashes`,
        );
    }
    return path.join(sandboxes, name);
}

/** The state of the sandbox with this name; undefined if there is none. */
export function readState(name: string): SandboxState | undefined {
    const file = path.join(directoryOf(name), "state.json");
    try {
        return JSON.parse(fs.readFileSync(file, "utf8")) as SandboxState;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
    }
}

/** Writes the state whole or not at all, so that a kill leaves one that can be read. */
export function writeState(state: SandboxState): void {
    const file = path.join(directoryOf(state.name), "state.json");
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.new`, JSON.stringify(state, undefined, 4) + "\n");
    fs.renameSync(`${file}.new`, file);
}

/** The names of all sandboxes of this clone that have a state. */
export function listSandboxes(): string[] {
    try {
        return fs
            .readdirSync(sandboxes)
            .filter((name) => fs.existsSync(path.join(sandboxes, name, "state.json")))
            .sort();
    } catch {
        return [];
    }
}
