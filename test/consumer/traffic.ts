import { Partitioners, type Admin, type Kafka, type Producer } from "kafkajs";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";

/** A job's output topic as a test writes it. */
export interface Output {
    readonly topic: string;
    readonly partitions: number;
    /** Partitions that get no record, only control records. */
    readonly emptyPartitions: readonly number[];
    /** How many records at most are written out of order. */
    readonly disorder: number;
    /** Records that the job lags behind. */
    readonly lag: number;
}

/**
 * Writes the same identities to several topics, to each with its own partitions and in its own order, in transactions
 * of which some are aborted. What was aborted carries identities of its own, so that a leak is seen.
 */
export class Traffic {
    /** Identities so far, also those that some topic does not have yet. */
    produced = 0;
    aborted = 0;
    private readonly pending = new Map<string, number[]>();
    private readonly producers = new Map<string, Producer>();
    private last: Promise<void> = Promise.resolve();
    private flowing: Promise<void> | undefined;
    private stopping = false;
    private random = 1;

    private constructor(
        private readonly admin: Admin,
        private readonly outputs: readonly Output[],
    ) {}

    static async open(kafka: Kafka, outputs: readonly Output[]): Promise<Traffic> {
        const admin = kafka.admin();
        await admin.connect();
        await createReadyTopics(
            admin,
            outputs.map(({ topic, partitions }) => ({ topic, numPartitions: partitions })),
        );
        const traffic = new Traffic(admin, outputs);
        for (const { topic } of outputs) {
            const producer = kafka.producer({
                transactionalId: `${topic}-job`,
                idempotent: true,
                maxInFlightRequests: 1,
                createPartitioner: Partitioners.DefaultPartitioner,
            });
            await producer.connect();
            traffic.producers.set(topic, producer);
            traffic.pending.set(topic, []);
        }
        return traffic;
    }

    /** Takes so many new identities into the jobs; what they write out is up to their disorder and lag. */
    produce(count: number): Promise<void> {
        return this.inTurn(() => this.take(count));
    }

    private async take(count: number): Promise<void> {
        for (const pending of this.pending.values()) {
            pending.push(...Array.from({ length: count }, (_, i) => this.produced + i));
        }
        this.produced += count;
        await Promise.all(this.outputs.map((output) => this.write(output, output.lag)));
    }

    /** Writes out all that lags. */
    flush(): Promise<void> {
        return this.inTurn(async () => {
            await Promise.all(this.outputs.map((output) => this.write(output, 0)));
        });
    }

    /** An aborted transaction on every partition, also the empty ones: nothing but records that nobody may see. */
    abort(): Promise<void> {
        return this.inTurn(() => this.writeAborted());
    }

    private async writeAborted(): Promise<void> {
        for (const { topic, partitions } of this.outputs) {
            const transaction = await this.producer(topic).transaction();
            const messages = Array.from({ length: partitions }, (_, partition) => {
                this.aborted += 1;
                return { partition, key: "aborted", value: row(`aborted-${this.aborted}`) };
            });
            await transaction.send({ topic, messages });
            await transaction.abort();
        }
    }

    /** Produces a little all the time, until `pause`. */
    flow(): void {
        this.stopping = false;
        this.flowing = (async () => {
            for (let round = 1; !this.stopping; round += 1) {
                await this.produce(5);
                if (round % 10 === 0) {
                    await this.abort();
                }
                await new Promise((resolve) => setTimeout(resolve, 20));
            }
        })();
    }

    async pause(): Promise<void> {
        this.stopping = true;
        await this.flowing;
        this.flowing = undefined;
    }

    async close(): Promise<void> {
        await this.pause();
        await Promise.all([...this.producers.values()].map((producer) => producer.disconnect()));
        await this.admin.disconnect();
    }

    /** A producer has one transaction at a time. */
    private inTurn(work: () => Promise<void>): Promise<void> {
        const turn = this.last.then(work);
        this.last = turn.catch(() => undefined);
        return turn;
    }

    private async write(output: Output, keep: number): Promise<void> {
        const pending = this.pending.get(output.topic) ?? [];
        const messages = [];
        while (pending.length > keep) {
            const at = this.next() % Math.min(pending.length, output.disorder);
            const [id = 0] = pending.splice(at, 1);
            const used = Array.from({ length: output.partitions }, (_, p) => p).filter(
                (p) => !output.emptyPartitions.includes(p),
            );
            const partition = used[(id * 7 + output.topic.length) % used.length];
            messages.push({ partition, key: `k${id}`, value: row(`id-${id}`) });
        }
        if (messages.length > 0) {
            const transaction = await this.producer(output.topic).transaction();
            await transaction.send({ topic: output.topic, messages });
            await transaction.commit();
        }
    }

    private producer(topic: string): Producer {
        const producer = this.producers.get(topic);
        if (producer === undefined) {
            throw new Error(`no producer for ${topic}`);
        }
        return producer;
    }

    /** The same disorder in every run (a linear congruential generator). */
    private next(): number {
        this.random = (this.random * 48_271) % 2_147_483_647;
        return this.random;
    }
}

function row(id: string): string {
    return JSON.stringify({ id, window_start: "2026-01-01T00:00:00Z" });
}
