import { positionDecoder } from "../components/provider/comparison/position.js";
import { withKafka } from "../components/provider/connection.js";
import { countRepeats } from "../components/provider/cutover/repeats.js";
import type { RoutingRecord } from "../components/provider/cutover/routingRecord.js";
import type { MovableJob } from "./job.js";

/**
 * What the package says after the last move that it has repeated, by consumer; of one that has read nothing of the new topic
 * it says nothing.
 */
export async function reportedRepeats(
    job: MovableJob,
    live: RoutingRecord,
): Promise<Map<string, number>> {
    const { bootstrapServers, consumers } = job;
    const reported = new Map<string, number>();
    await withKafka({ bootstrapServers: [bootstrapServers] }, async (kafka) => {
        for (const consumer of consumers) {
            const counting = {
                kafka,
                live,
                decoder: positionDecoder(job.inputs("v1").settings),
                lookBackRecords: Number.MAX_SAFE_INTEGER,
                signal: AbortSignal.timeout(120_000),
            };
            const count = await countRepeats(counting, consumer);
            if (count !== undefined) {
                reported.set(consumer, count.again);
            }
        }
    });
    return reported;
}
