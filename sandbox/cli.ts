import * as fs from "node:fs";
import { parseArgs } from "node:util";
import { logTail } from "./command.js";
import { findSandbox, type Sandbox, startSandbox } from "./index.js";
import { ensurePulumi, pulumiSettings } from "./pulumi.js";
import { listSandboxes } from "./state.js";

const usage = `npm run sandbox -- <command> [--name dev]

  up [--no-flink]     start it, or what of it does not run; prints how to reach the parts
  down [--keep-data]  stop its processes and remove its data
  status              all sandboxes of this clone
  logs [part]         the last lines of each part's log
  env                 what to put into a shell: eval "$(npm run -s sandbox -- env)"
`;

/** Progress goes to the standard error, so that the output of `env` can be evaluated. */
const log = (line: string): void => console.error(`· ${line}`);

async function main(): Promise<void> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        allowNegative: true,
        options: {
            name: { type: "string", default: "dev" },
            flink: { type: "boolean", default: true },
            "keep-data": { type: "boolean", default: false },
            help: { type: "boolean", short: "h", default: false },
        },
    });
    const [command, part] = positionals;
    if (values.help || command === undefined) return console.log(usage);
    switch (command) {
        case "up":
            return up(values.name, values.flink);
        case "down":
            return down(values.name, values["keep-data"]);
        case "status":
            return status();
        case "logs":
            return logs(await existing(values.name), part);
        case "env":
            return printEnvironment(await existing(values.name));
        default:
            throw new Error(`there is no command "${command}"\n\n${usage}`);
    }
}

async function existing(name: string): Promise<Sandbox> {
    const sandbox = await findSandbox(name);
    if (sandbox !== undefined) return sandbox;
    const others = listSandboxes();
    const known = others.length > 0 ? `there are: ${others.join(", ")}` : "there is none";
    throw new Error(`no sandbox "${name}" (${known}); start it with: npm run sandbox -- up`);
}

async function up(name: string, flink: boolean): Promise<void> {
    const [sandbox] = await Promise.all([startSandbox({ name, flink, log }), ensurePulumi(log)]);
    const dash = name === "dev" ? "" : ` --name ${name}`;
    console.log(describe(sandbox));
    console.log(`
  In this shell, for plain pulumi:  eval "$(npm run -s sandbox -- env${dash})"
  To stop it and remove its data:   npm run sandbox -- down${dash}`);
}

async function down(name: string, keepData: boolean): Promise<void> {
    const sandbox = await existing(name);
    await sandbox.stop({ keepData });
    console.log(`sandbox ${name} is stopped${keepData ? "; its data are kept" : ""}`);
}

async function status(): Promise<void> {
    const names = listSandboxes();
    if (names.length === 0) console.log("there is no sandbox");
    for (const name of names) console.log(describe(await existing(name)));
}

function describe(sandbox: Sandbox): string {
    const rows = [
        ["data and logs", sandbox.directory],
        ["Kafka", sandbox.bootstrapServers],
        ["Flink", sandbox.flinkRest],
        ["SQL Gateway", sandbox.gateway],
        ...sandbox.parts.map((part) => [
            part.name,
            part.pid === undefined ? "does not run" : `runs as process ${part.pid}`,
        ]),
    ];
    const lines = rows
        .filter(([, value]) => value !== undefined)
        .map(([label, value]) => `  ${label!.padEnd(14)} ${value}`);
    return [`sandbox ${sandbox.name}`, ...lines].join("\n");
}

function logs(sandbox: Sandbox, name: string | undefined): void {
    const parts = sandbox.parts.filter((part) => name === undefined || part.name === name);
    if (parts.length === 0) {
        const names = sandbox.parts.map((part) => part.name).join(", ");
        throw new Error(`no part "${name}"; there are: ${names}`);
    }
    for (const part of parts) {
        console.log(`==> ${part.log}`);
        if (fs.existsSync(part.log)) console.log(logTail(part.log, name === undefined ? 20 : 200));
    }
}

/** Shell commands that make plain `pulumi` work on this sandbox. */
async function printEnvironment(sandbox: Sandbox): Promise<void> {
    const installation = await ensurePulumi(log);
    const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
    console.log(`export PATH=${installation.folders.map(quote).join(":")}:"$PATH"`);
    for (const [name, value] of Object.entries(pulumiSettings(sandbox, installation))) {
        console.log(`export ${name}=${quote(value)}`);
    }
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
