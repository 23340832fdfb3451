import type { Offsets } from "../kafka/port.js";

/** A record as alignment sees it. */
export interface Position {
    readonly partition: number;
    readonly offset: bigint;
    /** `null` where the record's identity cannot be told; it is then taken as not yet read. */
    readonly identity: string | null;
}

export interface Alignment {
    /** The offset from which the group reads on, of every partition of the new topic. */
    readonly from: Offsets;
    /** Records at or behind these offsets that the group has read before, under their identity. */
    readonly repeats: number;
}

/** How often a group has read each identity on the topic that it leaves. */
export class ReadIdentities {
    readonly #read = new Map<string, number>();
    readonly #unread = new Set<string>();

    take(position: Position, committed: Offsets): void {
        if (position.identity === null) {
            return;
        }
        if (position.offset < (committed.get(position.partition) ?? 0n)) {
            this.#read.set(position.identity, (this.#read.get(position.identity) ?? 0) + 1);
        } else {
            this.#unread.add(position.identity);
        }
    }

    /** Of an identity that still stands unread on the old topic nothing counts as read. */
    timesRead(identity: string): number {
        return this.#unread.has(identity) ? 0 : (this.#read.get(identity) ?? 0);
    }
}

/**
 * Finds, partition by partition, the first record of the new topic that the group has not read on the old one.
 * Everything before it was read; what was read and stands behind it is repeated, which is counted. When unsure, the
 * earlier offset is taken: a record too many is a repeat, a record too few is lost.
 */
export class Aligner {
    readonly #from = new Map<number, bigint>();
    readonly #repeats = new Map<number, number>();
    readonly #seen = new Map<string, number>();

    constructor(
        private readonly read: ReadIdentities,
        /** Where a partition ends; a group that has read all of it goes on there. */
        private readonly end: Offsets,
    ) {}

    /** Takes the records of the new topic, of each partition in the order of their offsets. */
    take(position: Position): void {
        if (this.#wasRead(position.identity)) {
            if (this.#from.has(position.partition)) {
                this.#repeats.set(
                    position.partition,
                    (this.#repeats.get(position.partition) ?? 0) + 1,
                );
            }
        } else if (!this.#from.has(position.partition)) {
            this.#from.set(position.partition, position.offset);
        }
    }

    alignment(): Alignment {
        return {
            from: new Map(
                [...this.end].map(([partition, end]) => [
                    partition,
                    this.#from.get(partition) ?? end,
                ]),
            ),
            repeats: [...this.#repeats.values()].reduce((sum, n) => sum + n, 0),
        };
    }

    /** The k-th record of an identity counts as read where the group has read k of them. */
    #wasRead(identity: string | null): boolean {
        if (identity === null) {
            return false;
        }
        const occurrence = (this.#seen.get(identity) ?? 0) + 1;
        this.#seen.set(identity, occurrence);
        return occurrence <= this.read.timesRead(identity);
    }
}
