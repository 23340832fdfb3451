import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";
import { fileURLToPath } from "node:url";
import {
    CommandError,
    type Deployment,
    LocalWorkspace,
    type PulumiFn,
    type Stack,
} from "@pulumi/pulumi/automation/index.js";
import * as pulumiRuntime from "@pulumi/pulumi/runtime/settings.js";
import { cancelJob } from "../components/provider/flink/jobLife.js";
import { FlinkRest } from "../components/provider/flink/restClient.js";
import type { Sandbox } from "../sandbox/index.js";
import { repository } from "../sandbox/paths.js";
import { type ProcessRecord, signal, startOf, waitForEnd } from "../sandbox/process.js";
import { ensurePulumi, pulumiCommand, pulumiEnv } from "../sandbox/pulumi.js";
import { uniqueName } from "./sandboxFixture.js";

/**
 * The programs that tests hold run in this process, each against an engine on a port of its own. Connections to engines
 * that have ended go on failing, and gRPC shares them with all that is at the same address: an engine that is given a
 * former one's port would be taken for dead ("No connection established. Last error: null").
 */
const { grpcClientOptions } = pulumiRuntime as unknown as {
    grpcClientOptions: Record<string, unknown>;
};
grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;

/** One resource as the stack's state has it. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    readonly protect?: boolean;
    readonly id?: string;
    readonly inputs: Record<string, unknown>;
    readonly outputs: Record<string, unknown>;
}

/** What a stack needs of a sandbox: a folder inside the repository, and Flink where its jobs are to be cancelled. */
type Surroundings = Pick<Sandbox, "directory" | "flinkRest">;

/** A stack of a real program on a sandbox, driven through the Automation API or by the CLI itself. */
export class TestStack {
    private constructor(
        private readonly stack: Stack,
        private readonly cli: string,
        private readonly env: Record<string, string>,
        private readonly flinkRest: string | undefined,
    ) {}

    /** A new stack of the flights program, the one in stacks/. */
    static async ofFlights(sandbox: Sandbox): Promise<TestStack> {
        const { cli, env, options } = await TestStack.surroundings(sandbox);
        // Its config file is in the repository; git ignores those of this name.
        const stackName = uniqueName("test");
        const stack = await LocalWorkspace.createStack({ stackName, workDir: repository }, options);
        return new TestStack(stack, cli, env, sandbox.flinkRest);
    }

    /** A new stack of a program that the test itself holds. */
    static async ofProgram(sandbox: Surroundings, program: PulumiFn): Promise<TestStack> {
        const { cli, env, options } = await TestStack.surroundings(sandbox);
        const projectName = uniqueName("program");
        // Inside the repository, so that the provider half is found by the package's name.
        const workDir = path.join(sandbox.directory, projectName);
        fs.mkdirSync(workDir, { recursive: true });
        const stack = await LocalWorkspace.createStack(
            { stackName: "test", projectName, program },
            { ...options, workDir },
        );
        return new TestStack(stack, cli, env, sandbox.flinkRest);
    }

    /** A new stack of the program in a folder of the repository, which the CLI can run by itself. */
    static async ofFolder(
        sandbox: Sandbox,
        workDir: string,
        stackName = "test",
    ): Promise<TestStack> {
        const { cli, env, options } = await TestStack.surroundings(sandbox);
        const stack = await LocalWorkspace.createStack({ stackName, workDir }, options);
        return new TestStack(stack, cli, env, sandbox.flinkRest);
    }

    private static async surroundings(sandbox: Surroundings) {
        const installation = await ensurePulumi();
        const given = Object.entries(await pulumiEnv(sandbox));
        const env: Record<string, string> = {};
        for (const [name, value] of given) {
            if (value !== undefined) {
                env[name] = value;
            }
        }
        const options = { envVars: env, pulumiCommand: await pulumiCommand() };
        return { cli: installation.path, env, options };
    }

    get name(): string {
        return this.stack.name;
    }

    /** Sets config as `pulumi config set --path` does. */
    async set(values: Readonly<Record<string, string>>): Promise<void> {
        const config = Object.entries(values).map(([key, value]) => [key, { value }] as const);
        await this.stack.setAllConfig(Object.fromEntries(config), true);
    }

    async unset(key: string): Promise<void> {
        await this.stack.removeConfig(key, true);
    }

    /** Returns what was printed. */
    up(options: RunOptions = {}): Promise<string> {
        return this.succeeds((listen) => this.stack.up({ ...listen, ...options }));
    }

    /** Returns what was printed. */
    preview(options: RunOptions = {}): Promise<string> {
        return this.succeeds((listen) => this.stack.preview({ ...listen, ...options }));
    }

    /** Does what must fail, and returns what was printed. */
    async refused(
        verb: "up" | "preview" | "destroy",
        options: Pick<RunOptions, "policyPacks" | "policyPackConfigs"> = {},
    ): Promise<string> {
        const { printed, error } = await listening((listen) =>
            this.stack[verb]({ ...listen, ...options }),
        );
        assert.ok(error !== undefined, `pulumi ${verb} was not refused:\n${printed}`);
        // Of anything else, such as a slip in the test, the CLI never heard.
        if (!(error instanceof CommandError)) {
            throw error;
        }
        return printed;
    }

