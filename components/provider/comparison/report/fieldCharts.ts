import type { AggregateEvidence, FieldTally } from "../evidence.js";
import { number, percent } from "../rules/wording.js";
import { axisText, draw, inChart, ink, strokes } from "./chart.js";
import { html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { sides } from "../../../side.js";

/** Of all records, the share in which a field has no value: null, or not there. */
export function emptyShare({ present, nulls, absent }: FieldTally): number {
    const all = present + nulls + absent;
    return all === 0 ? 0 : (nulls + absent) / all;
}

const mostFields = 14;

/** The fields without a value most unlike in the two versions: a mark for each version, a bar between them. */
export function nullRateChart({ evidence }: Report): Markup | null {
    const shown = evidence.fields
        .map((field) => ({
            name: inChart(field.field),
            incumbent: emptyShare(field.incumbent),
            candidate: emptyShare(field.candidate),
        }))
        .filter(({ incumbent, candidate }) => incumbent > 0 || candidate > 0)
        .sort((a, b) => apart(b) - apart(a));
    if (shown.length === 0) {
        return null;
    }
    // The first category of an upright axis is at its bottom.
    const rows = shown.slice(0, mostFields).reverse();
    const highest = Math.max(...rows.flatMap(({ incumbent, candidate }) => [incumbent, candidate]));
    const { incumbent, candidate } = evidence;
    const marks = sides.map((side) => ({
        type: "scatter" as const,
        name: inChart(evidence[side].version),
        symbol: strokes[side].symbol,
        symbolSize: side === "incumbent" ? 13 : 11,
        itemStyle: { color: ink[side], opacity: 1 },
        data: rows.map((row, place) => [row[side], place]),
        clip: false,
        z: 3,
    }));
    const between = { type: "bar" as const, stack: "between", barWidth: 3, silent: true };
    return draw({
        width: 1152,
        height: 70 + rows.length * 26,
        label: `Share of records without a value by field, for ${incumbent.version} and ${candidate.version}; the table below has the numbers.`,
        caption: html`Share of records in which a field is null or not
        there${
            shown.length > mostFields
                ? `: the ${mostFields} fields, of ${number(shown.length)}, in which the versions are furthest apart`
                : ""
        }.
        Fields that always have a value are not drawn.`,
        option: {
            legend: {
                data: marks.map(({ name }) => name),
                left: 200,
                top: 4,
                itemWidth: 14,
                itemHeight: 13,
                itemGap: 24,
                textStyle: { color: ink.strong, fontSize: 13 },
            },
            grid: { left: 210, right: 40, top: 36, bottom: 28 },
            xAxis: {
                type: "value",
                min: 0,
                max: highest > 0.5 ? 1 : undefined,
                axisLabel: { ...axisText, formatter: (value: number) => percent(value) },
                splitLine: { lineStyle: { color: ink.line } },
            },
            yAxis: {
                type: "category",
                data: rows.map(({ name }) => name),
                axisTick: { show: false },
                axisLine: { lineStyle: { color: ink.line } },
                axisLabel: { color: ink.strong, fontSize: 12, interval: 0 },
            },
            series: [
                {
                    ...between,
                    data: rows.map((row) => Math.min(row.incumbent, row.candidate)),
                    itemStyle: { color: "none" },
                },
                { ...between, data: rows.map(apart), itemStyle: { color: ink.text } },
                ...marks,
            ],
        },
    });
}

function apart({ incumbent, candidate }: { incumbent: number; candidate: number }): number {
    return Math.abs(incumbent - candidate);
}

/** The quantiles of one field, over all groups; `null` where there is nothing to draw. */
export function quantileChart(aggregate: AggregateEvidence, { evidence }: Report): Markup | null {
    const { field, incumbent, candidate } = aggregate;
    const values = [...incumbent.quantiles, ...candidate.quantiles];
    if (values.every(({ value }) => value === null)) {
        return null;
    }
    const lines = sides.map((side) => ({
        ...strokes[side],
        type: "line" as const,
        name: inChart(evidence[side].version, 20),
        data: aggregate[side].quantiles.map(({ value }) => value),
        clip: false,
    }));
    return draw({
        width: 310,
        height: 200,
        label: `Quantiles of ${field} for ${evidence.incumbent.version} and ${evidence.candidate.version}; the table below has the numbers.`,
        caption: html`Quantiles of <code>${inChart(field, 60)}</code>`,
        option: {
            legend: {
                data: lines.map(({ name }) => name),
                left: 56,
                top: 2,
                itemWidth: 28,
                textStyle: { color: ink.strong, fontSize: 12 },
            },
            grid: { left: 56, right: 16, top: 34, bottom: 26 },
            xAxis: {
                type: "category",
                data: incumbent.quantiles.map(({ quantile }) => quantileName(quantile)),
                axisTick: { show: false },
                axisLine: { lineStyle: { color: ink.line } },
                axisLabel: { ...axisText, interval: 0, hideOverlap: true },
            },
            yAxis: {
                type: "value",
                scale: true,
                splitNumber: 4,
                axisLabel: { ...axisText, formatter: shortNumber },
                splitLine: { lineStyle: { color: ink.line } },
            },
            series: lines,
        },
    });
}

export function quantileName(quantile: number): string {
    return quantile === 0.5 ? "median" : `p${Number((quantile * 100).toPrecision(12))}`;
}

const compact = new Intl.NumberFormat("en-US", {
    notation: "compact",
    maximumSignificantDigits: 4,
});

function shortNumber(value: number): string {
    return Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-4)
        ? value.toExponential(2)
        : compact.format(value);
}
