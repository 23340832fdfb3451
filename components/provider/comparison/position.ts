import type { CompareSettings } from "../../compare.js";
import type { PositionDecoder } from "../cutover/readPositions.js";
import { ignoredFields, writeContent } from "./content.js";
import { Decoders } from "./decoders.js";
import { observe } from "./observe.js";
import { windowLength, windowStart } from "./sealing.js";

/**
 * Tells records apart as the comparison does: two are counterparts where they have the same identity in the
 * same window. What cannot be told is `null`, which alignment takes as not yet read.
 */
export function positionDecoder(settings: CompareSettings): PositionDecoder {
    const length = windowLength(settings);
    const decoders = new Decoders(settings);
    const ignored = ignoredFields(settings);
    return {
        prepare: (records) => decoders.prepare(records),
        decode: (record) => {
            const observation = observe(record, settings, decoders);
            if ("refused" in observation) {
                return { identity: null, eventTime: null };
            }
            const { identity, eventTime, fields, tombstone } = observation;
            return {
                identity: `${windowStart(eventTime, length)} ${identity}`,
                eventTime,
                content: () => (tombstone ? "" : writeContent(fields, ignored)),
            };
        },
    };
}
