import type { MovePlan } from "./movePlan.js";
import type { MoveReason } from "./protocol.js";
import {
    parseRoutingRecord,
    recordOffsets,
    type ConsumerRoute,
    type HandOver,
    type Moving,
    type RoutingRecord,
    type Tenure,
} from "./routingRecord.js";
import { viewOf, withViews, type View } from "./view.js";

interface Writing {
    /** Whether nobody is left to be moved. */
    readonly isLast: boolean;
    readonly owner: string;
    readonly writtenAt: string;
}

/**
 * The routing record behind a plan that was carried out. Authority itself goes with the last consumers; until then those
 * that were moved have a view of their own, and what is under way stands in `moving`.
 */
export function recordAfter(
    live: RoutingRecord,
    plan: MovePlan,
    reason: MoveReason,
    writing: Writing,
): RoutingRecord {
    const { owner, writtenAt, isLast } = writing;
    const epoch = live.epoch + 1;
    const isReturn = plan.to.version === live.authority;
    const moved = Object.keys(plan.consumers);
    const routes: Record<string, ConsumerRoute> = {};
    const views: Record<string, View> = {};
    const listed =
        isLast && !isReturn ? [...movedBefore(live, plan), ...moved] : Object.keys(live.consumers);
    for (const name of new Set([...listed, ...moved])) {
        const before = viewOf(live, name);
        const route = routeAfter(plan, name) ?? live.consumers[name];
        if (route !== undefined) {
            routes[name] = route;
            views[name] = moved.includes(name)
                ? viewAfter(live, plan, before, name, epoch)
                : before;
        }
    }
    const whole: RoutingRecord = {
        ...live,
        owner,
        epoch,
        writtenAt,
        // In the order of the record before, so that nothing else seems to have changed.
        consumers: Object.fromEntries(
            [...new Set([...Object.keys(live.consumers), ...Object.keys(routes)])].flatMap(
                (name) => (routes[name] === undefined ? [] : [[name, routes[name]]]),
            ),
        ),
    };
    const { moving, ...settled } = whole;
    const record: RoutingRecord = !isLast
        ? { ...whole, moving: movingAfter(live, plan, reason, epoch, writtenAt) }
        : isReturn
          ? { ...settled, history: historyOfReturn(live, moving, epoch, writtenAt) }
          : {
                ...settled,
                authority: plan.to.version,
                topic: plan.to.topic.name,
                topicId: plan.to.topic.id,
                handOver: handOverOf(plan, undefined),
                history: [
                    ...closed(live.history, writtenAt),
                    {
                        epoch,
                        version: plan.to.version,
                        topic: plan.to.topic.name,
                        topicId: plan.to.topic.id,
                        since: writtenAt,
                        until: null,
                        ...dated(reason, writtenAt),
                    },
                ],
            };
    // What is about to be written is what readers must be able to read.
    return parseRoutingRecord(JSON.stringify(withViews(record, views)));
}

/** Consumers that are there already. */
function movedBefore(live: RoutingRecord, plan: MovePlan): string[] {
    return Object.keys(live.consumers).filter(
        (name) => viewOf(live, name).version === plan.to.version,
    );
}

export function routeAfter(plan: MovePlan, name: string): ConsumerRoute | undefined {
    const move = plan.consumers[name];
    return (
        move && {
            group: move.group,
            committed: recordOffsets(move.committed),
            previousGroup: move.previousGroup,
            previousCommitted:
                move.previousCommitted === null ? null : recordOffsets(move.previousCommitted),
            repeatsAtMost: move.repeatsAtMost,
        }
    );
}

function viewAfter(
    live: RoutingRecord,
    plan: MovePlan,
    before: View,
    name: string,
    epoch: number,
): View {
    const { version, topic } = plan.to;
    return {
        epoch,
        previousEpoch: before.epoch,
        version,
        topic: topic.name,
        topicId: topic.id,
        goesBack:
            live.history.some((tenure) => tenure.version === version) ||
            before.handOver?.version === version,
        handOver: handOverOf(plan, name),
    };
}

export function handOverOf(plan: MovePlan, name: string | undefined): HandOver {
    const { until, from, repeatsAtMost } =
        (name === undefined ? undefined : plan.consumers[name]?.handOver) ?? plan.handOver;
    return {
        version: plan.from.version,
        topic: plan.from.topic.name,
        topicId: plan.from.topic.id,
        until: recordOffsets(until),
        from: recordOffsets(from),
        repeatsAtMost,
    };
}

function movingAfter(
    live: RoutingRecord,
    plan: MovePlan,
    reason: MoveReason,
    epoch: number,
    writtenAt: string,
): Moving {
    const moved = Object.keys(plan.consumers);
    if (live.moving !== undefined) {
        return {
            ...live.moving,
            consumers: [...new Set([...live.moving.consumers, ...moved])],
        };
    }
    return {
        epoch,
        version: plan.to.version,
        topic: plan.to.topic.name,
        topicId: plan.to.topic.id,
        since: writtenAt,
        ...dated(reason, writtenAt),
        consumers: moved,
    };
}

/** That some consumers were sent on and taken back stands in the history too: the version has to prove itself again. */
function historyOfReturn(
    live: RoutingRecord,
    moving: Moving | undefined,
    epoch: number,
    writtenAt: string,
): Tenure[] {
    if (moving === undefined) {
        return live.history;
    }
    const { consumers, ...tenure } = moving;
    return [
        ...closed(live.history, writtenAt),
        { ...tenure, until: writtenAt, consumers },
        {
            epoch,
            version: live.authority,
            topic: live.topic,
            topicId: live.topicId,
            since: writtenAt,
            until: null,
            by: "rollback",
            verdict: null,
            override: null,
        },
    ];
}

function closed(history: readonly Tenure[], writtenAt: string): Tenure[] {
    return history.map((tenure) =>
        tenure.until === null ? { ...tenure, until: writtenAt } : tenure,
    );
}

function dated(
    { by, verdict, override }: MoveReason,
    at: string,
): Pick<Tenure, "by" | "verdict" | "override"> {
    return { by, verdict, override: override === null ? null : { ...override, at } };
}
