import { z } from "zod";
import { plain } from "../provider/comparison/plain.js";
import { summarise } from "../provider/comparison/summary.js";
import type { Outcome, Verdict } from "../provider/comparison/verdict.js";

const titles: Readonly<Record<Outcome, string>> = {
    pass: "✅ pass",
    fail: "❌ fail",
    inconclusive: "❔ inconclusive",
};

/** GitHub takes 65,536 characters in a comment; the end of a preview says what came of it. */
const mostPreview = 50_000;

/**
 * A verdict, and what `pulumi preview` printed, as a comment in Markdown. Both hold names and values from topics: they
 * stand in fenced blocks, where nothing in them is a heading, a link, a mention or a tag.
 */
export function commentOf(verdict: Verdict | null, preview?: string): string {
    const title = verdict === null ? "no verdict yet" : titles[verdict.outcome];
    const summary =
        verdict === null
            ? ["Nothing was compared: no version is a candidate, or `pulumi up` has yet to run."]
            : summarise(verdict);
    return [
        `### ShadowFlinkJob: ${title}`,
        fenced(summary.join("\n")),
        ...(preview === undefined
            ? []
            : [
                  "<details>\n<summary>pulumi preview</summary>",
                  fenced(endOf(preview)),
                  "</details>",
              ]),
    ]
        .map((block) => `${block}\n`)
        .join("\n");
}

function endOf(preview: string): string {
    const lines = preview.trimEnd().split(/\r?\n/).map(plain);
    let length = 0;
    const first = lines.findLastIndex((line) => (length += line.length + 1) > mostPreview) + 1;
    // A line that is too long by itself is worth its end, too.
    const shown = first === lines.length ? [lines.at(-1)?.slice(-mostPreview)] : lines.slice(first);
    return [...(first === 0 ? [] : ["(what came before is left out)"]), ...shown].join("\n");
}

/** Text as a block of code: its fence is longer than every row of backticks inside. */
function fenced(text: string): string {
    const rows = (text.match(/`+/g) ?? []).map((row) => row.length);
    const fence = "`".repeat(Math.max(3, ...rows.map((length) => length + 1)));
    return `${fence}text\n${text}\n${fence}`;
}

const value = z.union([z.number(), z.string()]).nullable();

/** What a comment is made of; a verdict has more. */
const verdictShape = z.looseObject({
    reportVersion: z.literal(1),
    outcome: z.enum(["pass", "fail", "inconclusive"]),
    incumbent: z.string(),
    candidate: z.string(),
    coveredFrom: z.string().nullable(),
    verifiedThrough: z.string().nullable(),
    windows: z.number(),
    records: z.record(
        z.enum(["incumbent", "candidate", "matched", "changed", "missing", "extra"]),
        z.number(),
    ),
    sample: z.looseObject({ sentence: z.string() }).nullish(),
    findings: z.array(
        z.looseObject({
            rule: z.string(),
            field: z.string().nullable(),
            outcome: z.enum(["pass", "fail", "inconclusive"]),
            incumbent: value,
            candidate: value,
            n: z.number(),
            sentence: z.string(),
        }),
    ),
    gaps: z.array(z.string()),
    samples: z.array(
        z.looseObject({
            kind: z.string(),
            window: z.number(),
            identity: z.string(),
            fields: z.array(
                z.looseObject({
                    field: z.string(),
                    incumbent: z.string().nullable(),
                    candidate: z.string().nullable(),
                }),
            ),
        }),
    ),
});

/** Reads what `pulumi stack output verdict --json` prints, or a JSON report; fails with what is wrong with it. */
export function parseVerdict(text: string): Verdict | null {
    let json: unknown;
    try {
        json = JSON.parse(text);
    } catch (error) {
        throw new Error(`What came on standard input is not JSON: ${(error as Error).message}`, {
            cause: error,
        });
    }
    const found =
        typeof json === "object" && json !== null && "verdict" in json ? json.verdict : json;
    if (found === null) {
        return null;
    }
    const { error } = verdictShape.safeParse(found);
    if (error !== undefined) {
        throw new Error(
            "What came on standard input holds no verdict. Export `verdict = delays.verdict` from the program, whole, and give what " +
                `\`pulumi stack output verdict --json\` prints.\n${z.prettifyError(error)}`,
        );
    }
    return found as Verdict;
}
