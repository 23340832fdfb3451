import type { EachMessagePayload, Kafka } from "kafkajs";
import type { RoutingRecord } from "../provider/cutover/routingRecord.js";
import { Observer, protocolError } from "./observe.js";
import {
    boundAtOnce,
    finishes,
    nextStep,
    routeOf,
    UnknownConsumerError,
    type Source,
    type Step,
} from "./plan.js";
import { Reader, type ReaderConfig } from "./reader.js";
import { NoRoutingTopicError, RoutingWatch } from "./routingWatch.js";

/** One record of the topic that the consumer is routed to. */
export interface FollowedMessage {
    readonly topic: string;
    readonly partition: number;
    readonly message: EachMessagePayload["message"];
    /** The version of the job that wrote the topic. */
    readonly version: string;
    /** The epoch of the move that led the consumer to this topic. */
    readonly epoch: number;
    /** To be called now and then by a handler that takes longer than the session timeout for one record. */
    readonly heartbeat: () => Promise<void>;
}

/** A move that this follower has made. */
export interface Move {
    readonly from: Source;
    readonly to: Source;
    readonly epoch: number;
    /**
     * Whether the topic handed over was finished by the group, so that what it has in common with the new one is
     * not delivered again. Where not (the topic or its records are gone, or nobody had read it), the new topic is
     * read from where its group was committed in advance: nothing is skipped, more is repeated.
     */
    readonly drained: boolean;
    /** Records that this member delivered from the topic handed over after it had learned of the move. */
    readonly finished: number;
    /** From learning of the move to reading the new topic. */
    readonly seconds: number;
}

export interface FollowOptions {
    /**
     * The application's own kafkajs instance: its brokers, security, retries and logger are used for everything.
     * Several members in one process need one each, since kafkajs keeps the commits of a group per instance. Besides
     * its groups, the application must be allowed to read `<consumer>-routing-*` groups and the routing topic.
     */
    readonly kafka: Kafka;
    /** The name of the ShadowFlinkJob. */
    readonly name: string;
    /** Which of the job's `consumers` this application is; its members share the work, as in any group. */
    readonly consumer: string;
    /** The topic with the routing record. Defaults to `<name>-routing`. */
    readonly routingTopic?: string;
    /**
     * Handles one record. When it resolves, the record counts as finished and is committed within
     * `commitIntervalSeconds`. When it throws, the record is not committed and will be delivered again, after a pause.
     */
    readonly eachMessage: (message: FollowedMessage) => Promise<void>;
    /** Called after every move, for logs. */
    readonly onMove?: (move: Move) => void;
    /**
     * Called with everything that the follower recovers from by itself: an unreadable routing record (it stays where
     * it is), a handler that threw, an unreachable broker. Defaults to one line on stderr.
     */
    readonly onError?: (error: Error) => void;
    /** How often the position is committed within a long batch, in seconds. Defaults to `1`. */
    readonly commitIntervalSeconds?: number;
    /** How often the group's commits are looked at while a topic is being finished, in seconds. Defaults to `0.5`. */
    readonly pollIntervalSeconds?: number;
    /** Settings of the kafkajs consumers, such as `sessionTimeout` or `maxBytesPerPartition`. Defaults to kafkajs's own. */
    readonly consumerConfig?: ReaderConfig;
}

/** An application's place behind the routing record, as `follow` returns it. */
export interface Follower {
    /** Resolves after `stop`; rejects where the follower cannot go on by itself. */
    readonly running: Promise<void>;
    /** What is being read now; `undefined` before the first routing record was seen. For health checks. */
    readonly reading: (Source & { readonly epoch: number; readonly draining: boolean }) | undefined;
    /** Finishes the record in hand, commits, and leaves the group. */
    stop(): Promise<void>;
}

/** The loop behind `follow`: the latest record, the next step, do it; again when either changes. */
export class FollowerLoop implements Follower {
    readonly running: Promise<void>;
    private record: RoutingRecord | undefined;
    /** The record that has been acted on to the end. */
    private settled: RoutingRecord | undefined;
    private finishedEpoch: number | undefined;
    private learnedAt = 0;
    private reader: Reader | undefined;
    private observer: { readonly record: RoutingRecord; readonly observer: Observer } | undefined;
    private left: { readonly source: Source; readonly finished: number } | undefined;
    private deliveredBefore = 0;
    private fatal: Error | undefined;
    private stopping = false;
    private wake: () => void = () => undefined;

    constructor(private readonly options: FollowOptions) {
        this.running = this.run();
    }

    get reading(): Follower["reading"] {
        const step = this.reader?.step;
        return (
            step && {
                version: step.version,
                topic: step.topic,
                group: step.group,
                epoch: step.epoch,
                draining: step.kind === "drain",
            }
        );
    }

    async stop(): Promise<void> {
        this.stopping = true;
        this.wake();
        await this.running.catch(() => undefined);
    }

    private async run(): Promise<void> {
        let watch: RoutingWatch | undefined;
        try {
            watch = await this.persist(() => this.openWatch());
            await this.persist(() => this.followRecords());
        } finally {
            await this.reader?.stop();
            this.reader = undefined;
            await this.observer?.observer.close();
            await watch?.stop();
        }
    }

    /** Tries until it succeeds or is stopped; only what no waiting can cure is thrown. */
    private async persist<T>(work: () => Promise<T>): Promise<T | undefined> {
        for (let pause = 1; !this.stopping; pause = Math.min(pause * 2, 15)) {
            const before = this.settled;
            try {
                return await work();
            } catch (error) {
                if (isFinal(error) || error === this.fatal) {
                    throw error;
                }
                this.report(error);
                if (this.settled !== before) {
                    pause = 1;
                }
                await this.sleep(pause);
            }
        }
        return undefined;
    }

