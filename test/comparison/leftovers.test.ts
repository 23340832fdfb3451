import assert from "node:assert/strict";
import fc from "fast-check";
import type { Row } from "../../components/provider/comparison/engine.js";
import { Leftovers } from "../../components/provider/comparison/leftovers.js";
import { settingsOf } from "./world.js";

type Given = Pick<Row, "side" | "window" | "identity" | "content">;

/** What of them is left over, in memory or on disk. */
async function leftOver(
    rows: readonly Given[],
    matched: readonly string[],
    memoryMiB: number,
    coverage = { from: 1, to: 3 },
) {
    const leftovers = await Leftovers.open({ ...settingsOf({}), memoryMiB });
    try {
        for (const row of rows) {
            leftovers.add({ ...row, identityHash: hashOf(row.window, row.identity) });
            await leftovers.keepWithinBounds();
        }
        for (const identity of matched) {
            leftovers.addMatched(hashOf(1, identity));
            await leftovers.keepWithinBounds();
        }
        const found = [];
        for await (const one of leftovers.of(coverage)) {
            found.push(one);
        }
        return { found, onDisk: leftovers.onDisk };
    } finally {
        await leftovers.close();
    }
}

/** Of few bits, as if there were collisions. */
function hashOf(window: number, identity: string): number {
    return (Buffer.from(identity).reduce((sum, byte) => sum + byte, window) % 61) + 1;
}

/** Units whose order is not that of their bytes in UTF-8 among them. */
const text = fc.string({
    unit: fc.constantFrom("a", "b", "Z", "é", "\u{ffff}", "\u{e000}", "\u{1f600}", "\u{10ffff}"),
    maxLength: 3,
});
const row: fc.Arbitrary<Given> = fc.record({
    side: fc.constantFrom("incumbent", "candidate"),
    window: fc.constantFrom(0, 1, 2, 3),
    identity: text,
    content: text,
});

describe("what is left over", () => {
    it("is the same in memory as on disk", async function () {
        this.timeout(120_000);
        await fc.assert(
            fc.asyncProperty(
                fc.array(row, { maxLength: 40 }),
                fc.array(text, { maxLength: 5 }),
                async (rows, matched) => {
                    const memory = await leftOver(rows, matched, 512);
                    const disk = await leftOver(rows, matched, 0.0001);
                    assert.equal(memory.onDisk, 0);
                    assert.equal(disk.onDisk, rows.length);
                    assert.deepEqual(memory.found, disk.found);
                },
            ),
            { numRuns: 60 },
        );
    });

    it("is paired by identity and window, in the order of the content", async () => {
        const of = (side: Given["side"], window: number, identity: string, content: string) => ({
            side,
            window,
            identity,
            content,
        });
        const { found } = await leftOver(
            [
                of("incumbent", 2, "x", "5"),
                of("incumbent", 1, "x", "2"),
                of("incumbent", 1, "x", "1"),
                of("candidate", 1, "x", "3"),
                of("incumbent", 1, "y", "7"),
                of("candidate", 1, "y", "7"),
                of("candidate", 1, "\u{1f600}", "8"),
                of("candidate", 1, "\u{e000}", "9"),
                of("incumbent", 3, "x", "5"),
            ],
            ["\u{e000}"],
            512,
        );
        const pair = (window: number, identity: string, ...rest: unknown[]) => {
            const [incumbent, candidate, shared] = rest;
            return { window, identity, incumbent, candidate, shared };
        };
        assert.deepEqual(found, [
            pair(1, "x", "1", "3", true),
            pair(1, "x", "2", null, true),
            pair(1, "\u{e000}", null, "9", true),
            pair(1, "\u{1f600}", null, "8", false),
            pair(2, "x", "5", null, false),
        ]);
    });
});
