import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { explain } from "../errors.js";
import type { HashLog } from "./hashLog.js";
import type { Coverage } from "./sealing.js";
import type { Side } from "../../side.js";

/** A record that did not cancel out. */
export interface Row {
    readonly side: Side;
    readonly window: number;
    readonly identity: string;
    /** Hash of identity and window. */
    readonly identityHash: number;
    /** See `writeContent`. */
    readonly content: string;
}

/** A record that may be superseded by a later one of its identity. */
export interface Update extends Pick<Row, "side" | "window" | "identity"> {
    /** See `writeContent`; `null` is a tombstone. */
    readonly content: string | null;
    /** Id of its shape. */
    readonly shape: number;
    /** Where it stands among those of its identity: see `latestOfEach`. */
    readonly partition: number;
    readonly timestamp: number;
    readonly offset: bigint;
}

/** A record that no record of the other topic equals, with its counterpart where it has one. */
export interface Leftover {
    readonly window: number;
    readonly identity: string;
    /** Content on each side; `null` on both never happens. */
    readonly incumbent: string | null;
    readonly candidate: string | null;
    /** Whether the identity occurs on both topics in this window. */
    readonly shared: boolean;
}

/** The last record of an identity on one topic. */
export interface Latest {
    readonly side: Side;
    readonly window: number;
    readonly shape: number;
    readonly content: string;
}

/** Those of some hashes of which equal records were there on both topics. */
export type MatchedOf = (hashes: readonly number[]) => { has(hash: number): boolean };

const sides: Record<Side, number> = { incumbent: 0, candidate: 1 };
/** With less DuckDB cannot hold what it needs at one time to pair records. */
const leastMiB = 256;

/**
 * Pairs exactly, in bounded memory, what did not cancel out as it streamed by: DuckDB on a file of its own, which spills
 * to disk past its half of the ceiling and is removed with `close`.
 */
export class Engine {
    #added = 0;

    private constructor(
        private readonly directory: string,
        private readonly instance: DuckDBInstance,
        private readonly connection: DuckDBConnection,
        private readonly records: DuckDBAppender,
        private readonly hashes: DuckDBAppender,
    ) {}

    static async open({ memoryMiB }: { readonly memoryMiB: number }): Promise<Engine> {
        const { DuckDBInstance } = await loadDuckDb();
        await removeAbandoned();
        const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
        const ownMiB = Math.max(leastMiB, Math.floor(memoryMiB / 2));
        try {
            const instance = await DuckDBInstance.create(join(directory, "records.duckdb"), {
                memory_limit: `${ownMiB}MiB`,
                temp_directory: join(directory, "spilled"),
                threads: "2",
                preserve_insertion_order: "false",
            });
            const connection = await instance.connect();
            // Nobody reads the file again.
            await connection.run("PRAGMA disable_checkpoint_on_shutdown");
            await connection.run(`
                CREATE TABLE records (
                    side UTINYINT, win BIGINT, identity VARCHAR, hash DOUBLE, content VARCHAR,
                    shape UINTEGER, part INTEGER, ts BIGINT, place BIGINT
                );
                CREATE TABLE matched (hash DOUBLE)`);
            return new Engine(
                directory,
                instance,
                connection,
                await connection.createAppender("records"),
                await connection.createAppender("matched"),
            );
        } catch (error) {
            await rm(directory, { recursive: true, force: true });
            throw error;
        }
    }

    /** How many records it was given. */
    get added(): number {
        return this.#added;
    }

    add(row: Row): void {
        this.#add({ ...row, shape: 0, partition: 0, timestamp: 0, offset: 0n }, row.identityHash);
    }

    addUpdate(update: Update): void {
        this.#add(update, 0);
    }

