import { notBehind } from "./lookBack.js";
import { readPositions, type PositionRange } from "./readPositions.js";

const sampleRecords = 10_000;

/** A topic from its first record to the end of what is looked at. */
export type WholeTopic = Pick<PositionRange, "topic" | "from" | "to">;

/**
 * Whether the newest records of two topics have an identity in common. Where alignment had little to read, since
 * consumers were moved a moment ago and one topic lags behind the other, its own range may hold none although the two
 * topics agree about everything.
 */
export async function haveCommonIdentity(
    one: WholeTopic,
    other: WholeTopic,
    how: Pick<PositionRange, "kafka" | "decoder" | "signal">,
): Promise<boolean> {
    const known = new Set<string>();
    await readPositions({ ...how, ...newest(one) }, (_, { identity }) => {
        if (identity !== null) {
            known.add(identity);
        }
    });
    let isCommon = false;
    await readPositions({ ...how, ...newest(other) }, (_, { identity }) => {
        isCommon ||= identity !== null && known.has(identity);
    });
    return isCommon;
}

const newest = ({ topic, from, to }: WholeTopic): WholeTopic => ({
    topic,
    from: notBehind(from, to, sampleRecords),
    to,
});
