import { setTimeout as delay } from "node:timers/promises";
import { GroupNotEmptyError, type KafkaPort, type Offsets } from "../kafka/port.js";
import type { Log } from "../log.js";
import type { Override } from "./decide.js";
import type { ConsumerMove, MovePlan } from "./movePlan.js";
import { newcomer } from "./newcomers.js";
import { recordAfter } from "./recordAfter.js";
import type { RoutingRecord } from "./routingRecord.js";
import { readRoutingRecord } from "./routingStore.js";
import { viewOf, withViews, type View } from "./view.js";
import { describeMoving, type Wave } from "./waves.js";

const readBackSeconds = 15;
/** Longer than the session timeout of most clients. */
const emptyGroupSeconds = 60;
const retryMilliseconds = 500;

/** What a write of the routing record needs to know of its component. */
export interface RoutingContext {
    readonly kafka: KafkaPort;
    readonly name: string;
    readonly owner: string;
    readonly routingTopic: string;
    readonly transactionalId: string;
    readonly log: Log;
    readonly now: () => Date;
}

/** Why authority moves, as the history keeps it. */
export interface MoveReason {
    readonly by: "promotion" | "override" | "rollback";
    readonly verdict: string | null;
    readonly override: Override | null;
}

/** Writes the first routing record: what is true already, or the first version of a new job. */
export async function writeInitial(
    context: RoutingContext,
    version: string,
    topic: string,
    groups: Readonly<Record<string, string>>,
): Promise<RoutingRecord> {
    const described = await context.kafka.describeTopic(topic);
    if (described === undefined) {
        throw new Error(`Topic ${topic} of ${version} does not exist.`);
    }
    const writtenAt = context.now().toISOString();
    const record: RoutingRecord = {
        recordVersion: 1,
        name: context.name,
        owner: context.owner,
        epoch: 1,
        authority: version,
        topic,
        topicId: described.id,
        writtenAt,
        consumers: routesOf(groups, {}),
        handOver: null,
        history: [
            {
                epoch: 1,
                version,
                topic,
                topicId: described.id,
                since: writtenAt,
                until: null,
                by: "initial",
                verdict: null,
                override: null,
            },
        ],
    };
    return publish(context, undefined, () => Promise.resolve(record));
}

/** Takes consumers into the routing record or out of it, retired versions and a new owner's name, where authority stays. */
export async function writeConsumers(
    context: RoutingContext,
    live: RoutingRecord,
    groups: Readonly<Record<string, string>>,
    retired: readonly string[] = [],
    planNewcomers: () => Promise<readonly MovePlan[]> = () => Promise.resolve([]),
): Promise<RoutingRecord> {
    const all = [...new Set([...(live.retired ?? []), ...retired])];
    return publish(context, live, async () => {
        const routes = { ...live.consumers };
        const views: Record<string, View> = {};
        for (const plan of await planNewcomers()) {
            refuseProblems(plan);
            for (const [name, move] of Object.entries(plan.consumers)) {
                const came = newcomer(live, plan, name);
                if (came !== undefined) {
                    await commitAndReadBack(context, live, move.group, live.topic, move.committed);
                    context.log(
                        `consumer ${name}: group ${move.group} stands ready on ${live.topic}`,
                    );
                    routes[name] = came.route;
                    views[name] = came.view;
                }
            }
        }
        const record: RoutingRecord = {
            ...live,
            owner: context.owner,
            writtenAt: context.now().toISOString(),
            consumers: routesOf(groups, routes),
            ...(all.length === 0 ? {} : { retired: all }),
        };
        for (const name of Object.keys(live.consumers)) {
            views[name] = viewOf(live, name);
        }
        return withViews(record, views);
    });
}

function refuseProblems({ problems }: MovePlan): void {
    if (problems.length > 0) {
        throw new Error(`Nothing was moved. ${problems.join(" ")}`);
    }
}

