import { explain } from "../errors.js";
import {
    EvidenceLostError,
    TopicReplacedError,
    type KafkaPort,
    type Fetched,
    type LogRange,
    type Offsets,
    type TopicDescription,
    type TopicLog,
} from "../kafka/port.js";
import type { CompareSettings } from "../../compare.js";
import type { Gaps } from "./gaps.js";

/** A transaction that is open for longer than a checkpoint takes. */
const longMilliseconds = 60_000;

/**
 * Reads one topic on from where it stopped, and notes what no longer is as it was: a topic that is another
 * one, has more partitions, or has lost records. After the first such thing it reads no more.
 */
export class TopicReader {
    /** As it was when the look began; `undefined` where it does not exist. */
    #description: TopicDescription | undefined;
    #log: TopicLog | undefined;
    /** The next offset to read, by partition. */
    readonly #position: Map<number, bigint>;
    #end: Offsets = new Map();
    #usable = true;

    constructor(
        private readonly kafka: KafkaPort,
        private readonly topic: string,
        private readonly from: Offsets,
        private readonly mode: CompareSettings["mode"],
        private readonly gaps: Gaps,
    ) {
        this.#position = new Map(from);
    }

    /** Offsets between here and the last boundary; not all of them need to hold a record. */
    get remaining(): number {
        let remaining = 0n;
        for (const [partition, end] of this.#end) {
            remaining += end - (this.#position.get(partition) ?? end);
        }
        return Number(remaining);
    }

    /** The partitions that are not read up to the last boundary. */
    get open(): number[] {
        return this.#usable
            ? [...this.#end.keys()].filter((p) => this.#position.get(p)! < this.#end.get(p)!)
            : [];
    }

    get isCompacted(): boolean {
        return this.#description?.cleanupPolicy.includes("compact") === true;
    }

    /** The next offset to read, by partition. */
    get position(): Offsets {
        return this.#position;
    }

    async prepare(): Promise<void> {
        await this.#guarded(async () => {
            this.#description = await this.kafka.describeTopic(this.topic);
            if (this.#description === undefined) {
                this.#stop(`There is no topic ${this.topic}. Is the job that writes it running?`);
                return;
            }
            const { partitions, cleanupPolicy } = this.#description;
            if (!samePartitions(this.from, partitions)) {
                this.#stop(
                    `${this.topic} has ${partitions} partitions, but the look was to begin in ` +
                        `${this.from.size}: partitions were added, or it is another topic.`,
                );
            } else if (this.mode === "append" && cleanupPolicy.includes("compact")) {
                this.#stop(
                    `${this.topic} is compacted (cleanup.policy=${cleanupPolicy}): what was superseded is gone ` +
                        'on one topic and not on the other. Set compare.mode to "upsert", which compares the last ' +
                        "record of every identity.",
                );
            } else {
                this.#log = await this.kafka.openLog(this.#description);
            }
        });
    }

    /** Takes the offsets up to which is read next. */
    async advance(): Promise<void> {
        await this.#guarded(async () => {
            const end = await this.kafka.lastStableOffsets(this.topic);
            for (const [partition, position] of this.#position) {
                const behind = end.get(partition);
                if (behind === undefined || behind < position) {
                    this.#stop(
                        `${this.topic}, partition ${partition} ends at offset ${behind ?? "none"}, before offset ` +
                            `${position} that was reached already: it was truncated, or deleted and created again.`,
                    );
                    return;
                }
            }
            this.#end = end;
        });
    }

    /** The next records of these partitions, a fetch of each: none where there are no more, or something is wrong. */
    async fetch(partitions: readonly number[], signal: AbortSignal): Promise<readonly Fetched[]> {
        let fetched: readonly Fetched[] = [];
        await this.#guarded(async () => {
            const ranges = new Map(
                partitions.map((partition) => [partition, this.#range(partition)]),
            );
            try {
                fetched = await this.#log!.fetch(ranges, signal);
            } catch (error) {
                // That the time was over is said by who set the time.
                if (!signal.aborted) {
                    throw error;
                }
            }
        });
        fetched.forEach(({ partition, next }) => this.#position.set(partition, next));
        return fetched;
    }

    /** Whether it is still the topic that the look began with. */
    async recheck(): Promise<void> {
        await this.#guarded(async () => {
            const now = await this.kafka.describeTopic(this.topic);
            const before = this.#description!;
            if (now?.id !== before.id) {
                this.#stop(`${this.topic} was deleted during the look.`);
            } else if (now.partitions !== before.partitions) {
                this.#stop(
                    `${this.topic} got partitions during the look: it had ${before.partitions}, ` +
                        `and has ${now.partitions}.`,
                );
            }
        });
    }

    /** What keeps records from being read although they were written long ago, one sentence each. */
    async heldBack(now: number): Promise<string[]> {
        if (this.#description === undefined || !this.#usable) {
            return [];
        }
        const transactions = await this.kafka.openTransactions(this.#description).catch(() => []);
        return transactions
            .filter(({ since }) => since === null || now - since > longMilliseconds)
            .map(({ partition, offset, producerId, transactionalId, since }) => {
                const whose =
                    transactionalId === null || since === null
                        ? `that nobody owns any more (producer ${producerId}): end it with kafka-transactions.sh abort`
                        : `of ${transactionalId}, open since ${new Date(since).toISOString()}: it ends with the next ` +
                          "checkpoint of its job, or with its transaction.timeout.ms";
                return (
                    `${this.topic}, partition ${partition} cannot be read beyond offset ${offset}, since a ` +
                    `transaction began there ${whose}.`
                );
            });
    }

    async close(): Promise<void> {
        await this.#log?.close();
    }

    #range(partition: number): LogRange {
        return { from: this.#position.get(partition)!, to: this.#end.get(partition)! };
    }

    async #guarded(step: () => Promise<void>): Promise<void> {
        if (!this.#usable) {
            return;
        }
        try {
            await step();
        } catch (error) {
            this.#stop(
                error instanceof EvidenceLostError || error instanceof TopicReplacedError
                    ? error.message
                    : `${this.topic} could not be read: ${explain(error)}`,
            );
        }
    }

    #stop(sentence: string): void {
        this.#usable = false;
        this.gaps.note(sentence);
    }
}

function samePartitions(offsets: Offsets, partitions: number): boolean {
    return (
        offsets.size === partitions &&
        Array.from({ length: partitions }, (_, partition) => partition).every((p) => offsets.has(p))
    );
}
