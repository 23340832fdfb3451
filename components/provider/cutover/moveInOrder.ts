import { explain } from "../errors.js";
import type { MoveDecision } from "./decide.js";
import type { MovePlan } from "./movePlan.js";
import { carryOut, type MoveReason, RecordChangedError, type RoutingContext } from "./protocol.js";
import type { RoutingRecord } from "./routingRecord.js";
import { describeMoving, nextWave, type Wave } from "./waves.js";

export type MovesBy = MoveReason["by"];

export interface OrderedMove {
    readonly target: string;
    readonly orders: Readonly<Record<string, number>>;
    /** Asked again before every wave but the first: what allowed the move may have changed meanwhile. */
    readonly decide: (live: RoutingRecord) => Promise<MoveDecision>;
    readonly plan: (live: RoutingRecord, wave: Wave, by: MovesBy) => Promise<MovePlan>;
    readonly reason: (by: MovesBy) => MoveReason;
}

/**
 * Moves consumers one wave after the other; who could not be moved stops those behind.
 *
 * @throws RecordChangedError where another run has written the record meanwhile: what is there now has to be decided on
 * @throws HalfDoneError where some were moved and the next ones could not be
 */
export async function moveInOrder(
    context: RoutingContext,
    live: RoutingRecord,
    by: MovesBy,
    move: OrderedMove,
): Promise<RoutingRecord> {
    let record = live;
    let allowed = by;
    for (;;) {
        const before = record;
        const wave = nextWave(before, move.target, move.orders);
        try {
            record = await carryOut(
                context,
                before,
                () => move.plan(before, wave, allowed),
                move.reason(allowed),
                wave,
            );
            if (wave.isLast) {
                return record;
            }
            const decision = await move.decide(record);
            if (decision.kind !== "move") {
                throw new Error(
                    decision.kind === "refuse"
                        ? decision.reasons.join("\n")
                        : `What allowed the move to ${move.target} is no longer known.`,
                );
            }
            allowed = decision.by;
        } catch (error) {
            if (record.moving === undefined || error instanceof RecordChangedError) {
                throw error;
            }
            throw new HalfDoneError(record, error);
        }
    }
}

/** Some consumers were moved, and the next ones could not be. */
export class HalfDoneError extends Error {
    override readonly name = "HalfDoneError";
    constructor(
        readonly record: RoutingRecord,
        cause: unknown,
    ) {
        super(explain(cause), { cause });
    }

    get reasons(): string[] {
        const { moving, authority } = this.record;
        return [
            this.message,
            `Until then ${describeMoving(this.record)}. Each of them reads one topic and misses nothing. Run \`pulumi up\` ` +
                `again to go on to ${moving?.version}, or set authority to ${authority} to take back who was moved.`,
        ];
    }
}