/**
 * Moves authority. The fence comes first: whoever began a move before and is still at it can write nothing from then
 * on. The plan is made behind it, so that it rests on what nobody else can change; offsets are committed and read back
 * before the record is written, since the record is what consumers act on. Killed anywhere, it is done again from the
 * start: until the record is written consumers stay where they are.
 */
export async function carryOut(
    context: RoutingContext,
    live: RoutingRecord,
    makePlan: () => Promise<MovePlan>,
    reason: MoveReason,
    wave: Pick<Wave, "isLast"> = { isLast: true },
): Promise<RoutingRecord> {
    const { log } = context;
    const record = await publish(context, live, async () => {
        const plan = await makePlan();
        refuseProblems(plan);
        const consumers: Record<string, ConsumerMove> = {};
        for (const [name, move] of Object.entries(plan.consumers)) {
            const topic = plan.to.topic.name;
            await refuseChanged(context, live);
            const stayed =
                reason.by === "rollback" ? await whereItStayed(context, move, topic) : undefined;
            if (stayed === undefined) {
                await commitAndReadBack(context, live, move.group, topic, move.committed);
            }
            consumers[name] = stayed === undefined ? move : leftAt(stayed, move);
            log(
                stayed === undefined
                    ? `consumer ${name}: group ${move.group} stands ready on ${topic}`
                    : `consumer ${name}: group ${move.group} has members that never left ${topic}; it reads on where it is`,
            );
        }
        return recordAfter(live, { ...plan, consumers }, reason, {
            isLast: wave.isLast,
            owner: context.owner,
            writtenAt: context.now().toISOString(),
        });
    });
    log(
        record.moving === undefined
            ? `authority is ${record.authority} (${record.topic}), epoch ${record.epoch}`
            : `epoch ${record.epoch}: ${describeMoving(record)}`,
    );
    return record;
}

/** The record that was decided on was another one: seen behind the fence, before anything was done. */
export class RecordChangedError extends Error {
    override readonly name = "RecordChangedError";
}

/**
 * Fences, makes sure that the record is still the one that was decided on, writes the next one, and reads it back.
 *
 * @throws RecordChangedError where another run has written one meanwhile
 */
async function publish(
    context: RoutingContext,
    expected: RoutingRecord | undefined,
    makeRecord: () => Promise<RoutingRecord>,
): Promise<RoutingRecord> {
    const { kafka, name, routingTopic } = context;
    const writer = await kafka.fence(context.transactionalId);
    try {
        const changed = await change(context, expected);
        if (changed !== undefined) {
            throw new RecordChangedError(changed);
        }
        const record = await makeRecord();
        await writer.write(routingTopic, [{ key: name, value: JSON.stringify(record) }]);
        await readBack(context, record);
        return record;
    } finally {
        await writer.close();
    }
}

/**
 * The fence keeps an overtaken run from writing the record, but not from committing for a group: so this is asked before
 * every commit too.
 */
async function refuseChanged(
    context: RoutingContext,
    expected: RoutingRecord | undefined,
): Promise<void> {
    const changed = await change(context, expected);
    if (changed !== undefined) {
        throw new Error(changed);
    }
}

async function change(
    { kafka, name, routingTopic }: RoutingContext,
    expected: RoutingRecord | undefined,
): Promise<string | undefined> {
    const live = await readRoutingRecord(kafka, routingTopic, name);
    return sameRecord(live, expected)
        ? undefined
        : `The routing record has changed meanwhile: it was ${describe(expected)}, it is ${describe(live)}. ` +
              "Somebody else is moving these consumers; look at who, then run `pulumi up` again.";
}

/** The last stable offset trails the commit of a transaction, so the record may not be seen at once. */
function readBack(context: RoutingContext, record: RoutingRecord): Promise<void> {
    const { kafka, name, routingTopic } = context;
    return persist(context, readBackSeconds, async () => {
        const read = await readRoutingRecord(kafka, routingTopic, name);
        return sameRecord(read, record)
            ? undefined
            : new Error(
                  `The routing record was written but reads back as ${describe(read)} instead of ${describe(record)}.`,
              );
    });
}

