import type { AlignmentSettings } from "./provider/cutover/lookBack.js";
import type { RoutingConfigMapArgs } from "./routingConfigMap.js";
import type { Problem } from "./versions.js";

export interface ConsumerArgs {
    /**
     * The consumer group with which it reads the topic of the existing job. On the topic of a version `v2` it reads as
     * `<group>-v2`.
     */
    group: string;
    /**
     * When it is moved: consumers with lower numbers first, with equal ones together. Between two of them everything that
     * allows the move is looked at again, and one that cannot be moved stops those behind it. Defaults to `0`: all together.
     */
    order?: number;
    /**
     * Most records that it may be given again by one move. A move that announces more, in either direction, is refused, in
     * the preview already. Defaults to no limit.
     */
    maxRepeats?: number;
    /**
     * A ConfigMap with what its pods read. It follows the routing record, which stays the truth. Needs
     * `@pulumi/kubernetes`. Defaults to none.
     */
    configMap?: RoutingConfigMapArgs;
}

/** How positions on two topics are found that have the same records behind them. */
export interface AlignmentArgs {
    /**
     * How many records of a partition are looked at behind a position, at most. What is out of reach on the old topic counts
     * as unread and is repeated; where the new one would need more, the move is refused. Defaults to `10000000`.
     */
    lookBackRecords?: number;
    /**
     * By how much event time a record may be older than one that stands before it, on either topic, in seconds. True for
     * sure, or records are skipped: it is used where identities do not say where readers go on. Defaults to none: then
     * such a promotion is refused, and a rollback begins at the earliest record.
     */
    disorderSeconds?: number;
}

interface CutoverArguments {
    readonly consumers?: Readonly<Record<string, ConsumerArgs>>;
    readonly alignment?: AlignmentArgs;
    readonly bakeSeconds?: number;
}

export interface CutoverSettings {
    readonly orders: Record<string, number>;
    readonly maxRepeats: Record<string, number>;
    readonly alignment: AlignmentSettings;
}

const defaultLookBack = 10_000_000;

/** What the provider half is told of how consumers are moved. */
export function cutoverSettings({
    consumers = {},
    alignment = {},
}: CutoverArguments): CutoverSettings {
    const given = <K extends "order" | "maxRepeats">(key: K): Record<string, number> =>
        Object.fromEntries(
            Object.entries(consumers).flatMap(([name, consumer]) => {
                const value = consumer[key];
                return value === undefined ? [] : [[name, value]];
            }),
        );
    const { disorderSeconds } = alignment;
    return {
        orders: given("order"),
        maxRepeats: given("maxRepeats"),
        alignment: {
            lookBackRecords: alignment.lookBackRecords ?? defaultLookBack,
            disorderMilliseconds: disorderSeconds === undefined ? null : disorderSeconds * 1000,
        },
    };
}

/** What is wrong with the numbers. */
export function cutoverProblems({
    consumers = {},
    alignment = {},
    bakeSeconds = 0,
}: CutoverArguments): Problem[] {
    const problems: Problem[] = [];
    const refuse = (field: string, value: unknown, message: string) => {
        problems.push({ field, message: `is ${show(value)}: ${message}` });
    };
    for (const [name, { order, maxRepeats }] of Object.entries(consumers)) {
        if (order !== undefined && !Number.isFinite(order)) {
            refuse(`consumers.${name}.order`, order, "give a number, lower ones are moved first.");
        }
        if (maxRepeats !== undefined && !(Number.isSafeInteger(maxRepeats) && maxRepeats >= 0)) {
            refuse(
                `consumers.${name}.maxRepeats`,
                maxRepeats,
                "give a whole number of records, at least 0, or leave it out for no limit.",
            );
        }
    }
    if (!(Number.isFinite(bakeSeconds) && bakeSeconds >= 0)) {
        refuse(
            "bakeSeconds",
            bakeSeconds,
            "give seconds, at least 0; 0 compares nothing after a promotion.",
        );
    }
    const { lookBackRecords, disorderSeconds } = alignment;
    if (
        lookBackRecords !== undefined &&
        !(Number.isSafeInteger(lookBackRecords) && lookBackRecords >= 1)
    ) {
        refuse(
            "alignment.lookBackRecords",
            lookBackRecords,
            "give a whole number of records of a partition, at least 1.",
        );
    }
    if (
        disorderSeconds !== undefined &&
        !(Number.isFinite(disorderSeconds) && disorderSeconds >= 0)
    ) {
        refuse(
            "alignment.disorderSeconds",
            disorderSeconds,
            "give seconds of event time, at least 0, or leave it out where no bound is known.",
        );
    }
    return problems;
}

function show(value: unknown): string {
    return typeof value === "number" ? String(value) : JSON.stringify(value);
}
