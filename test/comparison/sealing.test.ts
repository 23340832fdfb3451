import assert from "node:assert/strict";
import fc from "fast-check";
import { cover, counts, noCoverage } from "../../components/provider/comparison/sealing.js";

const settings = { windowSeconds: 10, allowedLatenessSeconds: 10, warmUpSeconds: 10 };
const span = (first: number, last: number) => ({ first: first * 1000, last: last * 1000 });
const seconds = ({ from, to }: { from: number; to: number }) => [from / 1000, to / 1000];

describe("sealing", () => {
    it("begins one warm-up behind the end of the first window, of the later topic", () => {
        assert.deepEqual(seconds(cover(span(3, 100), span(0, 100), settings)), [20, 90]);
        assert.deepEqual(seconds(cover(span(0, 100), span(44, 100), settings)), [60, 90]);
        assert.deepEqual(seconds(cover(span(44, 100), span(0, 100), settings)), [60, 90]);
    });

    it("aligns a warm-up that ends within a window to the next one", () => {
        const warm = { ...settings, warmUpSeconds: 11 };
        assert.deepEqual(seconds(cover(span(0, 100), span(0, 100), warm)), [30, 90]);
        const none = { ...settings, warmUpSeconds: 0 };
        assert.deepEqual(seconds(cover(span(0, 100), span(0, 100), none)), [10, 90]);
    });

    it("seals a window when both topics are at its end plus the lateness, and not before", () => {
        const window = 30_000;
        assert.ok(counts(window, cover(span(0, 50), span(0, 70), settings)));
        assert.ok(!counts(window, cover(span(0, 49.999), span(0, 70), settings)));
        assert.ok(!counts(window, cover(span(0, 70), span(0, 49.999), settings)));
    });

    it("counts nothing where one topic is empty", () => {
        const empty = { first: null, last: null };
        assert.deepEqual(cover(empty, span(0, 100), settings), noCoverage);
        assert.deepEqual(cover(span(0, 100), empty, settings), noCoverage);
    });

    it("never counts a window that touches the warm-up or is not finished", () => {
        const time = fc.integer({ min: -1_000_000, max: 1_000_000 });
        const anySpan = fc
            .tuple(time, fc.nat(500_000))
            .map(([first, length]) => ({ first, last: first + length }));
        const anySettings = fc.record({
            windowSeconds: fc.integer({ min: 1, max: 60 }),
            allowedLatenessSeconds: fc.nat(60),
            warmUpSeconds: fc.nat(120),
        });
        fc.assert(
            fc.property(anySpan, anySpan, anySettings, (incumbent, candidate, any) => {
                const coverage = cover(incumbent, candidate, any);
                const length = any.windowSeconds * 1000;
                assert.equal(Math.abs(coverage.from % length), 0);
                if (coverage.to > coverage.from) {
                    const lastEnd = coverage.to + any.allowedLatenessSeconds * 1000;
                    assert.ok(lastEnd <= Math.min(incumbent.last, candidate.last));
                    const first = Math.max(incumbent.first, candidate.first);
                    assert.ok(coverage.from >= first + any.warmUpSeconds * 1000);
                }
            }),
        );
    });
});