    private openWatch(): Promise<RoutingWatch> {
        const { kafka, name, consumer } = this.options;
        return RoutingWatch.open({
            kafka,
            name,
            consumer,
            routingTopic: this.options.routingTopic ?? `${name}-routing`,
            onRecord: (record) => this.learn(record),
            onError: (error) => this.report(error),
            onCrash: (error) => this.fail("Watching the routing topic failed", error),
        });
    }

    private learn(record: RoutingRecord): void {
        try {
            routeOf(record, this.options.consumer);
        } catch (error) {
            if (this.record === undefined) {
                this.fatal = error as Error;
                this.wake();
            } else {
                this.report(
                    new Error("This consumer is no longer listed; it stays where it is.", {
                        cause: error,
                    }),
                );
            }
            return;
        }
        this.record = record;
        this.learnedAt = Date.now();
        const { reader } = this;
        if (reader !== undefined) {
            this.deliveredBefore = reader.delivered;
            const bound = boundAtOnce(record, this.options.consumer, reader.step);
            if (bound !== undefined) {
                reader.follow(bound);
            }
        }
        this.wake();
    }

    private async followRecords(): Promise<void> {
        while (!this.stopping) {
            if (this.fatal !== undefined) {
                throw this.fatal;
            }
            const { record } = this;
            if (record === undefined || record === this.settled) {
                await this.sleep();
                continue;
            }
            await this.reader?.commit().catch((error: unknown) => this.report(error));
            const step = await this.plan(record);
            // Whoever was asked meanwhile to stop, or to follow a newer record, does that instead.
            if (this.changed(record)) {
                continue;
            }
            await this.take(step);
            if (this.changed(record)) {
                continue;
            }
            if (step.kind === "drain") {
                await this.sleep(this.options.pollIntervalSeconds ?? 0.5);
            } else {
                this.settled = record;
                this.finishedEpoch = finishes(step, record, this.options.consumer)
                    ? step.epoch
                    : undefined;
                this.announce(step);
                await this.observer?.observer.close();
                this.observer = undefined;
            }
        }
    }

    private changed(record: RoutingRecord): boolean {
        return this.stopping || this.fatal !== undefined || this.record !== record;
    }

    private async plan(record: RoutingRecord): Promise<Step> {
        if (this.observer?.record !== record) {
            await this.observer?.observer.close();
            this.observer = undefined;
            this.observer = { record, observer: await Observer.connect(this.options.kafka) };
        }
        const { consumer } = this.options;
        const seen = await this.observer.observer.look(record, consumer);
        const { finishedEpoch } = this;
        return nextStep(record, consumer, { ...seen, reading: this.reader?.step, finishedEpoch });
    }

    private async take(step: Step): Promise<void> {
        const { reader, options } = this;
        if (reader !== undefined) {
            if (reader.step.topic === step.topic && reader.step.group === step.group) {
                reader.follow(step);
                return;
            }
            await reader.stop();
            const { version, topic, group } = reader.step;
            this.left = {
                source: { version, topic, group },
                finished: reader.delivered - this.deliveredBefore,
            };
            this.reader = undefined;
        }
        this.deliveredBefore = 0;
        this.reader = await Reader.open({
            kafka: options.kafka,
            step,
            config: options.consumerConfig ?? {},
            commitIntervalSeconds: options.commitIntervalSeconds ?? 1,
            deliver: async ({ topic, version, epoch }, partition, message, heartbeat) => {
                const followed = { topic, partition, message, version, epoch, heartbeat };
                try {
                    await options.eachMessage(followed);
                } catch (error) {
                    this.report(
                        new Error(
                            `eachMessage failed on ${topic}, partition ${partition}, offset ${message.offset}; ` +
                                `the record will be delivered again.`,
                            { cause: error },
                        ),
                    );
                    throw error;
                }
            },
            onCrash: (error) => this.fail(`Reading ${step.topic} as ${step.group} failed`, error),
        });
    }

    private announce(step: Extract<Step, { kind: "consume" }>): void {
        const { left } = this;
        this.left = undefined;
        if (left === undefined || left.source.topic === step.topic) {
            return;
        }
        const { version, topic, group, epoch } = step;
        this.options.onMove?.({
            from: left.source,
            to: { version, topic, group },
            epoch,
            drained: step.from !== undefined,
            finished: left.finished,
            seconds: (Date.now() - this.learnedAt) / 1000,
        });
    }

    private fail(what: string, cause: Error): void {
        this.fatal = new Error(`${what}, and cannot go on by itself: ${cause.message}`, { cause });
        this.wake();
    }

    private report(error: unknown): void {
        const wrapped = error instanceof Error ? error : new Error(String(error));
        if (this.options.onError !== undefined) {
            this.options.onError(wrapped);
        } else {
            console.error(`${this.options.name}: ${wrapped.message}`);
        }
    }

    /** Until woken, or for so many seconds. */
    private async sleep(seconds?: number): Promise<void> {
        if (this.stopping || this.fatal !== undefined) {
            return;
        }
        await new Promise<void>((resolve) => {
            const timer = seconds === undefined ? undefined : setTimeout(resolve, seconds * 1000);
            this.wake = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }
}

function isFinal(error: unknown): boolean {
    return (
        error instanceof UnknownConsumerError ||
        error instanceof NoRoutingTopicError ||
        // Such as a missing permission: the broker would say the same again.
        protocolError(error)?.retriable === false
    );
}
