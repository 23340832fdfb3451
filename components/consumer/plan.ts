import {
    parseOffsets,
    type ConsumerRoute,
    type RoutingRecord,
} from "../provider/cutover/routingRecord.js";
import { viewOf, type View } from "../provider/cutover/view.js";

/**
 * What a follower does next, decided from the routing record and the committed offsets alone. Nothing in here
 * touches Kafka, so that the promise "no record skipped" can be tested on thousands of random histories.
 *
 * Two facts carry the argument. (1) Everything before a group's committed offset was delivered, on this topic or,
 * as its counterpart, on another one: the provider commits a group only at a position of which that is true. So
 * it is always safe to read the authority's topic from where its group stands. (2) What lies below `handOver.from`
 * on the authority's topic has its counterpart below `handOver.until` on the topic handed over; or, where authority
 * goes back, was read on this same topic when it was handed over the last time. So it may be passed over, but only by
 * who can show that the old topic was read up to `until`, and, going back, that the hand-over before was finished too.
 * Who cannot takes the first way, at the price of more repeats.
 */

/** Next offsets by partition; a partition that has none is missing. */
export type Offsets = ReadonlyMap<number, bigint>;

/** A topic, and the group that reads it. */
export interface Source {
    readonly version: string;
    readonly topic: string;
    readonly group: string;
}

/** Finish a topic that was handed over: deliver what lies before `until`, and nothing at or behind it. */
export interface Drain extends Source {
    readonly kind: "drain";
    readonly epoch: number;
    readonly until: Offsets;
    /** Where partitions begin for which Kafka has no commit (any more); elsewhere they begin at the earliest record. */
    readonly start: Offsets;
}

/** Read the authority's topic from the group's committed offsets on. */
export interface Consume extends Source {
    readonly kind: "consume";
    readonly epoch: number;
    /** Records before these offsets were delivered from the topic handed over; `undefined`: pass over nothing. */
    readonly from: Offsets | undefined;
}

export type Step = Drain | Consume;

/** What Kafka says at the moment of the decision. */
export interface Sighting {
    /** The topic handed over: the previous group's commits and the first offsets still there. `undefined` where the topic is gone. */
    readonly previous: { readonly committed: Offsets; readonly earliest: Offsets } | undefined;
    /** What the authority's group has committed on the authority's topic. */
    readonly committed: Offsets;
    /** What this follower reads at present. */
    readonly reading: Source | undefined;
    /** The last epoch whose hand-over this follower knows to have been finished (see {@link finishes}). */
    readonly finishedEpoch: number | undefined;
}

/** The newer of two routing records: a higher epoch, or the same one written again. */
export function newest(
    known: RoutingRecord | undefined,
    seen: RoutingRecord,
): RoutingRecord | undefined {
    return known !== undefined && seen.epoch < known.epoch ? known : seen;
}

/** The route of one consumer; fails with a sentence where the record does not know it. */
export function routeOf(record: RoutingRecord, consumer: string): ConsumerRoute {
    const route = Object.hasOwn(record.consumers, consumer)
        ? record.consumers[consumer]
        : undefined;
    if (route === undefined) {
        const known = Object.keys(record.consumers);
        throw new UnknownConsumerError(
            `The routing record of ${record.name} (epoch ${record.epoch}) does not list a consumer named ` +
                `"${consumer}"; it lists ${known.length === 0 ? "none" : known.join(", ")}. ` +
                `Add it to \`consumers\` of the ShadowFlinkJob "${record.name}", or correct the name.`,
        );
    }
    return route;
}

export class UnknownConsumerError extends Error {
    override readonly name = "UnknownConsumerError";
}