    private async succeeds(work: (listen: Listening) => Promise<unknown>): Promise<string> {
        const { printed, error } = await listening(work);
        if (error !== undefined) {
            // What was printed tells more than the error, which holds it twice.
            throw printed === "" ? error : new Error(printed);
        }
        return printed;
    }

    /**
     * Lets go of what an update that was killed still holds. One that was killed in the middle of writing the state may
     * have left the file of its attributes empty, which Pulumi cannot read then, and goes on without.
     */
    async cancel(): Promise<void> {
        const backend = fileURLToPath(this.env["PULUMI_BACKEND_URL"] ?? "");
        const { name } = await this.stack.workspace.projectSettings();
        const state = path.join(backend, ".pulumi", "stacks", name, `${this.name}.json`);
        if (fs.statSync(`${state}.attrs`).size === 0) {
            fs.rmSync(`${state}.attrs`);
        }
        await this.stack.cancel();
    }

    async output(name: string): Promise<unknown> {
        return (await this.stack.outputs())[name]?.value;
    }

    async resources(): Promise<StateResource[]> {
        const exported = await this.stack.exportStack();
        return (exported.deployment as { resources?: StateResource[] }).resources ?? [];
    }

    /** The resource of this Pulumi name. */
    async resource(name: string): Promise<StateResource> {
        const found = (await this.resources()).find(({ urn }) => urn.endsWith(`::${name}`));
        assert.ok(found, `there is no ${name} in the state`);
        return found;
    }

    /** The state as `pulumi stack export` writes it, and as `import` takes it back. */
    async exported(): Promise<Deployment> {
        return this.stack.exportStack();
    }

    async imported(state: Deployment): Promise<void> {
        await this.stack.importStack(state);
    }

    /** Runs `pulumi up` until it prints a line, and kills it there with all of its processes. */
    async upKilledAt(line: RegExp): Promise<KilledUp> {
        const args = ["up", "--yes", "--non-interactive", "--color", "never", "--skip-preview"];
        args.push("--suppress-outputs");
        const child = spawn(this.cli, [...args, "--stack", this.name], {
            cwd: this.stack.workspace.workDir,
            env: this.env,
            stdio: ["ignore", "pipe", "pipe"],
        });
        return killAt(child, line);
    }

    /**
     * Forgets the stack, whatever is in it. Its jobs are cancelled, since others need their slots; what else it made is
     * removed with the sandbox.
     */
    async remove(): Promise<void> {
        if (this.flinkRest !== undefined) {
            const rest = new FlinkRest(this.flinkRest);
            const ids = (await this.resources()).map(
                // Not every resource has outputs.
                ({ outputs }: Partial<StateResource>) => outputs?.["jobId"],
            );
            const jobs = ids.filter((id) => typeof id === "string");
            // What a test has killed for good has no slots either.
            await Promise.allSettled(jobs.map((id) => cancelJob(rest, id)));
        }
        await this.stack.workspace.removeStack(this.name, { force: true });
    }
}

interface RunOptions {
    readonly expectNoChanges?: boolean;
    /** Folders of policy packs, and files with the configuration of each. */
    readonly policyPacks?: string[];
    readonly policyPackConfigs?: string[];
}

interface Listening {
    readonly color: "never";
    readonly suppressOutputs: true;
    readonly onOutput: (text: string) => void;
    readonly onError: (text: string) => void;
}

async function listening(
    work: (listen: Listening) => Promise<unknown>,
): Promise<{ printed: string; error?: Error }> {
    let printed = "";
    const note = (text: string): void => void (printed += text);
    try {
        await work({ color: "never", suppressOutputs: true, onOutput: note, onError: note });
        return { printed };
    } catch (error) {
        return { printed, error: error instanceof Error ? error : new Error(String(error)) };
    }
}

/** How an `up` that was to be killed went. */
export interface KilledUp {
    /** `false` where the line never came and it ended by itself. */
    readonly killed: boolean;
    readonly printed: readonly string[];
    /** How many processes were killed, the CLI included. */
    readonly processes: number;
}

async function killAt(child: ChildProcess, line: RegExp): Promise<KilledUp> {
    const printed: string[] = [];
    const ended = new Promise((resolve) => child.once("close", resolve));
    let victims: ProcessRecord[] = [];
    const look = (text: string): void => {
        printed.push(text);
        if (victims.length === 0 && line.test(text) && child.pid !== undefined) {
            victims = familyOf(child.pid);
            // The CLI first: it must not see its providers die and write that down.
            victims.forEach((victim) => signal(victim, "SIGKILL"));
        }
    };
    for (const stream of [child.stdout, child.stderr]) {
        assert.ok(stream);
        readline.createInterface(stream).on("line", look);
    }
    await ended;
    for (const victim of victims) {
        assert.ok(await waitForEnd(victim, 10), `process ${victim.pid} survived a SIGKILL`);
    }
    return { killed: victims.length > 0, printed, processes: victims.length };
}

/** A process and all that come from it, itself first. */
function familyOf(root: number): ProcessRecord[] {
    const listed = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).stdout;
    const parents = listed
        .trim()
        .split("\n")
        .map((row) => row.trim().split(/\s+/).map(Number));
    const family = [root];
    for (const parent of family) {
        family.push(...parents.filter(([, ppid]) => ppid === parent).map(([pid]) => pid ?? 0));
    }
    return family.flatMap((pid) => {
        const started = startOf(pid);
        return started === undefined ? [] : [{ pid, started }];
    });
}
