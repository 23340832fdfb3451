import type { Offsets } from "../kafka/port.js";
import { type LastRecord, LastRecords } from "./lastRecords.js";

/** A record as alignment sees it. */
export interface Position {
    readonly partition: number;
    readonly offset: bigint;
    /** `null` where the record's identity cannot be told; it is then taken as not yet read. */
    readonly identity: string | null;
    /** What it says, where a record replaces those before it of its identity, and a topic need not keep these. */
    readonly content?: string | undefined;
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
    readonly #last = new LastRecords();

    take(position: Position, committed: Offsets): void {
        if (position.identity === null) {
            return;
        }
        if (position.offset < (committed.get(position.partition) ?? 0n)) {
            this.#read.set(position.identity, (this.#read.get(position.identity) ?? 0) + 1);
            this.#last.take(position);
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

    /** Whether this is what the group was told last of its identity. */
    isLast({ identity, content }: LastRecord): boolean {
        return this.#last.of(identity)?.content === content;
    }

    /** Identities that stand unread on the old topic and are not elsewhere. */
    unreadNotAmong(seen: ReadonlyMap<string, number>): number {
        return [...this.#unread].filter((identity) => !seen.has(identity)).length;
    }

    /** Records read of which fewer were seen elsewhere: what is still to come there. */
    notAmong(...seen: readonly ReadonlyMap<string, number>[]): number {
        let missing = 0;
        for (const [identity, times] of this.#read) {
            const there = seen.reduce((sum, one) => sum + (one.get(identity) ?? 0), 0);
            missing += Math.max(0, times - there);
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
    readonly #noted = new Map<string, number>();
    readonly #fromByTime = new Map<number, bigint>();
    readonly #last = new LastRecords();
    #repeats = 0;
    #behindTime = 0;
    #alignedAt: number | null = null;

    constructor(
        private readonly read: ReadIdentities,
        /** Where a partition ends; a group that has read all of it goes on there. */
        private readonly end: Offsets,
        /** Whether `read` is all that the group has read; else a record that is not in there may be a repeat too. */
        private readonly isComplete = true,
        /** Event time before which all was read; `null` where it is not known. */
        private readonly readUntil: number | null = null,
    ) {}

    /** Records that stand unread on the old topic and are not on the new one, as far as it was read. */
    get missing(): number {
        return this.read.unreadNotAmong(this.#seen);
    }

    /** Timestamp of the oldest record with which a partition goes on; `null` where all go on at their end. */
    get alignedAt(): number | null {
        return this.#alignedAt;
    }

    /** Takes the records of the new topic, of each partition in the order of their offsets. */
    take(position: Position, eventTime: number | null = null, timestamp = -1): void {
        const { partition, offset, identity } = position;
        const occurrence = this.#count(identity);
        this.#last.take(position);
        const isUnread = identity === null || this.read.isUnread(identity);
        // The k-th record of an identity counts as read where the group has read k of them.
        const wasRead = identity !== null && occurrence <= this.read.timesRead(identity);
        if ((isUnread || !wasRead) && !this.#from.has(partition)) {
            this.#from.set(partition, offset);
            this.#alignedAt = Math.min(this.#alignedAt ?? timestamp, timestamp);
        }
        const isBehind =
            eventTime === null || this.readUntil === null || eventTime >= this.readUntil;
        if (isBehind && !this.#fromByTime.has(partition)) {
            this.#fromByTime.set(partition, offset);
        }
        this.#behindTime += this.#fromByTime.has(partition) ? 1 : 0;
        if (this.#from.has(partition) && (wasRead || (!this.isComplete && !isUnread))) {
            this.#repeats += 1;
        }
    }

    /** Takes a record that was delivered from the new topic already, when its version held authority before. */
    note(identity: string | null): void {
        if (identity !== null) {
            this.#noted.set(identity, (this.#noted.get(identity) ?? 0) + 1);
        }
    }

    /** Takes a record that nobody waits for: where one stands behind the start it comes along. */
    pass({ partition }: Pick<Position, "partition">): void {
        if (this.#from.has(partition)) {
            this.#repeats += 1;
        }
    }

    alignment(): Alignment {
        const from = this.#orEnd(this.#from);
        const repeats = this.#repeats + this.read.notAmong(this.#seen, this.#noted);
        return this.#beforeLastValues({ from, repeats });
    }

    /**
     * Where records replace each other, counting them says too little: a topic may have dropped those that were replaced.
     * So whatever an identity's last record says that the group was not told last, it is told.
     */
    #beforeLastValues({ from, repeats }: Alignment): Alignment {
        const earlier = new Map(from);
        for (const last of this.#last.all()) {
            if (!this.read.isLast(last) && last.offset < (earlier.get(last.partition) ?? 0n)) {
                earlier.set(last.partition, last.offset);
            }
        }
        const more = [...from].reduce(
            (sum, [partition, offset]) => sum + Number(offset - (earlier.get(partition) ?? offset)),
            0,
        );
        return { from: earlier, repeats: repeats + more };
    }

    /** The same by event time alone; whatever stands behind it may be a repeat. */
    byTime(): Alignment {
        return { from: this.#orEnd(this.#fromByTime), repeats: this.#behindTime };
    }

    #orEnd(from: ReadonlyMap<number, bigint>): Offsets {
        return new Map(
            [...this.end].map(([partition, end]) => [partition, from.get(partition) ?? end]),
        );
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
