import assert from "node:assert/strict";
import fc from "fast-check";
import {
    readContent,
    readDifferences,
    writeContent,
} from "../../components/provider/comparison/content.js";

const fields = fc.dictionary(
    fc.constantFrom("a", "ab", "a b", "a!", "b", "ü", 'q"', "__proto__", "$key"),
    fc.constantFrom("1", "2", '"x"', "null"),
);
const written = (of: Record<string, string>) =>
    writeContent(
        new Map(Object.entries(of).map(([path, text]) => [path, { type: "string", text }])),
        new Set(),
    );

describe("the content of a record", () => {
    it("is read as it was written", () => {
        fc.assert(
            fc.property(fields, (of) => {
                assert.deepEqual(readContent(written(of)), new Map(Object.entries(of)));
            }),
        );
    });

    it("differs from another in the fields that are not equal", () => {
        fc.assert(
            fc.property(fields, fields, (one, other) => {
                const [a, b] = [readContent(written(one)), readContent(written(other))];
                const expected = [a, b].map((of, index) => {
                    const than = index === 0 ? b : a;
                    return new Map([...of].filter(([path, text]) => than.get(path) !== text));
                });
                assert.deepEqual(readDifferences(written(one), written(other)), expected);
            }),
            { numRuns: 1_000 },
        );
    });
});
