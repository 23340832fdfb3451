import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { Kafka, logLevel } from "kafkajs";
import { resolveCompare } from "../components/compareSettings.js";
import { comparisonSql } from "../components/comparisonJob/comparisonSql.js";
import { gatherFromFlink } from "../components/provider/comparison/flink/gatherFromFlink.js";
import { connectKafka } from "../components/provider/kafka/kafkaPort.js";
import { jobStart } from "../components/provider/jobStart.js";
import type { JobStart } from "../components/provider/inputs.js";
import { sessionJob } from "../components/provider/sessionJob.js";
import { createReadyTopics } from "../sandbox/createReadyTopics.js";
import { functionsUrl } from "../sandbox/functionsJar.js";
import type { Sandbox } from "../sandbox/index.js";
import type { Run } from "./table.js";

/**
 * The comparison of two topics as a job, until the evidence topic holds all of it: from when its tasks run, since it is
 * submitted once and runs for weeks. CPU and memory are those of the task manager.
 */
export async function flinkEngine(
    sandbox: Sandbox,
    [incumbent, candidate]: readonly [string, string],
    count: number,
    parallelism: number,
): Promise<Required<Run>> {
    const { settings } = resolveCompare({
        identity: ["origin", "window_start"],
        eventTime: "window_start",
        windowSeconds: 60,
        waitSeconds: 3_000,
        timeoutSeconds: 3_600,
        minWindows: 1,
        // All but warm-up and what is not sealed.
        minRecords: Math.max(1, count - 5 * 60 * 400),
        engine: "flink",
        flink: {
            functions: await functionsUrl(),
            from: "beginning",
            parallelism,
            checkpointSeconds: 5,
        },
    });
    const brokers = sandbox.bootstrapServers;
    const topic = `evidence-${parallelism}-${Date.now()}`;
    const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await createReadyTopics(admin, [{ topic, numPartitions: 1 }]);
    await admin.disconnect();
    const versions = {
        incumbent: { version: "v1", topic: incumbent },
        candidate: { version: "v2", topic: candidate },
    };
    const script = comparisonSql(
        { ...settings, flink: settings.flink! },
        {
            ...versions,
            evidence: topic,
            brokers,
            checkpoints: `file://${sandbox.directory}/checkpoints/${topic}`,
        },
    );
    const { outs: begun } = await jobStart.create({
        bootstrapServers: [brokers],
        group: topic,
        incumbent,
        candidate,
        from: "beginning",
    });
    const restUrl = sandbox.flinkRest ?? "";
    const job = await sessionJob.create({
        name: "bench",
        version: "v2 comparison",
        jobName: topic,
        gateway: sandbox.gateway ?? "",
        rest: restUrl,
        script,
        digest: createHash("sha256").update(script).digest("hex"),
        savepointDirectory: null,
        startTimeoutSeconds: 600,
        retire: null,
    });
    const taskManager = sandbox.taskManager?.pid ?? 0;
    // What the job has read before it was said to run is counted too.
    const startedAt = Date.parse(String(job.outs["startedAt"]));
    const before = cpuSecondsOf(taskManager);
    const kafka = await connectKafka({ bootstrapServers: [brokers], clientId: "bench" });
    try {
        const evidence = await gatherFromFlink({
            kafka,
            ...versions,
            settings,
            job: {
                jobId: job.id,
                problem: null,
                restUrl,
                topic,
                incumbent: versions.incumbent,
                start: begun["start"] as JobStart,
            },
            log: () => {},
        });
        const matched = evidence.windows.reduce((sum, window) => sum + window.matched, 0);
        return {
            seconds: (Date.now() - startedAt) / 1000,
            cpuSeconds: cpuSecondsOf(taskManager) - before,
            residentMiB: residentMiBOf(taskManager),
            found: `${matched} matched, ${evidence.gaps.join(" ") || "no gaps"}`,
        };
    } finally {
        await sessionJob.delete(job.id, job.outs);
        await kafka.close();
    }
}

/**
 * How many cores a job has to have for the rate of one process: by what it takes of them for a record, as if more of them
 * cost nothing by themselves. A model, since the machine that measures has few.
 */
export function crossOver(recordsPerSecond: number, cpuSecondsPerRecord: number): number {
    return Math.ceil(recordsPerSecond * cpuSecondsPerRecord);
}

const ticksPerSecond = 100;

/** User and system time of a process (Linux). */
function cpuSecondsOf(pid: number): number {
    const [, rest = ""] = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
    const times = rest.split(" ");
    return (Number(times[11]) + Number(times[12])) / ticksPerSecond;
}

/** The most memory that it held (Linux). */
function residentMiBOf(pid: number): number {
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