/** What to do now. To be asked again after a while where the answer is to drain. */
export function nextStep(record: RoutingRecord, consumer: string, sighting: Sighting): Step {
    const route = routeOf(record, consumer);
    const view = viewOf(record, consumer);
    const consume = (from: Offsets | undefined): Consume => ({
        kind: "consume",
        version: view.version,
        topic: view.topic,
        group: route.group,
        epoch: view.epoch,
        from,
    });
    const drain = drainOf(view, route);
    if (drain === undefined) {
        return consume(undefined);
    }
    const { previous, reading } = sighting;
    if (previous === undefined) {
        return consume(undefined);
    }
    if (view.goesBack && sighting.finishedEpoch !== view.previousEpoch) {
        // A follower that was down during the hand-over before does not know whether its group finished it, and the
        // record does not say. Without it nothing may be passed over, and then draining would only repeat.
        return consume(undefined);
    }
    const readingIt = reading?.topic === drain.topic && reading.group === drain.group;
    if (previous.committed.size === 0 && drain.start.size === 0 && !readingIt) {
        // The group never read the old topic, so there is nothing to finish, and nothing to pass over either.
        return consume(undefined);
    }
    const positions = [...drain.until].map(([partition, until]) => {
        const earliest = previous.earliest.get(partition) ?? 0n;
        const committed =
            previous.committed.get(partition) ??
            drain.start.get(partition) ??
            // Without any commit a partition begins at the earliest record, and a member of the group did.
            (readingIt ? earliest : 0n);
        return { until, earliest, committed };
    });
    if (positions.some((at) => at.committed < at.until && at.committed < at.earliest)) {
        // Retention took records that the group had not read. Their counterparts may still be on the
        // authority's topic: passing over nothing there delivers them.
        return consume(undefined);
    }
    if (positions.every(({ until, committed }) => committed >= until)) {
        return consume(parseOffsets(view.handOver?.from ?? {}));
    }
    if (hasMovedOn(route, sighting.committed)) {
        // Somebody reads the authority's topic as this group already: commits on the old topic expired long
        // after it was finished, or the application moved without following. Going on from there is safe.
        return consume(undefined);
    }
    const start = [...drain.start].filter(([partition]) => !previous.committed.has(partition));
    return { ...drain, start: new Map(start) };
}

/** Whether reading on with this step means that everything before the record's hand-over was finished. */
export function finishes(step: Step, record: RoutingRecord, consumer: string): boolean {
    const { handOver } = viewOf(record, consumer);
    return step.kind === "consume" && (handOver === null || step.from !== undefined);
}

/**
 * The bound that counts from the moment a record is seen, before anything else is known: a follower that reads
 * the topic handed over delivers nothing more from `until` on.
 */
export function boundAtOnce(
    record: RoutingRecord,
    consumer: string,
    reading: Source,
): Drain | undefined {
    const drain = drainOf(viewOf(record, consumer), routeOf(record, consumer));
    return drain?.topic === reading.topic && drain.group === reading.group
        ? { ...drain, start: new Map() }
        : undefined;
}

/** What becomes of one record that the follower has read. */
export function judge(step: Step, partition: number, offset: bigint): "deliver" | "pass" | "hold" {
    if (step.kind === "drain") {
        // A partition that `until` does not name was added after the move: none of it is to be finished here.
        return offset < (step.until.get(partition) ?? 0n) ? "deliver" : "hold";
    }
    return offset < (step.from?.get(partition) ?? 0n) ? "pass" : "deliver";
}

function drainOf({ epoch, handOver }: View, route: ConsumerRoute): Drain | undefined {
    if (handOver === null || route.previousGroup === null) {
        return undefined;
    }
    return {
        kind: "drain",
        version: handOver.version,
        topic: handOver.topic,
        group: route.previousGroup,
        epoch,
        until: parseOffsets(handOver.until),
        start: parseOffsets(route.previousCommitted ?? {}),
    };
}

function hasMovedOn(route: ConsumerRoute, committed: Offsets): boolean {
    return Object.entries(route.committed ?? {}).some(
        ([partition, offset]) => (committed.get(Number(partition)) ?? -1n) > BigInt(offset),
    );
}
