import { rollbackTargets } from "../../roles.js";
import type { Verdict } from "../comparison/verdict.js";
import type { RoutingRecord, Tenure } from "./routingRecord.js";
import { describeMoving } from "./waves.js";

export interface Override {
    readonly reason: string;
    readonly approvedBy: string;
}

export interface TopicIdentity {
    readonly name: string;
    readonly id: string | null;
}

export interface MoveQuestion {
    /** The version that the program asks to hold authority. */
    readonly requested: string;
    /** The routing record as it stands in Kafka; `undefined` before the first one was written. */
    readonly live: RoutingRecord | undefined;
    /** organization/project/stack of the program, and what it was called before where that is known. */
    readonly owners: readonly string[];
    /** The requested version's topic as it is now; the id is `null` where there is none. */
    readonly topic: TopicIdentity;
    /** The versions in the program, with what is known of each. */
    readonly versions: Readonly<Record<string, { readonly managed: boolean }>>;
    /** The candidate's verdict; `null` where there is none, `"unknown"` in a preview that will look again. */
    readonly verdict: Verdict | null | "unknown";
    /** What a verdict about today's candidate, topics and rules would carry; `null` where it cannot be told. */
    readonly fingerprint: string | null;
    /** What Flink says of the candidate's job; `null` where that is not known. */
    readonly jobStatus: string | null;
    readonly override: Override | null;
    readonly now: Date;
    readonly maxVerdictAgeSeconds: number;
}

export type MoveDecision =
    | { readonly kind: "initial" }
    | { readonly kind: "stay" }
    | { readonly kind: "move"; readonly by: "promotion" | "override" | "rollback" }
    /** Whether it may move depends on a verdict that this preview cannot know. */
    | { readonly kind: "unknown" }
    | { readonly kind: "refuse"; readonly reasons: readonly string[] };

/** How far the clocks of two machines may be apart. */
const maxSkewSeconds = 60;

/** Whether authority goes where the program asks. Fails closed: what cannot be shown is refused. */
export function decideMove(question: MoveQuestion): MoveDecision {
    const { requested, live, versions } = question;
    if (live === undefined) {
        return decideInitial(question);
    }
    if (!question.owners.includes(live.owner)) {
        return refuse(
            `The routing record of "${live.name}" belongs to ${live.owner}, this is ${question.owners[0]}. ` +
                "Two stacks cannot route the same consumers: give one of the components another name.",
        );
    }
    const { moving } = live;
    if (moving !== undefined && requested !== live.authority && requested !== moving.version) {
        return refuse(
            `${describeMoving(live)}. Set authority to ${moving.version} to finish it, or to ${live.authority} to take it ` +
                `back; ${requested} comes after that.`,
        );
    }
    if (live.authority === requested) {
        // Those that were moved on already are taken back.
        return moving === undefined ? { kind: "stay" } : { kind: "move", by: "rollback" };
    }
    if (live.retired?.includes(requested) === true) {
        return refuse(
            `${requested} was retired: its job is stopped for good. Consumers stay on ${live.authority} (${live.topic}). ` +
                "Declare a new version for it.",
        );
    }
    if (isStandby(requested, question.topic, live.history)) {
        return { kind: "move", by: "rollback" };
    }
    if (versions[requested] === undefined) {
        return refuse(`${requested} is not in \`versions\`.`);
    }
    const promotion = decidePromotion(question, live);
    return promotion.kind === "refuse" && question.override !== null
        ? { kind: "move", by: "override" }
        : promotion;
}

/**
 * Whether authority can go back to a version without a verdict: it is one that the present holder took it from, or one
 * before, and still writes the very topic that it held authority with. A name alone proves nothing.
 */
export function isStandby(
    version: string,
    topic: TopicIdentity,
    history: readonly Tenure[],
): boolean {
    const tenure = history.findLast((past) => past.version === version);
    return (
        rollbackTargets(history).includes(version) &&
        tenure?.topic === topic.name &&
        tenure.topicId === topic.id
    );
}

