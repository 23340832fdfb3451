import { createRequire } from "node:module";
import type * as ECharts from "echarts";
import { plain } from "../plain.js";
import { cut, html, Markup } from "./markup.js";

/**
 * The colours of a chart as it is drawn. They stand in the picture as attributes, which any rule of the page's style
 * overrules: so one picture serves light, dark and paper (see `style.ts`).
 */
export const ink = {
    incumbent: "#1f6feb",
    candidate: "#d4570a",
    differs: "#c1272d",
    text: "#57606a",
    strong: "#1c2128",
    line: "#d8dee4",
} as const;

/** What tells the two versions apart without their colours. */
export const strokes = {
    incumbent: {
        symbol: "circle",
        symbolSize: 7,
        lineStyle: { color: ink.incumbent, width: 3 },
        itemStyle: { color: ink.incumbent },
    },
    candidate: {
        symbol: "diamond",
        symbolSize: 9,
        lineStyle: { color: ink.candidate, width: 1.75, type: [5, 4] },
        itemStyle: { color: ink.candidate },
    },
} as const satisfies Record<string, ECharts.LineSeriesOption>;

export const axisText = { color: ink.text, fontSize: 11 } as const;

export interface Chart {
    readonly option: ECharts.EChartsOption;
    /** Size in pixels; the page scales it to the room there is. */
    readonly width: number;
    readonly height: number;
    /** What the chart shows, in a sentence, for those who do not see it. */
    readonly label: string;
    /** What stands below it. */
    readonly caption: Markup;
}

/**
 * Draws a chart as SVG. The library is loaded with the first one, since most looks end without a report. Texts must have
 * gone through {@link inChart}.
 */
export function draw({ option, width, height, label, caption }: Chart): Markup {
    const { init } = loadCharts();
    const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
    try {
        chart.setOption({ animation: false, textStyle: { fontFamily: "inherit" }, ...option });
        const svg = still(chart.renderToSVGString({ useViewBox: true }));
        return html`<figure>
            <div
                class="chart"
                role="img"
                aria-label="${label}"
                style="max-width:${String(width)}px"
            >
                ${new Markup(svg)}
            </div>
            <figcaption>${caption}</figcaption>
        </figure>`;
    } finally {
        chart.dispose();
    }
}

/** A name or value from a topic as it may stand in a chart. */
export function inChart(text: string, limit = 28): string {
    return plain(text.length <= limit ? text : `${cut(text, limit).split("… (")[0]!}…`);
}

/**
 * What the library adds for a page with scripts goes: styles for the mouse, which would hold for the whole page, and
 * names that count up with every chart of the process. No text can be mistaken for them, since `<` and `"` in texts are
 * written as entities.
 */
function still(svg: string): string {
    return svg
        .replace(/<style[\s\S]*?<\/style>/g, "")
        .replace(/ (?:class="zr[^"]*"|ecmeta_\w+="[^"]*")/g, "")
        .replace(/(id="|url\(#)zr\d+-/g, "$1chart-")
        .replace(/\n+/g, "\n");
}

function loadCharts(): typeof ECharts {
    // Not by import(): that loads hundreds of files instead of one, which takes five times as long.
    return createRequire(__filename)("echarts") as typeof ECharts;
}
