import type { LogRecord, Offsets } from "../kafka/port.js";
import { parseOffsets } from "./routingRecord.js";

export function backOffsets(
    recorded: Readonly<Record<string, string>> | null | undefined,
    otherwise: Offsets,
): Offsets {
    if (recorded === null || recorded === undefined) {
        return otherwise;
    }
    return new Map([...otherwise, ...parseOffsets(recorded)]);
}

export function at({ partition, offset }: LogRecord): { partition: number; offset: bigint } {
    return { partition, offset };
}

export function isFrom({ partition, offset }: LogRecord, offsets: Offsets): boolean {
    return offset >= (offsets.get(partition) ?? 0n);
}

export function later(offset: bigint | undefined, other: bigint): bigint {
    return offset === undefined || offset < other ? other : offset;
}

export function earliest(offsets: readonly bigint[]): bigint | undefined {
    return offsets.reduce<bigint | undefined>(
        (first, offset) => (first === undefined || offset < first ? offset : first),
        undefined,
    );
}

/** The older of two timestamps; -1 says that a record has none. */
export function older(known: number | null, timestamp: number): number {
    return known === null || timestamp < known ? timestamp : known;
}
