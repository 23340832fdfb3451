import { totalsOf } from "../rules/rule.js";
import { number, several, time } from "../rules/wording.js";
import type { Outcome } from "../verdict.js";
import { share } from "./figures.js";
import { html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { mark, table } from "./table.js";
import { sides } from "../../../side.js";

const mostReasons = 5;

const outcomes: Readonly<Record<Outcome, readonly [symbol: string, name: string]>> = {
    pass: ["✓", "Pass"],
    fail: ["✗", "Fail"],
    inconclusive: ["?", "Inconclusive"],
};

/** A finding's outcome in a word, with a sign of its own. */
export function outcomeWord(outcome: Outcome): Markup {
    const [symbol, name] = outcomes[outcome];
    return html`<span class="of ${outcome}"
        ><span aria-hidden="true">${symbol}</span> ${name}</span
    >`;
}

/** The first screen: what was decided, why, on how much. */
export function verdictSection(report: Report): Markup {
    const { verdict } = report;
    const { outcome, candidate, incumbent, windows, records } = verdict;
    const [symbol, name] = outcomes[outcome];
    return html`<header>
        <p class="eyebrow">ShadowFlinkJob · comparison of ${candidate} with ${incumbent}</p>
        <h1>
            <span class="outcome ${outcome}"
                ><span aria-hidden="true">${symbol}</span> ${name}</span
            >
            ${headline(report)}
        </h1>
        <p class="lede">
            ${several(records.incumbent, "record")} of ${incumbent} and ${number(records.candidate)}
            of ${candidate} in ${several(windows, "window")} of event time. ${coverage(report)}
            Compared at ${verdict.comparedAt}.
        </p>
        ${verdict.sample === null ? null : html`<p class="lede">${verdict.sample.sentence}</p>`}
        ${reasons(report)} ${tiles(report)} ${versions(report)}
    </header>`;
}

function headline({ verdict: { outcome, candidate, incumbent } }: Report): string {
    switch (outcome) {
        case "pass":
            return `${candidate} says the same as ${incumbent}`;
        case "fail":
            return `${candidate} does not say the same as ${incumbent}`;
        case "inconclusive":
            return `Nothing is decided on ${candidate} beside ${incumbent} yet`;
    }
}

function coverage({ verdict: { coveredFrom, verifiedThrough } }: Report): string {
    if (coveredFrom === null) {
        return "No window counts yet: each is warm-up, or not finished on both topics.";
    }
    const from = `From ${time(Date.parse(coveredFrom))}`;
    return verifiedThrough === null
        ? `${from}; not even the first window is verified.`
        : `${from}, verified through ${time(Date.parse(verifiedThrough))}.`;
}

/** What decided it: gaps first, since they make every count doubtful; for a pass, what it rests on. */
function reasons({ verdict }: Report): Markup {
    const { outcome, gaps, findings } = verdict;
    const those = (wanted: Outcome) =>
        findings
            .filter((finding) => finding.outcome === wanted)
            .sort((a, b) => Number(lenient(a)) - Number(lenient(b)))
            .map(
                ({ rule, sentence }) =>
                    html`<li>${sentence} <span class="rule">${rule}</span></li>`,
            );
    const missing = gaps.map((gap) => html`<li>${gap} <span class="rule">not seen</span></li>`);
    const undecided = those("inconclusive");
    const all =
        outcome === "pass"
            ? those("pass")
            : outcome === "fail"
              ? [...those("fail"), ...missing, ...undecided]
              : [...missing, ...undecided, ...those("fail")];
    const shown = all.slice(0, all.length > mostReasons ? mostReasons - 1 : mostReasons);
    const rest = all.length - shown.length;
    const more =
        rest > 0
            ? html`<li>
                  … and ${several(rest, "more reason")}: see <a href="#findings">findings</a> and
                  <a href="#left-out">what was left out</a>.
              </li>`
            : null;
    return html`<section class="why ${outcome}">
        <h2>${outcome === "pass" ? "What it rests on" : "Why"}</h2>
        <ul>
            ${shown}${more}
        </ul>
    </section>`;
}

function lenient({ severity }: { severity: string }): boolean {
    return severity === "informational";
}

function tiles({ verdict, evidence }: Report): Markup {
    const { matched, changed, missing, extra } = verdict.records;
    const { incumbentDuplicates, candidateDuplicates } = totalsOf(evidence.windows);
    const { incumbent, candidate } = verdict.sample?.records ?? verdict.records;
    const tile = (name: string, count: number, of: number, whose: string, bad: boolean) =>
        html`<div class="${bad && count > 0 ? "bad" : "good"}">
            <dt>${name}</dt>
            <dd>${count}<small>${of === 0 ? "–" : `${share(count, of)} of ${whose}`}</small></dd>
        </div>`;
    return html`<dl class="tiles">
        ${tile("Matched", matched, incumbent, verdict.incumbent, false)}
        ${tile("Changed", changed, matched + changed, "pairs", true)}
        ${tile("Missing", missing, incumbent, verdict.incumbent, true)}
        ${tile("Extra", extra, candidate, verdict.candidate, true)}
        ${tile("Duplicates", incumbentDuplicates + candidateDuplicates, incumbent + candidate, "both", true)}
    </dl>`;
}

function versions({ evidence }: Report): Markup {
    return table({
        caption: "The two versions",
        noun: "version",
        rows: sides.map((side) => ({ side, ...evidence[side] })),
        columns: [
            {
                title: "Version",
                kind: "name",
                cell: ({ side, version }) => html`${mark(side)}${version}`,
            },
            { title: "Role", cell: ({ side }) => side },
            { title: "Topic", cell: ({ topic }) => html`<code>${topic}</code>` },
            { title: "Records read", kind: "figure", cell: ({ records }) => records },
            { title: "Unreadable", kind: "figure", cell: ({ unreadable }) => unreadable },
            {
                title: "Event time up to",
                kind: "figure",
                cell: ({ watermark }) => (watermark === null ? "–" : time(watermark)),
            },
        ],
    });
}
