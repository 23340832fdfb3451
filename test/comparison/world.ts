import type { CompareArgs, CompareSettings } from "../../components/compare.js";
import type { FlinkArgs } from "../../components/compareFlink.js";
import { resolveCompare } from "../../components/compareSettings.js";
import { decide } from "../../components/provider/comparison/decide.js";
import type { Evidence } from "../../components/provider/comparison/evidence.js";
import { gatherEvidence, type Clock } from "../../components/provider/comparison/gather.js";
import type { Verdict } from "../../components/provider/comparison/verdict.js";
import {
    EvidenceLostError,
    TopicReplacedError,
    type Fetched,
    type KafkaPort,
    type LogRange,
    type LogRecord,
    type Offsets,
    type OpenTransaction,
    type ReadOptions,
    type TopicDescription,
    type TopicLog,
} from "../../components/provider/kafka/port.js";
import { rangesOf, readRanges } from "../../components/provider/kafka/readRanges.js";
import { functions } from "../functions.js";

/** What takes an offset and is never handed to a reader: a transaction marker, an aborted record. */
export const gap: LogRecord = {
    partition: -1,
    offset: -1n,
    timestamp: -1,
    key: null,
    value: null,
};

/** A record of a log: JSON to be written, or bytes; `null` is a tombstone. */
export type Value = object | string | Uint8Array | null;

/** An in-memory topic: partitions of records, as they stand now. */
export class FakeTopic {
    id = "first incarnation";
    cleanupPolicy = "delete";
    readonly partitions: LogRecord[][];
    firstOffset = 0n;

    constructor(partitions: readonly (readonly Value[])[]) {
        this.partitions = partitions.map(() => []);
        partitions.forEach((values, partition) => this.append(partition, ...values));
    }

    append(partition: number, ...values: Value[]): void {
        const log = this.partitions[partition]!;
        for (const value of values) {
            log.push({
                partition,
                offset: BigInt(log.length),
                timestamp: -1,
                key: null,
                value: encode(value),
            });
        }
    }

    get start(): Offsets {
        return new Map(this.partitions.map((_, partition) => [partition, 0n]));
    }

    get end(): Offsets {
        return new Map(this.partitions.map((log, partition) => [partition, BigInt(log.length)]));
    }
}

