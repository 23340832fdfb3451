import { setTimeout as sleep } from "node:timers/promises";
import { protocolErrorsCodesById } from "@platformatic/kafka";
import { explain } from "../errors.js";
import { recordsOf } from "./columns.js";
import { withDeadline } from "./deadline.js";
import type { Budget } from "./fetchedColumns.js";
import { fetchLog, type FetchPartition, type PartitionAnswer } from "./fetchRequest.js";
import { nameMissingPermission } from "./notAllowed.js";
import { UnsupportedBrokerError, type Leaders } from "./leaders.js";
import {
    EvidenceLostError,
    TopicReplacedError,
    type Fetched,
    type LogRange,
    type TopicDescription,
    type TopicLog,
} from "./port.js";
import type { Packed, Unpacker } from "./unpacker.js";

/** The ends of a partition, asked for where an offset is refused. */
export interface LogEnds {
    readonly earliest: bigint;
    readonly end: bigint;
}

export interface TopicLogSettings {
    readonly topic: TopicDescription;
    readonly leaders: Leaders;
    readonly unpacker: Unpacker;
    readonly endsOf: (partition: number) => Promise<LogEnds>;
}

/** A broker that is restarted is back within that, and a partition has another leader. */
const unavailableSeconds = 60;
/** A broker may not have heard yet of a topic, or of a partition, that others know. */
const unknownSeconds = 3;
const noProgressSeconds = 60;
const fetchSeconds = 40;
const backOffMilliseconds = { first: 100, most: 2_000 };
const maxUnpackedBytes = 128 * 1024 * 1024;

const outOfRange = "OFFSET_OUT_OF_RANGE";
/** Answers of a broker that is not the leader now, or not ready: another look at who leads may mend them. */
const passing = new Set([
    "UNKNOWN_TOPIC_OR_PARTITION",
    "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_OR_FOLLOWER",
    "REQUEST_TIMED_OUT",
    "REPLICA_NOT_AVAILABLE",
    "NETWORK_EXCEPTION",
    "KAFKA_STORAGE_ERROR",
    "FENCED_LEADER_EPOCH",
    "UNKNOWN_LEADER_EPOCH",
    "OFFSET_NOT_AVAILABLE",
    "UNKNOWN_TOPIC_ID",
    "INCONSISTENT_TOPIC_ID",
]);

/** Opens the log of a topic; fails where there is none of this id. */
export async function openTopicLog(settings: TopicLogSettings): Promise<TopicLog> {
    const log = new BrokerLog(settings);
    try {
        await log.findLeaders();
        return log;
    } catch (error) {
        await log.close();
        throw error;
    }
}

type Ranges = ReadonlyMap<number, LogRange>;

class BrokerLog implements TopicLog {
    readonly #topic: TopicDescription;
    readonly #leaders: Leaders;
    /** Whether the leaders have to be asked for before the next fetch. */
    #stale = true;
    /** Partitions, those first whose records are longest ago: what is behind in a request may find it full. */
    #turn: readonly number[] = [];
    /** Since the last record or marker, without the time between fetches. */
    #idleMilliseconds = 0;

    constructor(private readonly settings: TopicLogSettings) {
        this.#topic = settings.topic;
        this.#leaders = settings.leaders;
    }

    findLeaders(): Promise<void> {
        return this.#retrying(new AbortController().signal, () => Promise.resolve());
    }

    fetch(ranges: Ranges, signal: AbortSignal): Promise<readonly Fetched[]> {
        return unlessAborted(signal, () => this.#fetch(ranges, signal));
    }

    close(): Promise<void> {
        return this.#leaders.close();
    }

    async #fetch(ranges: Ranges, signal: AbortSignal): Promise<readonly Fetched[]> {
        const began = performance.now();
        const fetched = await this.#retrying(signal, () => this.#fetchOnce(ranges));
        if (fetched.length > 0) {
            this.#idleMilliseconds = 0;
            return fetched;
        }
        this.#idleMilliseconds += performance.now() - began;
        if (this.#idleMilliseconds > noProgressSeconds * 1000) {
            const stuck = [...ranges].map(
                ([partition, { from, to }]) => `partition ${partition} at ${from} of ${to}`,
            );
            throw new Error(
                `Reading ${this.#topic.name} made no progress for ${noProgressSeconds} s: ${stuck.join(", ")}.`,
            );
        }
        return fetched;
    }

