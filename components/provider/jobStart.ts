import { withKafka } from "./connection.js";
import { recordOffsets } from "./cutover/routingRecord.js";
import type { EvidenceStartInputs, JobStart, TopicStart } from "./inputs.js";
import type { KafkaPort } from "./kafka/port.js";
import { toState } from "./state.js";
import type { Json, Verbs } from "./verbs.js";

type WithKafka = typeof withKafka;

/** Where a comparison's job begins to read, set as its group's offsets once and kept for as long as the job is. */
export const jobStart = jobStartVerbs(withKafka);

/** The same on whatever Kafka `withKafka` connects to. */
export function jobStartVerbs(withKafka: WithKafka): Verbs {
    return {
        check: (_olds, news) => Promise.resolve({ inputs: news, failures: [] }),
        // The job began there: whatever changes now, that stays true.
        diff: (_id, olds) => Promise.resolve({ changes: isMissing(olds["start"] as JobStart) }),
        create: async (inputs) => ({
            id: String(inputs["group"]),
            outs: await begin(withKafka, inputs, null),
        }),
        update: async (_id, olds, news) => ({
            outs: await begin(withKafka, news, olds["start"] as JobStart),
        }),
        delete: () => Promise.resolve(),
    };
}

/** Whether a topic was not there yet. */
function isMissing({ incumbent, candidate }: JobStart): boolean {
    return incumbent === null || candidate === null;
}

/** A topic that is not there is none of its errors: the look says so, and the next update begins on it. */
async function begin(withKafka: WithKafka, inputs: Json, known: JobStart | null): Promise<Json> {
    const { group, incumbent, candidate, from, ...address } = inputs as EvidenceStartInputs;
    const start =
        known !== null && !isMissing(known)
            ? known
            : await withKafka(address, async (kafka) => ({
                  incumbent: known?.incumbent ?? (await beginTopic(kafka, group, incumbent, from)),
                  candidate:
                      known?.candidate ?? (await beginTopic(kafka, group, candidate, "beginning")),
              }));
    return toState({ ...inputs, start });
}

/**
 * A job told to read on from its group's offsets fails where the records there are gone. Told to begin at an end of the
 * topic, it would go on behind what it has lost, and nobody could see that.
 */
async function beginTopic(
    kafka: KafkaPort,
    group: string,
    topic: string,
    from: EvidenceStartInputs["from"],
): Promise<TopicStart | null> {
    const description = await kafka.describeTopic(topic);
    if (description === undefined) {
        return null;
    }
    const offsets =
        from === "beginning"
            ? await kafka.earliestOffsets(topic)
            : await kafka.lastStableOffsets(topic);
    await kafka.commitOffsets(group, topic, offsets);
    return { topicId: description.id, offsets: recordOffsets(offsets) };
}
