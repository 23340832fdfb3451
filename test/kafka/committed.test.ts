import assert from "node:assert/strict";
import fc from "fast-check";
import {
    CommittedFilter,
    type AbortedTransaction,
    type TransactionalBatch,
} from "../../components/provider/kafka/committed.js";

interface LogBatch extends TransactionalBatch {
    readonly baseOffset: bigint;
    /** What the model knows of it. */
    readonly forReaders: boolean;
}

interface Log {
    readonly batches: readonly LogBatch[];
    readonly aborted: readonly (AbortedTransaction & { readonly marker: bigint })[];
}

/** What producers do in turn. A plain one writes outside of transactions, with an id or without. */
type Step =
    | {
          readonly do: "write" | "abort" | "commit";
          readonly producer: number;
          readonly size: number;
      }
    | { readonly do: "plain"; readonly producer: number; readonly size: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.record({
        do: fc.constantFrom<Step["do"]>("write", "write", "write", "abort", "commit", "plain"),
        producer: fc.nat({ max: 3 }),
        size: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 60 },
);

/** Plays the steps; what is open at the end is aborted or committed by turns, as behind the last stable offset there is nothing. */
function play(given: readonly Step[]): Log {
    const batches: (LogBatch & { transaction?: object; forReaders: boolean })[] = [];
    const aborted: (AbortedTransaction & { marker: bigint })[] = [];
    const open = new Map<number, { first: bigint; id: object }>();
    let next = 0n;
    const add = (
        size: number,
        batch: Omit<(typeof batches)[number], "baseOffset" | "lastOffset">,
    ) => {
        const baseOffset = next;
        next += BigInt(size);
        batches.push({ ...batch, baseOffset, lastOffset: next - 1n });
    };
    const data = { isControl: false, isAbortMarker: false };
    const end = (producer: number, how: "abort" | "commit") => {
        const transaction = open.get(producer);
        open.delete(producer);
        // A transaction may have nothing in this partition: then there is no marker either.
        if (transaction === undefined) {
            return;
        }
        const isAbortMarker = how === "abort";
        if (isAbortMarker) {
            const producerId = BigInt(producer);
            aborted.push({ producerId, firstOffset: transaction.first, marker: next });
        }
        for (const [i, batch] of batches.entries()) {
            if (batch.transaction === transaction.id) {
                batches[i] = { ...batch, forReaders: !isAbortMarker };
            }
        }
        add(1, {
            producerId: BigInt(producer),
            isTransactional: true,
            isControl: true,
            isAbortMarker,
            forReaders: false,
        });
    };
    for (const { do: step, producer, size } of given) {
        if (step === "write") {
            const transaction = open.get(producer) ?? { first: next, id: {} };
            open.set(producer, transaction);
            const producerId = BigInt(producer);
            const batch = { producerId, isTransactional: true, forReaders: true, ...data };
            add(size, { ...batch, transaction: transaction.id });
        } else if (step === "plain") {
            // Without an id, or with one that has transactions too.
            const producerId = producer === 0 ? -1n : BigInt(producer);
            add(size, { producerId, isTransactional: false, forReaders: true, ...data });
        } else {
            end(producer, step);
        }
    }
    [...open.keys()].forEach((producer, i) => end(producer, i % 2 === 0 ? "abort" : "commit"));
    return { batches, aborted };
}

/** What a broker answers to a fetch from an offset: batches from the one that holds it, and the aborted transactions in them. */
function fetchOf({ batches, aborted }: Log, first: number, count: number) {
    const fetched = batches.slice(first, first + count);
    const from = fetched[0]?.baseOffset ?? 0n;
    const to = fetched.at(-1)?.lastOffset ?? -1n;
    return {
        fetched,
        aborted: aborted.filter(({ marker, firstOffset }) => marker >= from && firstOffset <= to),
    };
}

describe("the records of aborted transactions", () => {
    it("are told from the others, wherever a fetch begins and ends", () => {
        let seenAborted = 0;
        fc.assert(
            fc.property(
                steps,
                fc.nat({ max: 30 }),
                fc.integer({ min: 1, max: 60 }),
                fc.boolean(),
                (given, first, count, reversed) => {
                    const { fetched, aborted } = fetchOf(play(given), first, count);
                    const filter = new CommittedFilter(reversed ? aborted.toReversed() : aborted);
                    for (const batch of fetched) {
                        seenAborted += Number(!batch.forReaders && !batch.isControl);
                        assert.equal(
                            filter.admits(batch),
                            batch.forReaders,
                            `batch at ${batch.baseOffset}`,
                        );
                    }
                },
            ),
            { numRuns: 2_000 },
        );
        assert.ok(seenAborted > 200, `${seenAborted} aborted batches`);
    });

    it("are told when one producer aborts twice in a fetch and commits between", () => {
        const log = play([
            { do: "write", producer: 1, size: 2 },
            { do: "abort", producer: 1, size: 1 },
            { do: "write", producer: 1, size: 2 },
            { do: "commit", producer: 1, size: 1 },
            { do: "write", producer: 1, size: 2 },
            { do: "abort", producer: 1, size: 1 },
        ]);
        const filter = new CommittedFilter(log.aborted);
        const admitted = log.batches.map((batch) => filter.admits(batch));
        assert.deepEqual(admitted, [false, false, true, false, false, false]);
    });
});
