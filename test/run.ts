import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import Mocha from "mocha";
import { flinkJars, kafkaJars } from "../sandbox/jars.js";
import { repository } from "../sandbox/paths.js";
import { ensurePulumi } from "../sandbox/pulumi.js";
import { skipReasons } from "./skip.js";

/** Every check of the repository; `npm test` runs this, and so does CI. */
interface Tally {
    passed: number;
    failed: number;
    skipped: number;
}

const usage = `npm test -- [options] [part of a file's path ...]

  --unit        only what needs no Kafka, Flink or Pulumi
  --kubernetes  only what needs a Kubernetes API, which is built once (some minutes)
  --grep x      only tests whose title matches x; no lint
  --no-lint     no prettier, no eslint
`;

async function main(): Promise<void> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        allowNegative: true,
        options: {
            unit: { type: "boolean", default: false },
            kubernetes: { type: "boolean", default: false },
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
        (file) => isKubernetes(file) === values.kubernetes,
    );
    if (files.some(isIntegration)) await setUpParts();
    await runMocha(files, values.grep, tally);
    const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
    console.log(`\n${tally.passed} passed, ${tally.failed} failed${skipped}`);
    // Whatever a failed test left open must not keep the run from ending.
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

/** Downloads and builds before the tests, whose timeouts are about what they test. */
async function setUpParts(): Promise<void> {
    const log = (line: string): void => console.log(`· ${line}`);
    await Promise.all([kafkaJars(log), flinkJars(log), ensurePulumi(log)]);
}

async function runMocha(files: string[], grep: string | undefined, tally: Tally): Promise<void> {
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
        tally.failed++;
        return;
    }
    const runner = await new Promise<Mocha.Runner>((resolve) => {
        const running: Mocha.Runner = mocha.run(() => resolve(running));
        running.on("pending", (test) => noteSkipped(test, tally));
    });
    tally.passed += runner.stats?.passes ?? 0;
    tally.failed += runner.stats?.failures ?? 0;
}

/** A skipped test says why, or it counts as failed: nothing is left out in silence. */
function noteSkipped(test: Mocha.Test, tally: Tally): void {
    const reason = skipReasons.get(test.fullTitle());
    if (reason === undefined) tally.failed++;
    else tally.skipped++;
    console.log(`      skipped: ${reason ?? "without a reason (use skipBecause), so it failed"}`);
}

main().catch((error: unknown) => {
    console.error(error);
    console.log("\n0 passed, 1 failed");
    process.exit(1);
});
