import { rollbackTargets } from "../roles.js";
import { decide } from "./comparison/decide.js";
import { gatherEvidence } from "./comparison/gather.js";
import { currentFingerprint, type Subject } from "./comparison/subject.js";
import { summarise } from "./comparison/summary.js";
import type { Verdict } from "./comparison/verdict.js";
import { withKafka } from "./connection.js";
import { parseOffsets, recordOffsets } from "./cutover/routingRecord.js";
import { readRoutingRecord } from "./cutover/routingStore.js";
import { explain, PartialFailure } from "./errors.js";
import type { ComparisonInputs, ComparisonState, EvidenceRange } from "./inputs.js";
import type { KafkaPort } from "./kafka/port.js";
import { prefixedLog, type Log } from "./log.js";
import { toState } from "./state.js";
import { isKnown, type Json, type Verbs } from "./verbs.js";

/** Looks at a candidate beside the incumbent, and keeps the verdict with what it rests on. */
export const comparison: Verbs = {
    check: (_olds, news) => Promise.resolve({ inputs: news, failures: [] }),

    async diff(_id, olds, news) {
        if (!isKnown(news)) {
            return { changes: true };
        }
        const inputs = news as ComparisonInputs;
        const state = olds as ComparisonState;
        try {
            return await withKafka(inputs.bootstrapServers, async (kafka) => {
                const incumbent = await incumbentOf(kafka, inputs);
                if (incumbent === null) {
                    return { changes: false };
                }
                return { changes: !(await isFresh(kafka, inputs, state, incumbent)) };
            });
        } catch (error) {
            prefixedLog(labelOf(inputs))(`cannot be looked at in advance: ${explain(error)}`);
            return { changes: true };
        }
    },

    create: async (inputs) => ({
        id: labelOf(inputs as ComparisonInputs),
        outs: await look(inputs, null),
    }),

    update: async (_id, olds, news) => ({
        outs: await look(news, (olds as ComparisonState).range),
    }),

    delete: () => Promise.resolve(),
};

/**
 * The version that a candidate is compared with: the one that holds authority now. `null` where the version under
 * comparison holds it itself, or is what a rollback goes back to: it is settled then.
 */
async function incumbentOf(
    kafka: KafkaPort,
    inputs: ComparisonInputs,
): Promise<{ version: string; topic: string } | null> {
    const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
    // Before the first record is written, authority is what the program says.
    const holder = live?.authority ?? inputs.authority;
    const settled =
        holder === inputs.version || rollbackTargets(live?.history ?? []).includes(inputs.version);
    const topic = live?.topic ?? inputs.versions[holder]?.topic;
    return settled || topic === undefined ? null : { version: holder, topic };
}

function subjectOf(inputs: ComparisonInputs, incumbent: Subject["incumbent"]): Subject {
    const topic = inputs.versions[inputs.version]?.topic;
    if (topic === undefined) {
        throw new Error(`${inputs.version} is not in \`versions\`.`);
    }
    return {
        incumbent,
        candidate: { version: inputs.version, topic },
        candidateDigest: inputs.candidateDigest,
        settings: inputs.settings,
    };
}

/** Whether the stored verdict still says what a new look would be for: decided, about the same things, and young. */
async function isFresh(
    kafka: KafkaPort,
    inputs: ComparisonInputs,
    { verdict }: ComparisonState,
    incumbent: Subject["incumbent"],
): Promise<boolean> {
    if (verdict === null || verdict === undefined || verdict.outcome === "inconclusive") {
        return false;
    }
    const ageSeconds = (Date.now() - Date.parse(verdict.comparedAt)) / 1000;
    return (
        ageSeconds <= inputs.settings.recheckAfterSeconds &&
        verdict.fingerprint === (await currentFingerprint(kafka, subjectOf(inputs, incumbent)))
    );
}

async function look(news: Json, known: EvidenceRange | null | undefined): Promise<Json> {
    const inputs = news as ComparisonInputs;
    const log = prefixedLog(labelOf(inputs));
    const state = await withKafka(inputs.bootstrapServers, (kafka) =>
        compare(kafka, inputs, known, log),
    );
    const outs = toState({ ...news, ...state });
    if (inputs.onFail === "error" && state.verdict !== null && state.verdict.outcome === "fail") {
        throw new PartialFailure(labelOf(inputs), outs, reasonsOf(state.verdict));
    }
    return outs;
}

async function compare(
    kafka: KafkaPort,
    inputs: ComparisonInputs,
    known: EvidenceRange | null | undefined,
    log: Log,
): Promise<ComparisonState> {
    const incumbent = await incumbentOf(kafka, inputs);
    if (incumbent === null) {
        log("nothing to compare: it holds authority, or is what a rollback goes back to");
        return { verdict: null, range: null };
    }
    const subject = subjectOf(inputs, incumbent);
    const range = await rangeOf(kafka, subject, known);
    // Before the look: what changes from here on is not what the verdict will be about.
    const fingerprint = (await currentFingerprint(kafka, subject)) ?? "";
    const evidence = await gatherEvidence({
        kafka,
        incumbent: { ...subject.incumbent, from: parseOffsets(range.incumbentFrom) },
        candidate: { ...subject.candidate, from: parseOffsets(range.candidateFrom) },
        settings: inputs.settings,
        log,
    });
    const verdict = decide(evidence, inputs.settings, {
        fingerprint,
        comparedAt: new Date().toISOString(),
    });
    summarise(verdict).forEach((line) => log(line));
    return { verdict, range };
}

/**
 * Where the evidence begins: what the incumbent writes from the first look on, beside all that the candidate wrote.
 * It stays, so that every look sees the same beginning, until another version or another topic is compared.
 */
async function rangeOf(
    kafka: KafkaPort,
    { incumbent, candidate }: Subject,
    known: EvidenceRange | null | undefined,
): Promise<EvidenceRange> {
    const [incumbentTopic, candidateTopic] = await Promise.all([
        kafka.describeTopic(incumbent.topic),
        kafka.describeTopic(candidate.topic),
    ]);
    if (incumbentTopic === undefined || candidateTopic === undefined) {
        const missing = incumbentTopic === undefined ? incumbent : candidate;
        throw new Error(`Topic ${missing.topic} of ${missing.version} does not exist.`);
    }
    if (
        known?.incumbent === incumbent.version &&
        known.incumbentTopicId === incumbentTopic.id &&
        known.candidateTopicId === candidateTopic.id
    ) {
        return known;
    }
    return {
        incumbent: incumbent.version,
        incumbentTopicId: incumbentTopic.id,
        incumbentFrom: recordOffsets(await kafka.lastStableOffsets(incumbent.topic)),
        candidateTopicId: candidateTopic.id,
        candidateFrom: recordOffsets(await kafka.earliestOffsets(candidate.topic)),
    };
}

function reasonsOf(verdict: Verdict): string[] {
    const failed = verdict.findings.filter(({ outcome }) => outcome === "fail");
    return [
        `The verdict on ${verdict.candidate} is ${verdict.outcome}; consumers stay on ${verdict.incumbent}.`,
        ...failed.map(({ rule, sentence }) => `${rule}: ${sentence}`),
    ];
}

function labelOf({ name, version }: ComparisonInputs): string {
    return `${name}-${version}`;
}
