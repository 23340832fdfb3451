import type { Position } from "./align.js";

/** The last record of an identity in a partition. */
export interface LastRecord {
    readonly partition: number;
    readonly offset: bigint;
    readonly identity: string;
    readonly content: string;
}

/** What was said last of each identity, on a topic where a record replaces those before it. */
export class LastRecords {
    /** By identity, then by partition. */
    readonly #last = new Map<string, Map<number, LastRecord>>();

    /** Takes the records of each partition in the order of their offsets; those that replace nothing are not kept. */
    take({ partition, offset, identity, content }: Position): void {
        if (identity === null || content === undefined) {
            return;
        }
        let partitions = this.#last.get(identity);
        if (partitions === undefined) {
            this.#last.set(identity, (partitions = new Map<number, LastRecord>()));
        }
        partitions.set(partition, { partition, offset, identity, content });
    }

    /** `undefined` where nothing was said of it, or by two partitions: which of them spoke last is not known. */
    of(identity: string): LastRecord | undefined {
        const [last, other] = this.#last.get(identity)?.values() ?? [];
        return other === undefined ? last : undefined;
    }

    all(): LastRecord[] {
        return [...this.#last.values()].flatMap((partitions) => [...partitions.values()]);
    }
}
