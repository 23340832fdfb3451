import { withKafka } from "./connection.js";
import { recordOffsets } from "./cutover/routingRecord.js";
import type { StartInputs, StartOffsets } from "./inputs.js";
import type { KafkaPort } from "./kafka/port.js";
import { prefixedLog, type Log } from "./log.js";
import { toState } from "./state.js";
import type { Verbs } from "./verbs.js";

type WithKafka = typeof withKafka;

/** Where a version began to read, taken from the incumbent's commits once and kept for as long as the version is. */
export const start = startVerbs(withKafka);

/** The same on whatever Kafka `withKafka` connects to. */
export function startVerbs(withKafka: WithKafka): Verbs {
    return {
        check: (_olds, news) => Promise.resolve({ inputs: news, failures: [] }),
        // The job began there: whatever changes now, that stays true.
        diff: () => Promise.resolve({ changes: false }),
        async create(inputs) {
            const { name, version, group, sources, ...address } = inputs as StartInputs;
            const log = prefixedLog(`${name}-${version}`);
            if (group === null) {
                throw new Error(
                    `versions.${version}.start: is "incumbent", and of no other version the consumer group is known. Give ` +
                        "existingJob its `group`, or take another start.",
                );
            }
            const offsets = await withKafka(address, async (kafka) =>
                Object.fromEntries(
                    await Promise.all(
                        sources.map(
                            async (topic) =>
                                [
                                    topic,
                                    await positions(kafka, version, group, topic, log),
                                ] as const,
                        ),
                    ),
                ),
            );
            return { id: `${name}-${version}`, outs: toState({ ...inputs, offsets }) };
        },
        update: (_id, olds, news) =>
            Promise.resolve({ outs: { ...news, offsets: olds["offsets"] as StartOffsets } }),
        delete: () => Promise.resolve(),
    };
}

async function positions(
    kafka: KafkaPort,
    version: string,
    group: string,
    topic: string,
    log: Log,
): Promise<Readonly<Record<string, string>>> {
    if ((await kafka.describeTopic(topic)) === undefined) {
        throw new Error(
            `versions.${version}.sources: there is no topic "${topic}" that could be read.`,
        );
    }
    const [committed, earliest] = [
        await kafka.committedOffsets(group, topic),
        await kafka.earliestOffsets(topic),
    ];
    if (committed.size === 0) {
        throw new Error(
            `versions.${version}.start: group ${group} has committed nothing on ${topic}. Does the incumbent read it, with ` +
                "checkpoints on (they commit)? Take another start, a time say.",
        );
    }
    const begin = new Map<number, bigint>();
    for (const [partition, low] of earliest) {
        const at = committed.get(partition);
        // Without a commit the incumbent has not come past any of it; behind the retention nothing else is there.
        begin.set(partition, at === undefined || at < low ? low : at);
        if (at !== undefined && at < low) {
            log(
                `${topic}, partition ${partition}: records from ${at} on are gone; starts at ${low}`,
            );
        }
    }
    return recordOffsets(begin);
}
