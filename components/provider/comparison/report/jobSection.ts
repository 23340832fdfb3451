import type { JobEvidence } from "../evidence.js";
import { number, time } from "../rules/wording.js";
import { shares } from "./figures.js";
import { cut, html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { table } from "./table.js";

type Row = readonly [name: string, value: (job: JobEvidence) => string | null];

const count = (value: number | null) => (value === null ? null : number(value));

const rows: readonly Row[] = [
    ["Job", ({ jobId }) => cut(jobId, 80)],
    ["Status", ({ status }) => cut(status, 80)],
    ["Restarts", ({ restarts }) => count(restarts)],
    ["Completed checkpoints", ({ completedCheckpoints }) => count(completedCheckpoints)],
    ["Failed checkpoints", ({ failedCheckpoints }) => count(failedCheckpoints)],
    [
        "Back-pressured, at most",
        ({ backpressure: of }) => (of === null ? null : shares(of, null)[0]),
    ],
    ["Records read by sources", ({ recordsIn }) => count(recordsIn)],
    ["Records dropped as late", ({ lateDropped }) => count(lateDropped)],
    ["Lowest watermark", ({ watermark }) => (watermark === null ? null : time(watermark))],
    ["Newest exception", ({ exception }) => (exception === null ? null : cut(exception, 200))],
    ["Could not be read", ({ problem }) => problem],
];

/** What Flink says of both jobs since they were warm. */
export function jobSection({ evidence, verdict }: Report): Markup {
    const { incumbent, candidate } = evidence;
    if (incumbent.job === null && candidate.job === null) {
        return html`<section>
            <h2 id="jobs">Job health</h2>
            <p>Flink was not asked: it is not known where either job runs.</p>
        </section>`;
    }
    const cell = (job: JobEvidence | null, [, value]: Row) =>
        job === null ? "not asked" : (value(job) ?? "–");
    return html`<section>
        <h2 id="jobs">Job health</h2>
        <p class="quiet">What Flink says of each job since it was warm.</p>
        ${table({
            caption: "Job health",
            noun: "number",
            rows,
            columns: [
                { title: "What", kind: "name", cell: ([name]) => name },
                {
                    title: verdict.incumbent,
                    side: "incumbent",
                    cell: (row) => cell(incumbent.job, row),
                },
                {
                    title: verdict.candidate,
                    side: "candidate",
                    cell: (row) => cell(candidate.job, row),
                },
            ],
        })}
    </section>`;
}
