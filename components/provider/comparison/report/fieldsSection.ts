import type { FieldEvidence, FieldTally } from "../evidence.js";
import { number } from "../rules/wording.js";
import { nullRateChart } from "./fieldCharts.js";
import { numbers, share, shares } from "./figures.js";
import { cut, html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { table } from "./table.js";

const mostFields = 200;

/** Field by field: types, nulls, and how many pairs differ. */
export function fieldsSection(report: Report): Markup {
    const { fields } = report.evidence;
    const doubted = new Set(
        report.verdict.findings.flatMap(({ field, outcome }) =>
            outcome === "pass" ? [] : (field ?? []),
        ),
    );
    const unlike = ({ field, ignored, different }: FieldEvidence) =>
        ignored === null && (different > 0 || doubted.has(field));
    if (fields.length === 0) {
        return html`<section>
            <h2 id="fields">Fields</h2>
            <p>No fields were seen in windows that count.</p>
        </section>`;
    }
    const rows = [...fields].sort(
        (a, b) =>
            Number(unlike(b)) - Number(unlike(a)) ||
            differingShare(b) - differingShare(a) ||
            (a.field < b.field ? -1 : a.field > b.field ? 1 : 0),
    );
    return html`<section>
        <h2 id="fields">Fields and null rates</h2>
        ${nullRateChart(report) ?? html`<p>No field is null or missing from a record on either side.</p>`}
        ${table({
            caption: "Fields of both versions",
            noun: "field",
            rows,
            limit: mostFields,
            stands: unlike,
            rest: (left) =>
                `, of which ${number(left.filter(unlike).length)} differ or have a finding`,
            columns: [
                {
                    title: "Field",
                    kind: "name",
                    cell: ({ field, ignored }) =>
                        html`<code>${cut(field, 120)}</code
                            >${ignored === null ? null : html` <span class="quiet">ignored: ${cut(ignored, 200)}</span>`}`,
                },
                { title: "Differs in", cell: differing },
                {
                    title: "By up to",
                    kind: "figure",
                    cell: ({ largestDifference: by }) => (by === null ? "" : numbers(by, null)[0]),
                },
                { title: "Types", side: "incumbent", cell: ({ incumbent }) => types(incumbent) },
                { title: "Types", side: "candidate", cell: ({ candidate }) => types(candidate) },
                {
                    title: "Null",
                    kind: "figure",
                    side: "incumbent",
                    cell: (field) => rates(field, "nulls")[0],
                },
                {
                    title: "Null",
                    kind: "figure",
                    side: "candidate",
                    cell: (field) => rates(field, "nulls")[1],
                },
                {
                    title: "Absent",
                    kind: "figure",
                    side: "incumbent",
                    cell: (field) => rates(field, "absent")[0],
                },
                {
                    title: "Absent",
                    kind: "figure",
                    side: "candidate",
                    cell: (field) => rates(field, "absent")[1],
                },
            ],
        })}
    </section>`;
}

function differing(field: FieldEvidence): Markup {
    const { different, compared } = field;
    const width = Math.max(2, Math.round(64 * differingShare(field)));
    return different === 0
        ? html`<span class="quiet">${compared === 0 ? "not compared" : "equal"}</span>`
        : html`<span class="bar" style="width:${String(width)}px" aria-hidden="true"></span
              >${share(different, compared)}
              <span class="quiet">(${number(different)} of ${number(compared)})</span>`;
}

function differingShare({ different, compared }: FieldEvidence): number {
    return compared === 0 ? 0 : Math.min(1, different / compared);
}

function typeNames({ types: counts }: FieldTally): string[] {
    return Object.entries(counts)
        .filter(([, count]) => count > 0)
        .map(([name]) => name)
        .sort();
}

/** The types by name; with counts where there is more than one. */
function types(tally: FieldTally): string {
    const names = typeNames(tally);
    return names.length === 0
        ? "–"
        : names.length === 1
          ? names[0]!
          : names.map((name) => `${name} ${number(tally.types[name]!)}`).join(", ");
}

function rates(field: FieldEvidence, kind: "nulls" | "absent"): readonly [string, string] {
    const rate = (tally: FieldTally) => {
        const all = tally.present + tally.nulls + tally.absent;
        return all === 0 ? null : tally[kind] / all;
    };
    return shares(rate(field.incumbent), rate(field.candidate));
}
