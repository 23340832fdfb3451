import { decide } from "../provider/comparison/decide.js";
import type { Evidence } from "../provider/comparison/evidence.js";
import { gatherEvidence } from "../provider/comparison/gather.js";
import { withSources } from "../provider/comparison/sources.js";
import type { Report } from "../provider/comparison/report/report.js";
import { currentFingerprint } from "../provider/comparison/subject.js";
import { withKafka } from "../provider/connection.js";
import { explain } from "../provider/errors.js";
import type { KafkaPort, Offsets } from "../provider/kafka/port.js";
import type { Log } from "../provider/log.js";
import { askMetrics } from "../provider/metrics/askMetrics.js";
import type { Bound, CompareRequest } from "./compareArguments.js";

const askMilliseconds = 20_000;

/**
 * One look at two topics. As in a stack nothing is thrown for what goes wrong on the way: it stands in the report, whose
 * verdict is inconclusive then.
 */
export async function compareTopics(
    request: CompareRequest,
    log: Log,
    signal: AbortSignal,
): Promise<Report> {
    const { settings } = request;
    let seen: { evidence: Evidence; fingerprint: string };
    try {
        seen = await withKafka(request, (kafka) => look(kafka, request, log, signal));
    } catch (error) {
        seen = { evidence: nothingSeen(request, explain(error)), fingerprint: "" };
    }
    const verdict = decide(seen.evidence, settings, {
        fingerprint: seen.fingerprint,
        comparedAt: new Date().toISOString(),
    });
    return { verdict, evidence: seen.evidence, settings };
}

async function look(
    kafka: KafkaPort,
    { incumbent, candidate, from, to, settings }: CompareRequest,
    log: Log,
    signal: AbortSignal,
): Promise<{ evidence: Evidence; fingerprint: string }> {
    const topics = [incumbent, candidate];
    // A topic that does not exist has no offsets; the look says that it is not there.
    const there = await Promise.all(topics.map((topic) => kafka.describeTopic(topic)));
    const offsets = async (bound: Bound) =>
        new Map(
            await Promise.all(
                topics
                    .filter((_, place) => there[place] !== undefined)
                    .map(async (topic) => [topic, await offsetsOf(kafka, topic, bound)] as const),
            ),
        );
    const [begin, end] = [await offsets(from), await offsets(to)];
    const side = (topic: string) => ({ version: topic, topic });
    const fingerprint = await currentFingerprint(kafka, {
        incumbent: side(incumbent),
        candidate: side(candidate),
        candidateDigest: "",
        settings,
    });
    const { evidence } = await gatherEvidence({
        kafka: to === "latest" ? kafka : endingAt(kafka, begin, end),
        incumbent: { ...side(incumbent), from: begin.get(incumbent) ?? new Map() },
        candidate: { ...side(candidate), from: begin.get(candidate) ?? new Map() },
        settings,
        log,
        signal,
    });
    const sources = {
        // Of two topics nobody knows which jobs write them.
        jobs: { incumbent: null, candidate: null },
        metrics: await askMetrics(
            settings.metrics,
            AbortSignal.any([signal, AbortSignal.timeout(askMilliseconds)]),
        ),
    };
    return { evidence: withSources(evidence, sources), fingerprint: fingerprint ?? "" };
}

function offsetsOf(kafka: KafkaPort, topic: string, bound: Bound): Promise<Offsets> {
    switch (bound) {
        case "earliest":
            return kafka.earliestOffsets(topic);
        case "latest":
            return kafka.lastStableOffsets(topic);
        default:
            return kafka.offsetsAt(topic, bound);
    }
}

/** Kafka as if nothing had been written to these topics from these offsets on. */
function endingAt(
    kafka: KafkaPort,
    begin: ReadonlyMap<string, Offsets>,
    end: ReadonlyMap<string, Offsets>,
): KafkaPort {
    return {
        ...kafka,
        lastStableOffsets: async (topic) => {
            const stable = await kafka.lastStableOffsets(topic);
            return new Map(
                [...stable].map(([partition, offset]) => {
                    const limit = end.get(topic)?.get(partition) ?? offset;
                    // Records out of order can put the end before the beginning: there is nothing to read then.
                    const first = begin.get(topic)?.get(partition) ?? 0n;
                    return [partition, least(offset, limit < first ? first : limit)];
                }),
            );
        },
    };
}

function least(a: bigint, b: bigint): bigint {
    return a < b ? a : b;
}

function nothingSeen({ incumbent, candidate }: CompareRequest, reason: string): Evidence {
    const side = (topic: string) => ({
        version: topic,
        topic,
        records: 0,
        watermark: null,
        unreadable: 0,
        largestDisorder: 0,
        lateRecords: 0,
        strayRecords: 0,
        partitions: [],
        job: null,
    });
    return {
        incumbent: side(incumbent),
        candidate: side(candidate),
        windows: [],
        fields: [],
        aggregates: [],
        metrics: [],
        schemas: [],
        control: null,
        comparedOnDisk: 0,
        leftOut: [],
        gaps: [reason],
        samples: [],
    };
}
