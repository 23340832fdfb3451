/** A set of 52-bit hashes in eight bytes each, or a little more. Zero stands for an empty slot. */
export class HashSet {
    #slots = new Float64Array(64);
    #size = 0;

    get size(): number {
        return this.#size;
    }

    add(hash: number): void {
        if (this.#size * 4 >= this.#slots.length * 3) {
            this.#grow();
        }
        const slot = this.#slotOf(hash === 0 ? 1 : hash);
        if (this.#slots[slot] === 0) {
            this.#slots[slot] = hash === 0 ? 1 : hash;
            this.#size++;
        }
    }

    has(hash: number): boolean {
        return this.#slots[this.#slotOf(hash === 0 ? 1 : hash)] !== 0;
    }

    forEach(see: (hash: number) => void): void {
        this.#slots.forEach((hash) => {
            if (hash !== 0) {
                see(hash);
            }
        });
    }

    /** Where the hash is, or would be. */
    #slotOf(hash: number): number {
        const mask = this.#slots.length - 1;
        let slot = hash & mask;
        while (this.#slots[slot] !== 0 && this.#slots[slot] !== hash) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    #grow(): void {
        const hashes = this.#slots;
        this.#slots = new Float64Array(hashes.length * 2);
        for (const hash of hashes) {
            if (hash !== 0) {
                this.#slots[this.#slotOf(hash)] = hash;
            }
        }
    }
}
