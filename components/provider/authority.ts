import {
    describeOrder,
    groupsOn,
    makePlan,
    newcomerProblems,
    ordersOf,
    planNewcomers,
    topicOf,
} from "./authorityPlan.js";
import { currentFingerprint } from "./comparison/subject.js";
import { withKafka } from "./connection.js";
import { conflict, unknownPointer } from "./cutover/conflict.js";
import { decideMove, type MoveDecision } from "./cutover/decide.js";
import { describePlan } from "./cutover/describePlan.js";
import { HalfDoneError, moveInOrder } from "./cutover/moveInOrder.js";
import {
    RecordChangedError,
    type RoutingContext,
    writeConsumers,
    writeInitial,
} from "./cutover/protocol.js";
import type { RoutingRecord } from "./cutover/routingRecord.js";
import { retireProblems, toRetire } from "./cutover/retire.js";
import { readRoutingRecord } from "./cutover/routingStore.js";
import { viewOf } from "./cutover/view.js";
import { nextWave } from "./cutover/waves.js";
import { PartialFailure } from "./errors.js";
import type { AskedMove, AuthorityInputs } from "./inputs.js";
import type { KafkaPort } from "./kafka/port.js";
import { prefixedLog, type Log } from "./log.js";
import { toState } from "./state.js";
import { tellRepeats } from "./tellRepeats.js";
import { isKnown, unknownValue, type CheckFailure, type Json, type Verbs } from "./verbs.js";

type WithKafka = typeof withKafka;

/** The pointer. Its state is a copy of the routing record; the record in Kafka is what counts. */
export const authority = authorityVerbs(withKafka);

