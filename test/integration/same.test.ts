import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { decide } from "../../components/provider/comparison/decide.js";
import { gatherEvidence } from "../../components/provider/comparison/gather.js";
import type { Verdict } from "../../components/provider/comparison/verdict.js";
import { cancelJob, untilRunning } from "../../components/provider/flink/jobLife.js";
import { parseJobScript } from "../../components/provider/flink/jobScript.js";
import { FlinkRest } from "../../components/provider/flink/restClient.js";
import { SqlGatewaySession } from "../../components/provider/flink/sqlGateway.js";
import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import type { KafkaPort } from "../../components/provider/kafka/port.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import type { Sandbox } from "../../sandbox/index.js";
import { delaysScript } from "../../stacks/flights/script.js";
import { settingsOf } from "../comparison/world.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

const began = Date.UTC(2026, 10, 23);
const hours = 24;
const perHour = 120;

/** Flights in order of their departure; whatever is asked of them, it has few equal answers. */
const flights = Array.from({ length: hours * perHour }, (_, n) => ({
    partition: n % 3,
    value: JSON.stringify({
        id: `f${n}`,
        departure: began + Math.floor((n * 3_600_000) / perHour),
        origin: `A${(n * 7) % 31}`,
        destination: `A${(n * 11) % 29}`,
        delay: (n * 37) % 61,
        distance: 100 + (n % 900),
    }),
}));

/** A job, another run of it in other pieces, and one whose task manager dies: all the same to who reads them. */
describe("the same Flink job twice", function () {
    this.timeout(180_000);
    let sandbox: Sandbox;
    let rest: FlinkRest;
    let port: KafkaPort;
    let kafka: Kafka;
    const jobs: string[] = [];

    before(async () => {
        sandbox = await sharedSandbox();
        rest = new FlinkRest(sandbox.flinkRest ?? "");
        const { bootstrapServers } = sandbox;
        port = await connectKafka({ bootstrapServers: [bootstrapServers], clientId: "test" });
        kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
    });
    after(async () => {
        await Promise.all(jobs.map((id) => cancelJob(rest, id)));
        await port?.close();
    });

    async function createTopics(partitions: Readonly<Record<string, number>>): Promise<void> {
        const admin = kafka.admin();
        await admin.connect();
        const topics = Object.entries(partitions);
        await createReadyTopics(
            admin,
            topics.map(([topic, numPartitions]) => ({ topic, numPartitions })),
        );
        await admin.disconnect();
    }

    async function depart(topic: string, messages: typeof flights): Promise<void> {
        // What it tries again must not be there twice, or the jobs would not have read the same.
        const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
        await producer.connect();
        await producer.send({ topic, messages });
        await producer.disconnect();
    }

    /** From the first flight on; no partition may be overtaken by another, as one that is idle may. */
    async function submit(source: string, topic: string, parallelism: number): Promise<string> {
        const script = delaysScript("delaysV1", {
            brokers: sandbox.bootstrapServers,
            flights: source,
            topic,
            group: topic,
            transactionalIdPrefix: `${topic}.`,
            checkpoints: `file://${sandbox.directory}/checkpoints/${topic}`,
        })
            .replace("latest-offset", "earliest-offset")
            .replace("'5 s'", "'0 s'");
        const parsed = parseJobScript(script);
        assert.ok(!("problem" in parsed));
        const session = await SqlGatewaySession.open(sandbox.gateway ?? "", {
            "pipeline.name": topic,
            "parallelism.default": String(parallelism),
        });
        try {
            const until = Date.now() + 60_000;
            for (const { text } of parsed.preparation) {
                await session.run(text, topic, until);
            }
            const { jobId } = await session.run(parsed.job.text, topic, until);
            jobs.push(jobId ?? "");
            return jobId ?? "";
        } finally {
            await session.close();
        }
    }

    async function compare(incumbent: string, candidate: string): Promise<Verdict> {
        const settings = settingsOf({
            identity: ["origin", "window_start"],
            eventTime: "window_start",
            minWindows: hours - 5,
            minRecords: 400,
            waitSeconds: 100,
            samples: "raw",
            rules: {
                // All is read as fast as it can be to the very end, and one task is hours of event time ahead of another.
                lateness: { severity: "informational" },
                aggregates: { fields: { flights: {}, mean_delay: {}, late_share: {} } },
            },
        });
        const source = async (topic: string) => ({
            version: topic,
            topic,
            from: new Map([...(await port.lastStableOffsets(topic)).keys()].map((p) => [p, 0n])),
        });
        const { evidence } = await gatherEvidence({
            kafka: port,
            incumbent: await source(incumbent),
            candidate: await source(candidate),
            settings,
            log: () => {},
        });
        const comparedAt = new Date().toISOString();
        return decide(evidence, settings, { fingerprint: "f", comparedAt });
    }

    function assertPasses({ outcome, windows, findings, gaps }: Verdict): void {
        const why = findings.filter((finding) => finding.outcome !== "pass");
        assert.equal(outcome, "pass", [...why.map(({ sentence }) => sentence), ...gaps].join("\n"));
        assert.ok(windows >= hours - 5, `${windows} windows`);
    }

    it("passes with other parallelism and partitions, and killed in the middle", async () => {
        const name = uniqueName("same");
        const [input, again] = [`${name}-flights`, `${name}-again`];
        const [incumbent, wider, killed] = [`${name}-1`, `${name}-2`, `${name}-3`];
        await createTopics({ [input]: 3, [again]: 3, [incumbent]: 1, [wider]: 4, [killed]: 7 });
        const half = flights.length / 2;
        await depart(input, flights);
        await depart(again, flights.slice(0, half));
        const running = [
            await submit(input, incumbent, 1),
            await submit(input, wider, 2),
            await submit(again, killed, 3),
        ];
        for (const id of running) {
            await untilRunning(rest, id, Date.now() + 60_000);
        }
        assertPasses(await compare(incumbent, wider));
        // Half of it is there, and more is on its way.
        for (let seen = 0; seen === 0;) {
            const ends = await port.lastStableOffsets(killed);
            seen = [...ends.values()].reduce((sum, end) => sum + Number(end), 0);
        }
        await depart(again, flights.slice(half, half + perHour));
        await sandbox.taskManager?.kill();
        await depart(again, flights.slice(half + perHour));
        await sandbox.taskManager?.start();
        assertPasses(await compare(incumbent, killed));
    });
});
