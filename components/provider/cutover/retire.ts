import { GroupNotEmptyError, type KafkaPort } from "../kafka/port.js";
import { parseOffsets, type RoutingRecord } from "./routingRecord.js";
import { viewOf } from "./view.js";

interface Retirement {
    readonly kafka: KafkaPort;
    readonly live: RoutingRecord;
    readonly version: string;
    /** The group of every consumer on the version's topic. */
    readonly groups: Readonly<Record<string, string>>;
    /** `false` in a preview, where nothing may be written: then members are not looked for. */
    readonly asksBroker: boolean;
}

/** Versions that are to be stopped for good and are not yet. */
export function toRetire(live: RoutingRecord, asked: readonly string[]): string[] {
    return asked.filter((version) => live.retired?.includes(version) !== true);
}

/** Why a version's job cannot be stopped for good: somebody reads its topic, or is still to finish it. */
export async function retireProblems(retirement: Retirement): Promise<string[]> {
    const { kafka, live, version, groups, asksBroker } = retirement;
    const problems: string[] = [];
    for (const [consumer, route] of Object.entries(live.consumers)) {
        const view = viewOf(live, consumer);
        if (view.version === version) {
            problems.push(`consumer ${consumer} is routed to its topic`);
            continue;
        }
        const { handOver } = view;
        const leaves = handOver?.version === version ? handOver : undefined;
        const group = (leaves && route.previousGroup) ?? groups[consumer];
        const topic = leaves?.topic ?? topicOf(live, version);
        if (group === undefined || topic === undefined) {
            continue;
        }
        const committed = await kafka.committedOffsets(group, topic);
        const until = parseOffsets(leaves?.until ?? {});
        const put = parseOffsets(route.committed ?? {});
        const reached = await kafka.committedOffsets(route.group, view.topic);
        const hasBegun = [...reached].some(([p, offset]) => offset > (put.get(p) ?? 0n));
        const left = [...until].reduce(
            (sum, [p, end]) => sum + Math.max(0, Number(end - (committed.get(p) ?? 0n))),
            0,
        );
        if (committed.size > 0 && left > 0 && !hasBegun) {
            problems.push(
                `consumer ${consumer} (group ${group}) has up to ${left} records of ${topic} still to read, and has not begun ` +
                    `on ${view.topic}`,
            );
        } else if (asksBroker && committed.size > 0 && (await hasMembers(kafka, group, topic))) {
            problems.push(`consumer ${consumer} (group ${group}) has members that read ${topic}`);
        }
    }
    return problems.length === 0
        ? []
        : [
              `retire.${version}: its topic is still read: ${problems.join("; ")}. Let them move on or stop them, then run ` +
                  "`pulumi up` again.",
          ];
}

/** The broker takes a commit from outside only for a group without members: what it has is committed again. */
async function hasMembers(kafka: KafkaPort, group: string, topic: string): Promise<boolean> {
    try {
        await kafka.commitOffsets(group, topic, await kafka.committedOffsets(group, topic));
        return false;
    } catch (error) {
        if (error instanceof GroupNotEmptyError) {
            return true;
        }
        throw error;
    }
}

function topicOf(live: RoutingRecord, version: string): string | undefined {
    return live.history.findLast((tenure) => tenure.version === version)?.topic;
}
