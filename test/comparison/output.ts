import { FakeTopic } from "./world.js";

/** What one run of a job wrote, record by record, before anything decides on a partition. */
export interface Written {
    readonly key: string | Buffer | null;
    readonly value: Row | Buffer | string | null;
    readonly timestamp: number;
    /** Where a test puts it by hand; by its key's hash otherwise. */
    readonly partition?: number;
}

/** One result of the job; a text that begins with `=` is a number, digit by digit. */
export interface Row {
    readonly [field: string]: unknown;
    readonly origin: string;
    readonly carrier: string;
    readonly window_start: string;
}

const hour = 3_600_000;
const began = Date.UTC(2026, 10, 23);
const carriers = ["AA", "DL", "UA", "WN", "B6", "AS"];
const cities = ["Zürich", "Malmö", "Łódź", "Reykjavík", "São Paulo", "Tromsø"];

export const hours = 28;
export const perHour = 150;

export const hourOf = (n: number): string =>
    new Date(began + n * hour).toISOString().replace("T", " ").slice(0, 19);

/** 28 hours of 25 airports and 6 carriers: 4,200 records, of which those of 24 hours count. */
export function output(): Written[] {
    return Array.from({ length: hours * perHour }, (_, index) => {
        const n = Math.floor(index / perHour);
        const place = index % perHour;
        const row = rowOf(n, Math.floor(place / carriers.length), place % carriers.length);
        return {
            key: `${row.origin}/${row.carrier}`,
            value: row,
            timestamp: began + n * hour + 20_000 * place,
        };
    });
}

function rowOf(n: number, airport: number, carrier: number): Row {
    // Any fixed numbers will do, as long as they repeat late.
    const mixed = (n * 7919 + airport * 104_729 + carrier * 1_299_709) % 1_000_003;
    return {
        origin: `A${String(airport).padStart(2, "0")}`,
        carrier: carriers[carrier]!,
        window_start: hourOf(n),
        flights: 1 + (mixed % 300),
        mean_delay: (mixed % 9_000) / 100 + 0.01,
        revenue: `=${mixed}.${String(mixed % 100).padStart(2, "0")}`,
        total: `=${9_007_199_254_740_993n + BigInt(mixed)}`,
        rate: `=0.${String(123_456_789_012_345_678n + BigInt(mixed))}`,
        worst: mixed % 11 === 0 ? null : mixed % 500,
        city: cities[airport % cities.length],
        // In few records, as is most that nobody looks at.
        ...(mixed % 199 === 0 ? { remark: mixed % 2 === 0 ? null : "diverted" } : {}),
        gate: { code: `B${mixed % 40}`, open: mixed % 2 === 0, since: mixed % 13 ? "04:30" : null },
        stops: [mixed % 5, mixed % 7, mixed % 3],
        late: mixed % 3 === 0,
        seen_at: `${hourOf(n)}.${String(mixed % 1000).padStart(3, "0")}`,
    };
}

export function write(value: Written["value"]): Buffer | null {
    if (value === null || value instanceof Buffer) {
        return value;
    }
    return Buffer.from(
        typeof value === "string" ? value : JSON.stringify(value).replace(/"=([^"]*)"/g, "$1"),
    );
}

/** The records in partitions of a topic, in the order in which they were written. */
export function topicWith(
    records: readonly Written[],
    partitions: number,
    partitionOf: (record: Written, index: number) => number = byKey,
): FakeTopic {
    const topic = new FakeTopic(Array.from({ length: partitions }, () => []));
    records.forEach((record, index) => {
        const partition = (record.partition ?? partitionOf(record, index)) % partitions;
        const log = topic.partitions[partition]!;
        log.push({
            partition,
            offset: BigInt(log.length),
            timestamp: record.timestamp,
            key: record.key === null ? null : Buffer.from(record.key),
            value: write(record.value),
        });
    });
    return topic;
}

function byKey({ key }: Written): number {
    let hash = 0;
    for (const byte of Buffer.from(key ?? "")) {
        hash = (hash * 31 + byte) >>> 0;
    }
    return hash;
}
