import { several } from "../rules/wording.js";
import type { Finding } from "../verdict.js";
import { numbers } from "./figures.js";
import { cut, html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { table } from "./table.js";
import { outcomeWord } from "./verdictSection.js";

/** Every finding with all that it says. */
export function findingsSection({ verdict: { findings } }: Report): Markup {
    return html`<section>
        <h2 id="findings">Findings</h2>
        <p class="quiet">
            One row for every question that a rule asked. A critical failure fails the verdict, a
            required one keeps it from passing, an informational one only reports.
        </p>
        ${table({
            caption: "Findings",
            noun: "finding",
            rows: findings,
            limit: 300,
            stands: ({ outcome }) => outcome === "fail",
            rest: (left) =>
                `, of which ${several(left.filter(({ outcome }) => outcome !== "pass").length, "finding")} without a pass`,
            columns: [
                { title: "Rule", kind: "name", cell: ({ rule }) => rule },
                {
                    title: "Outcome",
                    cell: ({ outcome, severity }) =>
                        html`${outcomeWord(outcome)}
                            <div class="quiet">${severity}</div>`,
                },
                { title: "In words", kind: "sentence", cell: ({ sentence }) => sentence },
                {
                    title: "Field",
                    cell: ({ field }) =>
                        field === null ? null : html`<code>${cut(field, 60)}</code>`,
                },
                {
                    title: "Incumbent",
                    kind: "figure",
                    side: "incumbent",
                    cell: (finding) => value(finding, 0),
                },
                {
                    title: "Candidate",
                    kind: "figure",
                    side: "candidate",
                    cell: (finding) => value(finding, 1),
                },
                { title: "n", kind: "figure", cell: ({ n }) => n },
                { title: "Allowed", cell: ({ threshold }) => threshold },
            ],
        })}
    </section>`;
}

function value({ incumbent, candidate }: Finding, side: 0 | 1): string | Markup {
    const of = [incumbent, candidate][side]!;
    if (typeof of === "string") {
        return html`<span class="wrap">${cut(of, 120)}</span>`;
    }
    const number = (other: Finding["incumbent"]) => (typeof other === "number" ? other : null);
    return of === null ? "" : numbers(number(incumbent), number(candidate))[side];
}