function encode(value: Value): Buffer | null {
    if (value === null) {
        return null;
    }
    return value instanceof Uint8Array
        ? Buffer.from(value)
        : Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

/** What the comparison asks of Kafka, on in-memory topics. */
export class FakeKafka implements Partial<KafkaPort> {
    /** Runs before each look at the ends of a topic: the way in which a topic grows meanwhile. */
    onLook: (topic: string, look: number) => void = () => {};
    /** What is open on any topic. */
    transactions: readonly OpenTransaction[] = [];
    /** Offsets per fetch of a partition. */
    fetchSize = 100;
    readonly #looks = new Map<string, number>();

    constructor(readonly topics: Map<string, FakeTopic>) {}

    get port(): KafkaPort {
        return this as unknown as KafkaPort;
    }

    describeTopic(name: string): Promise<TopicDescription | undefined> {
        const topic = this.topics.get(name);
        return Promise.resolve(
            topic && {
                name,
                id: topic.id,
                partitions: topic.partitions.length,
                cleanupPolicy: topic.cleanupPolicy,
                timestampType: "CreateTime",
            },
        );
    }

    lastStableOffsets(name: string): Promise<Offsets> {
        const look = (this.#looks.get(name) ?? 0) + 1;
        this.#looks.set(name, look);
        this.onLook(name, look);
        return Promise.resolve(this.topics.get(name)!.end);
    }

    earliestOffsets(name: string): Promise<Offsets> {
        const { firstOffset, partitions } = this.topics.get(name)!;
        return Promise.resolve(new Map(partitions.map((_, partition) => [partition, firstOffset])));
    }

    offsetsAt(name: string, timestamp: number): Promise<Offsets> {
        const offsets = this.topics.get(name)!.partitions.map((log, partition) => {
            const first = log.findIndex((record) => record.timestamp >= timestamp);
            return [partition, BigInt(first === -1 ? log.length : first)] as const;
        });
        return Promise.resolve(new Map(offsets));
    }

    openTransactions(): Promise<readonly OpenTransaction[]> {
        return Promise.resolve(this.transactions);
    }

    openLog({ name, ...described }: TopicDescription): Promise<TopicLog> {
        if (this.topics.get(name)?.id !== described.id) {
            return Promise.reject(new TopicReplacedError({ name, ...described }));
        }
        return Promise.resolve({
            fetch: async (ranges: ReadonlyMap<number, LogRange>, signal: AbortSignal) => {
                await Promise.resolve();
                signal.throwIfAborted();
                return [...ranges]
                    .map(([partition, range]) => this.#fetch(name, partition, range))
                    .filter(({ partition, next }) => next > ranges.get(partition)!.from);
            },
            close: () => Promise.resolve(),
        });
    }

    async read(name: string, from: Offsets, to: Offsets, options: ReadOptions): Promise<void> {
        const log = await this.openLog((await this.describeTopic(name))!);
        await readRanges(log, rangesOf(from, to), options);
    }

    #fetch(name: string, partition: number, { from, to }: LogRange): Fetched {
        const topic = this.topics.get(name)!;
        if (from < topic.firstOffset) {
            throw new EvidenceLostError(name, partition, from, topic.firstOffset);
        }
        const size = Math.min(this.fetchSize, Number(to - from));
        const found = topic.partitions[partition]!.slice(Number(from), Number(from) + size);
        return {
            partition,
            records: found.filter((record) => record !== gap),
            next: from + BigInt(found.length),
        };
    }
}

/** Time that passes only while somebody sleeps. */
export class FakeClock implements Clock {
    #now = 0;

    now(): number {
        return this.#now;
    }

    sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
        signal.throwIfAborted();
        this.#now += milliseconds;
        return Promise.resolve();
    }
}

export const defaults: CompareArgs = {
    identity: ["origin", "window_start"],
    eventTime: "window_start",
    windowSeconds: 3600,
    minRecords: 6,
    waitSeconds: 10,
};

/** What a scene says of a comparison; where the functions of its job are is filled in. */
type SomeArgs = Partial<Omit<CompareArgs, "flink">> & { flink?: Omit<FlinkArgs, "functions"> };

export function settingsOf({ flink, ...args }: SomeArgs = {}): CompareSettings {
    const { settings, problems } = resolveCompare({
        ...defaults,
        ...args,
        ...(flink && { flink: { functions, ...flink } }),
    });
    if (problems.length > 0) {
        throw new Error(problems.map(({ field, message }) => `${field} ${message}`).join("\n"));
    }
    return settings;
}

export interface Scene {
    readonly incumbent: FakeTopic;
    readonly candidate: FakeTopic;
    readonly args?: Partial<CompareArgs>;
    readonly prepare?: (kafka: FakeKafka) => void;
    readonly from?: { incumbent?: Offsets; candidate?: Offsets };
    readonly signal?: AbortSignal;
}

export interface Seen {
    readonly evidence: Evidence;
    readonly verdict: Verdict;
    readonly lines: readonly string[];
}

/** One look at `delays` (v1) and `delays-v2` (v2), on a clock that costs no time. */
export async function look(scene: Scene): Promise<Seen> {
    const settings = settingsOf(scene.args);
    const kafka = new FakeKafka(
        new Map([
            ["delays", scene.incumbent],
            ["delays-v2", scene.candidate],
        ]),
    );
    const from = {
        incumbent: scene.from?.incumbent ?? scene.incumbent.start,
        candidate: scene.from?.candidate ?? scene.candidate.start,
    };
    scene.prepare?.(kafka);
    const lines: string[] = [];
    const { evidence } = await gatherEvidence({
        kafka: kafka.port,
        incumbent: { version: "v1", topic: "delays", from: from.incumbent },
        candidate: { version: "v2", topic: "delays-v2", from: from.candidate },
        settings,
        log: (line) => lines.push(line),
        signal: scene.signal ?? new AbortController().signal,
        clock: new FakeClock(),
    });
    const verdict = decide(evidence, settings, {
        fingerprint: "f",
        comparedAt: "2026-11-23T12:00:00.000Z",
    });
    return { evidence, verdict, lines };
}

/** What the job of the examples writes: one record per origin and hour. */
export interface Delay {
    origin: string;
    window_start: string;
    flights: number;
    mean_delay: number | null;
}

export const hour = (n: number): string =>
    new Date(Date.UTC(2026, 10, 23, n)).toISOString().replace("T", " ").slice(0, 19);

export const origins = ["ATL", "DFW", "SEA"];

/** Hours 0 to 7 of three origins. With an hour of warm-up and lateness, hours 2 to 5 count: 12 records. */
export function delays(hours = 8): Delay[] {
    return Array.from({ length: hours }, (_, n) => n).flatMap((n) =>
        origins.map((origin, place) => ({
            origin,
            window_start: hour(n),
            flights: 10 * n + place,
            mean_delay: n + place / 4 + 0.125,
        })),
    );
}

/** A topic with these records, the n-th in partition n modulo `partitions`. */
export function topicOf(records: readonly Value[], partitions = 2): FakeTopic {
    return new FakeTopic(
        Array.from({ length: partitions }, (_, p) =>
            records.filter((_record, index) => index % partitions === p),
        ),
    );
}
