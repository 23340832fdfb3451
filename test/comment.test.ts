import assert from "node:assert/strict";
import { Parser, type Node } from "commonmark";
import * as fc from "fast-check";
import { commentOf, parseVerdict } from "../components/cli/comment.js";
import { reportJson } from "../components/provider/comparison/report/reportJson.js";
import { summarise } from "../components/provider/comparison/summary.js";
import { hostileReport, hostileTexts } from "./comparison/report/hostile.js";
import { reportOf, sampleEvidence } from "./comparison/report/sample.js";

const { verdict } = reportOf(sampleEvidence());

/** What a renderer sees: every block, and the text of each. */
function blocksOf(markdown: string): [type: string, text: string][] {
    const walker = new Parser().parse(markdown).walker();
    const blocks: [string, string][] = [];
    for (let event = walker.next(); event !== null; event = walker.next()) {
        const { node, entering } = event;
        if (entering && node.type !== "document") {
            blocks.push([node.type, textOf(node)]);
        }
    }
    return blocks;
}

const textOf = ({ literal }: Node) => literal ?? "";

/** What every comment consists of, and nothing else. */
function shape(title: string, summary: string, preview?: string): [string, string][] {
    return [
        ["heading", ""],
        ["text", title],
        ["code_block", `${summary}\n`],
        ...(preview === undefined
            ? []
            : ([
                  ["html_block", "<details>\n<summary>pulumi preview</summary>"],
                  ["code_block", `${preview}\n`],
                  ["html_block", "</details>"],
              ] as [string, string][])),
    ];
}

describe("the comment of a verdict", () => {
    it("says the verdict in a heading, and in the words of the log", () => {
        const [, title] = blocksOf(commentOf(verdict))[1]!;
        assert.equal(title, `ShadowFlinkJob: ❌ fail`);
        assert.deepEqual(
            blocksOf(commentOf(verdict, "one\ntwo\n")),
            shape(title, summarise(verdict).join("\n"), "one\ntwo"),
        );
    });

    it("says where there is none", () => {
        assert.deepEqual(
            blocksOf(commentOf(null)),
            shape(
                "ShadowFlinkJob: no verdict yet",
                "Nothing was compared: no version is a candidate, or `pulumi up` has yet to run.",
            ),
        );
    });

    const markdown = [
        "```\n# a heading\n```",
        "~~~\n</details><img src=x>\n````````\n@everyone see #1",
        "[x](javascript:alert(1)) ![](http://127.0.0.1:9/x.png) www.example.org :tada:",
        "</code></pre></details>\n\n<script>1</script>",
        "    ```\n\t```\r```\u2028```\n- a\n\n> b",
    ];

    it("is text and nothing else, whatever stands in verdict and preview", () => {
        for (const text of [...hostileTexts, ...markdown]) {
            const { verdict: hostile } = hostileReport(text);
            const types = blocksOf(commentOf(hostile, text)).map(([type]) => type);
            const expected = ["heading", "text", "code_block"];
            expected.push("html_block", "code_block", "html_block");
            assert.deepEqual(types, expected, text);
        }
    });

    it("is so for any preview, of which nothing is lost", () => {
        const piece = fc.constantFrom(
            "`",
            "```",
            "\n",
            " ",
            "~",
            "<",
            "</details>",
            "#",
            "a",
            "\\",
        );
        fc.assert(
            fc.property(fc.array(piece, { minLength: 1, maxLength: 60 }), (pieces) => {
                const preview = `${pieces.join("")}.`;
                const blocks = blocksOf(commentOf(null, preview));
                assert.deepEqual(blocks[4], ["code_block", `${preview}\n`]);
                assert.equal(blocks.length, 6);
            }),
            { numRuns: 2_000 },
        );
    });

    it("leaves room in a comment of GitHub, and keeps the end of a preview", () => {
        const preview = Array.from({ length: 9_000 }, (_, line) => `line ${line}`).join("\n");
        const long = commentOf(verdict, preview);
        assert.ok(long.length < 65_536, `${long.length} characters`);
        assert.match(long, /\n\(what came before is left out\)\nline \d+\n/);
        assert.match(long, /\nline 8999\n```/);
        const one = commentOf(verdict, "x".repeat(200_000));
        assert.ok(one.length < 65_536 && one.includes("x".repeat(40_000)));
    });

    it("is made of a verdict, of a report, and of none", () => {
        assert.deepEqual(parseVerdict(JSON.stringify(verdict)), verdict);
        const report = reportOf(sampleEvidence());
        assert.equal(parseVerdict(reportJson(report))?.fingerprint, verdict.fingerprint);
        assert.equal(parseVerdict("null\n"), null);
    });

    it("is refused for anything else, with the way out", () => {
        assert.throws(() => parseVerdict(""), /standard input is not JSON: /);
        for (const json of ["3", "[]", '{"outcome":"pass"}', '{"verdict":{"outcome":"maybe"}}']) {
            assert.throws(() => parseVerdict(json), /holds no verdict\. Export `verdict = /, json);
        }
    });
});
