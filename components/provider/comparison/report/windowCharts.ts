import type { EChartsOption, SeriesOption } from "echarts";
import type { WindowEvidence } from "../evidence.js";
import { number, several, time } from "../rules/wording.js";
import { axisText, draw, inChart, ink, strokes, type Chart } from "./chart.js";
import { html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { sides } from "../../../side.js";

/** More would be less than four pixels each. */
const mostPoints = 240;

/** Windows next to each other, drawn as one point. */
interface Point {
    readonly start: number;
    /** Records per window, on average. */
    readonly incumbent: number;
    readonly candidate: number;
    readonly differences: readonly number[];
}

const kinds: readonly (readonly [string, (window: WindowEvidence) => number])[] = [
    ["changed", ({ changed }) => changed],
    ["missing", ({ missing }) => missing],
    ["extra", ({ extra }) => extra],
    ["duplicates", (window) => window.incumbentDuplicates + window.candidateDuplicates],
];

/** Records of both versions by window, and below them, on the same scale of time, where they differ. */
export function windowChart({ evidence }: Report): Markup | null {
    const { windows, incumbent, candidate } = evidence;
    if (windows.length === 0) {
        return null;
    }
    const size = Math.ceil(windows.length / mostPoints);
    const points = pointsOf(windows, size);
    const differing = kinds
        .map(([kind], place) => ({
            kind,
            values: points.map(({ differences }) => differences[place]!),
        }))
        .filter(({ values }) => values.some((value) => value > 0));
    const names = [inChart(incumbent.version), inChart(candidate.version)] as const;
    const height = 250 + differing.length * strip;
    const chart: Chart = {
        width: 1152,
        height,
        option: optionOf(points, differing, names),
        label:
            `Records by window of ${incumbent.version} and ${candidate.version}, from ${time(windows[0]!.start)} ` +
            `to ${time(windows.at(-1)!.end)}; the table below has the numbers.`,
        caption: html`Records by window of event
        time${
            size === 1
                ? ""
                : `, ${number(windows.length)} windows drawn as ${number(points.length)} points: records per window on ` +
                  "average, differences added up"
        }.
        ${
            differing.length === 0
                ? "No window differs."
                : `Below: ${differing.map(({ kind, values }) => `${number(values.reduce((a, b) => a + b, 0))} ${kind}`).join(", ")}.`
        }${merged(windows)}`,
    };
    return draw(chart);
}

/** Height of the strip of one kind of difference. */
const strip = 62;

function optionOf(
    points: readonly Point[],
    differing: readonly { kind: string; values: readonly number[] }[],
    names: readonly [string, string],
): EChartsOption {
    const categories = points.map(({ start }) => label(start, points));
    const left = 116;
    const right = 24;
    const top = (place: number) => 232 + place * strip;
    const bottomAxis = differing.length;
    const showSymbol = points.length <= 60;
    const lines: SeriesOption[] = sides.map((side, place) => ({
        ...strokes[side],
        type: "line",
        name: names[place],
        data: points.map((point) => point[side]),
        showSymbol: showSymbol || points.length === 1,
        clip: false,
    }));
    const bars: SeriesOption[] = differing.map(({ kind, values }, place) => ({
        type: "bar",
        name: kind,
        xAxisIndex: place + 1,
        yAxisIndex: place + 1,
        // Nothing is no bar, not the shortest one.
        data: values.map((value) => (value === 0 ? null : value)),
        itemStyle: { color: ink.differs },
        barMaxWidth: 14,
        barMinHeight: 2,
        clip: false,
    }));
    return {
        legend: {
            data: [...names],
            left,
            top: 4,
            itemWidth: 34,
            itemGap: 24,
            textStyle: { color: ink.strong, fontSize: 13 },
        },
        grid: [
            { left, right, top: 44, height: 160 },
            ...differing.map((_, place) => ({ left, right, top: top(place), height: strip - 26 })),
        ],
        title: differing.map(({ kind }, place) => ({
            text: kind,
            left: left - 46,
            top: top(place) + 6,
            textAlign: "right" as const,
            textStyle: { color: ink.strong, fontSize: 12, fontWeight: "normal" as const },
        })),
        xAxis: [0, ...differing.keys()].slice(0, 1 + differing.length).map((_, place) => ({
            type: "category" as const,
            gridIndex: place,
            data: categories,
            axisTick: { show: false },
            axisLine: { lineStyle: { color: ink.line } },
            axisLabel: { ...axisText, show: place === bottomAxis, hideOverlap: true },
        })),
        yAxis: [0, ...differing.keys()].slice(0, 1 + differing.length).map((_, place) => ({
            type: "value" as const,
            gridIndex: place,
            min: 0,
            // One line at the top of a strip: how high its highest bar is.
            ...(place === 0
                ? { minInterval: 1 }
                : {
                      max: Math.max(...differing[place - 1]!.values),
                      splitNumber: 1,
                      interval: Math.max(...differing[place - 1]!.values),
                  }),
            axisLabel: { ...axisText, formatter: (value: number) => number(value) },
            splitLine: { lineStyle: { color: ink.line } },
        })),
        series: [...lines, ...bars],
    };
}

function pointsOf(windows: readonly WindowEvidence[], size: number): Point[] {
    return Array.from({ length: Math.ceil(windows.length / size) }, (_, place) => {
        const run = windows.slice(place * size, (place + 1) * size);
        const sum = (of: (window: WindowEvidence) => number) =>
            run.reduce((total, window) => total + of(window), 0);
        const count = sum((window) => window.windows);
        return {
            start: run[0]!.start,
            incumbent: sum(({ incumbentRecords }) => incumbentRecords) / count,
            candidate: sum(({ candidateRecords }) => candidateRecords) / count,
            differences: kinds.map(([, of]) => sum(of)),
        };
    });
}

/** The date only where it is another one than that of the point before. */
function label(start: number, points: readonly Point[]): string {
    const [date, clock] = time(start).replace("Z", "").split("T");
    const oneDay = points.every((point) => time(point.start).startsWith(`${date}T`));
    return clock === undefined || oneDay ? (clock ?? date!) : `${date!.slice(5)} ${clock}`;
}

function merged(windows: readonly WindowEvidence[]): string {
    const runs = windows.filter((window) => window.windows > 1);
    const covered = runs.reduce((total, window) => total + window.windows, 0);
    return runs.length === 0
        ? ""
        : ` ${several(covered, "window")} that earlier looks verified are drawn as ${several(runs.length, "point")}.`;
}
