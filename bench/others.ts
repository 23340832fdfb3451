import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { FlinkRest } from "../components/provider/flink/restClient.js";
import { SqlGatewaySession } from "../components/provider/flink/sqlGateway.js";
import type { Sandbox } from "../sandbox/index.js";
import { javaCommand, javaEnvironment } from "../sandbox/java.js";
import { kafkaJars } from "../sandbox/jars.js";

/** The join of both topics by key as a Flink batch job at parallelism 2; seconds as Flink counts them. */
export async function flinkJoin(
    { gateway, flinkRest, bootstrapServers }: Sandbox,
    [incumbent, candidate]: readonly [string, string],
): Promise<number> {
    const session = await SqlGatewaySession.open(gateway!);
    const until = Date.now() + 600_000;
    try {
        let jobId: string | undefined;
        for (const statement of statements(bootstrapServers, incumbent, candidate)) {
            jobId = (await session.run(statement, "bench", until)).jobId ?? jobId;
        }
        const rest = new FlinkRest(flinkRest!);
        for (;;) {
            const job = (await rest.jobs()).find(({ id }) => id === jobId);
            if (job?.state === "FINISHED") {
                return (await durationOf(flinkRest!, job.id)) / 1_000;
            }
            if (job !== undefined && ["FAILED", "CANCELED"].includes(job.state)) {
                throw new Error(`Flink's job is ${job.state}.`);
            }
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    } finally {
        await session.close();
    }
}

async function durationOf(rest: string, id: string): Promise<number> {
    const answer = await fetch(`${rest}/jobs/${id}`);
    return ((await answer.json()) as { duration: number }).duration;
}

function statements(brokers: string, incumbent: string, candidate: string): string[] {
    const source = (name: string, topic: string) => `
        CREATE TABLE ${name} (
            origin STRING, window_start BIGINT, flights INT, mean_delay DOUBLE, late_share DOUBLE,
            carrier STRING, note STRING
        ) WITH (
            'connector' = 'kafka', 'topic' = '${topic}',
            'properties.bootstrap.servers' = '${brokers}',
            'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
            'format' = 'json'
        )`;
    return [
        "SET 'execution.runtime-mode' = 'batch'",
        "SET 'parallelism.default' = '2'",
        source("incumbent", incumbent),
        source("candidate", candidate),
        `CREATE TABLE found (a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT, f BIGINT, g DOUBLE, h DOUBLE)
            WITH ('connector' = 'blackhole')`,
        `INSERT INTO found
            SELECT count(i.origin), count(c.origin), count(i.note), count(c.note),
                count(*) FILTER (WHERE i.mean_delay <> c.mean_delay),
                count(*) FILTER (WHERE c.origin IS NULL OR i.origin IS NULL),
                avg(i.mean_delay), avg(c.mean_delay)
            FROM incumbent AS i FULL OUTER JOIN candidate AS c
                ON i.origin = c.origin AND i.window_start = c.window_start`,
    ];
}

/** Kafka's own performance consumer on both topics at once; seconds between its first and its last record. */
export async function javaDrain(
    brokers: string,
    topics: readonly string[],
    count: number,
): Promise<number> {
    const jars = await kafkaJars();
    const spans = await Promise.all(
        topics.map(async (topic) => {
            const { stdout } = await promisify(execFile)(
                javaCommand(),
                [
                    "-Xmx512m",
                    "-XX:+UseSerialGC",
                    "-cp",
                    `${jars}/*`,
                    "org.apache.kafka.tools.ConsumerPerformance",
                    ...["--bootstrap-server", brokers, "--topic", topic],
                    ...["--num-records", String(count), "--hide-header"],
                ],
                { env: javaEnvironment() },
            );
            const line = stdout.split("\n").find((text) => /^\d{4}-/.test(text)) ?? "";
            const [start = "", end = ""] = line.split(", ");
            return [start, end].map((time) => Date.parse(time.replace(/:(\d{3})$/, ".$1")));
        }),
    );
    const starts = spans.map(([start]) => start!);
    const ends = spans.map(([, end]) => end!);
    return (Math.max(...ends) - Math.min(...starts)) / 1_000;
}
