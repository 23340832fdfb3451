import { positionDecoder } from "./comparison/position.js";
import { currentFingerprint } from "./comparison/subject.js";
import { withKafka } from "./connection.js";
import { decideMove, type MoveDecision } from "./cutover/decide.js";
import { describePlan, planMove, type MovePlan } from "./cutover/movePlan.js";
import {
    carryOut,
    writeConsumers,
    writeInitial,
    type MoveReason,
    type RoutingContext,
} from "./cutover/protocol.js";
import { parseOffsets, type RoutingRecord } from "./cutover/routingRecord.js";
import { readRoutingRecord } from "./cutover/routingStore.js";
import type { AuthorityInputs } from "./inputs.js";
import type { KafkaPort } from "./kafka/port.js";
import { prefixedLog, type Log } from "./log.js";
import { toState } from "./state.js";
import { isKnown, type CheckFailure, type Json, type Verbs } from "./verbs.js";

type WithKafka = typeof withKafka;

/** The pointer. Its state is a copy of the routing record; the record in Kafka is what counts. */
export const authority = authorityVerbs(withKafka);

/** The same on whatever Kafka `withKafka` connects to. */
export function authorityVerbs(withKafka: WithKafka): Verbs {
    return {
        async check(olds, news) {
            const inputs = news as AuthorityInputs;
            if (!isKnown([inputs.bootstrapServers, inputs.versions, inputs.authority])) {
                return { inputs: news, failures: [] };
            }
            return {
                inputs: news,
                failures: await problems(withKafka, inputs, ownersOf(olds, inputs)),
            };
        },

        async diff(_id, olds, news) {
            const inputs = news as AuthorityInputs;
            if (!isKnown([inputs.bootstrapServers, inputs.versions, inputs.authority])) {
                return { changes: true };
            }
            return withKafka(inputs.bootstrapServers, async (kafka) => {
                const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
                refuseLost(olds, inputs, live);
                const stays = live?.authority === inputs.authority;
                return {
                    changes: !stays || !sameRouting(olds, live) || !isWrittenFor(inputs, live),
                };
            });
        },

        create: async (inputs) => ({
            id: (inputs as AuthorityInputs).name,
            outs: await reconcile(withKafka, {}, inputs),
        }),

        update: async (_id, olds, news) => ({ outs: await reconcile(withKafka, olds, news) }),

        /** The record stays: consumers read on from it, whether or not a stack still manages it. */
        delete: (_id, state) => {
            const { name, routingTopic } = state as AuthorityInputs;
            prefixedLog(name)(
                `the routing record in ${routingTopic} stays; consumers read on as they do`,
            );
            return Promise.resolve();
        },
    };
}

async function problems(
    withKafka: WithKafka,
    inputs: AuthorityInputs,
    owners: readonly string[],
): Promise<CheckFailure[]> {
    return withKafka(inputs.bootstrapServers, async (kafka) => {
        const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
        const renamed = renamedGroups(inputs, live);
        if (renamed.length > 0) {
            return renamed;
        }
        const decision = await decide(kafka, inputs, live, owners);
        const reasons = await objections(kafka, inputs, live, decision);
        return reasons.length > 0
            ? [{ property: "authority", reason: `refused. ${reasons.join("\n    ")}` }]
            : [];
    });
}

/** What stands against a move, with what it would do told: in a preview, before anything happens. */
async function objections(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord | undefined,
    decision: MoveDecision,
): Promise<readonly string[]> {
    const log = prefixedLog(inputs.name);
    if (decision.kind === "refuse") {
        return decision.reasons;
    }
    if (decision.kind === "unknown") {
        log("whether authority moves depends on the verdict, which this `up` looks for first");
    }
    if (decision.kind !== "move" || live === undefined) {
        return [];
    }
    const plan = await makePlan(kafka, inputs, live, decision.by);
    describePlan(plan).forEach((line) => log(`${decision.by}: ${line}`));
    return plan.problems;
}

/** Brings the routing record to what is asked for, from wherever an earlier run was killed. */
async function reconcile(withKafka: WithKafka, olds: Json, news: Json): Promise<Json> {
    const inputs = news as AuthorityInputs;
    const log = prefixedLog(inputs.name);
    const routing = await withKafka(inputs.bootstrapServers, async (kafka) => {
        const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
        refuseLost(olds, inputs, live);
        const decision = await decide(kafka, inputs, live, ownersOf(olds, inputs));
        return actOn(decision, routingContext(kafka, inputs, log), inputs, live);
    });
    return toState({ ...news, routing });
}

async function actOn(
    decision: MoveDecision,
    context: RoutingContext,
    inputs: AuthorityInputs,
    live: RoutingRecord | undefined,
): Promise<RoutingRecord> {
    if (decision.kind === "refuse") {
        throw new Error(decision.reasons.join("\n"));
    }
    const groups = groupsOn(inputs, inputs.authority);
    if (decision.kind === "initial" || live === undefined) {
        return writeInitial(context, inputs.authority, topicOf(inputs, inputs.authority), groups);
    }
    switch (decision.kind) {
        case "stay":
            return isWrittenFor(inputs, live) ? live : writeConsumers(context, live, groups);
        case "move":
            return carryOut(
                context,
                live,
                () => makePlan(context.kafka, inputs, live, decision.by),
                {
                    by: decision.by,
                    verdict:
                        decision.by === "promotion" ? (inputs.verdict?.fingerprint ?? null) : null,
                    override: decision.by === "override" ? inputs.override : null,
                },
            );
        case "unknown":
            throw new Error(`The verdict on ${inputs.authority} is not known. Nothing was moved.`);
    }
}

