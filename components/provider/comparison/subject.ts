import type { CompareSettings } from "../../compare.js";
import type { KafkaPort } from "../kafka/port.js";
import { fingerprint } from "./fingerprint.js";

/** What a verdict is about, before its topics are looked up. */
export interface Subject {
    readonly incumbent: { readonly version: string; readonly topic: string };
    readonly candidate: { readonly version: string; readonly topic: string };
    readonly candidateDigest: string;
    readonly settings: CompareSettings;
}

/** The fingerprint of a subject as its topics are now; `null` where one of them does not exist. */
export async function currentFingerprint(
    kafka: KafkaPort,
    subject: Subject,
): Promise<string | null> {
    const [incumbent, candidate] = await Promise.all([
        kafka.describeTopic(subject.incumbent.topic),
        kafka.describeTopic(subject.candidate.topic),
    ]);
    if (incumbent === undefined || candidate === undefined) {
        return null;
    }
    const side = (version: string, topic: typeof incumbent) => ({
        version,
        topic: topic.name,
        topicId: topic.id,
        partitions: topic.partitions,
    });
    return fingerprint({
        incumbent: side(subject.incumbent.version, incumbent),
        candidate: side(subject.candidate.version, candidate),
        candidateDigest: subject.candidateDigest,
        settings: subject.settings,
    });
}
