import type { KafkaPort, LogRecord, Offsets } from "../kafka/port.js";

/** What of a record alignment needs; `null` where it cannot be told. */
export interface DecodedPosition {
    readonly identity: string | null;
    /** In ms since the epoch. */
    readonly eventTime: number | null;
    /** What it says, all of it that counts; not there where that cannot be told. */
    readonly content?: () => string;
}

/** Tells what alignment needs of records. */
export interface PositionDecoder {
    /** Makes ready what these records need: schemas. Without a promise nothing is missing. Never rejects. */
    prepare(records: readonly LogRecord[]): Promise<unknown> | undefined;
    /** Of a record that was prepared. Never throws. */
    decode(record: LogRecord): DecodedPosition;
}

export interface PositionRange {
    readonly kafka: KafkaPort;
    readonly topic: string;
    readonly from: Offsets;
    readonly to: Offsets;
    readonly decoder: PositionDecoder;
    readonly signal: AbortSignal;
}

/** Reads `[from, to)` of a topic, and hands over every record with what alignment needs of it. */
export async function readPositions(
    { kafka, topic, from, to, decoder, signal }: PositionRange,
    onPosition: (record: LogRecord, position: DecodedPosition) => void,
): Promise<void> {
    await kafka.read(topic, from, to, {
        signal,
        onRecords: async (records) => {
            await decoder.prepare(records);
            for (const record of records) {
                onPosition(record, decoder.decode(record));
            }
        },
    });
}
