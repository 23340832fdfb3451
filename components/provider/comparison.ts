import { askSources, beginToCountJobs, type Runner } from "./comparison/askSources.js";
import { decide } from "./comparison/decide.js";
import { gatherFromFlink } from "./comparison/flink/gatherFromFlink.js";
import { gatherEvidence } from "./comparison/gather.js";
import type { Evidence } from "./comparison/evidence.js";
import type { Kept } from "./comparison/kept.js";
import { writeReport } from "./comparison/report/writeReport.js";
import { withSources } from "./comparison/sources.js";
import { currentFingerprint, type Subject } from "./comparison/subject.js";
import { summarise } from "./comparison/summary.js";
import type { Verdict } from "./comparison/verdict.js";
import { withKafka } from "./connection.js";
import { bakesAgainst } from "./cutover/bake.js";
import { isStandby, lostAuthorityAt } from "./cutover/decide.js";
import { parseOffsets, recordOffsets } from "./cutover/routingRecord.js";
import { readRoutingRecord } from "./cutover/routingStore.js";
import { explain, PartialFailure } from "./errors.js";
import type { ComparisonInputs, ComparisonState, EvidenceRange } from "./inputs.js";
import type { KafkaPort, TopicDescription } from "./kafka/port.js";
import { prefixedLog, type Log } from "./log.js";
import { toState } from "./state.js";
import { isKnown, type Json, type Verbs } from "./verbs.js";

type WithKafka = typeof withKafka;

/** Looks at a candidate beside the incumbent, and keeps the verdict with what it rests on. */
export const comparison = comparisonVerbs(withKafka);

