const chunkLength = 65_536;

/** Hashes in the order in which they came, in eight bytes each: to note one costs next to nothing, and to look for some takes one pass. */
export class HashLog {
    readonly #full: Float64Array[] = [];
    #last = new Float64Array(chunkLength);
    #length = 0;

    get bytes(): number {
        return (this.#full.length + 1) * this.#last.byteLength;
    }

    get isEmpty(): boolean {
        return this.#length === 0 && this.#full.length === 0;
    }

    add(hash: number): void {
        if (this.#length === chunkLength) {
            this.#full.push(this.#last);
            this.#last = new Float64Array(chunkLength);
            this.#length = 0;
        }
        this.#last[this.#length++] = hash;
    }

    forEach(see: (hash: number) => void): void {
        this.#full.forEach((chunk) => chunk.forEach(see));
        this.#last.subarray(0, this.#length).forEach(see);
    }

    clear(): void {
        this.#full.length = 0;
        this.#length = 0;
    }
}
