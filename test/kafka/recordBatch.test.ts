import assert from "node:assert/strict";
import fc from "fast-check";
import { ColumnBuilder, recordsOf } from "../../components/provider/kafka/columns.js";
import { codecs, decompress } from "../../components/provider/kafka/decompress.js";
import type { LogRecord } from "../../components/provider/kafka/port.js";
import { readBatches } from "../../components/provider/kafka/recordBatch.js";
import { batchOf, pack, type WrittenBatch, type WrittenRecord } from "./batches.js";

const place = { topic: "delays", partition: 3 };

const plain = ({ partition, offset, timestamp, key, value }: LogRecord) => ({
    partition,
    offset,
    timestamp,
    key,
    value,
});

function read(log: Buffer, from = 0n, to = 1n << 60n) {
    const columns = new ColumnBuilder(place.partition, from);
    for (const batch of readBatches(log, place)) {
        batch.addRecords(columns, from, to);
    }
    return [...recordsOf(columns.build())].map(plain);
}

const bytes = fc.option(
    fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array)),
    { nil: null },
);

/** Offsets rise, with holes as compaction leaves them; timestamps are anywhere, so that deltas pass 2^31. */
const batches: fc.Arbitrary<WrittenBatch> = fc
    .record({
        baseOffset: fc.integer({ min: 0, max: 2 ** 50 }),
        codec: fc.constantFrom(...codecs),
        appendTime: fc.option(fc.integer({ min: 0, max: 2 ** 42 }), { nil: undefined }),
        records: fc.array(
            fc.record({
                hole: fc.nat({ max: 1_000_000 }),
                timestamp: fc.oneof(
                    fc.integer({ min: 1.7e12, max: 1.7e12 + 300 }),
                    // Days to months apart: where 28 bits end, and 32.
                    fc.integer({ min: 1.7e12 - 2 ** 34, max: 1.7e12 + 2 ** 34 }),
                    fc.integer({ min: -1, max: 2 ** 50 }),
                ),
                key: bytes,
                value: bytes,
                headers: fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }), {
                    maxKeys: 2,
                }),
            }),
            { minLength: 1, maxLength: 20 },
        ),
    })
    .map(({ records, ...batch }) => {
        let offsetDelta = -1;
        return {
            ...batch,
            records: records.map(({ hole, ...record }): WrittenRecord => {
                offsetDelta += 1 + hole;
                return { ...record, offsetDelta };
            }),
        };
    });

const expected = ({ baseOffset, records, appendTime }: WrittenBatch) =>
    records.map(({ offsetDelta, timestamp, key, value }) => ({
        partition: 3,
        offset: BigInt(baseOffset + offsetDelta),
        timestamp: appendTime ?? timestamp,
        key,
        value,
    }));

describe("a batch of records", () => {
    it("is read as it was written, with every codec", () => {
        fc.assert(
            fc.property(fc.array(batches, { maxLength: 4 }), (written) => {
                const log = Buffer.concat(written.map(batchOf));
                assert.deepEqual(read(log), written.flatMap(expected));
            }),
            { numRuns: 300 },
        );
    });

    it("gives the records of a range and no others", () => {
        fc.assert(
            fc.property(batches, fc.nat(20), fc.nat(20), (written, a, b) => {
                const all = expected(written);
                const from = all[a % all.length]!.offset;
                const to = all[b % all.length]!.offset + 1n;
                assert.deepEqual(
                    read(batchOf(written), from, to),
                    all.filter(({ offset }) => offset >= from && offset < to),
                );
            }),
        );
    });

    it("that was cut off is left out, wherever it was", () => {
        fc.assert(
            fc.property(
                batches,
                batches,
                fc.double({ min: 0, max: 0.999, noNaN: true }),
                (a, b, at) => {
                    const [whole, last] = [batchOf(a), batchOf(b)];
                    const log = Buffer.concat([
                        whole,
                        last.subarray(0, Math.floor(last.length * at)),
                    ]);
                    assert.deepEqual(read(log), expected(a));
                },
            ),
        );
    });

    it("that was damaged anywhere behind its length is refused, naming partition and offset", () => {
        fc.assert(
            fc.property(
                batches,
                fc.nat(),
                fc.integer({ min: 1, max: 255 }),
                (written, at, bits) => {
                    const log = batchOf(written);
                    const index = 16 + (at % (log.length - 16));
                    log[index]! ^= bits;
                    assert.throws(() => read(log), {
                        message: new RegExp(
                            `^delays, partition 3, offset ${written.baseOffset}: .*(checksum|format)`,
                        ),
                    });
                },
            ),
        );
    });

    const one = { offsetDelta: 0, timestamp: 5, key: null, value: Buffer.from("v") };

    it("of an older format is refused", () => {
        const log = batchOf({ baseOffset: 17, records: [one] });
        log[16] = 1;
        assert.throws(() => read(log), {
            message:
                "delays, partition 3, offset 17: its batch has format 1, and only format 2 can be read.",
        });
    });

    it("whose records are not what its length says is refused, though the checksum is right", () => {
        const short = Buffer.from([20, 0, 0, 0, 1, 200, 1]);
        assert.throws(() => read(batchOf({ baseOffset: 17, records: [one], packed: short })), {
            message:
                /^delays, partition 3, offset 17: record 1 of 1 in its batch reaches over its end/,
        });
    });

    for (const codec of ["gzip", "snappy", "lz4", "zstd"] as const) {
        it(`that does not unpack is refused: ${codec}`, () => {
            const packed = Buffer.from("this was never packed by anybody");
            assert.throws(() => read(batchOf({ baseOffset: 17, records: [one], codec, packed })), {
                message: /^delays, partition 3, offset 17: /,
            });
        });

        it(`is not unpacked beyond a limit: ${codec}`, () => {
            const body = Buffer.alloc(1_000_000);
            const packed = pack(codec, body);
            assert.ok(packed.length < 100_000);
            assert.deepEqual(decompress(codec, packed, 1_100_000), body);
            assert.throws(() => decompress(codec, packed, 900_000), {
                message: "it would unpack to more than 900000 bytes",
            });
        });
    }

    it("in Java's framing of snappy blocks is unpacked, and held to the limit as a whole", () => {
        const blocks = ["one, ", "two, ", "three"].map((text) => pack("snappy", Buffer.from(text)));
        const framed = Buffer.concat([
            Buffer.from("82534e4150505900" + "00000001" + "00000001", "hex"),
            ...blocks.flatMap((block) => [Buffer.from([0, 0, 0, block.length]), block]),
        ]);
        assert.equal(String(decompress("snappy", framed)), "one, two, three");
        assert.throws(() => decompress("snappy", framed, 14), /more than 14 bytes/);
    });

    it("packed with a codec that nobody knows is refused", () => {
        const unknown = 6;
        const log = batchOf({ baseOffset: 17, records: [one], attributes: unknown });
        assert.throws(() => read(log), {
            message:
                "delays, partition 3, offset 17: its batch is packed with an unknown codec, 6.",
        });
    });
});