    #add(row: Update, identityHash: number): void {
        const { side, window, identity, content, shape } = row;
        this.#added++;
        this.records.appendUTinyInt(sides[side]);
        this.records.appendBigInt(BigInt(window));
        this.records.appendVarchar(identity);
        this.records.appendDouble(identityHash);
        if (content === null) {
            this.records.appendNull();
        } else {
            this.records.appendVarchar(content);
        }
        this.records.appendUInteger(shape);
        this.records.appendInteger(row.partition);
        this.records.appendBigInt(BigInt(row.timestamp));
        this.records.appendBigInt(row.offset);
        this.records.endRow();
    }

    /** Notes that both topics have records of these identities, which were equal. */
    addMatched(identityHashes: HashLog): void {
        identityHashes.forEach((hash) => {
            this.hashes.appendDouble(hash);
            this.hashes.endRow();
        });
        this.hashes.flushSync();
    }

    /**
     * Leaves of every identity the last record only that stands before the end of the windows that count, where that is in
     * one of them on either topic. What came behind that end is not compared: the other topic need not have it yet. Where a
     * compacted topic has nothing else of an identity, what was there at the end may have been removed; it is not compared
     * either. Deleted ones are as if they had never been.
     */
    async *keepLatest({ from, to }: Coverage, isCompacted: boolean): AsyncGenerator<Latest> {
        this.records.flushSync();
        await this.connection.run(latestOfEach, { to: bigint(to) });
        await this.connection.run(onlyBehind, { to: bigint(to), compacted: isCompacted });
        await this.connection.run("DELETE FROM records");
        await this.connection.run(keepCounted, { from: bigint(from) });
        const result = await this.connection.stream(
            "SELECT side, win, shape, content FROM records ORDER BY side, win, identity",
        );
        for await (const rows of result.yieldRowsJs()) {
            for (const [side, window, shape, content] of rows as LatestRow[]) {
                yield {
                    side: side === sides.incumbent ? "incumbent" : "candidate",
                    window: Number(window),
                    shape,
                    content,
                };
            }
        }
    }

    /**
     * What is left of the windows that count once equal records have cancelled each other out, in order of
     * window and identity. Records of one identity that still differ are paired in the order of their content,
     * so that the same records make the same pairs.
     */
    async *leftovers({ from, to }: Coverage, matchedOf: MatchedOf): AsyncGenerator<Leftover> {
        this.records.flushSync();
        await this.connection.run(cancelEqual, { from: bigint(from), to: bigint(to) });
        const matched = matchedOf(await this.#hashesOfRest());
        const result = await this.connection.stream(pairRest);
        for await (const rows of result.yieldRowsJs()) {
            for (const row of rows as LeftoverRow[]) {
                const [window, identity, incumbent, candidate, shared, hash] = row;
                yield {
                    window: Number(window),
                    identity,
                    incumbent,
                    candidate,
                    shared: shared || matched.has(hash),
                };
            }
        }
    }

    async close(): Promise<void> {
        for (const part of [this.records, this.hashes, this.connection, this.instance]) {
            try {
                part.closeSync();
            } catch {
                // What could not be written is tried once more; whoever needed it was told the first time.
            }
        }
        await rm(this.directory, { recursive: true, force: true });
    }

    async #hashesOfRest(): Promise<number[]> {
        const result = await this.connection.stream("SELECT DISTINCT hash FROM rest");
        const hashes: number[] = [];
        for await (const rows of result.yieldRowsJs()) {
            (rows as [number][]).forEach(([hash]) => hashes.push(hash));
        }
        return hashes;
    }
}

type LeftoverRow = [bigint, string, string | null, string | null, boolean, number];
type LatestRow = [number, bigint, number, string];

const bigint = (value: number) => BigInt(Number.isFinite(value) ? value : 0);

/**
 * Of the records of an identity in one partition the last one is what consumers are left with, and what compaction keeps,
 * whatever the timestamps say; only between partitions there is no other order than theirs.
 */
