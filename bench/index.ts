import { execFile } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs, promisify } from "node:util";
import Table from "cli-table3";
import { startSandbox } from "../sandbox/index.js";
import { flinkJoin, javaDrain } from "./others.js";
import { load } from "./records.js";

const usage = `npm run bench [-- --rounds 3] [--large] [--small]

  Compares two topics of a million records each, beside what one would use instead, side by
  side: every round runs all contestants once, and the medians are printed as ratios.
  --large also compares ten million with ten million; --small takes 100,000 to try it out.
`;

interface Run {
    readonly seconds: number;
    readonly cpuSeconds?: number;
    readonly residentMiB?: number;
    readonly found?: string;
}

interface Row {
    readonly name: string;
    readonly records: number;
    readonly runs: Run[];
}

const log = (line: string) => console.error(`· ${line}`);

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            rounds: { type: "string", default: "3" },
            large: { type: "boolean", default: false },
            small: { type: "boolean", default: false },
            help: { type: "boolean", short: "h", default: false },
        },
    });
    if (values.help) return console.log(usage);
    const count = values.small ? 100_000 : 1_000_000;
    const rounds = Number(values.rounds);
    const sandbox = await startSandbox({ name: `bench-${process.pid}`, temporary: true, log });
    process.on("SIGINT", () => void sandbox.stop().then(() => process.exit(130)));
    try {
        const brokers = sandbox.bootstrapServers;
        // Of today, or retention takes them away.
        const start = Math.floor(Date.now() / 1e6) * 1e6 - 4_000_000;
        log(`writing three topics of ${count.toLocaleString("en-US")} records`);
        await load(brokers, [
            { topic: "one", count, differing: 0, start },
            { topic: "same", count, differing: 0, start },
            { topic: "differs", count, differing: 0.05, start },
        ]);
        const own = (name: string, candidate: string) => () =>
            contestant(name, brokers, "one", candidate);
        const seconds = async (of: Promise<number>) => ({ seconds: await of });
        const rows: [string, () => Promise<Run>][] = [
            ["(a) kafkajs reads both, and nothing else", own("drain", "same")],
            ["(b) this comparison, all rules", own("compare", "same")],
            ["    this comparison, default rules", own("compareDefaults", "same")],
            ["(c) the same with 5 % differing", own("compare", "differs")],
            [
                "(d) Flink SQL, batch join, parallelism 2",
                () => seconds(flinkJoin(sandbox, ["one", "same"])),
            ],
            ["(e) all parsed, loaded, joined in DuckDB", own("duckDb", "same")],
            [
                "(f) Kafka's Java perf consumer reads both",
                () => seconds(javaDrain(brokers, ["one", "same"], count)),
            ],
        ];
        const table = rows.map(([name]): Row => ({ name, records: 2 * count, runs: [] }));
        for (let round = 1; round <= rounds; round++) {
            for (const [index, [name, run]] of rows.entries()) {
                log(`round ${round} of ${rounds}: ${name.trim()}`);
                table[index]!.runs.push(await run());
            }
        }
        print(table);
        if (values.large) {
            await large(brokers, 10 * count, start);
        }
    } finally {
        await sandbox.stop();
    }
}

async function large(brokers: string, count: number, start: number): Promise<void> {
    log(`writing two topics of ${count.toLocaleString("en-US")} records`);
    // One second of event time has 400 records: what is longer than an hour begins earlier.
    const from = start - (count / 400) * 1_000;
    await load(brokers, [
        { topic: "large", count, differing: 0, start: from },
        { topic: "large-same", count, differing: 0, start: from },
    ]);
    const rows = [
        ["(a) kafkajs reads both, and nothing else", "drain"],
        ["(b) this comparison, all rules", "compare"],
    ] as const;
    const table: Row[] = [];
    for (const [name, of] of rows) {
        log(name);
        const run = await contestant(of, brokers, "large", "large-same");
        table.push({ name, records: 2 * count, runs: [run] });
    }
    print(table);
}

async function contestant(
    name: string,
    brokers: string,
    incumbent: string,
    candidate: string,
): Promise<Run> {
    const script = path.join(__dirname, "contestant.js");
    const { stdout } = await promisify(execFile)(process.execPath, [
        "--no-warnings",
        script,
        name,
        brokers,
        incumbent,
        candidate,
    ]);
    const run = JSON.parse(stdout) as Run;
    log(`  ${run.seconds.toFixed(2)} s, ${run.found}`);
    return run;
}

function print(rows: readonly Row[]): void {
    const base = median(rows[0]!.runs.map(({ seconds }) => seconds)) / rows[0]!.records;
    const table = new Table({
        head: ["", "seconds", "records/s", "rate against (a)", "CPU s", "resident"],
        style: { head: [], border: [] },
        colAligns: ["left", "right", "right", "right", "right", "right"],
    });
    for (const { name, records, runs } of rows) {
        const seconds = median(runs.map((run) => run.seconds));
        const optional = (of: (run: Run) => number | undefined, unit: string) => {
            const known = runs.flatMap((run) => of(run) ?? []);
            return known.length === 0 ? "" : `${median(known).toFixed(unit === "" ? 1 : 0)}${unit}`;
        };
        table.push([
            name,
            seconds.toFixed(2),
            Math.round(records / seconds).toLocaleString("en-US"),
            `${((base * records) / seconds).toFixed(2)}`,
            optional((run) => run.cpuSeconds, ""),
            optional((run) => run.residentMiB, " MiB"),
        ]);
    }
    const [cpu] = os.cpus();
    const memory = Math.round(os.totalmem() / 2 ** 30);
    const date = new Date().toISOString().slice(0, 10);
    console.log(
        `${date}, ${os.cpus().length} × ${cpu?.model}, ${memory} GiB, Node ${process.version}`,
    );
    console.log(table.toString());
}

function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
