import assert from "node:assert/strict";
import { reachOf } from "../../components/provider/comparison/reach.js";

const settings = { windowSeconds: 1, allowedLatenessSeconds: 1, warmUpSeconds: 1 };

/** Windows of a second that begin at these seconds, with so many records each. */
function windows(...records: readonly (readonly [second: number, records: number])[]) {
    return new Map(
        records.map(([second, n]) => [second * 1000, { records: n, last: second * 1000 + 999 }]),
    );
}

const usual = [10, 11, 12, 13].map((second) => [second, 100] as const);

describe("how far a topic reaches", () => {
    const reach = (own: ReturnType<typeof windows>, other = windows(...usual)) =>
        reachOf(own, other, settings);

    it("is from its first window to its largest event time", () => {
        assert.deepEqual(reach(windows(...usual)), { first: 10_000, last: 13_999, strays: 0 });
        assert.deepEqual(reach(windows()), { first: null, last: null, strays: 0 });
        assert.deepEqual(reach(windows([4, 1])), { first: 4_000, last: 4_999, strays: 0 });
    });

    it("leaves out a few records far in front of all others, or far behind them", () => {
        const strays = windows([1, 1], [3, 1], ...usual, [90, 2]);
        assert.deepEqual(reach(strays), { first: 10_000, last: 13_999, strays: 4 });
    });

    it("leaves out none that are near, or many", () => {
        const near = windows([7, 1], ...usual, [16, 1]);
        assert.deepEqual(reach(near), { first: 7_000, last: 16_999, strays: 0 });
        const many = windows([1, 10], ...usual, [90, 10]);
        assert.deepEqual(reach(many), { first: 1_000, last: 90_999, strays: 0 });
    });

    it("leaves out none where the other topic has records in between: those are missing here", () => {
        const holed = windows([1, 1], ...usual);
        assert.equal(reach(holed, windows([1, 1], [5, 1], ...usual)).first, 1_000);
        const late = windows(...usual, [90, 1]);
        assert.equal(reach(late, windows(...usual, [50, 1])).last, 90_999);
    });

    it("is the same in whatever order the windows were seen", () => {
        const strays = [[1, 1], ...usual, [90, 2]] as const;
        assert.deepEqual(reach(windows(...strays.toReversed())), reach(windows(...strays)));
    });
});
