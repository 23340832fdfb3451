import { totalsOf } from "../rules/rule.js";
import { several } from "../rules/wording.js";
import { share } from "./figures.js";
import { cut, html, type Markup } from "./markup.js";
import { recordsColumns } from "./recordsColumns.js";
import type { Report } from "./report.js";
import { table } from "./table.js";

const most = { gaps: 50, ignored: 50 };

const reasons = {
    "warm-up": "begins before both versions were warm, so their state may differ by right",
    "not sealed": "not finished on both topics",
} as const;

/** What the verdict does not rest on: windows, fields, and what could not be seen. */
export function leftOutSection({ evidence, verdict }: Report): Markup {
    const { gaps, leftOut, fields } = evidence;
    const ignored = fields.filter((field) => field.ignored !== null);
    return html`<section>
        <h2 id="left-out">What was left out</h2>
        <h3>Not seen</h3>
        ${
            gaps.length === 0
                ? html`<p>Nothing: both topics were read completely.</p>`
                : html`<ul>
                          ${gaps.slice(0, most.gaps).map((gap) => html`<li>${gap}</li>`)}
                      </ul>
                      ${
                          gaps.length > most.gaps
                              ? html`<p class="more">
                                    … and ${several(gaps.length - most.gaps, "more gap")}. All of
                                    them are in the JSON report.
                                </p>`
                              : null
                      }`
        }
        <h3>Windows that do not count</h3>
        ${
            leftOut.length === 0
                ? html`<p>None.</p>`
                : table({
                      caption: "Windows that do not count",
                      noun: "reason",
                      rows: leftOut,
                      columns: [
                          {
                              title: "Why",
                              kind: "name",
                              cell: ({ reason }) => html`${reason}: ${reasons[reason]}`,
                          },
                          { title: "Windows", kind: "figure", cell: ({ windows }) => windows },
                          ...recordsColumns(verdict),
                      ],
                  })
        }
        ${
            ignored.length === 0
                ? null
                : html`<h3>Ignored fields</h3>
                      ${table({
                          caption: "Ignored fields",
                          noun: "field",
                          rows: ignored,
                          limit: most.ignored,
                          columns: [
                              {
                                  title: "Field",
                                  kind: "name",
                                  cell: ({ field }) => html`<code>${cut(field, 120)}</code>`,
                              },
                              { title: "Reason given", cell: (field) => field.ignored },
                          ],
                      })}`
        }
    </section>`;
}

/** How far the control version is from the incumbent beside how far the candidate is; `null` without a control. */
export function noiseSection({ evidence, verdict }: Report): Markup | null {
    const { control } = evidence;
    if (control === null) {
        return null;
    }
    const [noise, seen] = [totalsOf(control.windows), totalsOf(evidence.windows)];
    const pairs = (of: typeof noise) => of.matched + of.changed;
    const rows = [
        ["Changed, of pairs", share(noise.changed, pairs(noise)), share(seen.changed, pairs(seen))],
        [
            "Missing, of the incumbent's",
            share(noise.missing, noise.incumbentSampled),
            share(seen.missing, seen.incumbentSampled),
        ],
        [
            "Extra, of its own",
            share(noise.extra, noise.candidateSampled),
            share(seen.extra, seen.candidateSampled),
        ],
        [
            "Duplicates, of its own",
            share(noise.candidateDuplicates, noise.candidateSampled),
            share(seen.candidateDuplicates, seen.candidateSampled),
        ],
    ] as const;
    return html`<section>
        <h2 id="noise">Noise</h2>
        <p>
            ${control.candidate.version} runs the code of ${verdict.incumbent}. What it differs is
            noise, and taken off what ${verdict.candidate} differs; compared in
            ${several(noise.windows, "window")}.
        </p>
        ${table({
            caption: "The control version beside the candidate",
            noun: "number",
            rows,
            columns: [
                { title: `Against ${verdict.incumbent}`, kind: "name", cell: ([name]) => name },
                {
                    title: `${control.candidate.version} (control)`,
                    kind: "figure",
                    cell: (row) => row[1],
                },
                {
                    title: verdict.candidate,
                    kind: "figure",
                    side: "candidate",
                    cell: (row) => row[2],
                },
            ],
        })}
        ${
            control.gaps.length === 0
                ? null
                : html`<ul>
                      ${control.gaps.slice(0, most.gaps).map((gap) => html`<li>${gap}</li>`)}
                  </ul>`
        }
    </section>`;
}
