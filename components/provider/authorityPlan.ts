import { positionDecoder } from "./comparison/position.js";
import { describePlan } from "./cutover/describePlan.js";
import type { MovesBy } from "./cutover/moveInOrder.js";
import { planMove, type MovePlan } from "./cutover/movePlan.js";
import { beforeItCame } from "./cutover/newcomers.js";
import { parseOffsets, type RoutingRecord } from "./cutover/routingRecord.js";
import type { Wave } from "./cutover/waves.js";
import type { AuthorityInputs } from "./inputs.js";
import type { KafkaPort } from "./kafka/port.js";
import { prefixedLog } from "./log.js";

/** Plans where the consumers of a wave go on, as the inputs say. */
export function makePlan(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord,
    wave: Wave,
    by: MovesBy,
): Promise<MovePlan> {
    const { range, verdict, settings } = inputs;
    const coveredFrom = verdict?.coveredFrom ?? null;
    return planMove({
        kafka,
        live,
        target: { version: inputs.authority, topic: topicOf(inputs, inputs.authority) },
        groups: groupsOf(wave, inputs, live),
        source: wave.source,
        decoder: positionDecoder(settings),
        // A verdict that nobody asked for may be about topics that are no longer there.
        verified:
            by === "promotion" &&
            range !== null &&
            coveredFrom !== null &&
            range.incumbent === live.authority
                ? {
                      incumbentFrom: parseOffsets(range.incumbentFrom),
                      candidateFrom: parseOffsets(range.candidateFrom),
                      coveredFrom: Date.parse(coveredFrom),
                  }
                : null,
        maxRepeats: inputs.maxRepeats,
        alignment: inputs.alignment,
        withoutIdentity: by === "rollback" ? "earliest" : "refuse",
        signal: AbortSignal.timeout(settings.timeoutSeconds * 1000),
    });
}

/** Consumers that are listed only now may still read a version that authority has left: they are moved as all were. */
export async function planNewcomers(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord,
): Promise<MovePlan[]> {
    const plans: MovePlan[] = [];
    for (const [consumer, groups] of Object.entries(inputs.consumers)) {
        const isNew = !Object.hasOwn(live.consumers, consumer);
        const before = isNew ? await beforeItCame(kafka, live, consumer, groups) : undefined;
        if (before !== undefined) {
            const source = { version: before.authority, topic: before.topic };
            const wave = { consumers: [consumer], source, isLast: true };
            plans.push(await makePlan(kafka, inputs, before, wave, "override"));
        }
    }
    return plans;
}

export async function newcomerProblems(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord | undefined,
): Promise<string[]> {
    const plans = live === undefined ? [] : await planNewcomers(kafka, inputs, live);
    const log = prefixedLog(inputs.name);
    for (const plan of plans) {
        // That authority moves is not what is going on here.
        describePlan(plan, new Date())
            .slice(1)
            .forEach((line) => log(`new consumer: ${line}`));
    }
    return plans.flatMap(({ problems }) => problems);
}

/** The groups of those that are moved; of one that the program lists no more, the one with which it came. */
function groupsOf(
    { consumers }: Wave,
    inputs: AuthorityInputs,
    live: RoutingRecord,
): Record<string, string> {
    const groups = groupsOn(inputs, inputs.authority);
    return Object.fromEntries(
        consumers.map((name) => {
            const route = live.consumers[name];
            return [name, groups[name] ?? route?.previousGroup ?? route?.group ?? ""];
        }),
    );
}

export function ordersOf({ consumers, orders }: AuthorityInputs): Record<string, number> {
    return Object.fromEntries(Object.keys(consumers).map((name) => [name, orders[name] ?? 0]));
}

/** `undefined` where all go together. */
export function describeOrder(inputs: AuthorityInputs, { consumers }: Wave): string | undefined {
    const orders = ordersOf(inputs);
    const steps = [...new Set(consumers.map((name) => orders[name] ?? 0))].sort((a, b) => a - b);
    if (steps.length < 2) {
        return undefined;
    }
    const waves = steps.map((step) =>
        consumers.filter((name) => (orders[name] ?? 0) === step).join(" and "),
    );
    return `one after the other: ${waves.join(", then ")}`;
}

export function groupsOn(inputs: AuthorityInputs, version: string): Record<string, string> {
    return Object.fromEntries(
        Object.entries(inputs.consumers).map(([consumer, groups]) => {
            const group = groups[version];
            if (group === undefined) {
                throw new Error(`Consumer ${consumer} has no group for ${version}.`);
            }
            return [consumer, group];
        }),
    );
}

export function topicOf(inputs: AuthorityInputs, version: string): string {
    const input = inputs.versions[version];
    if (input === undefined) {
        throw new Error(`${version} is not in \`versions\`.`);
    }
    return input.topic;
}
