import { escapeName } from "../decode.js";

/** Most prefixes that are remembered: behind a map's keys there may be any number of them. */
const mostPrefixes = 256;

/** The paths of a record type's fields, which are the same for all of its records at one place. */
export class Paths {
    readonly #escaped: readonly string[];
    readonly #byPrefix = new Map<string, readonly string[]>();

    constructor(names: readonly string[]) {
        this.#escaped = names.map(escapeName);
    }

    /** In the order of the names. */
    behind(prefix: string): readonly string[] {
        const known = this.#byPrefix.get(prefix);
        if (known !== undefined) {
            return known;
        }
        const paths = this.#escaped.map((name) => prefix + name);
        if (this.#byPrefix.size < mostPrefixes) {
            this.#byPrefix.set(prefix, paths);
        }
        return paths;
    }
}
