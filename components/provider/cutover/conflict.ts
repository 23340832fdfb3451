import type { RoutingRecord } from "./routingRecord.js";

interface Asked {
    readonly name: string;
    readonly routingTopic: string;
    /** The version that the program asks to hold authority. */
    readonly authority: string;
}

/**
 * Why the record in Kafka and the one in the state cannot both be right; `undefined` where they can. A state that is
 * behind is what a killed run leaves, and an older state that was restored: where the record says what is asked, it is
 * taken over. Where something else is asked, that was decided without knowing of the record, and is refused.
 */
export function conflict(
    known: RoutingRecord | undefined,
    live: RoutingRecord | undefined,
    { name, routingTopic, authority }: Asked,
): string | undefined {
    if (known === undefined) {
        return undefined;
    }
    if (live === undefined) {
        // No first start: beginning anew would send consumers to a topic without having aligned them.
        return (
            `The routing record of ${name} is gone from ${routingTopic}; the last one known here says ` +
            `${known.authority} (${known.topic}) at epoch ${known.epoch}. ${restoring(name)}`
        );
    }
    const both =
        `The routing record of ${name} in ${routingTopic} says ${describe(live)}; the state of this stack says ` +
        `${describe(known)}.`;
    if (live.epoch < known.epoch) {
        return `${both} A record never goes back: was the topic restored, or written by hand? ${restoring(name)}`;
    }
    if (live.epoch === known.epoch && live.authority !== known.authority) {
        return `${both} Two records of one epoch cannot be: did two clusters go by this name? ${restoring(name)}`;
    }
    const isAsked = authority === live.authority || authority === live.moving?.version;
    if (live.epoch > known.epoch && !isAsked) {
        return (
            `${both} Either an older state was restored, or somebody else moved authority, or a run was killed before it ` +
            `could say so; "${authority}" was asked for without knowing of it. Nothing was moved. Set authority to ` +
            `${live.authority} and run \`pulumi up\` to take over what is there; then ask for ${authority} again, if you mean it.`
        );
    }
    return undefined;
}

/** Of a pointer that this state does not know at all. */
export function unknownPointer(
    live: RoutingRecord | undefined,
    { name, routingTopic, authority }: Asked,
): string | undefined {
    return live === undefined || [live.authority, live.moving?.version].includes(authority)
        ? undefined
        : `The routing record of ${name} in ${routingTopic} says ${describe(live)}, of which the state of this stack knows ` +
              `nothing, and "${authority}" is asked for. Nothing was moved. Set authority to ${live.authority} and run ` +
              "`pulumi up` to take over what is there; then ask for another version.";
}

function restoring(name: string): string {
    return (
        "Is this the right cluster? To restore it, write the JSON of the output `routing` back to partition 0 under the " +
        `key "${name}"; to begin anew, take the pointer out of the state with \`pulumi state delete\`.`
    );
}

function describe({ authority, topic, epoch, writtenAt }: RoutingRecord): string {
    return `${authority} (${topic}) at epoch ${epoch}, written ${writtenAt}`;
}
