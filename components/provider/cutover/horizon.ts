/**
 * The event time before which a reader has read everything, by a declared bound of the disorder: no record comes that is
 * older by more than the bound than one that was written before it.
 */
export class Horizon {
    #oldestUnread = Infinity;
    #newest = -Infinity;
    #isTold = true;

    constructor(
        /** In milliseconds; `null` where none was declared, and then nothing is known. */
        private readonly disorder: number | null,
    ) {}

    /** Takes the records of the topic that the reader leaves. */
    take(eventTime: number | null, isUnread: boolean): void {
        if (eventTime === null) {
            this.#isTold &&= !isUnread;
            return;
        }
        this.#newest = Math.max(this.#newest, eventTime);
        if (isUnread) {
            this.#oldestUnread = Math.min(this.#oldestUnread, eventTime);
        }
    }

    /** `null` where it is not known: no bound, no record, or an unread record whose time cannot be told. */
    get time(): number | null {
        if (this.disorder === null || !this.#isTold || this.#newest === -Infinity) {
            return null;
        }
        // What is still to be written is no older than this either.
        return Math.min(this.#oldestUnread, this.#newest - this.disorder);
    }

    /** Where a record of this event time stands, everything before it is older than the horizon. */
    get provenBy(): number | null {
        return this.time === null || this.disorder === null ? null : this.time - this.disorder;
    }
}

/** What proves the same for all of them. */
export function earliestTime(horizons: readonly Horizon[]): number | null {
    return horizons.reduce<number | null>(
        (first, { provenBy }) =>
            first === null || provenBy === null ? null : Math.min(first, provenBy),
        Infinity,
    );
}
