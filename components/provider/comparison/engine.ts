import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { explain } from "../errors.js";
import type { Coverage } from "./sealing.js";

export type Side = "incumbent" | "candidate";

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

const sides: Record<Side, number> = { incumbent: 0, candidate: 1 };

/**
 * Pairs the records of both topics exactly, in bounded memory: DuckDB on a file of its own, which spills to
 * disk past the ceiling and is removed with `close`.
 */
export class Engine {
    private constructor(
        private readonly directory: string,
        private readonly instance: DuckDBInstance,
        private readonly connection: DuckDBConnection,
        private readonly appender: DuckDBAppender,
    ) {}

    static async open({ memoryMiB }: { readonly memoryMiB: number }): Promise<Engine> {
        const { DuckDBInstance } = await loadDuckDb();
        const directory = await mkdtemp(join(tmpdir(), "shadow-flink-comparison-"));
        try {
            const instance = await DuckDBInstance.create(join(directory, "records.duckdb"), {
                memory_limit: `${memoryMiB}MiB`,
                temp_directory: join(directory, "spilled"),
                threads: "2",
                preserve_insertion_order: "false",
            });
            const connection = await instance.connect();
            await connection.run(
                "CREATE TABLE records (side UTINYINT, win BIGINT, identity VARCHAR, content VARCHAR)",
            );
            return new Engine(
                directory,
                instance,
                connection,
                await connection.createAppender("records"),
            );
        } catch (error) {
            await rm(directory, { recursive: true, force: true });
            throw error;
        }
    }

    add(side: Side, window: number, identity: string, content: string): void {
        this.appender.appendUTinyInt(sides[side]);
        this.appender.appendBigInt(BigInt(window));
        this.appender.appendVarchar(identity);
        this.appender.appendVarchar(content);
        this.appender.endRow();
    }

    /**
     * What is left of the windows that count once equal records have cancelled each other out, in order of
     * window and identity. Records of one identity that still differ are paired in the order of their content,
     * so that the same records make the same pairs.
     */
    async *leftovers({ from, to }: Coverage): AsyncGenerator<Leftover> {
        this.appender.flushSync();
        await this.connection.run(cancelEqual, { from: BigInt(from), to: BigInt(to) });
        const result = await this.connection.stream(pairRest);
        for await (const rows of result.yieldRowsJs()) {
            for (const row of rows) {
                const [window, identity, incumbent, candidate, shared] = row as Row;
                yield { window: Number(window), identity, incumbent, candidate, shared };
            }
        }
    }

    async close(): Promise<void> {
        this.appender.closeSync();
        this.connection.closeSync();
        this.instance.closeSync();
        await rm(this.directory, { recursive: true, force: true });
    }
}

type Row = [bigint, string, string | null, string | null, boolean];

/** Multisets: of two equal records and one, one is left. */
const cancelEqual = `
    CREATE OR REPLACE TEMP TABLE rest AS
    SELECT win, identity, content, incumbents - candidates AS surplus
    FROM (
        SELECT win, identity, content,
            count(*) FILTER (side = ${sides.incumbent}) AS incumbents,
            count(*) FILTER (side = ${sides.candidate}) AS candidates
        FROM records
        WHERE win >= $from AND win < $to
        GROUP BY win, identity, content
    )
    WHERE incumbents <> candidates`;

const pairRest = `
    WITH ranked AS (
        SELECT win, identity, content, incumbent,
            row_number() OVER (PARTITION BY win, identity, incumbent ORDER BY content) AS place
        FROM (
            SELECT win, identity, content, surplus > 0 AS incumbent, unnest(range(abs(surplus)))
            FROM rest
        )
    ),
    pairs AS (
        SELECT win, identity, place, i.content AS incumbent, c.content AS candidate
        FROM (FROM ranked WHERE incumbent) AS i
        FULL JOIN (FROM ranked WHERE NOT incumbent) AS c USING (win, identity, place)
    ),
    present AS (
        SELECT win, identity, count(DISTINCT side) = 2 AS shared
        FROM records
        WHERE (win, identity) IN (SELECT (win, identity) FROM rest)
        GROUP BY win, identity
    )
    SELECT win, identity, incumbent, candidate, shared
    FROM pairs JOIN present USING (win, identity)
    ORDER BY win, identity, place`;

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
