import type { KafkaPort, LogRecord, Offsets, TopicDescription } from "../kafka/port.js";
import { Aligner, type Alignment, type Position } from "./align.js";
import { haveCommonIdentity } from "./commonIdentity.js";
import { groupPosition } from "./groupPosition.js";
import { earliestTime } from "./horizon.js";
import { unbounded, within, type AlignmentSettings } from "./lookBack.js";
import { at, earliest, isFrom, later, older } from "./offsets.js";
import type { Outlook } from "./outlook.js";
import { readPositions, type DecodedPosition, type PositionDecoder } from "./readPositions.js";
import { newReader, type Reader, type Recorded } from "./reader.js";
import type { RoutingRecord } from "./routingRecord.js";
import { viewOf, wholeView, type View } from "./view.js";

export interface MoveRequest {
    readonly kafka: KafkaPort;
    readonly live: RoutingRecord;
    readonly target: { readonly version: string; readonly topic: string };
    /** The group of every consumer that is to be moved, on the target's topic. */
    readonly groups: Readonly<Record<string, string>>;
    /** What these consumers read now, where it is not the authority's topic. */
    readonly source?: { readonly version: string; readonly topic: string };
    readonly decoder: PositionDecoder;
    /** What the verdict of a promotion rests on; `null` for a rollback and an override, which have none. */
    readonly verified: {
        readonly incumbentFrom: Offsets;
        readonly candidateFrom: Offsets;
        /** First millisecond that the verdict covers; what the candidate wrote about earlier times is warm-up. */
        readonly coveredFrom: number;
    } | null;
    /** Most repeats of each consumer that has such a limit. */
    readonly maxRepeats?: Readonly<Record<string, number>>;
    readonly alignment?: AlignmentSettings;
    /** Where nothing tells the topics' records apart: a way back must not be closed by it, a way forward must. */
    readonly withoutIdentity?: "earliest" | "refuse";
    readonly signal: AbortSignal;
}

/** Where every consumer goes on, and what it costs. */
export interface MovePlan {
    readonly from: { readonly version: string; readonly topic: TopicDescription };
    readonly to: { readonly version: string; readonly topic: TopicDescription };
    readonly handOver: FollowersMove;
    readonly consumers: Readonly<Record<string, ConsumerMove>>;
    /** What a person wants to know before it happens, and nothing else depends on. */
    readonly outlook: Readonly<Record<string, Outlook>>;
    /** Why consumers cannot be moved; a plan with any must not be carried out. */
    readonly problems: readonly string[];
}

export interface FollowersMove {
    readonly until: Offsets;
    readonly from: Offsets;
    readonly repeatsAtMost: number;
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
    /** Where its followers go on, if not where all others do: it came to the old topic by a move of its own. */
    readonly handOver?: FollowersMove;
}

/**
 * Reads both topics and works out where every consumer goes on. Changes nothing, so that a preview can print it and
 * the move itself can do it again.
 */
