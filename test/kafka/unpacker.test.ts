import assert from "node:assert/strict";
import { recordsOf } from "../../components/provider/kafka/columns.js";
import { unpackHere, Unpacker, type Packed } from "../../components/provider/kafka/unpacker.js";
import { batchOf } from "./batches.js";

/** Pieces of log of some partitions, of which each has so many batches of three records. */
function packedOf(partitions: number, batches: number): Packed[] {
    return Array.from({ length: partitions }, (_, partition) => ({
        fetched: {
            aborted: [{ producerId: 4n, firstOffset: 0n }],
            log: Buffer.concat(
                Array.from({ length: batches }, (_, batch) =>
                    batchOf({
                        baseOffset: batch * 3,
                        codec: batch % 2 === 0 ? "none" : "lz4",
                        records: [0, 1, 2].map((offsetDelta) => ({
                            offsetDelta,
                            timestamp: 1_000 + offsetDelta,
                            key: offsetDelta === 1 ? null : Buffer.from(`key ${batch}`),
                            value: Buffer.from(`${partition} ${batch} ${offsetDelta}`),
                        })),
                    }),
                ),
            ),
        },
        place: { topic: "delays", partition },
        range: { from: 1n, to: 1_000n },
    }));
}

type Unpacked = Awaited<ReturnType<Unpacker["unpack"]>>;

const shown = (unpacked: Unpacked) =>
    unpacked.map(({ columns, next }) => ({
        next,
        records: [...recordsOf(columns)].map(
            ({ partition, offset, timestamp, key, value, stored }) => ({
                place: `${partition} ${offset} ${timestamp}`,
                text: `${String(key)} ${String(value)}`,
                hash: stored!.hash,
            }),
        ),
    }));

describe("what takes fetched logs apart", () => {
    const unpackers: Unpacker[] = [];
    afterEach(() => Promise.all(unpackers.splice(0).map((unpacker) => unpacker.close())));

    /** One whose thread is there. */
    async function threaded(): Promise<Unpacker> {
        const unpacker = new Unpacker(0);
        unpackers.push(unpacker);
        await unpacker.unpack(packedOf(1, 1), { bytes: 1 });
        while (!unpacker.hasThread) {
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
        return unpacker;
    }

    it("finds the same in a thread of its own as without one", async () => {
        const packed = packedOf(3, 40);
        const unpacker = await threaded();
        assert.deepEqual(
            shown(await unpacker.unpack(packed, { bytes: 1_000_000 })),
            shown(unpackHere(packed, { bytes: 1_000_000 })),
        );
    });

    it("stays within the budget, in either way", async () => {
        const packed = packedOf(2, 40);
        const [here, there] = [{ bytes: 2_000 }, { bytes: 2_000 }];
        const unpacker = await threaded();
        const found = shown(await unpacker.unpack(packed, there));
        assert.deepEqual(found, shown(unpackHere(packed, here)));
        assert.deepEqual(there, here);
        assert.ok(found[1]!.records.length === 0 && found[0]!.records.length < 119);
    });

    it("says what is damaged in the same words", async () => {
        const packed = packedOf(1, 3);
        const { log } = packed[0]!.fetched;
        log[log.length - 1]! ^= 1;
        const unpacker = await threaded();
        const sentence = /^delays, partition 0, offset 6: the checksum of its batch is wrong\.$/;
        await assert.rejects(unpacker.unpack(packed, { bytes: 1_000 }), { message: sentence });
        assert.throws(() => unpackHere(packed, { bytes: 1_000 }), { message: sentence });
        // The thread is none the worse.
        assert.equal((await unpacker.unpack(packedOf(1, 3), { bytes: 1_000 })).length, 1);
    });

    it("goes on without a thread that has ended meanwhile", async () => {
        const unpacker = await threaded();
        const packed = packedOf(2, 40);
        const underWay = unpacker.unpack(packed, { bytes: 1_000_000 });
        await unpacker.close();
        const expected = shown(unpackHere(packed, { bytes: 1_000_000 }));
        assert.deepEqual(shown(await underWay), expected);
        assert.deepEqual(shown(await unpacker.unpack(packed, { bytes: 1_000_000 })), expected);
    });

    it("needs no thread for little", async () => {
        const unpacker = new Unpacker(1_000_000);
        await unpacker.unpack(packedOf(2, 40), { bytes: 1_000_000 });
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(unpacker.hasThread, false);
    });
});