/**
 * Where a group stands on the topic that authority goes back to, if it is still being read with it: its own commits
 * have nothing unread before them, so it is left alone, and a rollback does not wait for anybody to leave.
 */
async function whereItStayed(
    { kafka }: RoutingContext,
    { group, committed }: ConsumerMove,
    topic: string,
): Promise<Offsets | undefined> {
    try {
        await kafka.commitOffsets(group, topic, committed);
        return undefined;
    } catch (error) {
        if (!(error instanceof GroupNotEmptyError)) {
            throw error;
        }
        const standing = await kafka.committedOffsets(group, topic);
        return [...committed.keys()].every((partition) => standing.has(partition))
            ? standing
            : undefined;
    }
}

/** What lies between there and where it would have been put, it may have read on the other topic meanwhile. */
function leftAt(stayed: Offsets, move: ConsumerMove): ConsumerMove {
    const between = [...move.committed].reduce((sum, [partition, offset]) => {
        const distance = offset - (stayed.get(partition) ?? offset);
        return distance > 0n ? sum + Number(distance) : sum;
    }, 0);
    return { ...move, committed: stayed, repeatsAtMost: move.repeatsAtMost + between };
}

/**
 * A consumer that was killed stays a member until its session ends, and a follower that is still finishing the topic
 * that it was moved from until it is through: both are worth waiting for.
 */
function commitWhenEmpty(
    context: RoutingContext,
    live: RoutingRecord,
    group: string,
    topic: string,
    offsets: Offsets,
): Promise<void> {
    const { kafka, log } = context;
    let told = false;
    return persist(context, emptyGroupSeconds, async () => {
        try {
            await kafka.commitOffsets(group, topic, offsets);
            return undefined;
        } catch (error) {
            if (!(error instanceof GroupNotEmptyError)) {
                throw error;
            }
            if (!told) {
                log(
                    `group ${group} still has members; waiting up to ${emptyGroupSeconds} s for them to leave`,
                );
                told = true;
            }
            // Those members may be there because another run has moved them: then there is nothing to wait for.
            await refuseChanged(context, live);
            return error;
        }
    });
}

/** Tries until there is nothing against it any more, or the time is over: then what is against it is thrown. */
async function persist(
    { now }: RoutingContext,
    seconds: number,
    attempt: () => Promise<Error | undefined>,
): Promise<void> {
    const deadline = now().getTime() + seconds * 1000;
    for (;;) {
        const against = await attempt();
        if (against === undefined) {
            return;
        }
        if (now().getTime() >= deadline) {
            throw against;
        }
        await delay(retryMilliseconds);
    }
}

async function commitAndReadBack(
    context: RoutingContext,
    live: RoutingRecord,
    group: string,
    topic: string,
    offsets: Offsets,
): Promise<void> {
    const { kafka } = context;
    await commitWhenEmpty(context, live, group, topic, offsets);
    const committed = await kafka.committedOffsets(group, topic);
    for (const [partition, offset] of offsets) {
        if (committed.get(partition) !== offset) {
            throw new Error(
                `Group ${group}: offset ${offset} was committed for ${topic}, partition ${partition}, but ` +
                    `${committed.get(partition) ?? "none"} reads back. Nothing was moved.`,
            );
        }
    }
}

function routesOf(
    groups: Readonly<Record<string, string>>,
    known: RoutingRecord["consumers"],
): RoutingRecord["consumers"] {
    return Object.fromEntries(
        Object.entries(groups).map(([name, group]) => [
            name,
            known[name] ?? {
                group,
                committed: null,
                previousGroup: null,
                previousCommitted: null,
                repeatsAtMost: 0,
            },
        ]),
    );
}

function sameRecord(one: RoutingRecord | undefined, other: RoutingRecord | undefined): boolean {
    return one?.epoch === other?.epoch && one?.writtenAt === other?.writtenAt;
}

function describe(record: RoutingRecord | undefined): string {
    return record === undefined
        ? "none"
        : `${record.authority} at epoch ${record.epoch} (${record.writtenAt})`;
}
