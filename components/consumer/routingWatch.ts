import { randomUUID } from "node:crypto";
import type { Kafka } from "kafkajs";
import { parseRoutingRecord, type RoutingRecord } from "../provider/cutover/routingRecord.js";
import { Observer } from "./observe.js";
import { newest } from "./plan.js";

export interface RoutingWatchOptions {
    readonly kafka: Kafka;
    readonly name: string;
    readonly consumer: string;
    readonly routingTopic: string;
    /** Called with every record that is newer than the one before, only after the topic was read to its end once. */
    readonly onRecord: (record: RoutingRecord) => void;
    /** Called for what should not be on the routing topic; the last good record goes on counting. */
    readonly onError: (error: Error) => void;
    readonly onCrash: (error: Error) => void;
}

/** Reads the routing topic from its beginning, and goes on watching it. */
export class RoutingWatch {
    private record: RoutingRecord | undefined;
    private caughtUp = false;
    private stopping = false;
    /**
     * kafkajs reads only as a member of a group. Nothing is ever committed for this one, so the broker forgets it
     * by itself even where a killed process could not delete it.
     */
    private readonly group: string;
    private readonly watching;

    private constructor(
        private readonly options: RoutingWatchOptions,
        private readonly end: bigint,
    ) {
        this.group = `${options.consumer}-routing-${randomUUID()}`;
        this.watching = options.kafka.consumer({
            groupId: this.group,
            maxWaitTimeInMs: 500,
            allowAutoTopicCreation: false,
            retry: { restartOnFailure: () => Promise.resolve(!this.stopping) },
        });
    }

    static async open(options: RoutingWatchOptions): Promise<RoutingWatch> {
        const observer = await Observer.connect(options.kafka);
        let end: bigint;
        try {
            if (!(await observer.exists(options.routingTopic))) {
                throw new NoRoutingTopicError(
                    `The routing topic ${options.routingTopic} does not exist. Is the ShadowFlinkJob ` +
                        `"${options.name}" deployed on this Kafka, and is its routing topic named otherwise ` +
                        `(then give its name as \`routingTopic\`)?`,
                );
            }
            const { earliest, end: ends } = await observer.ends(options.routingTopic);
            end = earliest.get(0) === ends.get(0) ? 0n : (ends.get(0) ?? 0n);
        } finally {
            await observer.close();
        }
        const watch = new RoutingWatch(options, end);
        try {
            await watch.start();
        } catch (error) {
            await watch.stop();
            throw error;
        }
        return watch;
    }

    private async start(): Promise<void> {
        const { watching, options } = this;
        // Records before the end are history: acting on them one by one would move the consumer through all of it.
        this.caughtUp = this.end === 0n;
        watching.on(watching.events.END_BATCH_PROCESS, ({ payload }) => {
            if (payload.partition === 0) {
                this.reached(BigInt(payload.lastOffset) + 1n);
            }
        });
        watching.on(watching.events.CRASH, ({ payload }) => {
            if (!payload.restart && !this.stopping) {
                options.onCrash(payload.error);
            }
        });
        await watching.connect();
        await watching.subscribe({ topics: [options.routingTopic], fromBeginning: true });
        await watching.run({
            autoCommit: false,
            eachMessage: ({ partition, message }) => {
                if (partition === 0 && message.key?.toString() === options.name) {
                    this.see(message.offset, message.value);
                }
                return Promise.resolve();
            },
        });
    }

    private see(offset: string, value: Buffer | null): void {
        const { options } = this;
        const where = `${options.routingTopic}, partition 0, offset ${offset}`;
        if (value === null) {
            options.onError(
                new Error(
                    `${where}: the routing record of ${options.name} was deleted. ` +
                        `"${options.consumer}" stays where it is.`,
                ),
            );
            return;
        }
        let seen: RoutingRecord;
        try {
            seen = parseRoutingRecord(value.toString());
        } catch (cause) {
            options.onError(
                new Error(
                    `${where}: this record cannot be read. "${options.consumer}" stays where it is.`,
                    { cause },
                ),
            );
            return;
        }
        const record = newest(this.record, seen);
        if (record !== this.record && record !== undefined) {
            this.record = record;
            if (this.caughtUp) {
                options.onRecord(record);
            }
        }
    }

    private reached(offset: bigint): void {
        if (!this.caughtUp && offset >= this.end) {
            this.caughtUp = true;
            if (this.record !== undefined) {
                this.options.onRecord(this.record);
            }
        }
    }

    async stop(): Promise<void> {
        this.stopping = true;
        await this.watching.disconnect().catch(() => undefined);
        // Only tidiness: the broker forgets an empty group without commits.
        try {
            const observer = await Observer.connect(this.options.kafka);
            try {
                await observer.deleteGroup(this.group);
            } finally {
                await observer.close();
            }
        } catch {
            return;
        }
    }
}

export class NoRoutingTopicError extends Error {
    override readonly name = "NoRoutingTopicError";
}
