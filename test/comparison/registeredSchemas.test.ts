import assert from "node:assert/strict";
import { decide } from "../../components/provider/comparison/decide.js";
import type { SchemaEvidence } from "../../components/provider/comparison/evidence.js";
import { evidenceOf } from "./evidenceOf.js";
import { settingsOf } from "./world.js";

const schemaOf = (id: number, change: Partial<SchemaEvidence>): SchemaEvidence => ({
    part: "value",
    id,
    subject: "delays-value",
    version: id,
    incumbentRecords: 0,
    candidateRecords: 0,
    compatible: null,
    message: null,
    ...change,
});
const old = schemaOf(1, { incumbentRecords: 4_000 });
const own = (change: Partial<SchemaEvidence> = {}) =>
    schemaOf(7, { subject: "delays-v2-value", version: 2, candidateRecords: 4_000, ...change });

function said(...schemas: SchemaEvidence[]) {
    const settings = settingsOf({ rules: { schema: { compatibility: "backward" } } });
    const { findings, outcome } = decide(evidenceOf({ schemas }), settings, {
        fingerprint: "f",
        comparedAt: "now",
    });
    const lines = findings
        .filter(({ rule }) => rule === "schema")
        .map((found) => `${found.outcome}: ${found.sentence}`);
    return { outcome, lines: lines.filter((line) => !line.includes("have the same")) };
}

describe("registered schemas", () => {
    it("of one id are nothing to speak of", () => {
        assert.deepEqual(said({ ...old, candidateRecords: 4_000 }).lines, []);
        assert.deepEqual(said().lines, []);
    });

    it("of different ids alone only inform", () => {
        const { outcome, lines } = said(old, own());
        assert.equal(outcome, "pass");
        assert.deepEqual(lines, [
            "pass: The incumbent's values are written with schema 1 (delays-value, version 1), the candidate's with " +
                "schema 7 (delays-v2-value, version 2).",
        ]);
        const nameless = said(old, own({ subject: null, version: null })).lines;
        assert.match(nameless.join(), /the candidate's with schema 7\.$/);
    });

    it("fail where the registry says that they are not compatible, with its words", () => {
        const { outcome, lines } = said(old, own({ compatible: false, message: "b is missing." }));
        assert.equal(outcome, "fail");
        assert.deepEqual(lines, [
            "fail: The candidate's value schema 7 (delays-v2-value, version 2), in 4,000 of its records, is not " +
                "backward compatible with the incumbent's newest one, schema 1 (delays-value, version 1): b is missing.",
        ]);
    });

    it("pass where it says that they are, in every part", () => {
        const key = { part: "key", subject: "delays-key" } as const;
        const { outcome, lines } = said(
            { ...old, ...key },
            own({ ...key, compatible: true }),
            { ...old, id: 2 },
            old,
            own({ compatible: false }),
        );
        assert.equal(outcome, "fail");
        assert.match(lines[0]!, /^fail: The candidate's value schema 7/);
        assert.match(lines[1]!, /^pass: The candidate's key schema 7 .* is backward compatible/);
    });

    it("are inconclusive where it was asked and cannot say", () => {
        const { outcome, lines } = said(old, own({ message: "it did not answer" }));
        assert.equal(outcome, "inconclusive");
        assert.match(
            lines.join(),
            /^inconclusive: .* is not known to be backward compatible .*: it did not answer\.$/,
        );
    });
});
