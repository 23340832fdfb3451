import type { Consumer, ConsumerConfig, EachBatchPayload, Kafka, KafkaMessage } from "kafkajs";
import { judge, type Step } from "./plan.js";

/** What an application may set on the kafkajs consumers; the group and what is visible are the follower's. */
export type ReaderConfig = Omit<
    ConsumerConfig,
    "groupId" | "readUncommitted" | "allowAutoTopicCreation"
>;

export interface ReaderOptions {
    readonly kafka: Kafka;
    readonly step: Step;
    readonly config: ReaderConfig;
    readonly commitIntervalSeconds: number;
    readonly deliver: (
        step: Step,
        partition: number,
        message: KafkaMessage,
        heartbeat: () => Promise<void>,
    ) => Promise<void>;
    /** Called when kafkajs gives up and will not restart by itself. */
    readonly onCrash: (error: Error) => void;
}

/**
 * One membership of one group on one topic. kafkajs's `eachBatch` and not its `eachMessage`: the latter resolves
 * a message of a batch that was fetched before a pause, and so commits what was never delivered.
 */
export class Reader {
    /** Next offsets of the partitions that this member has been assigned, as far as it has read. */
    private readonly positions = new Map<number, bigint>();
    private readonly committed = new Map<number, bigint>();
    private readonly held = new Set<number>();
    private stopping = false;
    delivered = 0;

    private constructor(
        private readonly consumer: Consumer,
        private readonly options: ReaderOptions,
        private current: Step,
    ) {}

    static async open(options: ReaderOptions): Promise<Reader> {
        const { kafka, step, config } = options;
        let reader: Reader | undefined = undefined;
        const consumer = kafka.consumer({
            maxWaitTimeInMs: 500,
            ...config,
            groupId: step.group,
            readUncommitted: false,
            // A topic that does not exist is a mistake to be told, not one to be created.
            allowAutoTopicCreation: false,
            retry: {
                ...config.retry,
                restartOnFailure: () => Promise.resolve(reader?.stopping !== true),
            },
        });
        reader = new Reader(consumer, options, step);
        try {
            await reader.start();
        } catch (error) {
            await reader.stop();
            throw error;
        }
        return reader;
    }

    get step(): Step {
        return this.current;
    }

    private async start(): Promise<void> {
        const { consumer, options } = this;
        const { topic } = this.current;
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
            this.onAssigned(payload.memberAssignment[topic] ?? []);
        });
        consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
            // Only control or aborted records: no callback sees such a batch, but it moves the position on.
            if (payload.batchSize === 0) {
                this.positions.set(payload.partition, BigInt(payload.lastOffset) + 1n);
            }
        });
        consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
            for (const { partitions } of payload.topics) {
                for (const { partition, offset } of partitions) {
                    this.committed.set(Number(partition), BigInt(String(offset)));
                }
            }
        });
        consumer.on(consumer.events.CRASH, ({ payload }) => {
            if (!payload.restart && !this.stopping) {
                options.onCrash(payload.error);
            }
        });
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({
            // What is resolved is decided record by record below.
            eachBatchAutoResolve: false,
            autoCommitInterval: options.commitIntervalSeconds * 1000,
            eachBatch: (payload) => this.onBatch(payload),
        });
    }

    /** Goes on under another step of the same topic and group; counts from the very next record. */
    follow(step: Step): void {
        const before = this.current;
        this.current = step;
        if (this.held.size > 0 && (before.kind !== step.kind || before.epoch !== step.epoch)) {
            const partitions = [...this.held];
            this.held.clear();
            this.consumer.resume([{ topic: step.topic, partitions }]);
        }
    }

    private onAssigned(partitions: readonly number[]): void {
        // No batch is being processed during a join, so nothing here is overwritten by an old one.
        this.positions.clear();
        this.committed.clear();
        const { topic } = this.current;
        const start =
            this.current.kind === "drain" ? this.current.start : new Map<number, bigint>();
        for (const partition of partitions) {
            const offset = start.get(partition);
            if (offset !== undefined) {
                // kafkajs commits what it seeks to: right here, where Kafka has no commit of the partition.
                this.consumer.seek({ topic, partition, offset: String(offset) });
            }
        }
    }

    private async onBatch(payload: EachBatchPayload): Promise<void> {
        const { batch } = payload;
        const { partition, messages } = batch;
        for (const message of messages) {
            if (!payload.isRunning() || payload.isStale()) {
                return;
            }
            const offset = BigInt(message.offset);
            const step = this.current;
            switch (judge(step, partition, offset)) {
                case "hold":
                    this.hold(payload, step, offset);
                    payload.pause();
                    return;
                case "deliver":
                    await this.deliver(step, partition, message, () => payload.heartbeat());
                    this.delivered += 1;
                    break;
                case "pass":
                    break;
            }
            payload.resolveOffset(message.offset);
            // kafkajs itself goes on to the end of the batch when its last message is resolved.
            const last = message === messages.at(-1) ? BigInt(batch.lastOffset()) : offset;
            this.positions.set(partition, last + 1n);
            await payload.commitOffsetsIfNecessary();
            await payload.heartbeat();
        }
    }

    /** A record at or behind `until` proves that nothing is left before it, even where gaps end in control records. */
    private hold(payload: EachBatchPayload, step: Step, offset: bigint): void {
        const { batch } = payload;
        const { partition } = batch;
        this.held.add(partition);
        const until = step.kind === "drain" ? (step.until.get(partition) ?? 0n) : offset;
        const fetched = (batch as { fetchedOffset?: string }).fetchedOffset;
        const position = this.positions.get(partition) ?? BigInt(fetched ?? offset);
        // A partition that is behind `until` already stays where it is: a commit never goes back.
        if (position < until) {
            payload.resolveOffset(String(until - 1n));
            this.positions.set(partition, until);
        }
    }

    private async deliver(
        step: Step,
        partition: number,
        message: KafkaMessage,
        heartbeat: () => Promise<void>,
    ): Promise<void> {
        try {
            await this.options.deliver(step, partition, message, heartbeat);
        } catch (cause) {
            // Wrapped, since kafkajs stops for good at a TypeError or a SyntaxError, and at nothing else.
            throw new Error(
                `eachMessage failed on ${step.topic}, partition ${partition}, offset ${message.offset}; ` +
                    `the record is not committed and will be delivered again.`,
                { cause },
            );
        }
    }

    /**
     * Commits where this member stands. kafkajs commits a position that only control records moved with the next
     * batch, which may never come.
     */
    async commit(): Promise<void> {
        const { topic } = this.current;
        const offsets = [...this.positions]
            .filter(([partition, offset]) => this.committed.get(partition) !== offset)
            .map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
        if (offsets.length > 0) {
            await this.consumer.commitOffsets(offsets);
        }
    }

    /** Finishes the message in hand, commits, leaves the group. */
    async stop(): Promise<void> {
        this.stopping = true;
        await this.consumer.disconnect().catch(() => undefined);
    }
}
