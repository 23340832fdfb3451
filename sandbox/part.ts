import * as fs from "node:fs";
import { logTail } from "./command.js";
import { endProcess, isAlive, signal, startDetached, waitForEnd } from "./process.js";
import { type SandboxState, writeState } from "./state.js";

/** How one part of a sandbox is started, and how to see that it is ready. */
export interface PartPlan {
    name: string;
    command: string;
    args: string[];
    cwd: string;
    env: NodeJS.ProcessEnv;
    log: string;
    /** Makes what the process needs before it starts. */
    prepare?: () => Promise<void>;
    /** Asks the part itself; false or an error means "not yet". */
    isReady: () => Promise<boolean>;
    /** How long it may take to end by itself when asked to. */
    graceSeconds: number;
}

const readySeconds = 180;

/** One process of a sandbox: it can be started, stopped, killed and started again. */
export class Part {
    constructor(
        private readonly plan: PartPlan,
        private readonly state: SandboxState,
    ) {}

    get name(): string {
        return this.plan.name;
    }

    /** The file that its output goes to. */
    get log(): string {
        return this.plan.log;
    }

    /** Its process id; undefined while it does not run. */
    get pid(): number | undefined {
        return this.isRunning() ? this.state.processes[this.plan.name]?.pid : undefined;
    }

    isRunning(): boolean {
        const record = this.state.processes[this.plan.name];
        return record !== undefined && isAlive(record);
    }

    /** Starts it if it does not run, and returns when it answers. */
    async start(): Promise<void> {
        if (!this.isRunning()) {
            await this.plan.prepare?.();
            const { command, args, cwd, env, log } = this.plan;
            this.state.processes[this.plan.name] = startDetached(command, args, { cwd, env, log });
            writeState(this.state);
        }
        await this.untilReady();
    }

    /** Ends it in good order. */
    async stop(): Promise<void> {
        const record = this.state.processes[this.plan.name];
        if (record === undefined) return;
        await endProcess(record, this.plan.graceSeconds);
        this.forget();
    }

    /** Ends it at once, as a crash would. */
    async kill(): Promise<void> {
        const record = this.state.processes[this.plan.name];
        if (record === undefined) return;
        signal(record, "SIGKILL");
        await waitForEnd(record, 10);
        this.forget();
    }

    private forget(): void {
        delete this.state.processes[this.plan.name];
        // A removed sandbox must not come back as an empty folder.
        if (fs.existsSync(this.plan.cwd)) writeState(this.state);
    }

    private async untilReady(): Promise<void> {
        const deadline = Date.now() + readySeconds * 1000;
        let problem = "";
        while (Date.now() < deadline) {
            try {
                if (await this.plan.isReady()) return;
            } catch (error) {
                problem = error instanceof Error ? error.message : String(error);
            }
            if (!this.isRunning()) {
                throw new Error(`${this.name} ended while it started:\n${logTail(this.log)}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 150));
        }
        throw new Error(
            `${this.name} is not ready after ${readySeconds} s (${problem}):\n${logTail(this.log)}`,
        );
    }
}
