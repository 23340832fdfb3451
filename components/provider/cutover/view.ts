import type { OwnMove, RoutingRecord } from "./routingRecord.js";

/** What a consumer reads and how it came there; see `ownMove` in the routing record. */
export type View = OwnMove;

/** What the record says of one consumer; of one that it does not list, what it says of all. */
export function viewOf(record: RoutingRecord, consumer: string): View {
    const route = Object.hasOwn(record.consumers, consumer)
        ? record.consumers[consumer]
        : undefined;
    return route?.own ?? wholeView(record);
}

/** What the record says of all consumers that have moved together. */
export function wholeView(record: RoutingRecord): View {
    const { authority, history, topic, topicId, handOver } = record;
    return {
        epoch: history.at(-1)?.epoch ?? record.epoch,
        previousEpoch: history.at(-2)?.epoch ?? 0,
        version: authority,
        topic,
        topicId,
        goesBack: history.filter(({ version }) => version === authority).length !== 1,
        handOver,
    };
}

/** A record in which every consumer is seen as `views` says; what the record says anyway is not said twice. */
export function withViews(
    record: RoutingRecord,
    views: Readonly<Record<string, View>>,
): RoutingRecord {
    const whole = JSON.stringify(wholeView(record));
    const consumers = Object.fromEntries(
        Object.entries(record.consumers).map(([name, known]) => {
            const view = views[name];
            const own = view === undefined ? undefined : inOrder(view);
            const route = { ...known };
            delete route.own;
            return [
                name,
                own === undefined || JSON.stringify(own) === whole ? route : { ...route, own },
            ];
        }),
    );
    const isPlain =
        record.moving === undefined && Object.values(consumers).every((route) => !("own" in route));
    return { ...record, recordVersion: isPlain ? 1 : 2, consumers };
}

/** Keys in one order, so that equal views are equal text. */
function inOrder({
    epoch,
    previousEpoch,
    version,
    topic,
    topicId,
    goesBack,
    handOver,
}: View): View {
    return { epoch, previousEpoch, version, topic, topicId, goesBack, handOver };
}
