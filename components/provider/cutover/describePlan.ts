import type { MovePlan } from "./movePlan.js";
import { rollbackOutlook } from "./outlook.js";

/** The plan as a person reads it before it happens. */
export function describePlan(plan: MovePlan, now: Date): string[] {
    const { from, to } = plan;
    return [
        `authority moves from ${from.version} (${from.topic.name}) to ${to.version} (${to.topic.name})`,
        ...Object.entries(plan.consumers).flatMap(([name, move]) => {
            const outlook = plan.outlook[name];
            return [
                move.previousCommitted === null
                    ? `consumer ${name}: group ${move.previousGroup} has no offsets on ${from.topic.name} (it never read, or ` +
                      `they expired); group ${move.group} begins at the beginning`
                    : `consumer ${name}: from group ${move.previousGroup} (${move.unread} records unread) to group ` +
                      `${move.group}, with at most ${move.repeatsAtMost} repeats`,
                ...(outlook === undefined || outlook.missing === 0
                    ? []
                    : [
                          `consumer ${name}: ${outlook.missing} records that it has not read are not on ${to.topic.name}; ` +
                              "what does not come there still, a group that is no follower will not get",
                      ]),
                ...(outlook === undefined
                    ? []
                    : [`consumer ${name}: ${rollbackOutlook(from.topic, to.topic, outlook, now)}`]),
            ];
        }),
        `followers finish ${from.topic.name} first, then repeat at most ${plan.handOver.repeatsAtMost} records`,
    ];
}
