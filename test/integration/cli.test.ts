import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Kafka, logLevel, type Admin, type Producer } from "kafkajs";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { freePort } from "../../sandbox/ports.js";
import { repository } from "../../sandbox/paths.js";
import { delays, type Delay } from "../comparison/world.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

interface Ended {
    readonly code: number | null;
    readonly out: string;
    readonly err: string;
}

const main = path.join(repository, "bin", "components", "cli", "main.js");

/** Runs the command; `onOutput` sees each piece of what it prints to standard error. */
function shadowFlink(
    args: readonly string[],
    onError: (text: string, interrupt: () => void) => void = () => {},
): Promise<Ended> {
    return new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [main, ...args], {
            stdio: ["ignore", "pipe", "pipe"],
        });
        let [out, err] = ["", ""];
        child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => {
            err += chunk.toString();
            onError(err, () => child.kill("SIGINT"));
        });
        child.on("error", reject);
        child.on("close", (code) => resolve({ code, out, err }));
    });
}

describe("shadow-flink compare", function () {
    this.timeout(180_000);
    let bootstrapServers: string;
    let directory: string;
    let admin: Admin;
    let producer: Producer;

    before(async () => {
        bootstrapServers = (await sharedSandbox()).bootstrapServers;
        directory = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-cli-"));
        const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
        admin = kafka.admin();
        // Without idempotence a retry on a busy machine would write records twice.
        producer = kafka.producer({
            allowAutoTopicCreation: false,
            idempotent: true,
            maxInFlightRequests: 1,
        });
        await Promise.all([admin.connect(), producer.connect()]);
    });
    after(async () => {
        await Promise.all([admin?.disconnect(), producer?.disconnect()]);
        if (directory !== undefined) {
            fs.rmSync(directory, { recursive: true, force: true });
        }
    });

    /** A topic with these records, stamped with the time of their windows. */
    async function topicOf(records: readonly Delay[]): Promise<string> {
        const topic = uniqueName("cli");
        await createReadyTopics(admin, [{ topic, numPartitions: 2 }]);
        await producer.send({
            topic,
            messages: records.map((record, index) => ({
                partition: index % 2,
                value: JSON.stringify(record),
                timestamp: String(Date.parse(`${record.window_start.replace(" ", "T")}Z`)),
            })),
        });
        return topic;
    }

    const settings = ["--identity", "origin,window_start", "--event-time", "window_start"];

    function compare(
        incumbent: string,
        candidate: string,
        more: readonly string[] = [],
        onError?: (text: string, interrupt: () => void) => void,
    ): Promise<Ended> {
        const file = path.join(directory, "compare.json");
        fs.writeFileSync(file, JSON.stringify({ minRecords: 6, settleSeconds: 0.1 }));
        const topics = ["--incumbent", incumbent, "--candidate", candidate];
        return shadowFlink(
            [
                ...["compare", "--bootstrap-servers", bootstrapServers, ...topics, ...settings],
                ...["--window-seconds", "3600", "--settings", file, ...more],
            ],
            onError,
        );
    }

    it("passes what is equal, with 0", async () => {
        const [incumbent, candidate] = [await topicOf(delays()), await topicOf(delays())];
        const { code, out, err } = await compare(incumbent, candidate);
        assert.equal(code, 0, out + err);
        assert.match(out, new RegExp(`^PASS: ${candidate} says the same as ${incumbent}`));
        assert.match(out, /12 matched, 0 changed, 0 missing, 0 extra/);
        assert.match(err, /24 records read/);
    });

    it("fails what is not, with 1, and leaves the report", async () => {
        const incumbent = await topicOf(delays());
        const candidate = await topicOf(
            delays().map((record, index) => (index === 7 ? { ...record, mean_delay: 99 } : record)),
        );
        const target = path.join(directory, "out");
        const { code, out, err } = await compare(incumbent, candidate, ["--report", target]);
        assert.equal(code, 1, out + err);
        assert.match(out, /^FAIL/);
        assert.match(out, /mean_delay differs in 1 of 12 records/);
        assert.deepEqual(fs.readdirSync(target), [`${candidate}.html`, `${candidate}.json`]);
        assert.match(err, new RegExp(`report: .*${candidate}\\.html`));
        const json = await compare(incumbent, candidate, ["--json"]);
        assert.equal(json.code, 1);
        const report = JSON.parse(json.out) as { verdict: { outcome: string } };
        assert.equal(report.verdict.outcome, "fail");
        assert.match(json.err, /^FAIL/m);
    });

    it("reads between two times", async () => {
        const incumbent = await topicOf(delays(12));
        // Wrong at the beginning and at the end only.
        const candidate = await topicOf(
            delays(12).map((record, index) =>
                index < 6 || index >= 30 ? { ...record, flights: -1 } : record,
            ),
        );
        const whole = await compare(incumbent, candidate);
        // The first two hours are warm-up, the last two not finished: nothing of that is seen.
        assert.equal(whole.code, 0, whole.out + whole.err);
        const warm = path.join(directory, "cold.json");
        const cold = {
            minRecords: 6,
            settleSeconds: 0.1,
            warmUpSeconds: 0,
            allowedLatenessSeconds: 0,
        };
        fs.writeFileSync(warm, JSON.stringify(cold));
        const between = (...bounds: string[]) =>
            shadowFlink([
                ...["compare", "--bootstrap-servers", bootstrapServers, "--incumbent", incumbent],
                ...["--candidate", candidate, ...settings, "--window-seconds", "3600"],
                ...["--settings", warm, ...bounds],
            ]);
        const all = await between();
        assert.equal(all.code, 1, all.out + all.err);
        const part = await between("--from", "2026-11-23T02:00Z", "--to", "2026-11-23T10:00:00Z");
        assert.equal(part.code, 0, part.out + part.err);
        assert.match(part.err, /24 records read/);
        assert.match(part.out, /Compared from 2026-11-23T03:00Z.*through 2026-11-23T09:00Z/);
        const empty = await between("--from", "latest");
        assert.equal(empty.code, 2, empty.out + empty.err);
    });

    it("decides nothing where there is too little, or no topic, with 2", async () => {
        const incumbent = await topicOf(delays());
        const few = await compare(incumbent, await topicOf(delays(3)));
        assert.equal(few.code, 2, few.out + few.err);
        assert.match(few.out, /^INCONCLUSIVE/);
        const none = await compare(incumbent, uniqueName("absent"));
        assert.equal(none.code, 2, none.out + none.err);
        assert.match(none.out, /There is no topic absent-/);
    });

    it("decides nothing where no broker answers, with 2 and the reason", async () => {
        const port = await freePort();
        const target = path.join(directory, "unreachable");
        const { code, out } = await shadowFlink([
            ...["compare", "--bootstrap-servers", `127.0.0.1:${port}`, "--incumbent", "a"],
            ...["--candidate", "b", ...settings, "--window-seconds", "60", "--report", target],
        ]);
        assert.equal(code, 2);
        assert.match(out, new RegExp(`None of 127.0.0.1:${port} answers`));
        assert.match(fs.readFileSync(path.join(target, "b.html"), "utf8"), /Inconclusive/);
    });

    it("ends with 130 after Ctrl-C, having said how far it came", async () => {
        const [incumbent, candidate] = [await topicOf(delays(3)), await topicOf(delays(3))];
        const file = path.join(directory, "patient.json");
        fs.writeFileSync(file, JSON.stringify({ waitSeconds: 120 }));
        const started = Date.now();
        let interrupted = false;
        const ended = await shadowFlink(
            [
                ...["compare", "--bootstrap-servers", bootstrapServers, "--incumbent", incumbent],
                ...["--candidate", candidate, ...settings, "--window-seconds", "3600"],
                ...["--settings", file],
            ],
            (_text, interrupt) => {
                if (!interrupted) {
                    interrupted = true;
                    interrupt();
                }
            },
        );
        assert.equal(ended.code, 130, ended.out + ended.err);
        assert.match(ended.out, /^INCONCLUSIVE/);
        assert.match(ended.out, /The look was stopped from outside before it was complete\./);
        assert.ok(Date.now() - started < 60_000);
    });
});
