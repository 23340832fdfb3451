import type { CompareSettings } from "../../compare.js";
import { Engine, type Latest, type Leftover, type Row, type Update } from "./engine.js";
import { HashLog } from "./hashLog.js";
import { HashSet } from "./hashSet.js";
import { pairRows } from "./pairRows.js";
import type { Coverage } from "./sealing.js";

/** What a record takes beside its characters, while it is paired. */
const bytesBeside = 400;
const mebibyte = 2 ** 20;

/**
 * Holds what did not cancel out as it streamed by, and tells what of it are counterparts: in memory while it is little, in
 * DuckDB from then on. Nothing that is found depends on which of the two it was.
 */
export class Leftovers {
    #rows: Row[] = [];
    #rowBytes = 0;
    /** Identities of which records cancelled each other out, as hashes; those that did not fit are in DuckDB. */
    readonly #matched = new HashLog();
    readonly #mostBytes: number;
    #engine: Engine | undefined;

    private constructor(private readonly settings: CompareSettings) {
        this.#mostBytes = (settings.memoryMiB / 4) * mebibyte;
    }

    static async open(settings: CompareSettings): Promise<Leftovers> {
        const leftovers = new Leftovers(settings);
        if (settings.mode === "upsert") {
            // All records are held until it is known which ones are the last of their identities.
            leftovers.#engine = await Engine.open(settings);
        }
        return leftovers;
    }

    /** Records that had to be written to disk. */
    get onDisk(): number {
        return this.#engine?.added ?? 0;
    }

    add(row: Row): void {
        if (this.#engine !== undefined) {
            this.#engine.add(row);
            return;
        }
        this.#rows.push(row);
        this.#rowBytes += row.identity.length + row.content.length + bytesBeside;
    }

    addUpdate(update: Update): void {
        this.#engine!.addUpdate(update);
    }

    /** Notes that both topics have a record of this identity, which were equal. */
    addMatched(identityHash: number): void {
        this.#matched.add(identityHash);
    }

    /** Moves to disk what has become too much for the memory. */
    async keepWithinBounds(): Promise<void> {
        const isTooMuch = this.#rowBytes > this.#mostBytes;
        const areTooMany = this.#matched.bytes > this.#mostBytes;
        if (isTooMuch || areTooMany) {
            const engine = (this.#engine ??= await Engine.open(this.settings));
            this.#rows.forEach((row) => engine.add(row));
            this.#rows = [];
            this.#rowBytes = 0;
            if (areTooMany) {
                engine.addMatched(this.#matched);
                this.#matched.clear();
            }
        }
    }

    /** See `Engine.keepLatest`. */
    keepLatest(coverage: Coverage, isCompacted: boolean): AsyncIterable<Latest> {
        return this.#engine!.keepLatest(coverage, isCompacted);
    }

    /** See `Engine.leftovers`. */
    of(coverage: Coverage): Iterable<Leftover> | AsyncIterable<Leftover> {
        return this.#engine === undefined
            ? pairRows(this.#rows, coverage, (hashes) => this.#matchedOf(hashes))
            : this.#engine.leftovers(coverage, (hashes) => this.#matchedOf(hashes));
    }

    async close(): Promise<void> {
        await this.#engine?.close();
    }

    /** Those of some hashes that are in memory among those of what cancelled out. */
    #matchedOf(hashes: readonly number[]): HashSet {
        const [wanted, found] = [new HashSet(), new HashSet()];
        hashes.forEach((hash) => wanted.add(hash));
        if (wanted.size > 0) {
            this.#matched.forEach((hash) => {
                if (wanted.has(hash)) {
                    found.add(hash);
                }
            });
        }
        return found;
    }
}
