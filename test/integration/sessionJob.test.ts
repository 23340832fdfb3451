import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Kafka, logLevel } from "kafkajs";

import { FlinkRest } from "../../components/provider/flink/restClient.js";
import { sessionJob } from "../../components/provider/sessionJob.js";
import type { Json } from "../../components/provider/verbs.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import type { Sandbox } from "../../sandbox/index.js";
import { repository } from "../../sandbox/paths.js";
import { delaysScript, type DelaysVersion } from "../../stacks/flights/script.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

const tables =
    "CREATE TABLE numbers (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '5');\n" +
    "CREATE TABLE nowhere (a INT) WITH ('connector' = 'blackhole');\n";
const simple = `${tables}INSERT INTO nowhere SELECT a FROM numbers`;

describe("a session job on a real cluster", function () {
    this.timeout(120_000);
    let sandbox: Sandbox;
    let rest: FlinkRest;
    let kafka: Kafka;
    const started: Json[] = [];
    let lines: string[] = [];
    const print = console.log;

    before(async () => {
        sandbox = await sharedSandbox();
        rest = new FlinkRest(sandbox.flinkRest ?? "");
        kafka = new Kafka({ brokers: [sandbox.bootstrapServers], logLevel: logLevel.NOTHING });
    });
    beforeEach(() => {
        lines = [];
        console.log = (line: string) => lines.push(line);
    });
    afterEach(async () => {
        // The slots are needed by the next test.
        for (const state of started.splice(0)) {
            await sessionJob.delete?.("", { ...state, savepointDirectory: null });
        }
        console.log = print;
    });

    function inputsFor(jobName: string, script: string, change: Json = {}): Json {
        return {
            __provider: "the shim",
            name: `${jobName}-job`,
            version: "v2",
            jobName,
            gateway: sandbox.gateway,
            rest: null,
            script,
            digest: createHash("sha256").update(script).digest("hex"),
            savepointDirectory: null,
            startTimeoutSeconds: 60,
            ...change,
        };
    }

    async function create(inputs: Json): Promise<Json> {
        const { outs } = await sessionJob.create(inputs);
        started.push(outs);
        return outs;
    }

    const running = async (jobName: string) =>
        (await rest.jobs()).filter(({ name, state }) => name === jobName && state === "RUNNING");

    it("runs, is found again, and is not started beside another build", async () => {
        const inputs = inputsFor(uniqueName("once"), simple);
        const outs = await create(inputs);
        const job = await rest.job(outs.jobId as string);
        assert.deepEqual(
            [job?.name, job?.state, job?.allTasksRunning],
            [inputs.jobName, "RUNNING", true],
        );
        assert.equal(outs.restUrl, sandbox.flinkRest);

        assert.equal((await sessionJob.create(inputs)).id, outs.jobId);
        const other = inputsFor(inputs.jobName as string, `${simple} WHERE a > 0`);
        await assert.rejects(sessionJob.create(other), /RUNNING .* built from another script/);
        assert.equal((await running(inputs.jobName as string)).length, 1);
        assert.deepEqual(await sessionJob.diff("", outs, inputs), { changes: false });
    });

    it("keeps the job parameters that the script sets", async () => {
        const script = `SET 'pipeline.global-job-parameters' = 'team:flights';\n${simple}`;
        const inputs = inputsFor(uniqueName("tagged"), script);
        const outs = await create(inputs);
        assert.deepEqual(await rest.jobParameters(outs.jobId as string), {
            team: "flights",
            "shadow-flink.version": "v2",
            "shadow-flink.digest": inputs.digest as string,
        });
    });

    it("is one job, wherever its start was killed", async () => {
        const inputs = inputsFor(uniqueName("killed"), simple);
        const provider = path.join(repository, "bin", "components", "provider", "sessionJob.js");
        const code = `require(${JSON.stringify(provider)}).sessionJob.create(JSON.parse(process.argv[1]))`;
        for (const delay of [250, 450, 700, 1200]) {
            const child = spawn(process.execPath, ["-e", code, JSON.stringify(inputs)]);
            await sleep(delay);
            child.kill("SIGKILL");
        }
        const both = await Promise.all([create(inputs), create(inputs)]);
        assert.equal(both[0].jobId, both[1].jobId);
        // A submission that was on its way when its process was killed would have arrived by now.
        assert.deepEqual(
            (await running(inputs.jobName as string)).map(({ id }) => id),
            [both[0].jobId],
        );
    });

    it("says in Flink's words why it cannot be, and leaves nothing behind", async () => {
        const unknown = inputsFor(
            uniqueName("unknown"),
            simple.replace("FROM numbers", "FROM nothing"),
        );
        await assert.rejects(sessionJob.create(unknown), (error: Error) => {
            assert.match(error.message, /line 3, INSERT INTO nowhere.*Object 'nothing' not found$/);
            return true;
        });
        const missing = inputsFor(
            uniqueName("missing"),
            "CREATE TABLE s (a INT) WITH ('connector' = 'kafka', 'topic' = 'no-such-topic', 'format' = 'json', " +
                `'scan.startup.mode' = 'latest-offset', 'properties.bootstrap.servers' = '${sandbox.bootstrapServers}');\n` +
                `${tables}INSERT INTO nowhere SELECT a FROM s`,
        );
        await assert.rejects(sessionJob.create(missing), (error: Error) => {
            assert.match(error.message, /Failed to get metadata for topics \[no-such-topic\]/);
            assert.match(error.message, /The job that was submitted is cancelled/);
            assert.doesNotMatch(error.message, /\tat |Caused by/);
            return true;
        });
        const jobs = (await rest.jobs()).filter(({ name }) => name === missing.jobName);
        assert.deepEqual(
            jobs.map(({ state }) => state),
            ["CANCELED"],
        );
    });

    it("is stopped with a savepoint, and is reported when it is gone", async () => {
        const directory = path.join(sandbox.directory, "savepoints-of-test");
        const inputs = inputsFor(uniqueName("stopped"), simple, {
            savepointDirectory: `file://${directory}`,
        });
        const outs = await create(inputs);
        await sessionJob.delete?.("", outs);
        await sessionJob.delete?.("", outs);
        const [saved = ""] = fs.readdirSync(directory);
        assert.ok(fs.existsSync(path.join(directory, saved, "_metadata")));
        assert.equal(lines.filter((line) => line.endsWith(saved)).length, 2);

        assert.deepEqual(await sessionJob.diff("", outs, inputs), { changes: true });
        const updated = await sessionJob.update("", outs, inputs);
        assert.equal(updated.outs.status, "FINISHED");
        assert.deepEqual(await running(inputs.jobName as string), []);
        assert.notEqual((await create(inputs)).jobId, outs.jobId);
    });

    it("runs the flights: v3 says what v1 says, byte for byte, and v2 does not", async () => {
        const flights = uniqueName("flights");
        const traffic = startTraffic(sandbox.bootstrapServers, flights);
        try {
            const versions: DelaysVersion[] = ["delaysV1", "delaysV2", "delaysV3"];
            const topics = versions.map((version) => uniqueName(version));
            const admin = kafka.admin();
            await admin.connect();
            await createReadyTopics(
                admin,
                topics.map((topic) => ({ topic, numPartitions: 3 })),
            );
            await admin.disconnect();
            await Promise.all(
                versions.map(async (version, index) => {
                    const topic = topics[index] ?? "";
                    const script = delaysScript(version, {
                        brokers: sandbox.bootstrapServers,
                        flights,
                        topic,
                        group: topic,
                        transactionalIdPrefix: `${topic}.`,
                        checkpoints: `file://${path.join(sandbox.directory, topic)}`,
                    });
                    await create(inputsFor(topic, script));
                }),
            );
            const [v1, v2, v3] = await outputs(kafka, topics, 4);
            assert.ok(v1.size > 100, `${v1.size} records to compare`);
            assert.deepEqual([...v3].sort(), [...v1].sort());
            const differing = [...v1].filter(([key, value]) => v2.get(key) !== value);
            const lacking = [...v1.keys()].filter((key) => !v2.has(key));
            assert.ok(lacking.length > 0 && lacking.length < v1.size / 4, `${lacking.length} lack`);
            assert.ok(differing.length > v1.size / 2, `${differing.length} of ${v1.size} differ`);
        } finally {
            traffic.kill("SIGTERM");
        }
    });
});

