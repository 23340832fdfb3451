import type { CompareSettings } from "../../compare.js";
import { observe } from "../comparison/observe.js";
import type { LogRecord } from "../kafka/port.js";
import type { DecodedPosition } from "./movePlan.js";

/** Reads identity and event time the way the comparison does: what it calls counterparts are counterparts here. */
export function positionDecoder(settings: CompareSettings): (record: LogRecord) => DecodedPosition {
    return (record) => {
        const observation = observe(record, settings);
        return "refused" in observation
            ? { identity: null, eventTime: null }
            : { identity: observation.identity, eventTime: observation.eventTime };
    };
}
