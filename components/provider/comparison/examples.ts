import type { Sample } from "./evidence.js";

const ofAKind = 5;
const fieldsOfOne = 20;
const kinds: readonly Sample["kind"][] = ["changed", "missing", "extra", "duplicated"];

/** The first few of each kind that differ, an identity once, by the first of its pairs. They are added in order of windows, then of identities. */
export class Examples {
    readonly #found = new Map<Sample["kind"], Sample[]>(kinds.map((kind) => [kind, []]));

    isFull(kind: Sample["kind"]): boolean {
        return this.#found.get(kind)!.length === ofAKind;
    }

    add({ fields, ...rest }: Sample): void {
        const found = this.#found.get(rest.kind)!;
        const before = found.at(-1);
        const isKnown = before?.window === rest.window && before.identity === rest.identity;
        if (!this.isFull(rest.kind) && !isKnown) {
            found.push({ ...rest, fields: fields.slice(0, fieldsOfOne) });
        }
    }

    /** By window, then by kind. */
    list(): Sample[] {
        return [...this.#found.values()].flat().sort((a, b) => a.window - b.window);
    }
}