/** 12 hours of flights in ten seconds. */
function startTraffic(bootstrapServers: string, topic: string): ChildProcess {
    const replay = path.join(repository, "bin", "sandbox", "traffic", "replay.js");
    const start = new Date(Date.now() - 10 * 24 * 3_600_000);
    start.setUTCHours(12, 0, 0, 0);
    return spawn(
        process.execPath,
        [
            ...[replay, "--bootstrap-servers", bootstrapServers, "--topic", topic],
            ...["--speed", "4320", "--start", start.toISOString()],
        ],
        { stdio: "ignore" },
    );
}

type Output = Map<string, string>;

/** What each topic says about the hours that all have finished, but for the first, once these are enough. */
async function outputs(
    kafka: Kafka,
    topics: string[],
    enough: number,
): Promise<[Output, Output, Output]> {
    const consumer = kafka.consumer({ groupId: uniqueName("reader") });
    const read = new Map(topics.map((topic) => [topic, new Map<string, string>()]));
    const hours = (topic: string) =>
        [...new Set([...(read.get(topic)?.keys() ?? [])].map((key) => key.slice(0, 19)))].sort();
    const common = (): string[] => {
        const [first = [], ...rest] = topics.map((topic) => hours(topic).slice(1, -1));
        return first.filter((hour) => rest.every((others) => others.includes(hour)));
    };
    await consumer.connect();
    try {
        await consumer.subscribe({ topics, fromBeginning: true });
        await consumer.run({
            eachMessage: ({ topic, message: { key, value } }) => {
                const text = value?.toString() ?? "";
                const record = JSON.parse(text) as { origin: string; window_start: string };
                assert.equal(key?.toString(), record.origin);
                const identity = `${record.window_start} ${record.origin}`;
                assert.ok(!read.get(topic)?.has(identity), `${topic} has ${identity} twice`);
                read.get(topic)?.set(identity, text);
                return Promise.resolve();
            },
        });
        while (common().length < enough) {
            await sleep(500);
        }
    } finally {
        await consumer.disconnect();
    }
    const compared = common();
    const of = (index: number): Output =>
        new Map(
            [...(read.get(topics[index] ?? "") ?? [])].filter(([key]) =>
                compared.includes(key.slice(0, 19)),
            ),
        );
    return [of(0), of(1), of(2)];
}
