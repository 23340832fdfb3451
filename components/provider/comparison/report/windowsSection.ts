import type { WindowEvidence } from "../evidence.js";
import { number, several, time } from "../rules/wording.js";
import { html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { table } from "./table.js";
import { windowChart } from "./windowCharts.js";

const mostWindows = 200;

/** Where in event time the versions differ. */
export function windowsSection(report: Report): Markup {
    const { windows } = report.evidence;
    if (windows.length === 0) {
        return html`<section>
            <h2 id="windows">Windows</h2>
            <p>No window counts yet: each is warm-up, or not finished on both topics.</p>
        </section>`;
    }
    const long = windows.length > mostWindows;
    const differing = windows.filter(differs);
    // In a long run, what differs is what is looked for.
    const rows = long ? [...differing, ...windows.filter((window) => !differs(window))] : windows;
    return html`<section>
        <h2 id="windows">Windows</h2>
        ${windowChart(report)}
        <p>
            ${several(differing.length, "window")} of ${number(windows.length)}
            ${differing.length === 1 ? "differs" : "differ"}${long && differing.length > 0 ? "; those stand first below" : ""}.
        </p>
        ${
            report.verdict.sample === null
                ? null
                : html`<p>
                      Records are all of a window; what became of them, those of the sample.
                  </p>`
        }
        ${table({
            caption: "Records by window",
            noun: "window",
            rows,
            limit: mostWindows,
            stands: differs,
            rest: (left) => `, of which ${number(left.filter(differs).length)} differ`,
            columns: [
                {
                    title: "Window (event time)",
                    kind: "name",
                    cell: ({ start, end, windows: of }) =>
                        html`${time(start)} –
                        ${time(end)}${of > 1 ? ` (${number(of)} windows)` : ""}`,
                },
                {
                    title: report.verdict.incumbent,
                    kind: "figure",
                    side: "incumbent",
                    cell: (of) => of.incumbentRecords,
                },
                {
                    title: report.verdict.candidate,
                    kind: "figure",
                    side: "candidate",
                    cell: (of) => of.candidateRecords,
                },
                { title: "Matched", kind: "figure", cell: ({ matched }) => matched },
                { title: "Changed", kind: "figure", cell: ({ changed }) => changed },
                { title: "Missing", kind: "figure", cell: ({ missing }) => missing },
                { title: "Extra", kind: "figure", cell: ({ extra }) => extra },
                {
                    title: "Duplicates",
                    kind: "figure",
                    side: "incumbent",
                    cell: (of) => of.incumbentDuplicates,
                },
                {
                    title: "Duplicates",
                    kind: "figure",
                    side: "candidate",
                    cell: (of) => of.candidateDuplicates,
                },
                { title: "Result", cell: (window) => (differs(window) ? "differs" : "equal") },
            ],
        })}
    </section>`;
}

function differs(window: WindowEvidence): boolean {
    const { changed, missing, extra, incumbentDuplicates, candidateDuplicates } = window;
    return changed + missing + extra + incumbentDuplicates + candidateDuplicates > 0;
}
