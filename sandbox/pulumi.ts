import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { cache, parts } from "./cache.js";
import { run } from "./command.js";
import { goBuild } from "./goBuild.js";
import { sources } from "./paths.js";
import { type Sandbox } from "./index.js";

type Log = (line: string) => void;

/** Where our language host is, for CLIs that have none. */
const hostSources = path.join(sources, "pulumi", "host");

/** The Pulumi CLI with all that it needs to run the programs of this repository. */
export interface PulumiInstallation {
    /** The CLI. */
    path: string;
    /** What `PulumiCommand.get` of the Automation API takes; absent for the CLI on PATH. */
    root?: string;
    /** Folders that come first on PATH: the CLI and its language host, and Node. */
    folders: string[];
    /** The plugin behind @pulumi/kafka. */
    kafkaPlugin: string;
    /** The environment of a CLI without a place for its stacks; see `pulumiEnv` for one with. */
    env: NodeJS.ProcessEnv;
}

/** The oldest CLI that we rely on. */
const oldest = { major: 3, minor: 200 };

/** Finds, downloads or builds the Pulumi CLI, its Node.js language host and its Kafka plugin. */
export async function ensurePulumi(log: Log = () => {}): Promise<PulumiInstallation> {
    const users = cliOnPath();
    const root = users === undefined ? await ownCli(log) : undefined;
    const cli = users ?? path.join(root!, "bin", "pulumi");
    const folders = [path.dirname(cli)];
    if (!onPath("pulumi-language-nodejs", folders)) folders.push(hostSources);
    folders.push(path.dirname(process.execPath));
    const env = environment(folders);
    return { path: cli, root, folders, kafkaPlugin: await kafkaPlugin(cli, env, log), env };
}

/** The environment in which the CLI works on stacks that live in the sandbox's own folder. */
export async function pulumiEnv(
    sandbox: Pick<Sandbox, "directory">,
    log?: Log,
): Promise<NodeJS.ProcessEnv> {
    const installation = await ensurePulumi(log);
    return { ...installation.env, ...pulumiSettings(sandbox, installation) };
}

/** The CLI for the Automation API, which else looks for one on its own PATH only. */
export async function pulumiCommand(log?: Log): Promise<PulumiCommand> {
    const { root } = await ensurePulumi(log);
    return PulumiCommand.get({ root, skipVersionCheck: true });
}

/** What `pulumiEnv` sets besides PATH; makes the folders that it names. */
export function pulumiSettings(
    sandbox: Pick<Sandbox, "directory">,
    { kafkaPlugin }: Pick<PulumiInstallation, "kafkaPlugin">,
): Record<string, string> {
    const folder = path.join(sandbox.directory, "pulumi");
    const home = path.join(folder, "home");
    const backend = path.join(folder, "backend");
    fs.mkdirSync(backend, { recursive: true });
    linkPlugin(home, kafkaPlugin);
    return {
        PULUMI_HOME: home,
        PULUMI_BACKEND_URL: `file://${backend}`,
        // It guards nothing: the stacks of a sandbox hold no secret of anyone.
        PULUMI_CONFIG_PASSPHRASE: "sandbox",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    };
}

/** Puts the Kafka plugin where the CLI keeps installed ones: from PATH it would warn each time. */
function linkPlugin(home: string, plugin: string): void {
    const folder = path.join(home, "plugins", `resource-kafka-v${parts.versions.pulumiKafka}`);
    const link = path.join(folder, path.basename(plugin));
    fs.mkdirSync(folder, { recursive: true });
    fs.rmSync(link, { force: true });
    fs.symlinkSync(plugin, link);
}

/** Ours without any PULUMI_ setting of the caller: a token or a stack of theirs is not for us. */
function environment(folders: string[]): NodeJS.ProcessEnv {
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
    const env: NodeJS.ProcessEnv = Object.fromEntries(kept);
    env.PATH = [...folders, env.PATH ?? ""].join(path.delimiter);
    return env;
}

/** Whether a program is in one of these folders, or else on PATH. */
function onPath(program: string, folders: string[] = []): boolean {
    const all = [...folders, ...(process.env.PATH ?? "").split(path.delimiter)];
    return all.some((folder) => folder !== "" && fs.existsSync(path.join(folder, program)));
}

/** The user's own CLI, if it is recent enough. */
function cliOnPath(): string | undefined {
    for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
        const cli = path.join(folder, "pulumi");
        if (folder === "" || !fs.existsSync(cli)) continue;
        const asked = spawnSync(cli, ["version"], {
            encoding: "utf8",
            timeout: 20_000,
            env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
        });
        return asked.status === 0 && isRecent(asked.stdout) ? cli : undefined;
    }
    return undefined;
}