/** The same on whatever Kafka `withKafka` connects to. */
export function comparisonVerbs(withKafka: WithKafka): Verbs {
    return {
        check: (_olds, news) => Promise.resolve({ inputs: news, failures: [] }),

        async diff(_id, olds, news) {
            // Where a job is asked about says nothing about whether a new look is needed.
            if (!isKnown({ ...news, jobs: null, evidenceJob: null })) {
                return { changes: true };
            }
            const inputs = news as ComparisonInputs;
            const state = olds as ComparisonState;
            try {
                return await withKafka(inputs, async (kafka) => {
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
            outs: await look(withKafka, inputs, null),
        }),

        update: async (_id, olds, news) => ({
            outs: await look(withKafka, news, olds as ComparisonState),
        }),

        delete: () => Promise.resolve(),
    };
}

interface Incumbent {
    readonly version: string;
    readonly topic: string;
    /** When the candidate last held authority, where it did; a verdict from before then is no longer asked. */
    readonly candidateLostAt: string | null;
    /** Whether the version under comparison holds authority, and this is the standby. */
    readonly bakes?: boolean;
}

/**
 * The version that a candidate is compared with: the one that holds authority now. `null` where the version under
 * comparison holds it itself, or is what a rollback goes back to: it is settled then.
 */
async function incumbentOf(kafka: KafkaPort, inputs: ComparisonInputs): Promise<Incumbent | null> {
    const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
    // Before the first record is written, authority is what the program says.
    const holder = live?.authority ?? inputs.authority;
    const history = live?.history ?? [];
    const own = inputs.versions[inputs.version]?.topic ?? "";
    const id = (await kafka.describeTopic(own))?.id ?? null;
    const settled =
        holder === inputs.version || isStandby(inputs.version, { name: own, id }, history);
    const topic = live?.topic ?? inputs.versions[holder]?.topic;
    const candidateLostAt = lostAuthorityAt(inputs.version, history);
    // A rollback that is asked for must not wait for anything.
    const standby =
        inputs.authority === inputs.version
            ? bakesAgainst(live, inputs.version, inputs.bakeSeconds ?? 0, new Date())
            : null;
    if (standby !== null) {
        return { ...standby, candidateLostAt, bakes: true };
    }
    return settled || topic === undefined ? null : { version: holder, topic, candidateLostAt };
}

function subjectOf(
    inputs: ComparisonInputs,
    { version, topic: incumbentTopic }: Incumbent,
): Subject {
    const topic = inputs.versions[inputs.version]?.topic;
    if (topic === undefined) {
        throw new Error(`${inputs.version} is not in \`versions\`.`);
    }
    return {
        incumbent: { version, topic: incumbentTopic },
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
    incumbent: Incumbent,
): Promise<boolean> {
    if (verdict === null || verdict === undefined || verdict.outcome === "inconclusive") {
        return false;
    }
    const comparedAt = Date.parse(verdict.comparedAt);
    const ageSeconds = (Date.now() - comparedAt) / 1000;
    return (
        !(comparedAt <= Date.parse(incumbent.candidateLostAt ?? "")) &&
        ageSeconds <= inputs.settings.recheckAfterSeconds &&
        verdict.fingerprint === (await currentFingerprint(kafka, subjectOf(inputs, incumbent)))
    );
}

async function look(
    withKafka: WithKafka,
    news: Json,
    known: ComparisonState | null,
): Promise<Json> {
    const inputs = news as ComparisonInputs;
    const log = prefixedLog(labelOf(inputs));
    const { bakes, ...state } = await withKafka(inputs, (kafka) =>
        compare(kafka, inputs, known, log),
    );
    const outs = toState({ ...news, ...state });
    // A breach behind a promotion must not stand in the way of what the same `up` does about it.
    if (
        inputs.onFail === "error" &&
        !bakes &&
        state.verdict !== null &&
        state.verdict.outcome === "fail"
    ) {
        throw new PartialFailure(labelOf(inputs), outs, reasonsOf(state.verdict));
    }
    return outs;
}

async function compare(
    kafka: KafkaPort,
    inputs: ComparisonInputs,
    known: ComparisonState | null,
    log: Log,
): Promise<ComparisonState & { readonly bakes: boolean }> {
    const incumbent = await incumbentOf(kafka, inputs);
    if (incumbent === null) {
        log("nothing to compare: it holds authority, or is what a rollback goes back to");
        return { verdict: null, range: null, kept: null, bakes: false };
    }
    const subject = subjectOf(inputs, incumbent);
    const range = await rangeOf(kafka, subject, known?.range, log);
    const runners = { incumbent: runner(inputs, incumbent), candidate: runner(inputs, inputs) };
    const counted = range === known?.range ? known.jobs : undefined;
    const begun = await beginToCountJobs(runners, counted ?? {});
    // Before the look: what changes from here on is not what the verdict will be about.
    const fingerprint = (await currentFingerprint(kafka, subject)) ?? "";
    const engine = inputs.settings.engine === "flink" ? lookAtJob : lookAtTopics;
    const gathered = await engine(kafka, inputs, { subject, range, fingerprint, known, log });
    const control = await lookAtControl(kafka, inputs, subject, range, log);
    const { sources, baselines } = await askSources(runners, begun, inputs.settings);
    const evidence = withSources({ ...gathered.evidence, control }, sources);
    const verdict = decide(evidence, inputs.settings, {
        fingerprint,
        comparedAt: new Date().toISOString(),
    });
    summarise(verdict).forEach((line) => log(line));
    if (incumbent.bakes === true && verdict.outcome === "fail") {
        log(
            `rollback recommended: ${inputs.version} holds authority and no longer says the same as ${incumbent.version}. ` +
                `Nothing was moved; set authority to ${incumbent.version} and run \`pulumi up\` to go back.`,
        );
    }
    await writeReport(labelOf(inputs), { verdict, evidence, settings: inputs.settings }, log);
    const through = verdict.verifiedThrough === null ? null : Date.parse(verdict.verifiedThrough);
    const bakes = incumbent.bakes === true;
    return { verdict, range, kept: gathered.keep(through), jobs: baselines, bakes };
}

interface LookAt {
    readonly subject: Subject;
    readonly range: EvidenceRange;
    readonly fingerprint: string;
    readonly known: ComparisonState | null;
    readonly log: Log;
}

interface Gathered {
    readonly evidence: Evidence;
    readonly keep: (verifiedThrough: number | null) => Kept | null;
}

/** Reads both topics, from where earlier looks have verified them. */
async function lookAtTopics(
    kafka: KafkaPort,
    { settings }: ComparisonInputs,
    { subject, range, fingerprint, known, log }: LookAt,
): Promise<Gathered> {
    const gather = (kept: Kept | null) =>
        gatherEvidence({
            kafka,
            incumbent: {
                ...subject.incumbent,
                from: parseOffsets(kept?.incumbent.from ?? range.incumbentFrom),
            },
            candidate: {
                ...subject.candidate,
                from: parseOffsets(kept?.candidate.from ?? range.candidateFrom),
            },
            settings,
            fingerprint,
            kept,
            log,
        });
    let gathered = await gather(await stillTrue(kafka, subject, known?.kept, fingerprint));
    if (gathered.reopened) {
        log("records came for windows that were verified before; reads them again");
        gathered = await gather(null);
    }
    return gathered;
}

/** Reads what the job has written that compares them. */
async function lookAtJob(
    kafka: KafkaPort,
    { settings, evidenceJob = null }: ComparisonInputs,
    { subject, log }: LookAt,
): Promise<Gathered> {
    const evidence = await gatherFromFlink({
        kafka,
        incumbent: subject.incumbent,
        candidate: subject.candidate,
        settings,
        job: evidenceJob,
        log,
    });
    return { evidence, keep: () => null };
}

/**
 * The same look at the control version beside the same incumbent; `null` where none is declared, or where it is the one
 * under comparison itself. It is read from the beginning with every look: noise is measured over all that was compared.
 */
async function lookAtControl(
    kafka: KafkaPort,
    { settings, versions }: ComparisonInputs,
    { incumbent, candidate }: Subject,
    range: EvidenceRange,
    log: Log,
): Promise<Evidence | null> {
    const { control } = settings;
    if (control === null || control === candidate.version || control === incumbent.version) {
        return null;
    }
    const topic = versions[control]?.topic ?? "";
    const isThere = (await kafka.describeTopic(topic)) !== undefined;
    const { evidence } = await gatherEvidence({
        kafka,
        incumbent: { ...incumbent, from: parseOffsets(range.incumbentFrom) },
        candidate: {
            version: control,
            topic,
            from: isThere ? await kafka.earliestOffsets(topic) : new Map(),
        },
        settings,
        log: (line) => log(`control ${control}: ${line}`),
    });
    return evidence;
}

function runner({ jobs }: ComparisonInputs, { version }: { readonly version: string }): Runner {
    return { version, job: jobs[version] ?? null };
}

/** What earlier looks verified, if it is about the same things and can be gone on from. */
async function stillTrue(
    kafka: KafkaPort,
    { incumbent, candidate }: Subject,
    kept: Kept | null | undefined,
    fingerprint: string,
): Promise<Kept | null> {
    if (kept === null || kept === undefined || kept.fingerprint !== fingerprint) {
        return null;
    }
    const there = await Promise.all([
        isThere(kafka, incumbent.topic, kept.incumbent.from),
        isThere(kafka, candidate.topic, kept.candidate.from),
    ]);
    return there.every(Boolean) ? kept : null;
}

/**
 * Where the evidence begins: what the incumbent writes from the first look on, beside all that the candidate wrote.
 * It stays, so that every look sees the same beginning, until another version or another topic is compared, or
 * retention reaches it: then it begins anew, since every later look would find the same records missing.
 */
async function rangeOf(
    kafka: KafkaPort,
    { incumbent, candidate }: Subject,
    known: EvidenceRange | null | undefined,
    log: Log,
): Promise<EvidenceRange> {
    const [incumbentTopic, candidateTopic] = await Promise.all([
        kafka.describeTopic(incumbent.topic),
        kafka.describeTopic(candidate.topic),
    ]);
    if (incumbentTopic === undefined || candidateTopic === undefined) {
        // The look says which one is not there; a candidate without a topic must not break the stack.
        const end = async (topic: TopicDescription | undefined) =>
            topic === undefined ? {} : recordOffsets(await kafka.lastStableOffsets(topic.name));
        return {
            incumbent: incumbent.version,
            incumbentTopicId: incumbentTopic?.id ?? "",
            incumbentFrom: await end(incumbentTopic),
            candidateTopicId: candidateTopic?.id ?? "",
            candidateFrom: await end(candidateTopic),
        };
    }
    const same =
        known?.incumbent === incumbent.version &&
        known.incumbentTopicId === incumbentTopic.id &&
        known.candidateTopicId === candidateTopic.id;
    if (same) {
        const there = await Promise.all([
            isThere(kafka, incumbent.topic, known.incumbentFrom),
            isThere(kafka, candidate.topic, known.candidateFrom),
        ]);
        if (there.every(Boolean)) {
            return known;
        }
        log("begins anew: records at the beginning are gone, or partitions were added");
    }
    return {
        incumbent: incumbent.version,
        incumbentTopicId: incumbentTopic.id,
        incumbentFrom: recordOffsets(await kafka.lastStableOffsets(incumbent.topic)),
        candidateTopicId: candidateTopic.id,
        // From the end where the beginning was lost, or the next look would find it lost again.
        candidateFrom: recordOffsets(
            await (same
                ? kafka.lastStableOffsets(candidate.topic)
                : kafka.earliestOffsets(candidate.topic)),
        ),
    };
}

/** Whether a topic can still be read from these offsets on, in all of its partitions. */
async function isThere(
    kafka: KafkaPort,
    topic: string,
    from: Readonly<Record<string, string>>,
): Promise<boolean> {
    const offsets = parseOffsets(from);
    const earliest = [...(await kafka.earliestOffsets(topic))];
    return earliest.every(([partition, low]) => (offsets.get(partition) ?? -1n) >= low);
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
