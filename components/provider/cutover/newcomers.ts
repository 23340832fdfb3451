import type { KafkaPort } from "../kafka/port.js";
import type { MovePlan } from "./movePlan.js";
import { handOverOf, routeAfter } from "./recordAfter.js";
import type { ConsumerRoute, RoutingRecord } from "./routingRecord.js";
import { wholeView, type View } from "./view.js";

/** The group of a consumer on every version's topic. */
type Groups = Readonly<Record<string, string>>;

/**
 * The record as a consumer would have it that is listed only now, behind a move: it still reads the topic of a version
 * that held authority before. `undefined` where it reads the authority's already, or none of them.
 */
export async function beforeItCame(
    kafka: KafkaPort,
    live: RoutingRecord,
    consumer: string,
    groups: Groups,
): Promise<RoutingRecord | undefined> {
    const here = groups[live.authority];
    if (here === undefined || (await kafka.committedOffsets(here, live.topic)).size > 0) {
        return undefined;
    }
    for (const { version, topic, topicId } of live.history.toReversed()) {
        const group = groups[version];
        if (version === live.authority || group === undefined) {
            continue;
        }
        const described = await kafka.describeTopic(topic);
        if (described?.id !== topicId) {
            continue;
        }
        if ((await kafka.committedOffsets(group, topic)).size > 0) {
            const route = { group, committed: null, previousGroup: null };
            return {
                ...live,
                authority: version,
                topic,
                topicId,
                handOver: null,
                consumers: { [consumer]: { ...route, previousCommitted: null, repeatsAtMost: 0 } },
            };
        }
    }
    return undefined;
}

/** How it came to the authority's topic, as if it had been moved there with the others. */
export function newcomer(
    live: RoutingRecord,
    plan: MovePlan,
    consumer: string,
): { route: ConsumerRoute; view: View } | undefined {
    const route = routeAfter(plan, consumer);
    const handOver = handOverOf(plan, consumer);
    return route && { route, view: { ...wholeView(live), goesBack: false, handOver } };
}
