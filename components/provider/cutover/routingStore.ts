import type { KafkaPort, Offsets } from "../kafka/port.js";
import { parseRoutingRecord, type RoutingRecord } from "./routingRecord.js";

const readSeconds = 30;

/** The newest routing record of a component; `undefined` where none was written yet. */
export async function readRoutingRecord(
    kafka: KafkaPort,
    routingTopic: string,
    name: string,
): Promise<RoutingRecord | undefined> {
    if ((await kafka.describeTopic(routingTopic)) === undefined) {
        return undefined;
    }
    const [from, to] = await Promise.all([
        kafka.earliestOffsets(routingTopic),
        kafka.lastStableOffsets(routingTopic),
    ]);
    let newest: string | undefined;
    await kafka.read(routingTopic, onlyFirst(from), onlyFirst(to), {
        signal: AbortSignal.timeout(readSeconds * 1000),
        onRecords: (records) => {
            for (const { key, value } of records) {
                if (key?.toString("utf8") === name && value !== null) {
                    newest = value.toString("utf8");
                }
            }
        },
    });
    return newest === undefined ? undefined : parseRoutingRecord(newest);
}

/** Routing records stand on partition 0 whatever the topic was made with. */
function onlyFirst(offsets: Offsets): Offsets {
    return new Map([...offsets].filter(([partition]) => partition === 0));
}
