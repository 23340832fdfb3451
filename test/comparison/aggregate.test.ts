import assert from "node:assert/strict";
import * as fc from "fast-check";
import { AggregateSketch } from "../../components/provider/comparison/aggregate.js";
import { Aggregates } from "../../components/provider/comparison/aggregates.js";
import { canonicalNumber } from "../../components/provider/comparison/decimal.js";
import { MeasuredValues } from "../../components/provider/comparison/measured.js";
import { Quantity } from "../../components/provider/comparison/quantity.js";
import { settingsOf } from "./world.js";

/** Numbers as JSON writes them, of every length that is handled in another way. */
const written = fc.oneof(
    fc.integer({ min: -1_000, max: 1_000 }).map(String),
    fc.maxSafeInteger().map(String),
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
    fc.tuple(fc.integer({ min: -99, max: 99 }), fc.nat({ max: 999 })).map(([a, b]) => `${a}.${b}`),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e25, max: 1e25 }).map(String),
    fc.constantFrom("0", "-0.0", "0.1", "999999999999999", "-9999999999999999", "1e22", "1.0"),
    fc.constantFrom("4503599627370497.5", "123456789012345.678901234567891", "0.30000000000000004"),
);
const canonical = written.map((text) => canonicalNumber(text)!);

/** All numbers above fit it: 400 places before the point and 400 behind it. */
const places = 400;

function scaled(text: string): bigint {
    const [, sign, whole, fraction = "", exponent = "0"] =
        /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text)!;
    const digits = BigInt(`${sign}${whole}${fraction}`);
    return digits * 10n ** BigInt(places + Number(exponent) - fraction.length);
}

function sketchOf(texts: readonly string[]): AggregateSketch {
    const sketch = new AggregateSketch();
    texts.forEach((text) => sketch.add(Quantity.of(text)!));
    return sketch;
}

describe("an aggregated number", () => {
    it("is the nearest double, and exactly more or less than another", () => {
        fc.assert(
            fc.property(canonical, canonical, (a, b) => {
                const [one, other] = [Quantity.of(a)!, Quantity.of(b)!];
                assert.equal(one.value, Number(a));
                assert.equal(one.text, a);
                assert.equal(one.isLess(other), scaled(a) < scaled(b));
            }),
            { numRuns: 2_000 },
        );
    });

    it("is none of what only looks like one", () => {
        for (const text of ['"NaN"', '"12"', "null", "[1]", "{}", "true", "1:2", "2026-01-01"]) {
            assert.equal(Quantity.of(text), undefined, text);
        }
    });
});

describe("the sketch of a field", () => {
    it("is exact in its count, sum, extremes and few distinct values", () => {
        fc.assert(
            fc.property(fc.array(canonical, { minLength: 1, maxLength: 60 }), (texts) => {
                const { count, sum, min, max, distinct } = sketchOf(texts).result([]);
                const numbers = texts.map(scaled).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
                assert.equal(count, texts.length);
                assert.equal(
                    scaled(sum),
                    numbers.reduce((a, b) => a + b),
                );
                assert.equal(scaled(min!), numbers[0]);
                assert.equal(scaled(max!), numbers.at(-1));
                assert.equal(distinct, new Set(texts).size);
            }),
            { numRuns: 1_000 },
        );
    });

    it("adds up what is more than a double holds", () => {
        const texts = Array.from({ length: 30_000 }, () => "999999999999999.5");
        assert.equal(sketchOf(texts).result([]).sum, "29999999999999985000");
    });

    it("is the same in any order, and put together from parts", () => {
        fc.assert(
            fc.property(
                fc.array(canonical, { maxLength: 60 }),
                fc.array(canonical, { maxLength: 60 }),
                (left, right) => {
                    const whole = sketchOf([...left, ...right]).state();
                    const merged = sketchOf(right);
                    merged.merge(sketchOf(left).state());
                    assert.deepEqual(merged.state(), whole);
                    assert.deepEqual(sketchOf([...left, ...right].reverse()).state(), whole);
                },
            ),
            { numRuns: 500 },
        );
    });

    it("knows quantiles within 1 %, and many distinct values within 6 %", () => {
        const texts = Array.from({ length: 50_000 }, (_, i) =>
            String(((i * 7_919) % 50_000) - 9_999),
        );
        const { distinct, quantiles } = sketchOf(texts).result([0.01, 0.5, 0.99]);
        assert.ok(Math.abs(distinct - 50_000) < 3_000, String(distinct));
        for (const { quantile, value } of quantiles) {
            const exact = Math.ceil(quantile * 50_000) - 10_000;
            assert.ok(Math.abs(value! - exact) <= Math.abs(exact) * 0.01, `${quantile}: ${value}`);
        }
    });
});

describe("aggregates by window and group", () => {
    const settings = settingsOf({
        rules: { aggregates: { fields: { delay: {} }, groupBy: ["origin"] } },
    });
    const of = (delay: string, origin: string) =>
        new MeasuredValues(JSON.stringify([origin]), [delay]);

    it("hold what is equal on both topics for each of them", () => {
        const [together, apart] = [new Aggregates(settings), new Aggregates(settings)];
        for (const [delay, origin] of [
            ["1.5", "ATL"],
            ["-2", "SEA"],
            ["7", "ATL"],
        ] as const) {
            together.add("both", 0, of(delay, origin));
            apart.add("incumbent", 0, of(delay, origin));
            apart.add("candidate", 0, of(delay, origin));
        }
        [together, apart].forEach((one) => one.add("candidate", 60_000, of("3", "DFW")));
        const everything = { from: 0, to: 120_000 };
        const found = together.keptIn(everything, []);
        assert.deepEqual(found, apart.keptIn(everything, []));
        assert.deepEqual(
            found.map(({ group, incumbent, candidate }) => [group, incumbent.sum, candidate.sum]),
            [
                [["ATL"], "8.5", "8.5"],
                [["DFW"], "0", "3"],
                [["SEA"], "-2", "-2"],
                [[], "6.5", "9.5"],
            ],
        );
    });

    it("say so where there are too many groups", () => {
        const aggregates = new Aggregates(settings);
        // One more is the aggregate of all groups.
        for (let i = 0; i < 99_999; i++) {
            aggregates.add("both", 0, of("1", `id ${i}`));
        }
        assert.equal(aggregates.problem, null);
        aggregates.add("both", 0, of("1", "one more"));
        assert.match(aggregates.problem!, /^Aggregates by origin are more than 100000 .*\.groupBy/);
    });
});
