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
    /**
     * Records that the group has read before, under their identity, and is given again: those at or behind these
     * offsets, and those that the new topic does not have yet.
     */
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

    timesRead(identity: string): number {
        return this.#read.get(identity) ?? 0;
    }

    /** Whether a record of it still stands unread on the old topic; none of them may then be passed over. */
    isUnread(identity: string): boolean {
        return this.#unread.has(identity);
    }

    /** Records read of which fewer were seen elsewhere: what is still to come there. */
    notAmong(seen: ReadonlyMap<string, number>): number {
        let missing = 0;
        for (const [identity, times] of this.#read) {
            missing += Math.max(0, times - (seen.get(identity) ?? 0));
        }
        return missing;
    }
}

/**
 * Finds, partition by partition, the first record of the new topic that the group has not read on the old one.
 * Everything before it was read; what was read and stands behind it is repeated, which is counted. When unsure, the
 * earlier offset is taken: a record too many is a repeat, a record too few is lost.
 */
export class Aligner {
    readonly #from = new Map<number, bigint>();
    readonly #seen = new Map<string, number>();
    #repeats = 0;

    constructor(
        private readonly read: ReadIdentities,
        /** Where a partition ends; a group that has read all of it goes on there. */
        private readonly end: Offsets,
        /** Whether `read` is all that the group has read; else a record that is not in there may be a repeat too. */
        private readonly isComplete = true,
    ) {}

    /** Takes the records of the new topic, of each partition in the order of their offsets. */
    take({ partition, offset, identity }: Position): void {
        const occurrence = this.#count(identity);
        const isUnread = identity === null || this.read.isUnread(identity);
        // The k-th record of an identity counts as read where the group has read k of them.
        const wasRead = identity !== null && occurrence <= this.read.timesRead(identity);
        if ((isUnread || !wasRead) && !this.#from.has(partition)) {
            this.#from.set(partition, offset);
        }
        if (this.#from.has(partition) && (wasRead || (!this.isComplete && !isUnread))) {
            this.#repeats += 1;
        }
    }

    /** Takes a record that nobody waits for: where one stands behind the start it comes along. */
    pass({ partition }: Pick<Position, "partition">): void {
        if (this.#from.has(partition)) {
            this.#repeats += 1;
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
            repeats: this.#repeats + this.read.notAmong(this.#seen),
        };
    }

    #count(identity: string | null): number {
        if (identity === null) {
            return 1;
        }
        const occurrence = (this.#seen.get(identity) ?? 0) + 1;
        this.#seen.set(identity, occurrence);
        return occurrence;
    }
}
