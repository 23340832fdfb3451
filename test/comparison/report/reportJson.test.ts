import assert from "node:assert/strict";
import { reportJson } from "../../../components/provider/comparison/report/reportJson.js";
import { hostileReport, hostileTexts } from "./hostile.js";
import { fieldOf, reportOf, sampleEvidence } from "./sample.js";

type Json = Record<string, unknown>;

describe("the report as JSON", () => {
    it("has everything under a version", () => {
        const report = reportOf();
        const read = JSON.parse(reportJson(report)) as Json;
        assert.deepEqual(Object.keys(read), ["reportVersion", "verdict", "evidence", "settings"]);
        assert.equal(read.reportVersion, 1);
        assert.deepEqual(read.verdict, report.verdict);
        assert.deepEqual(read.settings, report.settings);
        const { aggregates, ...rest } = read.evidence as Json;
        const { aggregates: given, ...others } = report.evidence;
        assert.deepEqual(rest, others);
        assert.equal((aggregates as unknown[]).length, given.length);
    });

    it("is the same, byte for byte, whatever order its members come in", () => {
        const { verdict, evidence, settings } = reportOf();
        const reversed = <T extends object>(of: T) =>
            Object.fromEntries(Object.entries(of).reverse()) as T;
        const again = {
            settings: reversed(settings),
            evidence: reversed(evidence),
            verdict: reversed(verdict),
        };
        assert.equal(reportJson(again), reportJson({ verdict, evidence, settings }));
    });

    it("gives back hostile texts, and is harmless where it is shown", () => {
        for (const text of hostileTexts) {
            const json = reportJson(hostileReport(text));
            assert.doesNotMatch(json.replaceAll("\n", ""), /[<>&\p{C}\p{Zl}\p{Zp}]/u);
            const { evidence } = JSON.parse(json) as { evidence: { gaps: string[] } };
            assert.deepEqual(evidence.gaps, [text]);
        }
    });

    it("keeps numbers that JSON has no words for", () => {
        const evidence = {
            ...sampleEvidence(),
            fields: [
                fieldOf("a", { different: 1, largestDifference: Infinity }),
                fieldOf("__proto__", { different: 1, largestDifference: 2 ** 60 }),
            ],
        };
        const read = JSON.parse(reportJson(reportOf(evidence))) as {
            evidence: { fields: { field: string; largestDifference: unknown }[] };
        };
        assert.deepEqual(
            read.evidence.fields.map(({ field, largestDifference }) => [field, largestDifference]),
            [
                ["a", "Infinity"],
                ["__proto__", 2 ** 60],
            ],
        );
    });
});
