import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { summarise } from "../../components/provider/comparison/summary.js";
import { delays, look, topicOf, type Value } from "./world.js";

async function summaryOf(
    candidate: readonly Value[],
    args: Partial<CompareArgs> = {},
    incumbent: readonly Value[] = delays(),
): Promise<string[]> {
    const { verdict } = await look({
        incumbent: topicOf(incumbent),
        candidate: topicOf(candidate),
        args,
    });
    const lines = summarise(verdict);
    assert.ok(lines.length <= 24, `${lines.length} lines`);
    for (const line of lines) {
        assert.ok([...line].length <= 100, line);
        assert.doesNotMatch(line, /\p{C}/u, JSON.stringify(line));
    }
    return lines;
}

describe("the summary", () => {
    it("says a pass in three lines", async () => {
        assert.deepEqual(await summaryOf(delays()), [
            "PASS: v2 says the same as v1, in 12 records in 4 windows.",
            "12 matched, 0 changed, 0 missing, 0 extra.",
            "Compared from 2026-11-23T02:00Z (what is earlier is warm-up), verified through 2026-11-23T06:00Z.",
        ]);
    });

    it("names the outcome, the reason, the field and an example of a failure", async () => {
        const wrong = delays().map((record, index) =>
            index === 7 ? { ...record, mean_delay: 99 } : record,
        );
        const text = (await summaryOf(wrong)).join("\n");
        assert.match(text, /^FAIL: v2/);
        assert.match(text, /mean_delay differs in 1 of 12 records \(8.3 %\), by up to 96.625\./);
        assert.match(text, /values\s+│ mean_delay/);
        assert.match(text, /changed at 2026-11-23T02:00Z, [0-9a-f]{12}: mean_delay\n/);
        assert.doesNotMatch(text, /DFW|99/);
        const raw = (await summaryOf(wrong, { samples: "raw" })).join("\n");
        assert.match(raw, /\["DFW","2026-11-23 02:00:00"\]: mean_delay 2.375 → 99/);
    });

    it("says why nothing is decided", async () => {
        const text = (await summaryOf([])).join("\n");
        assert.match(text, /^INCONCLUSIVE/);
        assert.match(text, /written nothing to delays-v2 yet/);
    });

    it("fits a screen and moves no cursor, whatever the records say", async () => {
        const hostile = "\u001b[2J\u001b[31m\u202e\r\n\u0007‮<script>\u2028";
        const records = delays().map((record, index) => ({
            ...record,
            origin: `${hostile}${record.origin}${"x".repeat(500)}`,
            ...Object.fromEntries(
                Array.from({ length: 40 }, (_, n) => [`${hostile}${n}${"y".repeat(300)}`, index]),
            ),
        }));
        const other = records.map((record) =>
            Object.fromEntries(
                Object.entries(record).map(([name, value]) => [
                    name,
                    name.startsWith("\u001b") ? "\u001b[0m".repeat(100) : value,
                ]),
            ),
        );
        const broken = [...other, ...Array.from({ length: 50 }, () => "\u001b[31m{")];
        for (const samples of ["raw", "hashed"] as const) {
            const lines = await summaryOf([...broken, records[9]!], { samples }, records);
            assert.match(lines.join("\n"), /and 3\d more failing findings|and \d+ more/);
        }
    });
});