export async function planMove(request: MoveRequest): Promise<MovePlan> {
    const { kafka, live, target, verified, signal } = request;
    const source = request.source ?? { version: live.authority, topic: live.topic };
    const { lookBackRecords, disorderMilliseconds } = request.alignment ?? unbounded;
    const [oldTopic, newTopic] = await Promise.all([
        mustExist(kafka, source.topic, source.version),
        mustExist(kafka, target.topic, target.version),
    ]);
    const names = Object.keys(request.groups);
    // Before the ends are asked for: what a group reads meanwhile is then unread to all of the plan.
    const commits = new Map<string, Offsets>();
    for (const name of names) {
        const group = live.consumers[name]?.group;
        if (group !== undefined) {
            commits.set(name, await kafka.committedOffsets(group, source.topic));
        }
    }
    const [oldEarliest, newEarliest, until] = await Promise.all([
        kafka.earliestOffsets(source.topic),
        kafka.earliestOffsets(target.topic),
        kafka.lastStableOffsets(source.topic),
    ]);
    // What the last move says of the old topic holds for the target only if that is where it came from.
    const backOf = ({ handOver }: View) =>
        handOver?.version === target.version && handOver.topicId === newTopic.id ? handOver : null;
    const ground = { oldEarliest, newEarliest, verified, lookBackRecords, disorderMilliseconds };
    const reader = (
        position: Offsets,
        view: View,
        recorded: Recorded | null | undefined,
        readBefore: Recorded | null | undefined,
    ) =>
        newReader(ground, {
            position,
            since: backOf(view) === null ? null : (recorded ?? null),
            isFirst: view.handOver === null,
            readBefore,
        });

    /** Followers finish the old topic: those that came to it together go on together. */
    const followers = new Map<string, Reader>();
    const followersOf = (view: View): Reader => {
        const cameBy = JSON.stringify(view.handOver);
        const known =
            followers.get(cameBy) ?? reader(until, view, view.handOver?.from, backOf(view)?.until);
        followers.set(cameBy, known);
        return known;
    };
    const first = source.version === live.authority ? undefined : names[0];
    const all = followersOf(first === undefined ? wholeView(live) : viewOf(live, first));
    const together = new Map(names.map((name) => [name, followersOf(viewOf(live, name))]));
    const problems: string[] = [];
    /** The groups that have read, by consumer. */
    const groups = new Map<string, Reader>();
    for (const name of names) {
        const route = live.consumers[name];
        if (route === undefined) {
            continue;
        }
        const view = viewOf(live, name);
        const { topic } = source;
        const ends = { earliest: oldEarliest, until };
        const standing = groupPosition(name, route, topic, commits.get(name), ends);
        if (standing.position === undefined) {
            continue;
        }
        problems.push(...standing.problems);
        const readBefore = backOf(view) && route.previousCommitted;
        groups.set(name, reader(standing.position, view, route.committed, readBefore));
    }
    const readers = [...new Set([...followers.values(), ...groups.values()])];

    const oldFrom = new Map(
        [...oldEarliest].map(([p, low]) => {
            const starts = readers.flatMap(({ began, position }) => [began, position]);
            return [p, later(earliest(starts.map((start) => start.get(p) ?? low)), low)];
        }),
    );
    const onOld = new Set<string>();
    const { decoder } = request;
    // Whose records are dropped once others have replaced them; that of a policy which cannot be read may be.
    const isCompacted = [oldTopic, newTopic].some((topic) => topic.cleanupPolicy !== "delete");
    const positionOf = (record: LogRecord, { identity, content }: DecodedPosition): Position => ({
        ...at(record),
        identity,
        ...(isCompacted && content !== undefined ? { content: content() } : {}),
    });
    await readPositions(
        { kafka, topic: source.topic, from: oldFrom, to: until, decoder, signal },
        (record, decoded) => {
            const { identity, eventTime } = decoded;
            const position = positionOf(record, decoded);
            const isCovered =
                verified === null || (eventTime !== null && eventTime >= verified.coveredFrom);
            if (identity !== null) {
                onOld.add(identity);
            }
            for (const reader of readers) {
                const isUnread = isFrom(record, reader.position);
                if (isCovered && (isUnread || isFrom(record, reader.began))) {
                    reader.read.take(position, reader.position);
                }
                reader.horizon.take(eventTime, isUnread);
                reader.unread += isUnread ? 1 : 0;
                reader.uncovered += isUnread && !isCovered ? 1 : 0;
                if (isUnread) {
                    reader.oldestUnread = older(reader.oldestUnread, record.timestamp);
                }
            }
        },
    );

    const end = await kafka.lastStableOffsets(target.topic);
    const wanted = new Map(
        [...newEarliest].map(([p, low]) => {
            const start =
                verified?.candidateFrom.get(p) ??
                earliest(readers.map(({ readBefore }) => readBefore.get(p) ?? low));
            return [p, later(start, low)];
        }),
    );
    const found = problems.length;
    const newFrom = await within(lookBackRecords, wanted, end, {
        kafka,
        topic: target.topic,
        decoder,
        before: earliestTime(readers.map(({ horizon }) => horizon)),
        signal,
        problems,
    });
    const aligners = new Map(
        readers.map((reader) => [
            reader,
            new Aligner(reader.read, end, reader.isComplete, reader.horizon.time),
        ]),
    );
    let looked = 0;
    let inCommon = 0;
    const to = problems.length > found ? newFrom : end;
    await readPositions(
        { kafka, topic: target.topic, from: newFrom, to, decoder, signal },
        (record, decoded) => {
            const { identity, eventTime } = decoded;
            const position = positionOf(record, decoded);
            looked += 1;
            inCommon += identity !== null && onOld.has(identity) ? 1 : 0;
            // Nobody waits for warm-up: that no unread record is of that time is checked above.
            const isWarmUp =
                verified !== null && eventTime !== null && eventTime < verified.coveredFrom;
            for (const [{ readBefore }, aligner] of aligners) {
                if (!isFrom(record, readBefore)) {
                    aligner.note(identity);
                } else if (isWarmUp) {
                    aligner.pass(record);
                } else {
                    aligner.take(position, eventTime, record.timestamp);
                }
            }
        },
    );
    const isStrange =
        looked > 0 &&
        onOld.size > 0 &&
        inCommon === 0 &&
        !(await haveCommonIdentity(
            { topic: source.topic, from: oldEarliest, to: until },
            { topic: target.topic, from: newEarliest, to: end },
            { kafka, decoder, signal },
        ));
    if (isStrange && disorderMilliseconds === null && request.withoutIdentity === "refuse") {
        problems.push(
            `Of ${looked} records of ${target.topic} none has the identity of one of ${onOld.size} of ${source.topic}: ` +
                "nothing says where readers would go on. Is `compare.identity` the same in both? Or declare how far records " +
                "may be out of order (`alignment.disorderSeconds`), and they go on by event time.",
        );
    }
    const byTime = isStrange && disorderMilliseconds !== null;
    const aligned = (reader: Reader): Alignment => {
        const aligner = aligners.get(reader);
        const { from, repeats } = (byTime ? aligner?.byTime() : aligner?.alignment()) ?? {
            from: end,
            repeats: 0,
        };
        return { from, repeats: repeats + reader.unseen };
    };
    const followersMove = (reader: Reader): FollowersMove => {
        const { from, repeats } = aligned(reader);
        return { until, from, repeatsAtMost: repeats };
    };

    const handOver = followersMove(all);
    const consumers: Record<string, ConsumerMove> = {};
    const outlook: Record<string, Outlook> = {};
    for (const [name, group] of Object.entries(request.groups)) {
        const route = live.consumers[name];
        const reader = groups.get(name);
        const alignment = reader && aligned(reader);
        const own = together.get(name) ?? all;
        const ownHandOver = followersMove(own);
        consumers[name] = {
            previousGroup: route?.group ?? group,
            previousCommitted: reader?.position ?? null,
            unread: reader?.unread ?? 0,
            group,
            // A group that never read has no position to carry over: it begins at the beginning.
            committed: alignment?.from ?? newEarliest,
            repeatsAtMost: alignment?.repeats ?? 0,
            ...(own === all ? {} : { handOver: ownHandOver }),
        };
        outlook[name] = {
            missing: aligners.get(reader ?? own)?.missing ?? 0,
            oldestUnread: (reader ?? own).oldestUnread,
            alignedAt: aligners.get(reader ?? own)?.alignedAt ?? null,
        };
        if (reader !== undefined && reader.uncovered > 0) {
            problems.push(
                `${name} (group ${route?.group}) has not read ${reader.uncovered} records of ${source.topic} from before ` +
                    `the time that the verdict covers; ${target.topic} does not have them. Let it catch up first.`,
            );
        }
        const repeats = Math.max(alignment?.repeats ?? 0, ownHandOver.repeatsAtMost);
        const most = request.maxRepeats?.[name] ?? Infinity;
        if (repeats > most) {
            problems.push(
                `${name} would be given up to ${repeats} records again (as a group ${alignment?.repeats ?? 0}, as a ` +
                    `follower ${ownHandOver.repeatsAtMost}), and at most ${most} are allowed (consumers.${name}.maxRepeats). ` +
                    "Try again when both topics are level, or raise it.",
            );
        }
    }
    return {
        from: { version: source.version, topic: oldTopic },
        to: { version: target.version, topic: newTopic },
        handOver,
        consumers,
        outlook,
        problems,
    };
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
