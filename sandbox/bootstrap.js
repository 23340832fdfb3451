"use strict";

/**
 * node sandbox/bootstrap.js <sandbox|demo|test|crash|bench|soak|functions> [arguments]
 *
 * The one way in: makes sure of a fitting Node, the npm packages, a fresh build and the
 * prerequisites, then runs the command. It does only what is not done yet, so a second start is
 * quick. Runs on Node 18 and newer without any package, hence plain JavaScript.
 *
 * It talks on the standard error only; the standard output belongs to the command.
 */
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { withLock } = require("./bootstrap/cache.js");
const { ensureDependencies } = require("./bootstrap/dependencies.js");
const { fittingNode } = require("./bootstrap/node.js");
const { missingPrerequisites } = require("./bootstrap/prerequisites.js");
const { runQuietly } = require("./bootstrap/run.js");

const repository = path.join(__dirname, "..");
const log = (line) => console.error(`· ${line}`);

const commands = {
    sandbox: "bin/sandbox/cli.js",
    demo: "bin/sandbox/demo.js",
    test: "bin/test/run.js",
    crash: "bin/test/crash.js",
    bench: "bin/bench/index.js",
    soak: "bin/soak/index.js",
    functions: "bin/sandbox/buildFunctions.js",
};

/** An error that the user can do something about: shown without a stack. */
class Problem extends Error {}

/** What the command will start, so that only what it needs is asked for. */
function needsOf(command, args) {
    if (command === "demo") return { flink: true, pulumi: true };
    if (command === "soak") return { flink: false, pulumi: false };
    if (command === "bench")
        return { flink: true, pulumi: false, compiler: args.includes("--engines") };
    if (command === "functions") return { flink: true, pulumi: false, compiler: true };
    if (command === "test" || command === "crash")
        return args.includes("--unit") || args.includes("--kubernetes")
            ? undefined
            : { flink: true, pulumi: true };
    return args[0] === "up" ? { flink: !args.includes("--no-flink"), pulumi: true } : undefined;
}

async function checkPrerequisites(needs) {
    const missing = await missingPrerequisites(needs);
    if (missing.length === 0) return;
    const list = missing.map((line) => `  - ${line}`).join("\n");
    throw new Problem(`These are needed and were not found:\n${list}`);
}

/** Packages and build; two commands started at once in one clone take turns. */
async function setUp(node, env) {
    const lock = path.join(repository, ".sandbox", "setup.lock");
    await withLock(
        lock,
        async () => {
            await ensureDependencies(repository, env, log);
            const tsc = path.join(repository, "node_modules", "typescript", "bin", "tsc");
            if (!fs.existsSync(path.join(repository, "bin", ".tsbuildinfo"))) log("building (tsc)");
            await runQuietly(node, [tsc, "--build"], { cwd: repository, env }).catch((error) => {
                throw new Problem(`The sources do not compile:\n${error.output ?? error.message}`);
            });
        },
        (pid) => log(`waiting for process ${pid}, which is setting up this clone`),
    );
}

/** Runs the command in our place: same terminal, same signals, same exit code. */
function hand(node, script, args, env) {
    const child = spawn(node, [script, ...args], { cwd: repository, env, stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
        process.on(signal, () => child.kill(signal));
    }
    child.on("error", (error) => {
        console.error(error.message);
        process.exitCode = 1;
    });
    child.on("exit", (code, signal) => {
        for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
        if (signal) process.kill(process.pid, signal);
        else process.exitCode = code;
    });
}

async function main() {
    const [command, ...args] = process.argv.slice(2);
    const script = commands[command];
    if (script === undefined) {
        throw new Problem(`use: node sandbox/bootstrap.js <${Object.keys(commands).join("|")}>`);
    }
    const { engines } = JSON.parse(fs.readFileSync(path.join(repository, "package.json"), "utf8"));
    const needs = needsOf(command, args);
    if (needs !== undefined) await checkPrerequisites(needs);
    const node = await fittingNode(engines.node, log);
    const env = {
        ...process.env,
        PATH: [path.dirname(node), process.env.PATH].join(path.delimiter),
    };
    await setUp(node, env);
    const file = path.join(repository, script);
    if (!fs.existsSync(file)) throw new Problem(`${script} is not there; is this clone whole?`);
    hand(node, file, args, env);
}

main().catch((error) => {
    // What a command printed says more than our stack.
    const explained = error instanceof Problem || error.output !== undefined;
    console.error(explained ? error.message : error.stack);
    // Whoever reads only the last line of a test run must not miss that nothing ran.
    if (process.argv[2] === "test") console.log("0 passed, 1 failed");
    process.exitCode = 1;
});
