import type { Aggregate, AggregateEvidence } from "../evidence.js";
import { number } from "../rules/wording.js";
import { quantileChart, quantileName } from "./fieldCharts.js";
import { change, numbers, relativeChange } from "./figures.js";
import { cut, html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { table } from "./table.js";

const mostCharts = 12;

/** One number of one field, in one group or in all. */
interface Line {
    readonly field: string;
    readonly name: string;
    readonly values: readonly [string, string];
    /** As a share of the incumbent's; for the order, and to say whether they differ. */
    readonly relative: number;
    readonly change: string;
}

/** Aggregates and quantiles of the fields that the settings name; `null` where they name none. */
export function aggregatesSection(report: Report): Markup | null {
    const { aggregates } = report.evidence;
    if (aggregates.length === 0) {
        return null;
    }
    const overall = aggregates.filter(({ group }) => group.length === 0);
    const groups = aggregates.filter(({ group }) => group.length > 0);
    const charts = overall.slice(0, mostCharts).flatMap((of) => quantileChart(of, report) ?? []);
    return html`<section>
        <h2 id="aggregates">Aggregates and quantiles</h2>
        <div class="multiples">${charts}</div>
        ${overall.length > mostCharts ? html`<p class="more">… and ${number(overall.length - mostCharts)} more fields without a chart, in the table.</p>` : null}
        ${table({
            caption: "Aggregates over all records",
            noun: "number",
            rows: overall.flatMap(linesOf),
            limit: 400,
            stands: ({ relative }) => relative !== 0,
            columns: [
                {
                    title: "Field",
                    kind: "name",
                    cell: ({ field }) => html`<code>${cut(field, 120)}</code>`,
                },
                { title: "Aggregate", cell: ({ name }) => name },
                ...sides<Line>(report, ({ values }) => values),
                { title: "Change", kind: "figure", cell: (line) => line.change },
            ],
        })}
        <p class="more">
            Quantiles are within 1 % of the true value; distinct numbers are exact up to 1,024 and
            within 6 % above.
        </p>
        ${groups.length === 0 ? null : byGroup(groups, report)}
    </section>`;
}

function byGroup(groups: readonly AggregateEvidence[], report: Report): Markup {
    const { groupBy } = report.settings.rules.aggregates;
    const rows = groups
        .map((of) => {
            const lines = linesOf(of);
            const worst = lines.reduce((most, line) =>
                Math.abs(line.relative) > Math.abs(most.relative) ? line : most,
            );
            return { of, worst, lines };
        })
        .sort((a, b) => Math.abs(b.worst.relative) - Math.abs(a.worst.relative));
    const unequal = (row: (typeof rows)[number]) => row.worst.relative !== 0;
    return html`<h3>By group</h3>
        <p class="quiet">
            Every group of <code>${groupBy.join(", ")}</code> by the aggregate in which the versions
            are furthest apart, the furthest first.
        </p>
        ${table({
            caption: "Aggregates by group",
            noun: "group",
            rows,
            stands: unequal,
            rest: (left) => `, of which ${number(left.filter(unequal).length)} differ`,
            columns: [
                {
                    title: "Group",
                    kind: "name",
                    cell: ({ of }) => of.group.map((value) => cut(value, 80)).join(", "),
                },
                { title: "Field", cell: ({ of }) => html`<code>${cut(of.field, 120)}</code>` },
                ...sides<(typeof rows)[number]>(
                    report,
                    ({ of }) => numbers(of.incumbent.count, of.candidate.count),
                    "Count, ",
                ),
                ...sides<(typeof rows)[number]>(
                    report,
                    ({ of }) => numbers(of.incumbent.mean, of.candidate.mean),
                    "Mean, ",
                ),
                {
                    title: "Furthest apart",
                    cell: ({ worst }) => (worst.relative === 0 ? "equal" : worst.name),
                },
                ...sides<(typeof rows)[number]>(report, ({ worst }) => worst.values),
                { title: "Change", kind: "figure", cell: ({ worst }) => worst.change },
            ],
        })}`;
}

function sides<Row>(
    { verdict }: Report,
    values: (row: Row) => readonly [string, string],
    prefix = "",
) {
    return (["incumbent", "candidate"] as const).map((side, place) => ({
        title: `${prefix}${verdict[side]}`,
        kind: "figure" as const,
        side,
        cell: (row: Row) => values(row)[place]!,
    }));
}

/** Decimal text with its thousands apart, as numbers have them. */
function grouped(text: string): string {
    const [whole = "", ...rest] = text.split(".");
    return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...rest].join(".");
}

function linesOf({ field, incumbent, candidate }: AggregateEvidence): Line[] {
    const line = (name: string, of: (aggregate: Aggregate) => number | null): Line => {
        const [a, b] = [of(incumbent), of(candidate)];
        return {
            field,
            name,
            values: numbers(a, b),
            relative: a === null || b === null ? (a === b ? 0 : Infinity) : relativeChange(a, b),
            change: change(a, b),
        };
    };
    /** Decimal text stays as it is: it may have more digits than a number holds. */
    const exact = (name: string, of: (aggregate: Aggregate) => string | null): Line => {
        const [a, b] = [of(incumbent), of(candidate)];
        const known = line(name, (aggregate) =>
            of(aggregate) === null ? null : Number(of(aggregate)),
        );
        const values = [a, b].map((text) => (text === null ? "–" : grouped(cut(text, 48))));
        const hidden = a !== b && known.relative === 0;
        return {
            ...known,
            values: [values[0]!, values[1]!],
            // They differ, by less than a number can say.
            ...(hidden ? { relative: Number.MIN_VALUE, change: "less than 1e-15" } : {}),
        };
    };
    return [
        line("count", ({ count }) => count),
        exact("sum", ({ sum }) => sum),
        line("mean", ({ mean }) => mean),
        exact("min", ({ min }) => min),
        exact("max", ({ max }) => max),
        line("distinct", ({ distinct }) => distinct),
        ...incumbent.quantiles.map(({ quantile }, place) =>
            line(quantileName(quantile), ({ quantiles }) => quantiles[place]?.value ?? null),
        ),
    ];
}