function decideInitial({ requested, versions }: MoveQuestion): MoveDecision {
    const existing = Object.keys(versions).filter(
        (version) => versions[version]?.managed === false,
    );
    if (existing.length > 0 && versions[requested]?.managed !== false) {
        return refuse(
            `${requested} has never been compared with ${existing.join(", ")}, whose output consumers read today. ` +
                `Set authority to ${existing[0]}, run \`pulumi up\` until the verdict on ${requested} passes, then promote.`,
        );
    }
    return { kind: "initial" };
}

function decidePromotion(question: MoveQuestion, live: RoutingRecord): MoveDecision {
    const { requested, verdict, fingerprint } = question;
    if (verdict === "unknown") {
        return { kind: "unknown" };
    }
    const stay = `Consumers stay on ${live.authority} (${live.topic}).`;
    if (verdict === null) {
        return refuse(
            `There is no verdict on ${requested} yet. ${stay} Set authority back to ${live.authority} and run ` +
                "`pulumi up` to compare.",
        );
    }
    if (verdict.outcome !== "pass") {
        const why = verdict.findings
            .filter(
                ({ outcome, severity }) =>
                    outcome === verdict.outcome && severity !== "informational",
            )
            .map(({ rule, sentence }) => `${rule}: ${sentence}`);
        return refuse(
            `The verdict on ${requested} is ${verdict.outcome}. ${stay}`,
            ...why,
            ...verdict.gaps,
        );
    }
    const reasons: string[] = [];
    if (verdict.candidate !== requested || verdict.incumbent !== live.authority) {
        reasons.push(
            `The verdict compares ${verdict.candidate} with ${verdict.incumbent}, ` +
                `but this would move from ${live.authority} to ${requested}.`,
        );
    }
    if (fingerprint === null || verdict.fingerprint !== fingerprint) {
        reasons.push(
            "The verdict is about something else than what is there now: the candidate, a topic (created again, other " +
                "partitions) or a rule has changed since.",
        );
    }
    const lostAt = lostAuthorityAt(requested, live.history);
    if (lostAt !== null && !(Date.parse(verdict.comparedAt) > Date.parse(lostAt))) {
        reasons.push(
            `The verdict is from ${verdict.comparedAt}, before authority was taken back from ${requested} (${lostAt}).`,
        );
    }
    if (question.jobStatus !== null && question.jobStatus !== "RUNNING") {
        reasons.push(
            `The job of ${requested} is ${question.jobStatus}: nothing more would come from it.`,
        );
    }
    const tooEarly =
        Date.parse(verdict.comparedAt) - question.now.getTime() > maxSkewSeconds * 1000;
    if (tooEarly) {
        reasons.push(
            `The verdict is from ${verdict.comparedAt}, which has not come yet: does a machine's clock go wrong?`,
        );
    }
    const ageSeconds = (question.now.getTime() - Date.parse(verdict.comparedAt)) / 1000;
    if (!(ageSeconds <= question.maxVerdictAgeSeconds)) {
        reasons.push(
            `The verdict is ${Math.round(ageSeconds)} s old; at most ${question.maxVerdictAgeSeconds} s are allowed ` +
                "(compare.maxVerdictAgeSeconds).",
        );
    }
    return reasons.length === 0
        ? { kind: "move", by: "promotion" }
        : refuse(
              ...reasons,
              `${stay} Set authority back to ${live.authority} and run \`pulumi up\` to compare again.`,
          );
}

/** When a version last ceased to hold authority; a verdict from before then promotes it no second time. */
export function lostAuthorityAt(version: string, history: readonly Tenure[]): string | null {
    return history.findLast((tenure) => tenure.version === version)?.until ?? null;
}

function refuse(...reasons: string[]): MoveDecision {
    return { kind: "refuse", reasons };
}
