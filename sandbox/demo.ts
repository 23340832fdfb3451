import { parseArgs } from "node:util";
import Table from "cli-table3";
import type { FlinkRest } from "../components/provider/flink/restClient.js";
import { quietTimers } from "../components/provider/kafka/quietTimers.js";
import type { Audit } from "./dashboard/audit.js";
import {
    checkpointsOf,
    existingJob,
    startDashboard,
    startExistingJob,
    startTraffic,
} from "./flights/scene.js";
import { runShown, type Ended } from "./flights/shell.js";
import { auditDashboard, owedRecords, untilDelivered } from "./flights/truth.js";
import { findSandbox, startSandbox, type Sandbox } from "./index.js";
import { pulumiEnv } from "./pulumi.js";

/** An event hour in three seconds, so that hourly windows fill while one watches. */
const speed = 1200;

const { values } = parseArgs({
    options: {
        keep: { type: "boolean", default: false },
        name: { type: "string", default: "demo" },
    },
});

interface Row {
    readonly step: string;
    readonly result: string;
    readonly seconds: number;
}

class Demo {
    readonly #rows: Row[] = [];
    readonly #stack = values.name;

    constructor(
        private readonly sandbox: Sandbox,
        private readonly env: NodeJS.ProcessEnv,
    ) {}

    async play(): Promise<void> {
        const { sandbox } = this;
        heading(
            "Live traffic, a job that has been running, and an application that reads its output",
        );
        await startTraffic(sandbox, speed);
        say(
            `real flights go into topic flights, 4 partitions, an hour of them in ${3600 / speed} s`,
        );
        const rest = await startExistingJob(sandbox);
        const before = await existingJob(rest);
        say(
            `job ${before.id} (stacks/flights/delaysV1.sql) writes delays per origin and hour to topic delays`,
        );
        await this.#firstUp();
        const dashboard = await startDashboard(sandbox);
        say("an application, dashboard, follows them and keeps a journal of every record");

        await this.#wrongCandidate();
        await this.#rightCandidate();
        await this.#promote();
        const promoted = await this.#audit("after the promotion", dashboard.journal, "v3");
        await this.#rollBack();
        const back = await this.#audit("after the rollback", dashboard.journal, "v1");
        await this.#unmoved(rest, before.id, before.startTime);
        this.#summary(promoted, back);
    }

