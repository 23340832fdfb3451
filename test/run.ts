import { fork, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { flinkJars, kafkaJars } from "../sandbox/jars.js";
import { repository } from "../sandbox/paths.js";
import { ensurePulumi } from "../sandbox/pulumi.js";
import { type LaneRequest, type Tally } from "./lane.js";

const usage = `npm test -- [options] [part of a file's path ...]

  --unit        only what needs no Kafka, Flink or Pulumi
  --kubernetes  only what needs a Kubernetes API, which is built once (some minutes)
  --cluster     with --kubernetes: also the story with pods, on the cluster of KUBECONFIG
  --grep x      only tests whose title matches x; no lint
  --no-lint     no prettier, no eslint
`;

/** Every check of the repository; `npm test` runs this, and so does CI. */
async function main(): Promise<void> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        allowNegative: true,
        options: {
            unit: { type: "boolean", default: false },
            kubernetes: { type: "boolean", default: false },
            cluster: { type: "boolean", default: false },
            grep: { type: "string" },
            lint: { type: "boolean", default: true },
            help: { type: "boolean", short: "h", default: false },
        },
    });
    if (values.help) return console.log(usage);
    const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
    const narrowed = values.grep !== undefined || positionals.length > 0;
    if (values.lint && !narrowed && !values.kubernetes) await lint(tally);
    const files = testFiles(values.unit, positionals).filter(
        (file) =>
            isKubernetes(file) === values.kubernetes && (values.cluster || !needsCluster(file)),
    );
    await runLanes(lanesOf(files), values.grep, tally);
    const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
    console.log(`\n${tally.passed} passed, ${tally.failed} failed${skipped}`);
    process.exit(tally.failed > 0 ? 1 : 0);
}

/** Format and lint are one check each. */
async function lint(tally: Tally): Promise<void> {
    const checks = {
        prettier: ["prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."],
        eslint: ["eslint/bin/eslint.js", "."],
    };
    await Promise.all(
        Object.entries(checks).map(async ([name, [script, ...args]]) => {
            const { code, output } = await node(path.join("node_modules", script!), args);
            if (code === 0) tally.passed++;
            else tally.failed++;
            console.log(`${code === 0 ? "✔" : "✘"} ${name}${code === 0 ? "" : `\n${output}`}`);
        }),
    );
}

function node(script: string, args: string[]): Promise<{ code: number | null; output: string }> {
    return new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [script, ...args], {
            cwd: repository,
            stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.on("error", reject);
        child.on("close", (code) => resolve({ code, output }));
    });
}

const isIntegration = (file: string): boolean => file.startsWith(`integration${path.sep}`);

const isKubernetes = (file: string): boolean => file.startsWith(`kubernetes${path.sep}`);

const needsCluster = (file: string): boolean => file.endsWith("onCluster.test.js");

/** Compiled test files, those that need the sandbox last. */
function testFiles(unitOnly: boolean, wanted: string[]): string[] {
    const sources = path.join(repository, "test");
    return (
        fs
            .readdirSync(__dirname, { recursive: true, encoding: "utf8" })
            .filter((file) => file.endsWith(".test.js"))
            .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
            .filter((file) => !unitOnly || !isIntegration(file))
            // The compiler leaves the output of a source that is gone.
            .filter((file) => fs.existsSync(path.join(sources, file.replace(/\.js$/, ".ts"))))
            .sort((a, b) => Number(isIntegration(a)) - Number(isIntegration(b)) || (a < b ? -1 : 1))
    );
}

/** Downloads and builds what is not there yet. */
async function setUpParts(): Promise<void> {
    const log = (line: string): void => console.log(`· ${line}`);
    await Promise.all([kafkaJars(log), flinkJars(log), ensurePulumi(log)]);
}

/**
 * What runs at the same time, since much of a test's time is waiting: what needs no sandbox, what has one of its own, and
 * what shares one with all else in its process. That takes longest, so a part of it goes with those that have their own.
 */
function lanesOf(files: readonly string[]): Lane[] {
    const shares = (file: string): boolean =>
        fs.readFileSync(path.join(__dirname, file), "utf8").includes("sharedSandbox)(");
    const inSandbox = files.filter(isIntegration);
    const sharing = inSandbox.filter(shares);
    const moved = sharing.filter((_, index) => index % 4 === 2);
    const staying = sharing.filter((file) => !moved.includes(file));
    const own = inSandbox.filter((file) => !shares(file));
    return [
        { files: [...own, ...moved], needsParts: true },
        { files: staying, needsParts: true },
        { files: files.filter((file) => !isIntegration(file)), needsParts: false },
    ].filter(({ files }) => files.length > 0);
}

interface Lane {
    readonly files: readonly string[];
    /** Kafka, Flink and Pulumi: it waits until they are there, since the tests' timeouts are about what they test. */
    readonly needsParts: boolean;
}

/** One lane prints as it goes, the others once they have ended. */
async function runLanes(
    lanes: readonly Lane[],
    grep: string | undefined,
    tally: Tally,
): Promise<void> {
    const parts = lanes.some(({ needsParts }) => needsParts) ? setUpParts() : Promise.resolve();
    const running = lanes.map(async ({ files, needsParts }, index) => {
        if (needsParts) await parts;
        return runLane({ files, grep }, index === 0);
    });
    for (const lane of running) {
        const { passed, failed, skipped, printed } = await lane;
        console.log(printed);
        tally.passed += passed;
        tally.failed += failed;
        tally.skipped += skipped;
    }
}

function runLane(request: LaneRequest, isLive: boolean): Promise<Tally & { printed: string }> {
    return new Promise((resolve, reject) => {
        const output = isLive ? "inherit" : "pipe";
        const lane = fork(path.join(__dirname, "lane.js"), {
            stdio: ["ignore", output, output, "ipc"],
        });
        let printed = "";
        let tally: Tally | undefined;
        lane.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
        lane.stderr?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
        lane.on("message", (sent: Tally) => (tally = sent));
        lane.on("error", reject);
        lane.on("close", (code, signal) => {
            if (tally === undefined) {
                printed += `\nThese tests did not come to their end (${signal ?? `exit code ${code}`}).`;
            }
            resolve({ ...(tally ?? { passed: 0, failed: 1, skipped: 0 }), printed });
        });
        lane.send(request);
    });
}

main().catch((error: unknown) => {
    console.error(error);
    console.log("\n0 passed, 1 failed");
    process.exit(1);
});
