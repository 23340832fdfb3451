import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { parseArgs, promisify } from "node:util";
import { startSandbox, type Sandbox } from "../sandbox/index.js";
import { repository } from "../sandbox/paths.js";
import { crossOver, flinkEngine } from "./engines.js";
import { flinkJoin, javaDrain } from "./others.js";
import { load } from "./records.js";
import { machine, measured, type Measured, median, type Row, type Run } from "./table.js";

const usage = `npm run bench [-- --rounds 3] [--large] [--small] [--engines] [--readme]

  Compares two topics of a million records each, beside what one would use instead, side by
  side: every round runs all contestants once, and the medians are printed as ratios.
  --large also compares ten million with ten million; --small takes 100,000 to try it out.
  --readme writes what it found into README.md.
  --engines compares five million with five million (--small: 100,000) by this process and by jobs on the sandbox's
  Flink with one slot and with two, and says how many cores a job would need to be as fast (Linux).
`;

const log = (line: string) => console.error(`· ${line}`);

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            rounds: { type: "string", default: "3" },
            large: { type: "boolean", default: false },
            small: { type: "boolean", default: false },
            readme: { type: "boolean", default: false },
            engines: { type: "boolean", default: false },
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
        if (values.engines) {
            const found = await engines(sandbox, values.small ? 100_000 : 5_000_000, rounds);
            return values.readme ? await writeReadme("engines", found, rounds) : undefined;
        }
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
            ["(b) this comparison, all rules, aggregates of one field", own("compare", "same")],
            ["(b) this comparison, default rules", own("compareDefaults", "same")],
            ["(b) the same of a tenth of the identities", own("compareSample", "same")],
            ["(c) all rules, with 5 % differing", own("compare", "differs")],
            ["(c) the same of a tenth of the identities", own("compareSample", "differs")],
            [
                "(d) Flink SQL, batch join, parallelism 2",
                () => seconds(flinkJoin(sandbox, ["one", "same"])),
            ],
            ["(e) all parsed, loaded, joined in DuckDB, read by our reader", own("duckDb", "same")],
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
        const tables = [show(table)];
        if (values.large) {
            tables.push(show(await large(brokers, 10 * count, start)));
        }
        if (values.readme) {
            await writeReadme(
                "bench",
                tables.map(({ markdown }) => markdown),
                rounds,
            );
        }
    } finally {
        await sandbox.stop();
    }
}

async function large(brokers: string, count: number, start: number): Promise<Row[]> {
    log(`writing two topics of ${count.toLocaleString("en-US")} records`);
    // One second of event time has 400 records: what is longer than an hour begins earlier.
    const from = start - (count / 400) * 1_000;
    await load(brokers, [
        { topic: "large", count, differing: 0, start: from },
        { topic: "large-same", count, differing: 0, start: from },
    ]);
    const rows = [
        ["(a) kafkajs reads both, and nothing else", "drain"],
        ["(b) this comparison, all rules, aggregates of one field", "compare"],
    ] as const;
    const table: Row[] = [];
    for (const [name, of] of rows) {
        log(name);
        const run = await contestant(of, brokers, "large", "large-same");
        table.push({ name, records: 2 * count, runs: [run] });
    }
    return table;
}

function show(rows: readonly Row[]): Measured {
    const found = measured(rows);
    console.log(found.text);
    return found;
}

/** Both engines on the same topics, one after the other: what they took, and a model of more cores. */
async function engines(sandbox: Sandbox, count: number, rounds: number): Promise<string[]> {
    const brokers = sandbox.bootstrapServers;
    log(`writing two topics of ${count.toLocaleString("en-US")} records`);
    const start = Math.floor(Date.now() / 1e6) * 1e6 - (count / 400) * 1_000;
    const topics = ["engines", "engines-same"] as const;
    await load(
        brokers,
        topics.map((topic) => ({ topic, count, differing: 0, start })),
    );
    const onFlink = (parallelism: number) => async () => {
        const run = await flinkEngine(sandbox, topics, count, parallelism);
        log(`  ${run.seconds.toFixed(2)} s, ${run.found}`);
        return run;
    };
    const rows: [string, () => Promise<Run>][] = [
        ["(a) embedded, default rules", () => contestant("compareDefaults", brokers, ...topics)],
        ["(b) as a Flink job, parallelism 1", onFlink(1)],
        ["(c) as a Flink job, parallelism 2", onFlink(2)],
    ];
    const table = rows.map(([name]): Row => ({ name, records: 2 * count, runs: [] }));
    for (let round = 1; round <= rounds; round++) {
        for (const [index, [name, run]] of rows.entries()) {
            log(`round ${round} of ${rounds}: ${name}`);
            table[index]!.runs.push(await run());
        }
    }
    const { markdown } = show(table);
    const medianOf = ({ runs }: Row, of: (run: Run) => number) => median(runs.map(of));
    const [embedded, one] = table as [Row, Row];
    const cores = crossOver(
        embedded.records / medianOf(embedded, ({ seconds }) => seconds),
        medianOf(one, ({ cpuSeconds = 0 }) => cpuSeconds) / one.records,
    );
    const model = `Model: by what a record costs at parallelism 1, a job needs ${cores} cores to compare as fast as one process.`;
    console.log(model);
    return [markdown, model];
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

/** Puts what was measured where the README keeps it. */
async function writeReadme(
    section: "bench" | "engines",
    found: readonly string[],
    rounds: number,
): Promise<void> {
    const file = path.join(repository, "README.md");
    const readme = await readFile(file, "utf8");
    const [begin, end] = [`<!-- ${section} -->`, `<!-- /${section} -->`];
    const medians = rounds === 1 ? "one run" : `medians of ${rounds}`;
    const text = [`Measured ${machine()}; ${medians}.`, ...found].join("\n\n");
    const from = readme.indexOf(begin) + begin.length;
    await writeFile(
        file,
        `${readme.slice(0, from)}\n${text}\n${readme.slice(readme.indexOf(end))}`,
    );
}

main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
