#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { reportJson } from "../provider/comparison/report/reportJson.js";
import { writeReport } from "../provider/comparison/report/writeReport.js";
import { summarise } from "../provider/comparison/summary.js";
import type { Outcome } from "../provider/comparison/verdict.js";
import { plain } from "../provider/comparison/plain.js";
import { explain } from "../provider/errors.js";
import { commentOf, parseVerdict } from "./comment.js";
import { parseCompare, type CompareRequest } from "./compareArguments.js";
import { compareTopics } from "./compareTopics.js";
import { help } from "./help.js";

const exitCodes: Readonly<Record<Outcome, number>> = { pass: 0, fail: 1, inconclusive: 2 };
const badUsage = 3;

async function main([command, ...args]: readonly string[]): Promise<number> {
    if (command === undefined || command === "help" || command === "--help" || command === "-h") {
        await print(process.stdout, help);
        return command === undefined ? badUsage : 0;
    }
    if (command === "comment") {
        return comment(args);
    }
    const parsed =
        command === "compare"
            ? parseCompare(args)
            : {
                  kind: "wrong" as const,
                  problems: [
                      `${JSON.stringify(command)} is not a command; there are compare and comment.`,
                  ],
              };
    switch (parsed.kind) {
        case "help":
            await print(process.stdout, help);
            return 0;
        case "wrong":
            await lines(process.stderr, [
                ...parsed.problems,
                "Nothing was compared. See shadow-flink compare --help.",
            ]);
            return badUsage;
        case "compare":
            return compare(parsed.request);
    }
}

async function compare(request: CompareRequest): Promise<number> {
    const stopped = stopOnSignals();
    const log = (line: string) => void lines(process.stderr, [line]);
    const report = await compareTopics(request, log, stopped.signal);
    await writeReport(request.candidate, report, log);
    const summary = summarise(report.verdict);
    if (request.json) {
        await lines(process.stderr, summary);
        await print(process.stdout, reportJson(report));
    } else {
        await lines(process.stdout, summary);
    }
    return stopped.signal.aborted
        ? (stopped.signal.reason as number)
        : exitCodes[report.verdict.outcome];
}

/** A verdict on standard input as Markdown on standard output. */
async function comment(args: readonly string[]): Promise<number> {
    try {
        const { preview } = parseArgs({
            args: [...args],
            options: { preview: { type: "string" } },
        }).values;
        const printed = preview === undefined ? undefined : readFileSync(preview, "utf8");
        await print(process.stdout, commentOf(parseVerdict(await text(process.stdin)), printed));
        return 0;
    } catch (error) {
        const { message } = error as Error;
        await lines(process.stderr, [...message.split("\n"), "See shadow-flink --help."]);
        return badUsage;
    }
}

/** The first Ctrl-C ends the look, which then says how far it came; the second ends the process. */
function stopOnSignals(): AbortController {
    const stopping = new AbortController();
    for (const [name, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 143],
    ] as const) {
        process.on(name, () => {
            if (stopping.signal.aborted) {
                process.exit(code);
            }
            stopping.abort(code);
            void lines(process.stderr, ["stopping; once more to stop at once"]);
        });
    }
    return stopping;
}

/** Line by line, with nothing in them that moves the cursor. */
function lines(to: NodeJS.WriteStream, texts: readonly string[]): Promise<void> {
    return print(to, texts.map((text) => `${plain(text)}\n`).join(""));
}

/** Resolves when the text is out: what is left in a pipe when the process ends would be lost. */
function print(to: NodeJS.WriteStream, text: string): Promise<void> {
    return new Promise((resolve) => {
        to.write(text, () => resolve());
    });
}

// Whoever reads the output may have enough of it, as head does: no reason to fail.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

void main(process.argv.slice(2))
    .catch(async (error: unknown) => {
        await lines(process.stderr, [`Inconclusive: ${explain(error)}`]);
        return exitCodes.inconclusive;
    })
    .then(
        // A connection that does not close must not keep the command from ending.
        (code) => process.exit(code),
    );
