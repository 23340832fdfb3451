import type { Refused } from "./decode.js";

/** What kept a look from being complete, as sentences: the same ones in whatever order records were read. */
export class Gaps {
    readonly #sentences = new Set<string>();
    readonly #refused = new Map<string, RefusedRecords>();

    note(sentence: string): void {
        this.#sentences.add(sentence);
    }

    /** So many records cannot be used, of which the first stands there. */
    refuse(
        topic: string,
        partition: number,
        offset: bigint,
        { refused }: Refused,
        count = 1,
    ): void {
        const records = this.#refused.get(topic) ?? { count: 0, first: [] };
        records.count += count;
        records.first.push({ partition, offset, why: refused });
        records.first.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
        records.first.length = Math.min(records.first.length, examples);
        this.#refused.set(topic, records);
    }

    get any(): boolean {
        return this.#sentences.size + this.#refused.size > 0;
    }

    sentences(): string[] {
        const refused = [...this.#refused].map(([topic, { count, first }]) => {
            const [noun, verb] = count === 1 ? ["record", "was"] : ["records", "were"];
            const which = first.map(
                ({ partition, offset, why }) => `partition ${partition}, offset ${offset}: ${why}`,
            );
            const more = count > first.length ? `; and ${count - first.length} more` : "";
            return `${count} ${noun} of ${topic} ${verb} not compared (${which.join("; ")}${more}).`;
        });
        return [...this.#sentences, ...refused].sort();
    }
}

const examples = 3;

interface RefusedRecords {
    count: number;
    readonly first: { partition: number; offset: bigint; why: string }[];
}
