/** A transaction that was aborted, as a broker lists it beside the records of a fetch. */
export interface AbortedTransaction {
    readonly producerId: bigint;
    /** Where its first record is in this partition. */
    readonly firstOffset: bigint;
}

/** What is asked of a batch to know whether its records were committed. */
export interface TransactionalBatch {
    readonly lastOffset: bigint;
    /** Negative where the producer had none. */
    readonly producerId: bigint;
    readonly isTransactional: boolean;
    readonly isControl: boolean;
    readonly isAbortMarker: boolean;
}

/**
 * Tells the committed batches of one fetch of one partition from the aborted ones, as the Java consumer does
 * (`CompletedFetch`). A producer counts as aborted from the first offset of each of its transactions on the list to the
 * marker that ends it, and may come up several times. Both JavaScript clients do this otherwise, and hand over aborted
 * records: one takes any key that begins with four zero bytes for a marker, one keeps a single transaction per producer.
 */
export class CommittedFilter {
    readonly #ahead: AbortedTransaction[];
    readonly #aborted = new Set<bigint>();

    constructor(aborted: readonly AbortedTransaction[]) {
        // The next one is at the end.
        this.#ahead = aborted.toSorted((a, b) =>
            a.firstOffset < b.firstOffset ? 1 : a.firstOffset > b.firstOffset ? -1 : 0,
        );
    }

    /** Whether its records are for a reader. To be asked of every batch, in the order of the log. */
    admits(batch: TransactionalBatch): boolean {
        if (batch.producerId >= 0n) {
            this.#beginUpTo(batch.lastOffset);
            if (batch.isAbortMarker) {
                this.#aborted.delete(batch.producerId);
            } else if (batch.isTransactional && this.#aborted.has(batch.producerId)) {
                return false;
            }
        }
        return !batch.isControl;
    }

    #beginUpTo(offset: bigint): void {
        for (let next = this.#ahead.at(-1); next !== undefined; next = this.#ahead.at(-1)) {
            if (next.firstOffset > offset) {
                return;
            }
            this.#aborted.add(next.producerId);
            this.#ahead.pop();
        }
    }
}