    /** Repeats what fails in a way that may pass, with the leaders asked for anew. */
    async #retrying<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
        const began = performance.now();
        for (let pause = backOffMilliseconds.first; ; pause *= 2) {
            signal.throwIfAborted();
            try {
                if (this.#stale) {
                    await this.#refresh();
                }
                return await attempt();
            } catch (error) {
                if (!(error instanceof PassingError)) {
                    throw error;
                }
                this.#stale = true;
                const seconds = (performance.now() - began) / 1000;
                if (seconds > error.patienceSeconds) {
                    throw error.cause instanceof TopicReplacedError
                        ? error.cause
                        : new Error(
                              `${this.#topic.name} could not be read for ${Math.round(seconds)} s: ${error.message}`,
                          );
                }
            }
            await sleep(Math.min(pause, backOffMilliseconds.most), undefined, { signal });
        }
    }

    async #refresh(): Promise<void> {
        try {
            await this.#leaders.refresh();
            this.#stale = false;
        } catch (cause) {
            if (cause instanceof UnsupportedBrokerError) {
                throw cause;
            }
            const patience =
                cause instanceof TopicReplacedError ? unknownSeconds : unavailableSeconds;
            throw new PassingError(explain(cause), patience, cause);
        }
    }

    /** Fails only where no leader had anything: what some had is not lost to what another answered. */
    async #fetchOnce(ranges: Ranges): Promise<readonly Fetched[]> {
        const { requests, leaderless } = this.#requests(ranges);
        const budget: Budget = { bytes: maxUnpackedBytes };
        const answers = await Promise.allSettled(
            requests.map((request) => this.#fetchFrom(request, ranges, budget)),
        );
        const failures = answers.flatMap((answer) =>
            answer.status === "rejected" ? [answer.reason as Error] : [],
        );
        if (leaderless.length > 0) {
            const named = `no broker leads partition ${leaderless.join(", ")}`;
            failures.push(new PassingError(named, unavailableSeconds));
        }
        const final = failures.find((failure) => !(failure instanceof PassingError));
        if (final !== undefined) {
            throw final;
        }
        const fetched = answers.flatMap((answer) =>
            answer.status === "fulfilled" ? answer.value : [],
        );
        this.#stale ||= failures.length > 0;
        const [failure] = failures;
        if (fetched.length === 0 && failure !== undefined) {
            throw failure;
        }
        return fetched;
    }

    /** One request for each broker that leads any of these partitions; and those that none leads. */
    #requests(ranges: Ranges): { requests: Request[]; leaderless: number[] } {
        const leaderless: number[] = [];
        const requests = new Map<string, Request>();
        const turn = this.#turn.filter((partition) => ranges.has(partition));
        this.#turn = [...new Set([...turn, ...ranges.keys()])];
        for (const partition of this.#turn) {
            const { from, to } = ranges.get(partition)!;
            if (from >= to) {
                continue;
            }
            const leader = this.#leaders.of(partition);
            if (leader === undefined) {
                leaderless.push(partition);
                continue;
            }
            const { address, epoch: leaderEpoch } = leader;
            const request = requests.get(address) ?? { address, partitions: [] };
            request.partitions.push({ partition, leaderEpoch, offset: from });
            requests.set(address, request);
        }
        return { requests: [...requests.values()], leaderless };
    }

    async #fetchFrom(request: Request, ranges: Ranges, budget: Budget): Promise<Fetched[]> {
        const { errorCode, partitions } = await this.#ask(request);
        if (errorCode !== 0) {
            throw new Error(
                `The broker at ${request.address} refused to read ${this.#topic.name}: ${nameOf(errorCode)}.`,
            );
        }
        const packed: Packed[] = [];
        let failure: PassingError | undefined;
        for (const answer of partitions) {
            const range = ranges.get(answer.partition)!;
            try {
                await this.#check(answer, range);
            } catch (error) {
                if (!(error instanceof PassingError)) {
                    throw error;
                }
                failure = error;
                continue;
            }
            const place = { topic: this.#topic.name, partition: answer.partition };
            packed.push({ fetched: answer, place, range });
        }
        const unpacked = await this.settings.unpacker.unpack(packed, budget);
        const fetched = unpacked
            .map(({ columns, next }, i): Fetched => {
                const { partition } = packed[i]!.place;
                return { partition, records: recordsOf(columns), next };
            })
            .filter(({ partition, next }) => next > ranges.get(partition)!.from);
        if (failure !== undefined) {
            this.#stale = true;
            if (fetched.length === 0) {
                throw failure;
            }
        }
        const served = new Set(fetched.map(({ partition }) => partition));
        this.#turn = [...this.#turn.filter((partition) => !served.has(partition)), ...served];
        return fetched;
    }

    async #ask({ address, partitions }: Request): ReturnType<typeof fetchLog> {
        try {
            return await withDeadline(
                `Fetching ${this.#topic.name} from ${address}`,
                fetchSeconds,
                fetchLog(await this.#leaders.connection(address), this.#topic.id, partitions),
            );
        } catch (cause) {
            this.#leaders.drop(address);
            if (cause instanceof UnsupportedBrokerError) {
                throw cause;
            }
            throw new PassingError(`${address}: ${explain(cause)}`, unavailableSeconds, cause);
        }
    }

    async #check({ partition, errorCode, logStart }: PartitionAnswer, range: LogRange) {
        const { name } = this.#topic;
        const code = nameOf(errorCode);
        if (code === outOfRange) {
            const { earliest, end } = await this.settings.endsOf(partition);
            const available = earliest > range.from ? earliest : end;
            throw new EvidenceLostError(name, partition, range.from, available);
        }
        if (passing.has(code)) {
            throw new PassingError(
                `partition ${partition} at offset ${range.from}: ${code}`,
                unavailableSeconds,
            );
        }
        if (errorCode !== 0) {
            const what = `Reading ${name}`;
            const needs = `Read on topic ${name}`;
            throw nameMissingPermission(
                what,
                needs,
                new Error(
                    `${name}, partition ${partition} could not be read at offset ${range.from}: ${code}.`,
                ),
            );
        }
        // Deleted while it was read: the answer begins behind what was asked for and is no error.
        if (logStart > range.from) {
            throw new EvidenceLostError(name, partition, range.from, logStart);
        }
    }
}

/** What is asked of one broker. */
interface Request {
    readonly address: string;
    readonly partitions: FetchPartition[];
}

/** A failure that may pass by itself. */
class PassingError extends Error {
    constructor(
        message: string,
        readonly patienceSeconds: number,
        cause?: unknown,
    ) {
        super(message, { cause });
    }
}

function nameOf(errorCode: number): string {
    return protocolErrorsCodesById[errorCode] ?? `error ${errorCode}`;
}

/** Ends with the signal's reason at once, whatever is still under way. */
async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
        return await Promise.race([work(), aborted.promise]);
    } finally {
        signal.removeEventListener("abort", onAbort);
    }
}
