import type { TopicDescription } from "../kafka/port.js";

/** What is known of a consumer's move besides where it goes on. */
export interface Outlook {
    /** Records that it has not read and that the new topic does not have, as yet or ever. */
    readonly missing: number;
    /** Timestamp of the oldest record of the old topic that it has not read; `null` where there is none. */
    readonly oldestUnread: number | null;
    /** Timestamp of the oldest record of the new topic with which it goes on; `null` where there is none yet. */
    readonly alignedAt: number | null;
}

interface Kept extends TopicDescription {
    readonly retentionMs?: number;
    readonly retentionBytes?: number;
}

/**
 * How long a rollback can be aligned exactly, in words: until retention takes the records about the hand-over from either
 * topic. Behind that it is still possible, but repeats more.
 */
export function rollbackOutlook(
    from: Kept,
    to: Kept,
    { oldestUnread, alignedAt }: Outlook,
    now: Date,
): string {
    const kept = [keptFor(from, oldestUnread, now), keptFor(to, alignedAt, now)];
    const settings = [from, to].map(describeRetention).join("; ");
    if (kept.includes("unknown")) {
        return `for how long a rollback stays possible is unknown (${settings})`;
    }
    const finite = kept.filter((time) => typeof time === "number");
    if (finite.length === 0) {
        return `a rollback stays possible without limit (${settings})`;
    }
    const least = Math.min(...finite);
    return least <= 0
        ? `a rollback would repeat more than it must: retention has reached the records about the hand-over (${settings})`
        : `a rollback stays possible for about ${duration(least)}, and repeats more after that (${settings})`;
}

/** In milliseconds from now. */
function keptFor(topic: Kept, oldest: number | null, now: Date): number | "unlimited" | "unknown" {
    if (!topic.cleanupPolicy.includes("delete")) {
        return topic.cleanupPolicy === "" ? "unknown" : "unlimited";
    }
    // By size it depends on what is still to come.
    if (topic.retentionMs === undefined || topic.retentionBytes !== -1 || oldest === -1) {
        return "unknown";
    }
    if (topic.retentionMs === -1) {
        return "unlimited";
    }
    const age = oldest === null ? 0 : Math.max(0, now.getTime() - oldest);
    return topic.retentionMs - age;
}

function describeRetention({ name, cleanupPolicy, retentionMs, retentionBytes }: Kept): string {
    if (!cleanupPolicy.includes("delete")) {
        return `${name} is ${cleanupPolicy === "" ? "of unknown cleanup.policy" : "compacted"}`;
    }
    const say = (value: number | undefined, unit: (value: number) => string) =>
        value === undefined ? "unknown" : value === -1 ? "unlimited" : unit(value);
    const bytes = retentionBytes === -1 ? "" : `, retention.bytes ${say(retentionBytes, String)}`;
    return `${name} keeps records ${say(retentionMs, duration)}${bytes}`;
}

function duration(milliseconds: number): string {
    const seconds = milliseconds / 1000;
    const [size, unit] =
        seconds >= 172_800
            ? [86_400, "days"]
            : seconds >= 7_200
              ? [3_600, "hours"]
              : seconds >= 120
                ? [60, "minutes"]
                : [1, "s"];
    return `${Math.floor(seconds / size)} ${unit}`;
}
