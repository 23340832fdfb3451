import assert from "node:assert/strict";
import {
    enoughForDifference,
    enoughForShare,
    judge,
    judgeShare,
    minus,
    pairedDifference,
    proportion,
    sizeOf,
    type Estimate,
} from "../../components/provider/comparison/rules/confidence.js";
import { newcombe, pairs, wilson } from "./confidenceVectors.js";

const near = ({ low, high }: Estimate, expected: readonly [number, number], what: string) => {
    assert.ok(Math.abs(low - expected[0]) < 1e-12, `${what}: low ${low}, not ${expected[0]}`);
    assert.ok(Math.abs(high - expected[1]) < 1e-12, `${what}: high ${high}, not ${expected[1]}`);
};

describe("confidence", () => {
    it("of a share is Wilson's interval", () => {
        for (const [k, n, low, high] of wilson) {
            near(proportion(k, n), [low, high], `${k} of ${n}`);
        }
    });

    it("of a difference of two shares is Newcombe's", () => {
        for (const [k1, n1, k2, n2, low, high] of newcombe) {
            const difference = minus(proportion(k1, n1), proportion(k2, n2));
            near(difference, [low, high], `${k1}/${n1} - ${k2}/${n2}`);
        }
    });

    it("of a difference between pairs is Agresti and Min's", () => {
        for (const [more, less, n, low, high] of pairs) {
            near(pairedDifference(more, less, n), [low, high], `${more} and ${less} of ${n}`);
        }
    });

    it("knows what is exact, and what is impossible as a share", () => {
        assert.deepEqual(proportion(3, 0), { value: Infinity, low: Infinity, high: Infinity });
        assert.deepEqual(proportion(30, 20), { value: 1.5, low: 1.5, high: 1.5 });
        assert.deepEqual(proportion(0, 0), { value: 0, low: 0, high: 1 });
        assert.deepEqual(minus(proportion(3, 0), proportion(3, 0)), {
            value: 0,
            low: 0,
            high: 0,
        });
        assert.deepEqual(sizeOf({ value: -2, low: -3, high: 1 }), { value: 2, low: 0, high: 3 });
        assert.deepEqual(sizeOf({ value: -2, low: -3, high: -1 }), { value: 2, low: 1, high: 3 });
    });
});

describe("a judgement", () => {
    it("where nothing is allowed is about one record", () => {
        for (const n of [1, 12, 1_000_000]) {
            assert.equal(judgeShare(0, n, 0).outcome, "pass");
            assert.equal(judgeShare(1, n, 0).outcome, "fail");
        }
    });

    it("is sure, or says that it is not", () => {
        assert.equal(judgeShare(1, 12, 0.1).outcome, "inconclusive");
        assert.equal(judgeShare(1, 12, 0.36).outcome, "pass");
        assert.equal(judgeShare(9, 12, 0.1).outcome, "fail");
        // A small difference on many records is none; a big one on few is not known to be one.
        assert.equal(judgeShare(4_000, 1_000_000, 0.005).outcome, "pass");
        assert.equal(judgeShare(1, 10, 0.05).outcome, "inconclusive");
    });

    it("never gets worse with a looser threshold", () => {
        const order = ["fail", "inconclusive", "pass"];
        for (const [k, n] of wilson) {
            const outcomes = [0, 1e-6, 0.001, 0.01, 0.1, 0.5, 1].map((allowed) =>
                order.indexOf(judgeShare(k, n, allowed).outcome),
            );
            assert.deepEqual(
                outcomes,
                [...outcomes].sort((a, b) => a - b),
                `${k} of ${n}`,
            );
        }
    });

    it("says how many records are enough, and that many are", () => {
        for (const [share, allowed] of [
            [1 / 12, 0.1],
            [0.004, 0.005],
            [0.2, 0.05],
        ] as const) {
            const enough = enoughForShare(share, allowed) ?? 0;
            const at = (n: number) => judgeShare(share * n, n, allowed).outcome;
            assert.notEqual(at(enough), "inconclusive");
            assert.equal(at(enough * 0.85), "inconclusive");
        }
        assert.equal(enoughForShare(0.1, 0.1), null);
        const difference = minus(proportion(30, 1000), proportion(20, 1000));
        const enough = enoughForDifference(difference, 1000, 0.001) ?? 0;
        const factor = enough / 1000;
        const then = minus(
            proportion(30 * factor, 1000 * factor),
            proportion(20 * factor, 1000 * factor),
        );
        assert.equal(judge(difference, 0.001), "inconclusive");
        assert.equal(judge(then, 0.001), "fail");
    });
});
