import { explain } from "../errors.js";
import {
    EvidenceLostError,
    type KafkaPort,
    type LogRecord,
    type Offsets,
    type TopicDescription,
} from "../kafka/port.js";
import type { Gaps } from "./gaps.js";

/**
 * Reads one topic on from where it stopped, and notes what no longer is as it was: a topic that is another
 * one, has more partitions, or has lost records. After the first such thing it reads no more.
 */
export class TopicReader {
    /** As it was when the look began; `undefined` where it does not exist. */
    #description: TopicDescription | undefined;
    /** The next offset to read, by partition. */
    #position: Map<number, bigint>;
    #end: Offsets = new Map();
    #usable = true;

    constructor(
        private readonly kafka: KafkaPort,
        private readonly topic: string,
        private readonly from: Offsets,
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

    async open(): Promise<void> {
        await this.#guarded(async () => {
            this.#description = await this.kafka.describeTopic(this.topic);
            if (this.#description === undefined) {
                this.#stop(`There is no topic ${this.topic}. Is the job that writes it running?`);
            } else if (!samePartitions(this.from, this.#description.partitions)) {
                this.#stop(
                    `${this.topic} has ${this.#description.partitions} partitions, but the look was to begin in ` +
                        `${this.from.size}: partitions were added, or it is another topic.`,
                );
            } else if (this.#description.cleanupPolicy.includes("compact")) {
                this.#stop(
                    `${this.topic} is compacted (cleanup.policy=${this.#description.cleanupPolicy}): what was ` +
                        "superseded is gone on one topic and not on the other. Such topics cannot be compared yet.",
                );
            }
        });
    }

    /** Takes the offsets up to which the next `read` goes. */
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

    async read(signal: AbortSignal, onRecord: (record: LogRecord) => void): Promise<void> {
        await this.#guarded(async () => {
            const [from, to] = [new Map(this.#position), this.#end];
            if (this.remaining === 0) {
                return;
            }
            try {
                await this.kafka.read(this.topic, from, to, {
                    signal,
                    onRecords: (records) => {
                        for (const record of records) {
                            onRecord(record);
                            this.#position.set(record.partition, record.offset + 1n);
                        }
                    },
                });
                this.#position = new Map(to);
            } catch (error) {
                // That the time was over is said by who set the time.
                if (!signal.aborted) {
                    throw error;
                }
            }
        });
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

    async #guarded(step: () => Promise<void>): Promise<void> {
        if (!this.#usable) {
            return;
        }
        try {
            await step();
        } catch (error) {
            this.#stop(
                error instanceof EvidenceLostError
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