const latestOfEach = `
    CREATE TEMP TABLE latest AS
    SELECT * FROM (
        FROM records WHERE win < $to
        QUALIFY row_number() OVER (PARTITION BY side, identity, part ORDER BY place DESC) = 1
    )
    QUALIFY row_number() OVER (
        PARTITION BY side, identity ORDER BY ts DESC, place DESC, content
    ) = 1`;

const onlyBehind = `
    CREATE TEMP TABLE behind AS
    SELECT DISTINCT identity
    FROM (SELECT DISTINCT side, identity FROM records WHERE $compacted AND win >= $to)
    ANTI JOIN latest USING (side, identity)`;

const keepCounted = `
    INSERT INTO records
    SELECT side, newest, identity, hash, content, shape, part, ts, place
    FROM (SELECT *, max(win) OVER (PARTITION BY identity) AS newest FROM latest)
    WHERE newest >= $from AND content IS NOT NULL AND identity NOT IN (FROM behind)`;

/** Multisets: of two equal records and one, one is left. */
const cancelEqual = `
    CREATE OR REPLACE TEMP TABLE rest AS
    SELECT win, identity, content, hash, incumbents - candidates AS surplus
    FROM (
        SELECT win, identity, content, any_value(hash) AS hash,
            count(*) FILTER (side = ${sides.incumbent}) AS incumbents,
            count(*) FILTER (side = ${sides.candidate}) AS candidates
        FROM records
        WHERE win >= $from AND win < $to
        GROUP BY win, identity, content
    )
    WHERE incumbents <> candidates`;

const pairRest = `
    WITH ranked AS (
        SELECT win, identity, content, hash, incumbent,
            row_number() OVER (PARTITION BY win, identity, incumbent ORDER BY content) AS place
        FROM (
            SELECT win, identity, content, hash, surplus > 0 AS incumbent, unnest(range(abs(surplus)))
            FROM rest
        )
    ),
    pairs AS (
        SELECT win, identity, place, i.content AS incumbent, c.content AS candidate,
            coalesce(i.hash, c.hash) AS hash
        FROM (FROM ranked WHERE incumbent) AS i
        FULL JOIN (FROM ranked WHERE NOT incumbent) AS c USING (win, identity, place)
    ),
    present AS (
        SELECT win, identity, count(DISTINCT side) = 2 AS shared
        FROM records
        WHERE (win, identity) IN (SELECT (win, identity) FROM rest)
        GROUP BY win, identity
    )
    SELECT win, identity, incumbent, candidate,
        shared OR hash IN (SELECT hash FROM matched) AS shared, hash
    FROM pairs JOIN present USING (win, identity)
    ORDER BY win, identity, place`;

const prefix = "shadow-flink-comparison-";
/** Longer than any look takes. */
const abandonedMilliseconds = 24 * 60 * 60 * 1000;

/**
 * What a process left that was killed: its directory has its number in the name. A young one may be that of a process
 * in another container, whose number means nothing here.
 */
async function removeAbandoned(): Promise<void> {
    const names = await readdir(tmpdir());
    for (const name of names) {
        const pid = name.startsWith(prefix)
            ? Number(name.slice(prefix.length).split("-")[0])
            : undefined;
        if (pid === undefined || !(pid > 0) || isAlive(pid)) {
            continue;
        }
        const directory = join(tmpdir(), name);
        const { mtimeMs } = await stat(directory).catch(() => ({ mtimeMs: Date.now() }));
        if (Date.now() - mtimeMs > abandonedMilliseconds) {
            await rm(directory, { recursive: true, force: true });
        }
    }
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        // Somebody else's process is alive too.
        return (error as NodeJS.ErrnoException).code !== "ESRCH";
    }
}

async function loadDuckDb() {
    try {
        return await import("@duckdb/node-api");
    } catch (error) {
        throw new Error(
            `DuckDB could not be loaded on ${process.platform}-${process.arch}: ${explain(error)}. ` +
                "Its binary comes as an optional npm package for Linux, macOS and Windows on x64 and arm64: " +
                "install the dependencies without leaving optional ones out.",
            { cause: error },
        );
    }
}
