import {
    GroupNotEmptyError,
    type FencedWriter,
    type KafkaPort,
    type LogRecord,
    type Offsets,
} from "../../components/provider/kafka/port.js";
import { FakeKafka, FakeTopic, gap, type Value } from "../comparison/world.js";

/** A topic that also has keys and gaps. */
export class MemoryTopic extends FakeTopic {
    constructor(partitions: number) {
        super(Array.from({ length: partitions }, () => []));
    }

    skip(partition: number): void {
        this.partitions[partition]!.push(gap);
    }

    write(partition: number, key: string, value: Value): void {
        this.append(partition, value);
        const log = this.partitions[partition]!;
        log.push({ ...log.pop()!, key: Buffer.from(key) });
    }

    /** What a reader of a partition gets from an offset on. */
    from(partition: number, offset: bigint): LogRecord[] {
        return this.partitions[partition]!.slice(Number(offset)).filter((record) => record !== gap);
    }
}

/** All of Kafka that the package asks for, in memory. */
export class MemoryKafka extends FakeKafka implements KafkaPort {
    declare readonly topics: Map<string, MemoryTopic>;
    /** The members of groups: while there is one the broker takes no commits from outside. */
    readonly members = new Set<string>();
    #incarnations = 0;
    readonly #committed = new Map<string, Map<number, bigint>>();
    readonly #producerEpochs = new Map<string, number>();

    constructor() {
        super(new Map());
    }

    createTopic(name: string, partitions: number): MemoryTopic {
        const topic = new MemoryTopic(partitions);
        topic.id = `${name}-${++this.#incarnations}`;
        this.topics.set(name, topic);
        return topic;
    }

    earliestOffsets(name: string): Promise<Offsets> {
        const topic = this.topics.get(name)!;
        return Promise.resolve(new Map([...topic.start].map(([p]) => [p, topic.firstOffset])));
    }

    committedOffsets(group: string, topic: string): Promise<Offsets> {
        return Promise.resolve(new Map(this.#committed.get(`${group} on ${topic}`)));
    }

    async commitOffsets(group: string, topic: string, offsets: Offsets): Promise<void> {
        if (this.members.has(group)) {
            throw new GroupNotEmptyError(group, topic, new Error("it has a member"));
        }
        this.#committed.set(
            `${group} on ${topic}`,
            new Map([...(await this.committedOffsets(group, topic)), ...offsets]),
        );
    }

    /** What the broker does with the commits of a group that was empty for a week. */
    expire(group: string, topic: string): void {
        this.#committed.delete(`${group} on ${topic}`);
    }

    fence(transactionalId: string): Promise<FencedWriter> {
        const epoch = (this.#producerEpochs.get(transactionalId) ?? 0) + 1;
        this.#producerEpochs.set(transactionalId, epoch);
        return Promise.resolve({
            write: (topic, records) => {
                if (this.#producerEpochs.get(transactionalId) !== epoch) {
                    return Promise.reject(
                        new Error(`${transactionalId} was taken over by another producer.`),
                    );
                }
                const log = this.topics.get(topic)!;
                records.forEach(({ key, value }) => log.write(0, key, value));
                log.skip(0);
                return Promise.resolve();
            },
            close: () => Promise.resolve(),
        });
    }

    close(): Promise<void> {
        return Promise.resolve();
    }
}

/** A port that notes the calls made through it, of which one fails. */
export interface Interrupted {
    readonly port: KafkaPort;
    readonly calls: readonly string[];
}

/**
 * Fails the n-th call, counted from 0: `before` it takes effect, as when the request is lost, or `after`, as when the
 * answer is. What a writer does counts as calls too.
 */
export function interrupt(kafka: KafkaPort, n: number, when: "before" | "after"): Interrupted {
    const calls: string[] = [];
    const through = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
        const failing = calls.push(name) - 1 === n;
        if (failing && when === "before") {
            throw new Error(`${name} was interrupted`);
        }
        const answer = await call();
        if (failing) {
            throw new Error(`the answer to ${name} was lost`);
        }
        return answer;
    };
    const port: KafkaPort = {
        describeTopic: (topic) => through("describeTopic", () => kafka.describeTopic(topic)),
        earliestOffsets: (topic) => through("earliestOffsets", () => kafka.earliestOffsets(topic)),
        openTransactions: (topic) =>
            through("openTransactions", () => kafka.openTransactions(topic)),
        lastStableOffsets: (topic) =>
            through("lastStableOffsets", () => kafka.lastStableOffsets(topic)),
        offsetsAt: (topic, timestamp) =>
            through("offsetsAt", () => kafka.offsetsAt(topic, timestamp)),
        openLog: (topic) => through("openLog", () => kafka.openLog(topic)),
        read: (topic, from, to, options) =>
            through("read", () => kafka.read(topic, from, to, options)),
        committedOffsets: (group, topic) =>
            through("committedOffsets", () => kafka.committedOffsets(group, topic)),
        commitOffsets: (group, topic, offsets) =>
            through("commitOffsets", () => kafka.commitOffsets(group, topic, offsets)),
        fence: (transactionalId) =>
            through("fence", async () => {
                const writer = await kafka.fence(transactionalId);
                return {
                    write: (topic, records) => through("write", () => writer.write(topic, records)),
                    close: () => through("close of the writer", () => writer.close()),
                };
            }),
        close: () => kafka.close(),
    };
    return { port, calls };
}
