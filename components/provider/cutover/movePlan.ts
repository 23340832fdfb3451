import type { KafkaPort, LogRecord, Offsets, TopicDescription } from "../kafka/port.js";
import { Aligner, ReadIdentities, type Alignment } from "./align.js";
import { parseOffsets, type RoutingRecord } from "./routingRecord.js";

/** What of a record alignment needs; both `null` where it cannot be told. */
export interface DecodedPosition {
    readonly identity: string | null;
    /** In ms since the epoch. */
    readonly eventTime: number | null;
}

export interface MoveRequest {
    readonly kafka: KafkaPort;
    readonly live: RoutingRecord;
    readonly target: { readonly version: string; readonly topic: string };
    /** The group of every consumer on the target's topic. */
    readonly groups: Readonly<Record<string, string>>;
    readonly decode: (record: LogRecord) => DecodedPosition;
    /** What the verdict of a promotion rests on; `null` for a rollback and an override, which have none. */
    readonly verified: {
        readonly incumbentFrom: Offsets;
        readonly candidateFrom: Offsets;
        /** First millisecond that the verdict covers; what the candidate wrote about earlier times is warm-up. */
        readonly coveredFrom: number;
    } | null;
    readonly signal: AbortSignal;
}

/** Where every consumer goes on, and what it costs. */
export interface MovePlan {
    readonly from: { readonly version: string; readonly topic: TopicDescription };
    readonly to: { readonly version: string; readonly topic: TopicDescription };
    readonly handOver: {
        readonly until: Offsets;
        readonly from: Offsets;
        readonly repeatsAtMost: number;
    };
    readonly consumers: Readonly<Record<string, ConsumerMove>>;
    /** Why consumers cannot be moved; a plan with any must not be carried out. */
    readonly problems: readonly string[];
}

export interface ConsumerMove {
    readonly previousGroup: string;
    /** Next offset of every partition of the old topic; `null` where the group never committed one. */
    readonly previousCommitted: Offsets | null;
    /** Records of the old topic that the group has not read. */
    readonly unread: number;
    readonly group: string;
    readonly committed: Offsets;
    readonly repeatsAtMost: number;
}

/** One position to align: a group's, or that of followers, who finish the old topic first. */
interface Reader {
    readonly position: Offsets;
    /** What it read of the old topic from here on is taken into account; earlier ones are not asked for. */
    readonly began: Offsets;
    /** Whether what it read from there on is all that may come again on the new topic. */
    readonly isComplete: boolean;
    /** Records of the new topic before these were read when this version held authority before. */
    readonly readBefore: Offsets;
    readonly read: ReadIdentities;
    unread: number;
    uncovered: number;
}

/**
 * Reads both topics and works out where every consumer goes on. Changes nothing, so that a preview can print it and
 * the move itself can do it again.
 */
