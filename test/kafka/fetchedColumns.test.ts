import assert from "node:assert/strict";
import { recordsOf } from "../../components/provider/kafka/columns.js";
import { fetchedColumns } from "../../components/provider/kafka/fetchedColumns.js";
import { batchOf, markerOf } from "./batches.js";

const place = { topic: "delays", partition: 0 };
const noAborted: never[] = [];

const record = (offsetDelta: number, value: string, key: Buffer | null = null) => ({
    offsetDelta,
    timestamp: 1,
    key,
    value: Buffer.from(value),
});

const values = (baseOffset: number, ...texts: string[]) =>
    batchOf({ baseOffset, records: texts.map((text, i) => record(i, text)) });

/** A batch whose records are all gone; its producer's last one outlives them. */
const emptied = (baseOffset: number, lastOffset: number) =>
    batchOf({ baseOffset, lastOffset, records: [], producerId: 4 });

function read(
    batches: readonly Buffer[],
    from: number,
    to: number,
    aborted: readonly { producerId: bigint; firstOffset: bigint }[] = noAborted,
    bytes = 1_000_000,
) {
    const range = { from: BigInt(from), to: BigInt(to) };
    const log = Buffer.concat(batches);
    const { columns, next } = fetchedColumns({ aborted, log }, place, range, { bytes });
    return {
        records: [...recordsOf(columns)].map(({ offset, value }) => `${offset} ${String(value)}`),
        next: Number(next),
    };
}

describe("what a fetch brought", () => {
    it("goes on behind what it held", () => {
        assert.deepEqual(read([values(5, "a", "b"), values(7, "c")], 6, 20), {
            records: ["6 b", "7 c"],
            next: 8,
        });
    });

    it("ends where the range does, within a batch or between two", () => {
        const log = [values(0, "a", "b", "c"), values(10, "d")];
        assert.deepEqual(read(log, 1, 2), { records: ["1 b"], next: 2 });
        assert.deepEqual(read(log.slice(0, 1), 1, 2), { records: ["1 b"], next: 2 });
        // Nothing can be between 3 and 10 any more.
        assert.deepEqual(read(log, 1, 8), { records: ["1 b", "2 c"], next: 8 });
    });

    it("goes on though it held nothing but emptied batches", () => {
        assert.deepEqual(read([emptied(0, 3), emptied(4, 9)], 0, 30), { records: [], next: 10 });
    });

    it("goes on behind a marker, and to the end where the end is behind one", () => {
        const log = [values(0, "a"), markerOf(1, 9, "commit")];
        assert.deepEqual(read(log, 0, 2), { records: ["0 a"], next: 2 });
        assert.deepEqual(read([markerOf(1, 9, "commit")], 1, 2), { records: [], next: 2 });
    });

    it("stands still where it held nothing", () => {
        assert.deepEqual(read([], 4, 9), { records: [], next: 4 });
        assert.deepEqual(read([values(4, "a").subarray(0, 50)], 4, 9), { records: [], next: 4 });
    });

    it("holds no aborted records, though a key looks like the marker of an abort", () => {
        const aborted = [{ producerId: 9n, firstOffset: 0n }];
        const write = (baseOffset: number, key: Buffer | null) =>
            batchOf({
                baseOffset,
                records: [record(0, "never", key)],
                producerId: 9,
                transactional: true,
            });
        const log = [write(0, Buffer.alloc(4)), write(1, null), markerOf(2, 9, "abort")];
        const after = [write(3, Buffer.alloc(4)), markerOf(4, 9, "commit")];
        assert.deepEqual(read([...log, ...after], 0, 9, aborted), {
            records: ["3 never"],
            next: 5,
        });
        // From the middle, as the next fetch may begin.
        assert.deepEqual(read(log.slice(1), 1, 9, aborted), { records: [], next: 3 });
    });

    it("is left for the next fetch where it would unpack to too much", () => {
        const log = [values(0, "a"), values(1, "b"), values(2, "c")];
        assert.deepEqual(read(log, 0, 3, noAborted, 1), { records: ["0 a"], next: 1 });
        assert.deepEqual(read(log, 0, 3, noAborted, 0), { records: [], next: 0 });
    });
});