async function decide(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord | undefined,
    owners: readonly string[],
): Promise<MoveDecision> {
    const moves = live !== undefined && live.authority !== inputs.authority;
    const topic = topicOf(inputs, inputs.authority);
    const { verdict, jobStatus, candidateDigest } = inputs;
    return decideMove({
        requested: inputs.authority,
        live,
        owners,
        topic: { name: topic, id: moves ? await topicId(kafka, topic) : null },
        versions: inputs.versions,
        verdict: isKnown([verdict, jobStatus, candidateDigest]) ? verdict : "unknown",
        fingerprint:
            moves && isKnown(candidateDigest)
                ? await currentFingerprint(kafka, {
                      incumbent: { version: live.authority, topic: live.topic },
                      candidate: { version: inputs.authority, topic },
                      candidateDigest,
                      settings: inputs.settings,
                  })
                : null,
        jobStatus,
        override: inputs.override,
        now: new Date(),
        maxVerdictAgeSeconds: inputs.settings.maxVerdictAgeSeconds,
    });
}

function makePlan(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord,
    by: MoveReason["by"],
): Promise<MovePlan> {
    const { range, verdict, settings } = inputs;
    const coveredFrom = verdict?.coveredFrom ?? null;
    return planMove({
        kafka,
        live,
        target: { version: inputs.authority, topic: topicOf(inputs, inputs.authority) },
        groups: groupsOn(inputs, inputs.authority),
        decode: positionDecoder(settings),
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
        signal: AbortSignal.timeout(settings.timeoutSeconds * 1000),
    });
}

function groupsOn(inputs: AuthorityInputs, version: string): Record<string, string> {
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

function topicOf(inputs: AuthorityInputs, version: string): string {
    const input = inputs.versions[version];
    if (input === undefined) {
        throw new Error(`${version} is not in \`versions\`.`);
    }
    return input.topic;
}

function routingContext(kafka: KafkaPort, inputs: AuthorityInputs, log: Log): RoutingContext {
    return {
        kafka,
        name: inputs.name,
        owner: inputs.owner,
        routingTopic: inputs.routingTopic,
        transactionalId: inputs.transactionalId,
        log,
        now: () => new Date(),
    };
}

function sameRouting(state: Json, live: RoutingRecord): boolean {
    const known = state["routing"] as RoutingRecord | undefined;
    return known?.epoch === live.epoch && known.writtenAt === live.writtenAt;
}

/** Whether the record names this stack and its consumers. */
function isWrittenFor(inputs: AuthorityInputs, live: RoutingRecord): boolean {
    const asked = Object.keys(inputs.consumers).sort();
    const routed = Object.keys(live.consumers).sort();
    return live.owner === inputs.owner && asked.join("\n") === routed.join("\n");
}

/** What this stack is called, and what it was called when the state was written. */
function ownersOf(olds: Json, { owner }: AuthorityInputs): string[] {
    const former = olds["owner"] as string | undefined;
    return former === undefined ? [owner] : [owner, former];
}

/**
 * A record that was there and is gone is no first start: beginning anew would send consumers to a topic without having
 * aligned them.
 */
function refuseLost(olds: Json, inputs: AuthorityInputs, live: RoutingRecord | undefined): void {
    const known = olds["routing"] as RoutingRecord | undefined;
    if (known !== undefined && live === undefined) {
        throw new Error(
            `The routing record of ${inputs.name} is gone from ${inputs.routingTopic}; the last one known here says ` +
                `${known.authority} (${known.topic}) at epoch ${known.epoch}. Is this the right cluster? To restore it, ` +
                `write the JSON of the output \`routing\` back to partition 0 under the key "${inputs.name}"; to begin ` +
                "anew, take the pointer out of the state with `pulumi state delete`.",
        );
    }
}

/** Groups that a consumer has other than the record says: they would be left where they are without a word. */
function renamedGroups(inputs: AuthorityInputs, live: RoutingRecord | undefined): CheckFailure[] {
    return Object.entries(live?.consumers ?? {}).flatMap(([consumer, { group }]) => {
        const asked = inputs.consumers[consumer]?.[live?.authority ?? ""];
        return asked === undefined || asked === group
            ? []
            : [
                  {
                      property: "consumers",
                      reason:
                          `consumers.${consumer}.group: it reads ${live?.topic} as "${group}", and would be "${asked}" now. ` +
                          "A group that reads cannot be renamed: declare a consumer of another name beside it.",
                  },
              ];
    });
}

async function topicId(kafka: KafkaPort, topic: string): Promise<string | null> {
    return (await kafka.describeTopic(topic))?.id ?? null;
}
