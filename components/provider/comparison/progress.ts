import type { Log } from "../log.js";

const everyMilliseconds = 5_000;

/** Passes on one line in five seconds at most, and none of what takes less. */
export class Progress {
    #next: number;

    constructor(
        private readonly log: Log,
        private readonly now: () => number,
    ) {
        this.#next = now() + everyMilliseconds;
    }

    tick(line: () => string): void {
        const now = this.now();
        if (now >= this.#next) {
            this.#next = now + everyMilliseconds;
            this.log(line());
        }
    }
}
