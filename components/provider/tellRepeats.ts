import { positionDecoder } from "./comparison/position.js";
import { countRepeats, describeRepeats } from "./cutover/repeats.js";
import type { RoutingRecord } from "./cutover/routingRecord.js";
import { explain } from "./errors.js";
import type { AuthorityInputs } from "./inputs.js";
import type { KafkaPort } from "./kafka/port.js";
import { prefixedLog } from "./log.js";

/** How long after a move it is still of interest what it has repeated. */
const repeatsToldHours = 24;
const repeatsLookBack = 100_000;

/** What a move announced as repeats, and what came of it: not kept anywhere, since it goes on changing. */
export async function tellRepeats(
    kafka: KafkaPort,
    inputs: AuthorityInputs,
    live: RoutingRecord,
): Promise<void> {
    const log = prefixedLog(inputs.name);
    const since = Date.parse(live.history.at(-1)?.since ?? "");
    if (live.handOver === null || !(Date.now() - since < repeatsToldHours * 3_600_000)) {
        return;
    }
    for (const consumer of Object.keys(live.consumers)) {
        try {
            const counting = {
                kafka,
                live,
                decoder: positionDecoder(inputs.settings),
                lookBackRecords: repeatsLookBack,
                signal: AbortSignal.timeout(30_000),
            };
            const count = await countRepeats(counting, consumer);
            if (count !== undefined) {
                log(describeRepeats(consumer, live, count));
            }
        } catch (error) {
            log(`consumer ${consumer}: what was repeated could not be counted. ${explain(error)}`);
        }
    }
}