    async #firstUp(): Promise<void> {
        heading("A stack that knows of the existing job, and so far changes nothing");
        await this.#ok(
            "stack",
            `pulumi stack init ${this.#stack}`,
            `pulumi config set --path 'brokers[0]' ${this.sandbox.bootstrapServers}`,
            `pulumi config set gateway ${this.sandbox.gateway}`,
            `pulumi config set checkpoints ${checkpointsOf(this.sandbox)}`,
        );
        await this.#ok("first up", "pulumi up --yes --suppress-outputs");
    }

    async #wrongCandidate(): Promise<void> {
        heading("v2: the SQL was rewritten, and is subtly wrong");
        await this.#ok(
            "v2 beside v1",
            "pulumi config set --path 'candidates[0]' v2",
            "pulumi up --yes --suppress-outputs",
        );
        heading("Asking for v2 now is refused, and nothing moves");
        const refused = await this.#run(
            "pulumi config set authority v2",
            "pulumi up --yes --suppress-outputs",
        );
        expect(refused.exitCode !== 0, "the promotion of a failing candidate was not refused");
        this.#note("promote v2", "refused, exit code not 0, nothing moved", refused.seconds);
    }

    async #rightCandidate(): Promise<void> {
        heading("v3: the rewrite, corrected; v2 is removed");
        const ended = await this.#ok(
            "v3 beside v1",
            "pulumi config set authority v1",
            "pulumi config set --path 'candidates[0]' v3",
            "pulumi up --yes --suppress-outputs",
        );
        expect(
            ended.lines.some((line) => line.includes("PASS")),
            "the verdict on v3 did not pass",
        );
    }

    async #promote(): Promise<void> {
        heading("Promoting v3: the preview shows what will move, the update moves it");
        await this.#ok(
            "preview",
            "pulumi config set authority v3",
            "pulumi preview --suppress-outputs",
        );
        await this.#ok("promote v3", "pulumi up --yes --suppress-outputs");
        await this.#ok("settled", "pulumi preview --expect-no-changes --suppress-outputs");
    }

    async #rollBack(): Promise<void> {
        heading("Rolling back is setting the value back");
        await this.#ok(
            "roll back to v1",
            "pulumi config set authority v1",
            "pulumi up --yes --suppress-outputs",
        );
    }

    /** The journal against everything that the existing job wrote. */
    async #audit(when: string, journal: string, version: string): Promise<Audit> {
        await untilDelivered(journal, version, 200);
        const owed = await owedRecords(this.sandbox.bootstrapServers);
        const result = await auditDashboard(journal, owed);
        const repeated = result.repeated - result.redelivered;
        say(
            `the dashboard's journal ${when}: ${result.expected} records were to be read, ` +
                `${result.skipped.length} skipped, ${repeated} repeated`,
        );
        expect(result.skipped.length === 0, `skipped: ${result.skipped.slice(0, 5).join(" ")}`);
        return result;
    }

    async #unmoved(rest: FlinkRest, id: string, startTime: number): Promise<void> {
        const now = await existingJob(rest);
        const since = new Date(startTime).toISOString();
        say(
            `the existing job is still ${now.id}, running since ${new Date(now.startTime).toISOString()}`,
        );
        expect(
            now.id === id && now.startTime === startTime,
            `the existing job was ${id}, running since ${since}`,
        );
    }

    #summary(promoted: Audit, back: Audit): void {
        heading("What happened");
        const table = new Table({
            head: ["step", "result", "seconds"],
            style: { head: [], border: [] },
        });
        this.#rows.forEach(({ step, result, seconds }) =>
            table.push([step, result, seconds.toFixed(1)]),
        );
        const counted = ({ expected, skipped, repeated, redelivered }: Audit) =>
            `${expected} to read, ${skipped.length} skipped, ${repeated - redelivered} repeated`;
        table.push(["dashboard after promotion", counted(promoted), ""]);
        table.push(["dashboard after rollback", counted(back), ""]);
        table.push(["the existing job", "same id, same start: never restarted", ""]);
        console.log(table.toString());
    }

    async #ok(step: string, ...commands: string[]): Promise<Ended> {
        const ended = await this.#run(...commands);
        expect(ended.exitCode === 0, `${step}: the last command failed`);
        this.#note(
            step,
            ended.lines.find((line) => /PASS|FAIL|authority is/.test(line)) ?? "done",
            ended.seconds,
        );
        return ended;
    }

    /** Runs commands as a person would type them, up to the first that fails. */
    async #run(...commands: string[]): Promise<Ended> {
        let seconds = 0;
        let ended: Ended = { exitCode: 0, seconds, lines: [] };
        for (const command of commands) {
            ended = await runShown(command, this.env);
            seconds += ended.seconds;
            if (ended.exitCode !== 0) {
                break;
            }
        }
        return { ...ended, seconds };
    }

    #note(step: string, result: string, seconds: number): void {
        this.#rows.push({ step, result: result.slice(0, 90), seconds });
    }
}

async function main(): Promise<void> {
    quietTimers();
    const began = Date.now();
    const log = (line: string) => console.log(`  · ${line}`);
    heading("Setting up Kafka, Flink and Pulumi");
    await removeEarlier(values.name);
    const sandbox = await startSandbox({ name: values.name, flink: true, log });
    const stop = async () => {
        await sandbox.stop();
        say("everything is stopped and removed");
    };
    const interrupted = () => void stop().finally(() => process.exit(130));
    process.once("SIGINT", interrupted);
    process.once("SIGTERM", interrupted);
    try {
        await new Demo(sandbox, await pulumiEnv(sandbox, log)).play();
        say(`${Math.round((Date.now() - began) / 1000)} s in all`);
    } catch (error) {
        await stop();
        throw error;
    }
    if (values.keep) {
        howToGoOn(values.name);
    } else {
        await stop();
    }
}

/** A demo that was kept, or killed, would be in the way of its own story. */
async function removeEarlier(name: string): Promise<void> {
    const earlier = await findSandbox(name);
    if (earlier !== undefined) {
        say("removing what an earlier demo left");
        await earlier.stop();
    }
}

function howToGoOn(name: string): void {
    console.log(`
The sandbox goes on. In this shell, from the root of the repository:

  eval "$(npm run -s sandbox -- env --name ${name})"
  pulumi preview
  pulumi config set authority v3 && pulumi up
  npm run sandbox -- logs --name ${name}
  npm run sandbox -- down --name ${name}`);
}

function heading(text: string): void {
    console.log(`\n── ${text}`);
}

function say(text: string): void {
    console.log(`  ${text}`);
}

function expect(holds: boolean, otherwise: string): void {
    if (!holds) {
        throw new Error(`The demo went wrong: ${otherwise}.`);
    }
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
