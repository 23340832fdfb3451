import { HashSet } from "./hashSet.js";
import { obtain } from "./tally.js";

/** So many are counted one by one, in eight to sixteen bytes each. */
const mostHeld = 500_000;

/**
 * How many different identities each window has. Where all windows together have too many, those with the larger hashes are
 * let go of and the others stand for them: the same identities give the same number in whatever order they come.
 */
export class Identities {
    readonly #windows = new Map<number, HashSet>();
    #size = 0;
    /** Hashes below this are held. */
    #limit = 2 ** 52;

    constructor(private readonly most = mostHeld) {}

    add(window: number, hash: number): void {
        if (hash >= this.#limit) {
            return;
        }
        const hashes = obtain(this.#windows, window, () => new HashSet());
        const before = hashes.size;
        hashes.add(hash);
        this.#size += hashes.size - before;
        while (this.#size > this.most) {
            this.#letGo();
        }
    }

    in(window: number): number {
        const held = this.#windows.get(window)?.size ?? 0;
        return Math.round((held * 2 ** 52) / this.#limit);
    }

    #letGo(): void {
        this.#limit /= 2;
        this.#size = 0;
        for (const [window, hashes] of this.#windows) {
            const left = new HashSet();
            hashes.forEach((hash) => {
                if (hash < this.#limit) {
                    left.add(hash);
                }
            });
            this.#windows.set(window, left);
            this.#size += left.size;
        }
    }
}
