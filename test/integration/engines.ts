import { createHash } from "node:crypto";
import { Kafka, logLevel, type Admin } from "kafkajs";
import type { CompareSettings } from "../../components/compare.js";
import type { FlinkSettings } from "../../components/compareFlink.js";
import { comparisonSql } from "../../components/comparisonJob/comparisonSql.js";
import { decide } from "../../components/provider/comparison/decide.js";
import type { Evidence } from "../../components/provider/comparison/evidence.js";
import { gatherFromFlink } from "../../components/provider/comparison/flink/gatherFromFlink.js";
import { gatherEvidence } from "../../components/provider/comparison/gather.js";
import type { Verdict } from "../../components/provider/comparison/verdict.js";
import type { EvidenceJob, JobStart } from "../../components/provider/inputs.js";
import { jobStart } from "../../components/provider/jobStart.js";
import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import type { KafkaPort } from "../../components/provider/kafka/port.js";
import { sessionJob } from "../../components/provider/sessionJob.js";
import { functionsUrl } from "../../sandbox/functionsJar.js";
import type { Sandbox } from "../../sandbox/index.js";
import { uniqueName } from "../sandboxFixture.js";

/** Two topics, and the job that compares them. */
export interface Pair {
    readonly incumbent: { readonly version: string; readonly topic: string };
    readonly candidate: { readonly version: string; readonly topic: string };
    readonly job: EvidenceJob;
}

export interface Message {
    readonly partition: number;
    readonly key?: Buffer;
    readonly value: string | Buffer | null;
    /** In ms since the epoch. */
    readonly timestamp?: number;
}

/** What an engine makes of two topics. */
export interface Look {
    readonly evidence: Evidence;
    readonly verdict: Verdict;
}

interface Started {
    readonly id: string;
    readonly outs: Record<string, unknown>;
}

/** Settings whose job finds its functions: in the jar that is built of the sources that are here. */
export async function withFunctions(
    settings: CompareSettings,
): Promise<CompareSettings & { flink: FlinkSettings }> {
    return { ...settings, flink: { ...settings.flink!, functions: await functionsUrl() } };
}

const judge = (evidence: Evidence, settings: CompareSettings): Look => ({
    evidence: { ...evidence, comparedOnDisk: 0 },
    verdict: decide(evidence, settings, { fingerprint: "f", comparedAt: "now" }),
});

/** Both engines of the comparison on the topics of a sandbox, each as a `pulumi up` would ask it. */
export class Engines {
    readonly #started = new Map<string, Started>();

    private constructor(
        private readonly sandbox: Sandbox,
        readonly kafka: Kafka,
        readonly admin: Admin,
        readonly port: KafkaPort,
    ) {}

    static async connect(sandbox: Sandbox): Promise<Engines> {
        const { bootstrapServers } = sandbox;
        const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
        const admin = kafka.admin();
        await admin.connect();
        const port = await connectKafka({
            bootstrapServers: [bootstrapServers],
            clientId: "test",
        });
        return new Engines(sandbox, kafka, admin, port);
    }