export async function planMove(request: MoveRequest): Promise<MovePlan> {
    const { kafka, live, target, verified, signal } = request;
    const [oldTopic, newTopic] = await Promise.all([
        mustExist(kafka, live.topic, live.authority),
        mustExist(kafka, target.topic, target.version),
    ]);
    const [oldEarliest, newEarliest, until] = await Promise.all([
        kafka.earliestOffsets(live.topic),
        kafka.earliestOffsets(target.topic),
        kafka.lastStableOffsets(live.topic),
    ]);
    // What the last move says of the old topic holds for the target only if that is where it came from.
    const back =
        live.handOver?.version === target.version && live.handOver.topicId === newTopic.id
            ? live.handOver
            : null;
    const beginning = new Map([...oldEarliest].map(([p]) => [p, 0n]));
    const reader = (
        position: Offsets,
        recorded: Readonly<Record<string, string>> | null | undefined,
        readBefore: Readonly<Record<string, string>> | null | undefined,
    ): Reader => {
        const since = back === null ? null : (recorded ?? null);
        const began = verified?.incumbentFrom ?? backOffsets(since, beginning);
        const isKnown = verified !== null || live.handOver === null || since !== null;
        const isThere = [...oldEarliest].every(([p, low]) => (began.get(p) ?? low) >= low);
        return {
            position,
            began,
            isComplete: isKnown && isThere,
            readBefore: backOffsets(readBefore, newEarliest),
            read: new ReadIdentities(),
            unread: 0,
            uncovered: 0,
        };
    };

    const followers = reader(until, live.handOver?.from, back?.until);
    /** The groups that have read, by consumer. */
    const groups = new Map<string, Reader>();
    for (const [name, route] of Object.entries(live.consumers)) {
        if (request.groups[name] === undefined) {
            continue;
        }
        // Commits expire; that the last move put the group here does not.
        const offsets = new Map([
            ...parseOffsets(route.committed ?? {}),
            ...(await kafka.committedOffsets(route.group, live.topic)),
        ]);
        if (offsets.size === 0) {
            continue;
        }
        const position = new Map(
            [...oldEarliest].map(([p, low]) => [p, later(offsets.get(p), low)]),
        );
        groups.set(name, reader(position, route.committed, back && route.previousCommitted));
    }
    const readers = [followers, ...groups.values()];

    const oldFrom = new Map(
        [...oldEarliest].map(([p, low]) => {
            const starts = readers.flatMap(({ began, position }) => [began, position]);
            return [p, later(earliest(starts.map((start) => start.get(p) ?? low)), low)];
        }),
    );
    await kafka.read(live.topic, oldFrom, until, {
        signal,
        onRecords: (records) => {
            for (const record of records) {
                const { identity, eventTime } = request.decode(record);
                const isCovered =
                    verified === null || (eventTime !== null && eventTime >= verified.coveredFrom);
                for (const reader of readers) {
                    const isUnread = isFrom(record, reader.position);
                    if (isCovered && (isUnread || isFrom(record, reader.began))) {
                        reader.read.take({ ...at(record), identity }, reader.position);
                    }
                    reader.unread += isUnread ? 1 : 0;
                    reader.uncovered += isUnread && !isCovered ? 1 : 0;
                }
            }
        },
    });

    const end = await kafka.lastStableOffsets(target.topic);
    const newFrom = new Map(
        [...newEarliest].map(([p, low]) => {
            const start =
                verified?.candidateFrom.get(p) ??
                earliest(readers.map(({ readBefore }) => readBefore.get(p) ?? low));
            return [p, later(start, low)];
        }),
    );
    const aligners = new Map(
        readers.map((reader) => [reader, new Aligner(reader.read, end, reader.isComplete)]),
    );
    await kafka.read(target.topic, newFrom, end, {
        signal,
        onRecords: (records) => {
            for (const record of records) {
                const { identity, eventTime } = request.decode(record);
                // Nobody waits for warm-up: that no unread record is of that time is checked above.
                const isWarmUp =
                    verified !== null && eventTime !== null && eventTime < verified.coveredFrom;
                for (const [{ readBefore }, aligner] of aligners) {
                    if (!isFrom(record, readBefore)) {
                        continue;
                    }
                    if (isWarmUp) {
                        aligner.pass(record);
                    } else {
                        aligner.take({ ...at(record), identity });
                    }
                }
            }
        },
    });
    const aligned = (reader: Reader): Alignment =>
        aligners.get(reader)?.alignment() ?? { from: end, repeats: 0 };

    const handOver = aligned(followers);
    const consumers: Record<string, ConsumerMove> = {};
    const problems: string[] = [];
    for (const [name, group] of Object.entries(request.groups)) {
        const route = live.consumers[name];
        const reader = groups.get(name);
        const alignment = reader && aligned(reader);
        consumers[name] = {
            previousGroup: route?.group ?? group,
            previousCommitted: reader?.position ?? null,
            unread: reader?.unread ?? 0,
            group,
            // A group that never read has no position to carry over: it begins at the beginning.
            committed: alignment?.from ?? newEarliest,
            repeatsAtMost: alignment?.repeats ?? 0,
        };
        if (reader !== undefined && reader.uncovered > 0) {
            problems.push(
                `${name} (group ${route?.group}) has not read ${reader.uncovered} records of ${live.topic} from before ` +
                    `the time that the verdict covers; ${target.topic} does not have them. Let it catch up first.`,
            );
        }
    }
    return {
        from: { version: live.authority, topic: oldTopic },
        to: { version: target.version, topic: newTopic },
        handOver: { until, from: handOver.from, repeatsAtMost: handOver.repeats },
        consumers,
        problems,
    };
}

/** The plan as a person reads it before it happens. */
export function describePlan(plan: MovePlan): string[] {
    return [
        `authority moves from ${plan.from.version} (${plan.from.topic.name}) to ${plan.to.version} (${plan.to.topic.name})`,
        ...Object.entries(plan.consumers).map(([name, move]) =>
            move.previousCommitted === null
                ? `consumer ${name}: group ${move.previousGroup} has never read; group ${move.group} begins at the beginning`
                : `consumer ${name}: from group ${move.previousGroup} (${move.unread} records unread) to group ` +
                  `${move.group}, with at most ${move.repeatsAtMost} repeats`,
        ),
        `followers finish ${plan.from.topic.name} first, then repeat at most ${plan.handOver.repeatsAtMost} records`,
    ];
}

async function mustExist(
    kafka: KafkaPort,
    topic: string,
    version: string,
): Promise<TopicDescription> {
    const described = await kafka.describeTopic(topic);
    if (described === undefined) {
        throw new Error(`Topic ${topic} of ${version} does not exist.`);
    }
    return described;
}

function backOffsets(
    recorded: Readonly<Record<string, string>> | null | undefined,
    otherwise: Offsets,
): Offsets {
    if (recorded === null || recorded === undefined) {
        return otherwise;
    }
    return new Map([...otherwise, ...parseOffsets(recorded)]);
}

function at({ partition, offset }: LogRecord): { partition: number; offset: bigint } {
    return { partition, offset };
}

function isFrom({ partition, offset }: LogRecord, offsets: Offsets): boolean {
    return offset >= (offsets.get(partition) ?? 0n);
}

function later(offset: bigint | undefined, other: bigint): bigint {
    return offset === undefined || offset < other ? other : offset;
}

function earliest(offsets: readonly bigint[]): bigint | undefined {
    return offsets.reduce<bigint | undefined>(
        (first, offset) => (first === undefined || offset < first ? offset : first),
        undefined,
    );
}