/** The same on whatever Kafka `withKafka` connects to. */
export function authorityVerbs(withKafka: WithKafka): Verbs {
    return {
        async check(olds, news) {
            const inputs = news as AuthorityInputs;
            if (!isKnown([inputs.bootstrapServers, inputs.versions, inputs.authority])) {
                return { inputs: { ...news, move: unknownValue }, failures: [] };
            }
            const { move, failures } = await asked(withKafka, inputs, ownersOf(olds, inputs));
            return { inputs: { ...news, move }, failures };
        },

        async diff(_id, olds, news) {
            const inputs = news as AuthorityInputs;
            if (!isKnown([inputs.bootstrapServers, inputs.versions, inputs.authority])) {
                return { changes: true };
            }
            return withKafka(inputs, async (kafka) => {
                const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
                refuseConflict(olds, inputs, live);
                const stays = live?.authority === inputs.authority && live.moving === undefined;
                if (stays) {
                    await tellRepeats(kafka, inputs, live);
                }
                return {
                    changes: !stays || !sameRouting(olds, live) || !isWrittenFor(inputs, live),
                };
            });
        },

        create: async (inputs) => ({
            id: (inputs as AuthorityInputs).name,
            outs: await reconcile(withKafka, undefined, inputs),
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

/** What the program asks for, and what stands against it. */
async function asked(
    withKafka: WithKafka,
    inputs: AuthorityInputs,
    owners: readonly string[],
): Promise<{ move: AskedMove | null; failures: CheckFailure[] }> {
    return withKafka(inputs, async (kafka) => {
        const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
        const renamed = renamedGroups(inputs, live);
        if (renamed.length > 0) {
            return { move: null, failures: renamed };
        }
        const decision = await decide(kafka, inputs, live, owners);
        const move = live === undefined ? null : askedMove(decision, inputs, live);
        const reasons = [
            ...(await objections(kafka, inputs, live, decision, move)),
            ...(decision.kind === "stay" ? await retirement(kafka, inputs, live, false) : []),
            ...(decision.kind === "stay" ? await newcomerProblems(kafka, inputs, live) : []),
        ];
        const reason = `refused. ${reasons.join("\n    ")}`;
        return { move, failures: reasons.length > 0 ? [{ property: "authority", reason }] : [] };
    });
}

function askedMove(
    decision: MoveDecision,
    { authority, override }: AuthorityInputs,
    live: RoutingRecord,
): AskedMove | null {
    const from =
        (live.authority === authority ? live.moving?.version : undefined) ?? live.authority;
    if (decision.kind === "unknown") {
        // With an override it moves whatever the verdict will be.
        return { from, by: override === null ? "promotion" : "override" };
    }
    return decision.kind === "move" ? { from, by: decision.by } : null;
}

/** What stands against a move, with what it would do told: in a preview, before anything happens. */
async function objections(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord | undefined,
    decision: MoveDecision,
    move: AskedMove | null,
): Promise<readonly string[]> {
    const log = prefixedLog(inputs.name);
    if (decision.kind === "refuse") {
        return decision.reasons;
    }
    if (decision.kind === "unknown") {
        log("whether authority moves depends on the verdict, which this `up` looks for first");
    }
    const hinges = decision.kind === "unknown" && move?.by === "promotion";
    if (move === null || live === undefined || hinges) {
        return [];
    }
    const { by } = move;
    const wave = nextWave(live, inputs.authority, ordersOf(inputs), true);
    const plan = await makePlan(kafka, inputs, live, wave, by);
    describePlan(plan, new Date()).forEach((line) => log(`${by}: ${line}`));
    const order = describeOrder(inputs, wave);
    if (order !== undefined) {
        log(`${by}: ${order}`);
    }
    return plan.problems;
}

/** Brings the routing record to what is asked for, from wherever an earlier run was killed. */
async function reconcile(
    withKafka: WithKafka,
    /** `undefined` where the state does not know the pointer yet. */
    olds: Json | undefined,
    news: Json,
): Promise<Json> {
    const inputs = news as AuthorityInputs;
    const log = prefixedLog(inputs.name);
    try {
        const routing = await withKafka(inputs, (kafka) => {
            const attempt = async (): Promise<RoutingRecord> => {
                const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
                refuseConflict(olds, inputs, live);
                const decision = await decide(kafka, inputs, live, ownersOf(olds ?? {}, inputs));
                return actOn(decision, routingContext(kafka, inputs, log), inputs, live);
            };
            return attempt().catch((error: unknown) => {
                if (!(error instanceof RecordChangedError)) {
                    throw error;
                }
                // A run that was killed may have written its record as the last thing it did. Behind the fence of this
                // one it writes no more, so what is there now is what to decide on.
                log("the routing record has changed meanwhile; deciding on what it says now");
                return attempt();
            });
        });
        return toState({ ...news, routing });
    } catch (error) {
        if (error instanceof HalfDoneError) {
            const outs = toState({ ...news, routing: error.record });
            throw new PartialFailure(inputs.name, outs, error.reasons);
        }
        throw error;
    }
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
        case "stay": {
            if (isWrittenFor(inputs, live)) {
                return live;
            }
            const against = await retirement(context.kafka, inputs, live, true);
            if (against.length > 0) {
                throw new Error(against.join("\n"));
            }
            return writeConsumers(context, live, groups, inputs.retire, () =>
                planNewcomers(context.kafka, inputs, live),
            );
        }
        case "move":
            return moveInOrder(context, live, decision.by, {
                target: inputs.authority,
                orders: ordersOf(inputs),
                decide: (now) => decide(context.kafka, inputs, now, [now.owner]),
                plan: (now, wave, by) => makePlan(context.kafka, inputs, now, wave, by),
                reason: (by) => ({
                    by,
                    verdict: by === "promotion" ? (inputs.verdict?.fingerprint ?? null) : null,
                    override: by === "override" ? inputs.override : null,
                }),
            });
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

/** What stands against stopping the versions for good that the program retires. */
async function retirement(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord | undefined,
    asksBroker: boolean,
): Promise<string[]> {
    const problems: string[] = [];
    if (live === undefined) {
        return problems;
    }
    for (const version of toRetire(live, inputs.retire)) {
        const groups = Object.fromEntries(
            Object.entries(inputs.consumers).flatMap(([consumer, names]) =>
                names[version] === undefined ? [] : [[consumer, names[version]]],
            ),
        );
        problems.push(...(await retireProblems({ kafka, live, version, groups, asksBroker })));
    }
    return problems;
}

/** Whether the record names this stack, its consumers, and what it has retired. */
function isWrittenFor(inputs: AuthorityInputs, live: RoutingRecord): boolean {
    const asked = Object.keys(inputs.consumers).sort();
    const routed = Object.keys(live.consumers).sort();
    return (
        live.owner === inputs.owner &&
        asked.join("\n") === routed.join("\n") &&
        toRetire(live, inputs.retire).length === 0
    );
}

/** What this stack is called, and what it was called when the state was written. */
function ownersOf(olds: Json, { owner }: AuthorityInputs): string[] {
    const former = olds["owner"] as string | undefined;
    return former === undefined ? [owner] : [owner, former];
}

/** Nothing is moved where the state and the record cannot both be right. */
function refuseConflict(
    olds: Json | undefined,
    inputs: AuthorityInputs,
    live: RoutingRecord | undefined,
): void {
    const known = olds?.["routing"] as RoutingRecord | undefined;
    const reason =
        olds === undefined ? unknownPointer(live, inputs) : conflict(known, live, inputs);
    if (reason !== undefined) {
        throw new Error(reason);
    }
    if (known !== undefined && live !== undefined && known.epoch < live.epoch) {
        prefixedLog(inputs.name)(
            `the state said ${known.authority} at epoch ${known.epoch}, the routing record says ${live.authority} at epoch ` +
                `${live.epoch}: taking over what is there`,
        );
    }
}

/** Groups that a consumer has other than the record says: they would be left where they are without a word. */
function renamedGroups(inputs: AuthorityInputs, live: RoutingRecord | undefined): CheckFailure[] {
    return Object.entries(live?.consumers ?? {}).flatMap(([consumer, { group }]) => {
        const reads = live === undefined ? undefined : viewOf(live, consumer);
        const asked = inputs.consumers[consumer]?.[reads?.version ?? ""];
        return asked === undefined || asked === group
            ? []
            : [
                  {
                      property: "consumers",
                      reason:
                          `consumers.${consumer}.group: it reads ${reads?.topic} as "${group}", and would be "${asked}" now. ` +
                          "A group that reads cannot be renamed: declare a consumer of another name beside it.",
                  },
              ];
    });
}

async function topicId(kafka: KafkaPort, topic: string): Promise<string | null> {
    return (await kafka.describeTopic(topic))?.id ?? null;
}
