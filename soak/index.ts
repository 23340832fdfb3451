import { parseArgs } from "node:util";
import { quietTimers } from "../components/provider/kafka/quietTimers.js";
import { removeAbandoned, startSandbox } from "../sandbox/index.js";
import { Soak, totals } from "./soak.js";

const usage = `npm run soak [-- --minutes 5 --rate 2000 --seed 1 --rounds 12]

  Real Kafka, two Java producers, five kinds of consumers; promotions and rollbacks (--rounds of
  each) with faults in the middle of them. A separate verifier holds what every consumer was given
  against the broker's log. Fails where anything was skipped, or repeated beyond what was announced.
`;

const { log } = console;

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            minutes: { type: "string", default: "5" },
            rate: { type: "string", default: "2000" },
            seed: { type: "string", default: String(Math.floor(Date.now() / 1000)) },
            rounds: { type: "string", default: "12" },
            help: { type: "boolean", short: "h", default: false },
        },
    });
    if (values.help) {
        return log(usage);
    }
    quietTimers();
    await removeAbandoned();
    // What the package tells of every move is left out here; what went wrong is not.
    console.log = () => undefined;
    const seed = positive("--seed", values.seed);
    const say = (line: string): void => console.error(`· ${line}`);
    const sandbox = await startSandbox({
        name: `soak-${process.pid}`,
        flink: false,
        temporary: true,
        log: say,
    });
    process.on("SIGINT", () => void sandbox.stop().then(() => process.exit(130)));
    let keepData = true;
    try {
        const result = await Soak.run(
            {
                seconds: positive("--minutes", values.minutes) * 60,
                perSecond: positive("--rate", values.rate),
                rounds: positive("--rounds", values.rounds),
                seed,
                log: say,
            },
            sandbox,
        );
        result.problems.forEach((problem) => log(`✘ ${problem}`));
        log(totals(result, seed));
        keepData = result.problems.length > 0;
        process.exitCode = keepData ? 1 : 0;
    } finally {
        await sandbox.stop({ keepData });
        if (keepData) {
            say(`journals, records and logs are in ${sandbox.directory}`);
        }
    }
}

function positive(option: string, text: string): number {
    const number = Number(text);
    if (!(number > 0 && Number.isFinite(number))) {
        throw new Error(`${option} is "${text}": give a number above 0.`);
    }
    return number;
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
});
