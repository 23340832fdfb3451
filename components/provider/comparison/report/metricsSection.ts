import { percent } from "../rules/wording.js";
import { change, numbers } from "./figures.js";
import { cut, html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { table } from "./table.js";

/** Numbers from elsewhere; `null` where the settings name none. */
export function metricsSection({ evidence, settings, verdict }: Report): Markup | null {
    if (evidence.metrics.length === 0) {
        return null;
    }
    // Own members only: a metric may well be called constructor.
    const limits = new Map(Object.entries(settings.metrics));
    const allowed = (name: string) => {
        const of = limits.get(name);
        return of === undefined
            ? ""
            : `${percent(of.maxRelativeDifference)}${of.maxAbsoluteDifference > 0 ? ` or ${numbers(of.maxAbsoluteDifference, null)[0]}` : ""}`;
    };
    return html`<section>
        <h2 id="metrics">Business metrics</h2>
        ${table({
            caption: "Business metrics",
            noun: "metric",
            rows: evidence.metrics,
            stands: ({ problem }) => problem !== null,
            columns: [
                { title: "Metric", kind: "name", cell: ({ name }) => cut(name, 120) },
                {
                    title: verdict.incumbent,
                    kind: "figure",
                    side: "incumbent",
                    cell: (of) => numbers(of.incumbent, of.candidate)[0],
                },
                {
                    title: verdict.candidate,
                    kind: "figure",
                    side: "candidate",
                    cell: (of) => numbers(of.incumbent, of.candidate)[1],
                },
                {
                    title: "Change",
                    kind: "figure",
                    cell: (of) => change(of.incumbent, of.candidate),
                },
                { title: "Allowed", kind: "figure", cell: ({ name }) => allowed(name) },
                { title: "Problem", cell: ({ problem }) => problem },
            ],
        })}
    </section>`;
}
