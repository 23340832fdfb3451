import * as fs from "node:fs";
import * as path from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { parseJobScript } from "../../components/provider/flink/jobScript.js";
import { FlinkRest, type JobDetails } from "../../components/provider/flink/restClient.js";
import { SqlGatewaySession } from "../../components/provider/flink/sqlGateway.js";
import { delaysScript } from "../../stacks/flights/script.js";
import { createReadyTopics } from "../createReadyTopics.js";
import { type Sandbox } from "../index.js";
import { type Part } from "../part.js";

/** The name of the job that was there before any stack. */
const existingJobName = "delays";
const submitSeconds = 60;

/** Replays flights, an event hour in `3600 / speed` seconds. */
export async function startTraffic(sandbox: Sandbox, speed: number): Promise<Part> {
    const log = path.join(sandbox.directory, "logs", "traffic.log");
    const part = node(sandbox, "traffic", "sandbox/traffic/replay.js", log, [
        "--bootstrap-servers",
        sandbox.bootstrapServers,
        "--speed",
        String(speed),
    ]);
    await part.start();
    await until("the first flights", async () => (await recordsIn(sandbox, "flights")) > 0);
    return part;
}

/** Submits v1 as somebody did long ago, without Pulumi; returns when it has written its first hours. */
export async function startExistingJob(sandbox: Sandbox): Promise<FlinkRest> {
    const { gateway, flinkRest, bootstrapServers } = sandbox;
    if (gateway === undefined || flinkRest === undefined) {
        throw new Error(`Sandbox ${sandbox.name} has no Flink.`);
    }
    await createTopic(sandbox, "delays");
    const script = delaysScript("delaysV1", {
        brokers: bootstrapServers,
        flights: "flights",
        topic: "delays",
        group: "delays",
        transactionalIdPrefix: "delays.",
        checkpoints: `${checkpointsOf(sandbox)}/delays-v1`,
    });
    const parsed = parseJobScript(script);
    if ("problem" in parsed) {
        throw new Error(parsed.problem);
    }
    const deadline = Date.now() + submitSeconds * 1000;
    const session = await SqlGatewaySession.open(gateway, { "pipeline.name": existingJobName });
    try {
        for (const { text } of [...parsed.preparation, parsed.job]) {
            await session.run(text, "v1", deadline);
        }
    } finally {
        await session.close();
    }
    await until("the first delays", async () => (await recordsIn(sandbox, "delays")) > 0);
    return new FlinkRest(flinkRest);
}

/** Starts the application that reads the delays, wherever they are. */
export async function startDashboard(sandbox: Sandbox): Promise<{ part: Part; journal: string }> {
    const log = path.join(sandbox.directory, "logs", "dashboard.log");
    const journal = path.join(sandbox.directory, "dashboard.journal");
    const part = node(sandbox, "dashboard", "sandbox/dashboard/dashboard.js", log, [
        "--bootstrap-servers",
        sandbox.bootstrapServers,
        "--journal",
        journal,
    ]);
    await part.start();
    return { part, journal };
}

/** The existing job as Flink sees it now; an error where it is not there. */
export async function existingJob(rest: FlinkRest): Promise<JobDetails> {
    const summary = (await rest.jobs()).find(({ name }) => name === existingJobName);
    const job = summary && (await rest.job(summary.id));
    if (job === undefined) {
        throw new Error("The existing job is gone.");
    }
    return job;
}

/** The URI under which all versions keep their checkpoints. */
export function checkpointsOf(sandbox: Pick<Sandbox, "directory">): string {
    return `file://${path.join(sandbox.directory, "checkpoints")}`;
}

function node(sandbox: Sandbox, name: string, script: string, log: string, args: string[]): Part {
    return sandbox.addPart({
        name,
        command: process.execPath,
        args: [path.join(__dirname, "..", "..", script), ...args],
        cwd: sandbox.directory,
        env: process.env,
        log,
        isReady: () => Promise.resolve(fs.existsSync(log)),
        graceSeconds: 10,
    });
}

async function createTopic(sandbox: Sandbox, topic: string): Promise<void> {
    const admin = client(sandbox).admin();
    await admin.connect();
    try {
        await createReadyTopics(admin, [{ topic, numPartitions: 4, replicationFactor: 1 }]);
    } finally {
        await admin.disconnect();
    }
}

async function recordsIn(sandbox: Sandbox, topic: string): Promise<number> {
    const admin = client(sandbox).admin();
    await admin.connect();
    try {
        const partitions = await admin.fetchTopicOffsets(topic);
        return partitions.reduce((sum, { high }) => sum + Number(high), 0);
    } catch {
        return 0;
    } finally {
        await admin.disconnect();
    }
}

function client(sandbox: Sandbox): Kafka {
    return new Kafka({
        clientId: "sandbox",
        brokers: [sandbox.bootstrapServers],
        logLevel: logLevel.NOTHING,
    });
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await condition())) {
        if (Date.now() > deadline) {
            throw new Error(`${what} did not come within a minute; see the logs of the sandbox.`);
        }
        await new Promise((resolve) => setTimeout(resolve, 300));
    }
}
