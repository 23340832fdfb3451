import { type MovableJob, opposite, type Version } from "./job.js";
import type { Point } from "./provider.js";

interface Names {
    readonly routing: string;
    readonly old: string;
    readonly fresh: string;
    readonly oldGroup: string;
    readonly group: string;
    readonly otherGroup: string;
    /** The record is looked at behind the fence, before every group's commit, and when it was written. */
    readonly lastLook: number;
}

/** The steps of a move from its fence on, in their order, and how each shows among the calls to Kafka. */
const labels = {
    "the fence": () => ["fence", 1],
    "the second look at the record": ({ routing }) => [`read ${routing}`, 1],
    "the committed offsets": ({ oldGroup }) => [`committed ${oldGroup}`, 1],
    "the last stable offset": ({ old }) => [`end ${old}`, 1],
    "the reading of the old topic": ({ old }) => [`read ${old}`, 1],
    "the alignment on the new topic": ({ fresh }) => [`read ${fresh}`, 1],
    "the last look before a commit": ({ routing }) => [`read ${routing}`, 2],
    "the commit of the first group": ({ group }) => [`commit ${group}`, 1],
    "its reading back": ({ group }) => [`committed ${group}`, 1],
    "the commit of the second group": ({ otherGroup }) => [`commit ${otherGroup}`, 1],
    "its reading back as well": ({ otherGroup }) => [`committed ${otherGroup}`, 1],
    "the write of the record": () => ["write", 1],
    "the reading back of the record": ({ routing, lastLook }) => [`read ${routing}`, lastLook],
} satisfies Record<string, (names: Names) => readonly [label: string, nth: number]>;

export type Step = keyof typeof labels;
export const steps = Object.keys(labels) as Step[];

export function pointAt(job: MovableJob, to: Version, step: Step, when: Point["when"]): Point {
    const from = opposite(to);
    const [first = "", second = ""] = job.consumers;
    const found: readonly [string, number] = labels[step]({
        routing: job.routingTopic,
        old: job.topics[from],
        fresh: job.topics[to],
        oldGroup: job.group(first, from),
        group: job.group(first, to),
        otherGroup: job.group(second, to),
        lastLook: job.consumers.length + 2,
    });
    return { label: found[0], nth: found[1], when };
}