    async close(): Promise<void> {
        await Promise.all(
            [...this.#started.values()].map(({ id, outs }) => sessionJob.delete(id, outs)),
        );
        await this.admin.disconnect();
        await this.port.close();
    }

    /** Makes two topics of two partitions each, and starts the job that compares them. */
    async start(prefix: string, settings: CompareSettings): Promise<Pair> {
        const topic = uniqueName(prefix);
        const pair = {
            incumbent: { version: "v1", topic },
            candidate: { version: "v2", topic: `${topic}-v2` },
        };
        await this.makeTopic(pair.incumbent.topic, 2);
        await this.makeTopic(pair.candidate.topic, 2);
        return this.startJob(pair, settings);
    }

    /** Starts a job, with an evidence topic of its own. */
    async startJob(
        pair: Omit<Pair, "job">,
        settings: CompareSettings,
        evidence = `${pair.incumbent.topic}-evidence`,
    ): Promise<Pair> {
        const { directory, gateway, flinkRest, bootstrapServers } = this.sandbox;
        await this.makeTopic(evidence, 1);
        const script = comparisonSql(await withFunctions(settings), {
            ...pair,
            evidence,
            brokers: bootstrapServers,
            checkpoints: `file://${directory}/checkpoints/${evidence}`,
        });
        const { outs: begun } = await jobStart.create({
            bootstrapServers: [bootstrapServers],
            group: evidence,
            incumbent: pair.incumbent.topic,
            candidate: pair.candidate.topic,
            from: settings.flink!.from,
        });
        const made = await sessionJob.create({
            name: "test",
            version: "v2 comparison",
            jobName: evidence,
            gateway: gateway ?? "",
            rest: flinkRest ?? "",
            script,
            digest: createHash("sha256").update(script).digest("hex"),
            savepointDirectory: null,
            startTimeoutSeconds: 300,
            retire: null,
        });
        this.#started.set(evidence, made);
        const job = {
            jobId: made.id,
            problem: null,
            restUrl: flinkRest ?? "",
            topic: evidence,
            incumbent: pair.incumbent,
            start: begun["start"] as JobStart,
        };
        return { ...pair, job };
    }

    /** Cancels the job, as Pulumi does when its resource is removed. */
    async stop({ job: { topic } }: Pair): Promise<void> {
        const { id, outs } = this.#started.get(topic)!;
        this.#started.delete(topic);
        await sessionJob.delete(id, outs);
    }

    async byFlink(pair: Pair, settings: CompareSettings): Promise<Look> {
        const evidence = await gatherFromFlink({
            ...pair,
            kafka: this.port,
            settings,
            log: () => {},
        });
        return judge(evidence, settings);
    }

    async embedded(
        { incumbent, candidate }: Omit<Pair, "job">,
        settings: CompareSettings,
    ): Promise<Look> {
        const from = new Map([
            [0, 0n],
            [1, 0n],
        ]);
        const { evidence } = await gatherEvidence({
            kafka: this.port,
            incumbent: { ...incumbent, from },
            candidate: { ...candidate, from },
            settings,
            log: () => {},
        });
        return judge(evidence, settings);
    }

    /** Makes a topic, again maybe, and waits until it can be read. */
    async makeTopic(topic: string, numPartitions: number): Promise<void> {
        await this.admin.createTopics({
            topics: [{ topic, numPartitions }],
            waitForLeaders: false,
        });
        for (let left = 100; ; left--) {
            try {
                await this.port.lastStableOffsets(topic);
                return;
            } catch (error) {
                if (left === 0) throw error;
                await new Promise((resolve) => setTimeout(resolve, 200));
            }
        }
    }

    /** Deletes the records before an offset of both partitions, as retention does. */
    async forget(topic: string, before: number): Promise<void> {
        // The client deletes only where it knows the leaders by then.
        await this.admin.fetchTopicOffsets(topic);
        await this.admin.deleteTopicRecords({
            topic,
            partitions: [0, 1].map((partition) => ({ partition, offset: String(before) })),
        });
    }

    /** Writes the values in turn to both partitions. */
    async write(topic: string, values: readonly (string | Buffer)[]): Promise<void> {
        await this.send(
            topic,
            values.map((value, index) => ({ value, partition: index % 2 })),
        );
    }

    async send(topic: string, messages: readonly Message[]): Promise<void> {
        const producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
        await producer.connect();
        await producer.send({
            topic,
            messages: messages.map(({ timestamp, ...message }) => ({
                ...message,
                ...(timestamp !== undefined && { timestamp: String(timestamp) }),
            })),
        });
        await producer.disconnect();
    }

    /** Writes a record in a transaction that is aborted. */
    async takeBack(topic: string, value: string): Promise<void> {
        const producer = this.kafka.producer({
            idempotent: true,
            maxInFlightRequests: 1,
            transactionalId: `${topic}-aborts`,
        });
        await producer.connect();
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value, partition: 0 }] });
        await transaction.abort();
        await producer.disconnect();
    }
}