/** Whether this is the version of a CLI that we can work with. */
export function isRecent(version: string): boolean {
    const [, major = 0, minor = 0] = (/^v?(\d+)\.(\d+)\./.exec(version.trim()) ?? []).map(Number);
    return major === oldest.major ? minor >= oldest.minor : major > oldest.major;
}

/** The folder of our own CLI, in whose `bin` the CLI is. */
async function ownCli(log: Log): Promise<string> {
    const { pulumi, pulumiAssembled } = parts.names;
    if (cache.hasPart(pulumi)) return cache.partPath(pulumi);
    if (cache.hasPart(pulumiAssembled)) return cache.partPath(pulumiAssembled);
    try {
        return await downloadCli(log);
    } catch (error) {
        log(`the Pulumi CLI cannot be downloaded (${causeOf(error)})`);
        return buildCli(log);
    }
}

/** The cause is where fetch says what went wrong: its own message is only "fetch failed". */
function causeOf(error: unknown): string {
    if (!(error instanceof Error)) return String(error);
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return `${error.message.split("\n")[0]}${cause}`;
}

function downloadCli(log: Log): Promise<string> {
    const { pulumi } = parts.versions;
    const architecture = process.arch === "x64" ? "x64" : "arm64";
    const file = `pulumi-v${pulumi}-${process.platform}-${architecture}.tar.gz`;
    return cache.ensurePart(
        parts.names.pulumi,
        async (folder) => {
            log(`downloading the Pulumi CLI ${pulumi}`);
            const archive = path.join(folder, file);
            await download(`https://get.pulumi.com/releases/sdk/${file}`, archive);
            const bin = path.join(folder, "bin");
            fs.mkdirSync(bin);
            await run("tar", ["-xzf", archive, "-C", bin, "--strip-components=1"]);
            fs.rmSync(archive);
        },
        log,
    );
}

/** Gives up soon when no one answers, and late when an answer only comes slowly. */
async function download(url: string, file: string): Promise<void> {
    const unanswered = new AbortController();
    const timer = setTimeout(() => unanswered.abort(new Error("no answer in 8 s")), 8000);
    const answer = await fetch(url, { signal: unanswered.signal }).finally(() =>
        clearTimeout(timer),
    );
    if (!answer.ok || answer.body === null) throw new Error(`${url} answers ${answer.status}`);
    await pipeline(Readable.fromWeb(answer.body), fs.createWriteStream(file), {
        signal: AbortSignal.timeout(600_000),
    });
}

/** Builds the CLI from Go and puts our language host beside it, as the official one has its own. */
async function buildCli(log: Log): Promise<string> {
    const { pulumi } = parts.versions;
    const built = await cache.ensurePart(
        parts.names.pulumiBuilt,
        async (folder) => {
            log(`building the Pulumi CLI ${pulumi} with Go (some minutes, once)`);
            const version = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
            await goBuild(
                path.join(sources, "pulumi", "cli"),
                "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                {
                    output: path.join(folder, "pulumi"),
                    set: `${version}=v${pulumi}`,
                },
            );
        },
        log,
    );
    return cache.ensurePart(parts.names.pulumiAssembled, (folder) => {
        const bin = path.join(folder, "bin");
        fs.cpSync(hostSources, bin, { recursive: true });
        // Not a symbolic link: the CLI follows those, and looks for the host where they lead.
        fs.linkSync(path.join(built, "pulumi"), path.join(bin, "pulumi"));
        return Promise.resolve();
    });
}

/** The plugin behind @pulumi/kafka: the released one, else our own build of it. */
async function kafkaPlugin(cli: string, env: NodeJS.ProcessEnv, log: Log): Promise<string> {
    const { pulumiKafka: version } = parts.versions;
    const program = "pulumi-resource-kafka";
    const part = await cache.ensurePart(
        parts.names.pulumiKafka,
        async (folder) => {
            const home = path.join(folder, "home");
            try {
                log(`installing the Kafka plugin ${version}`);
                await run(cli, ["plugin", "install", "resource", "kafka", version], {
                    env: { ...env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
                    timeoutSeconds: 120,
                });
                const installed = path.join(home, "plugins", `resource-kafka-v${version}`);
                fs.renameSync(path.join(installed, program), path.join(folder, program));
            } catch {
                log("the Kafka plugin cannot be downloaded; building it with Go (a minute, once)");
                await goBuild(path.join(sources, "pulumi", "kafka"), ".", {
                    output: path.join(folder, program),
                    set: `main.version=${version}`,
                });
            }
            fs.rmSync(home, { recursive: true, force: true });
        },
        log,
    );
    return path.join(part, program);
}
