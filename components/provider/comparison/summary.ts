import Table from "cli-table3";
import type { Sample } from "./evidence.js";
import { plain } from "./plain.js";
import { number, recordOf, several, time } from "./rules/wording.js";
import type { Finding, SampleSize, Verdict } from "./verdict.js";

const width = 100;
const most = { reasons: 3, findings: 5, samples: 4, samplesOfASample: 2 };

/** A verdict on one screen: what, why, where, and how far. Plain text, at most 24 lines of 100 columns. */
export function summarise(verdict: Verdict): string[] {
    return [headline(verdict), ...reasons(verdict), ...table(verdict), ...samples(verdict)]
        .concat(coverage(verdict), sample(verdict))
        .map((line) => fit(line, width));
}

function headline({ outcome, candidate, incumbent, records, windows, sample }: Verdict): string {
    const of = isSampled(sample)
        ? several(sample.records.incumbent, recordOf({ sample: sample.share }))
        : several(records.incumbent, "record");
    const compared = `${of} in ${several(windows, "window")}`;
    switch (outcome) {
        case "pass":
            return `PASS: ${candidate} says the same as ${incumbent}, in ${compared}.`;
        case "fail":
            return `FAIL: ${candidate} does not say the same as ${incumbent}, in ${compared}.`;
        case "inconclusive":
            return `INCONCLUSIVE: nothing is decided on ${candidate} beside ${incumbent} yet.`;
    }
}

function reasons({ gaps, findings }: Verdict): string[] {
    const lacking = findings
        .filter(({ outcome }) => outcome === "inconclusive")
        .map(({ sentence }) => sentence);
    const failing = findings
        .filter(({ outcome }) => outcome === "fail")
        .map(({ sentence }) => sentence);
    return some([...gaps, ...lacking, ...failing], most.reasons, "reason").flatMap(wrap);
}

function table({ findings }: Verdict): string[] {
    const failing = findings.filter(({ outcome }) => outcome === "fail");
    if (failing.length === 0) {
        return [];
    }
    const rows = new Table({
        head: ["rule", "field", "incumbent", "candidate", "n"],
        colWidths: [13, 26, 18, 26, 11],
        style: { head: [], border: [], compact: true },
    });
    rows.push(...failing.slice(0, most.findings).map(row));
    const rest = failing.length - most.findings;
    return [
        ...rows.toString().split("\n"),
        ...(rest > 0 ? [`  and ${several(rest, "more failing finding")}`] : []),
    ];
}

function row({ rule, field, incumbent, candidate, n }: Finding): string[] {
    const value = (of: Finding["incumbent"]) => (typeof of === "number" ? number(of) : (of ?? ""));
    return [rule, field ?? "", value(incumbent), value(candidate), number(n)].map(plain);
}

function samples({ samples: all, sample }: Verdict): string[] {
    // The first of each kind before the second of any.
    const places = new Map<string, number>();
    const ordered = all
        .map((sample) => {
            const place = places.get(sample.kind) ?? 0;
            places.set(sample.kind, place + 1);
            return { sample, place };
        })
        .sort((a, b) => a.place - b.place)
        .map(({ sample }) => `  ${describeSample(sample)}`);
    const limit = isSampled(sample) ? most.samplesOfASample : most.samples;
    return ordered.length === 0 ? [] : ["For example:", ...ordered.slice(0, limit)];
}

function describeSample({ kind, window, identity, fields }: Sample): string {
    const differing = fields.map(({ field, incumbent, candidate }) =>
        incumbent === null && candidate === null
            ? field
            : `${field} ${incumbent ?? "absent"} → ${candidate ?? "absent"}`,
    );
    const what = differing.length === 0 ? "" : `: ${differing.join(", ")}`;
    return `${kind} at ${time(window)}, ${identity}${what}`;
}

function coverage({ coveredFrom, verifiedThrough, records }: Verdict): string[] {
    if (coveredFrom === null) {
        return ["No window counts yet: each is warm-up, or not finished on both topics."];
    }
    const { matched, changed, missing, extra } = records;
    const through =
        verifiedThrough === null
            ? "not even the first window is verified"
            : `verified through ${shortTime(verifiedThrough)}`;
    return [
        `${number(matched)} matched, ${number(changed)} changed, ${number(missing)} missing, ${number(extra)} extra.`,
        `Compared from ${shortTime(coveredFrom)} (what is earlier is warm-up), ${through}.`,
    ];
}

/** What a comparison of a part of the records can show. */
function sample({ sample: size }: Verdict): string[] {
    return isSampled(size) ? wrap(size.sentence).map((line) => line.trimStart()) : [];
}

/** Not so in verdicts from before there were samples, either. */
const isSampled = (size: Verdict["sample"] | undefined): size is SampleSize =>
    size !== null && size !== undefined;

const shortTime = (iso: string) => time(Date.parse(iso));

function some(lines: readonly string[], limit: number, noun: string): string[] {
    return lines.length <= limit
        ? [...lines]
        : [
              ...lines.slice(0, limit - 1),
              `and ${several(lines.length - limit + 1, `more ${noun}`)}`,
          ];
}

/** A sentence on two lines at most. */
function wrap(sentence: string): string[] {
    const indent = "  ";
    const text = plain(sentence);
    const room = width - indent.length;
    if (text.length <= room) {
        return [`${indent}${text}`];
    }
    const space = text.lastIndexOf(" ", room);
    const end = space > 0 ? space : room;
    return [`${indent}${text.slice(0, end)}`, `${indent}${indent}${text.slice(end).trimStart()}`];
}

function fit(line: string, columns: number): string {
    const characters = [...plain(line)];
    return characters.length <= columns
        ? characters.join("")
        : `${characters.slice(0, columns - 1).join("")}…`;
}
