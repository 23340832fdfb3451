import type { VersionEvidence } from "../evidence.js";
import { number, time } from "../rules/wording.js";
import { duration, share } from "./figures.js";
import { html, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { mark, table } from "./table.js";
import { sides } from "../../../side.js";

interface PartitionRow {
    readonly side: "incumbent" | "candidate";
    readonly version: string;
    readonly partition: number;
    readonly records: number;
    readonly watermark: number | null;
    /** How far it is behind its topic, in ms; `null` where nothing was seen in it. */
    readonly behind: number | null;
}

/** Order and progress of event time: disorder, lag, partitions. */
export function timeSection(report: Report): Markup {
    const { evidence, settings } = report;
    const lateness = settings.allowedLatenessSeconds * 1000;
    const partitions = sides.flatMap((side) => rowsOf(side, evidence[side]));
    const notable = ({ records, behind }: PartitionRow) =>
        records === 0 || (behind !== null && behind > lateness);
    const idle = partitions.filter(({ records }) => records === 0);
    return html`<section>
        <h2 id="time">Disorder, watermarks, partitions</h2>
        <p>${lag(report)}</p>
        ${table({
            caption: "Order and progress of event time",
            noun: "version",
            rows: sides.map((side) => ({ side, ...evidence[side] })),
            columns: [
                {
                    title: "Version",
                    kind: "name",
                    cell: ({ side, version }) => html`${mark(side)}${version}`,
                },
                {
                    title: "Watermark",
                    kind: "figure",
                    cell: ({ watermark }) => (watermark === null ? "–" : time(watermark)),
                },
                {
                    title: "Largest disorder",
                    kind: "figure",
                    cell: ({ largestDisorder }) => duration(largestDisorder),
                },
                {
                    title: `More than ${duration(lateness)} late`,
                    kind: "figure",
                    cell: ({ lateRecords, records }) =>
                        `${number(lateRecords)} (${share(lateRecords, records)})`,
                },
                { title: "Partitions", kind: "figure", cell: ({ partitions: all }) => all.length },
            ],
        })}
        <p>
            ${
                idle.length === 0
                    ? "Something was read from every partition."
                    : `Nothing was read from partition ${sides
                          .flatMap((side) => idleOf(evidence[side]))
                          .join("; ")}. An idle partition blocks no window.`
            }
        </p>
        ${
            partitions.length === 0
                ? null
                : table({
                      caption: "Partitions",
                      noun: "partition",
                      rows: [
                          ...partitions.filter(notable),
                          ...partitions.filter((row) => !notable(row)),
                      ],
                      stands: notable,
                      limit: 64,
                      columns: [
                          {
                              title: "Partition",
                              kind: "name",
                              cell: ({ side, version, partition }) =>
                                  html`${mark(side)}${version}, ${String(partition)}`,
                          },
                          { title: "Records", kind: "figure", cell: ({ records }) => records },
                          {
                              title: "Watermark",
                              kind: "figure",
                              cell: ({ watermark }) => (watermark === null ? "–" : time(watermark)),
                          },
                          {
                              title: "Behind its topic",
                              kind: "figure",
                              cell: ({ behind }) => (behind === null ? "–" : duration(behind)),
                          },
                          {
                              title: "State",
                              cell: (row) =>
                                  row.records === 0
                                      ? "idle"
                                      : notable(row)
                                        ? "further behind than the allowed lateness"
                                        : "",
                          },
                      ],
                  })
        }
    </section>`;
}

function lag({ evidence: { incumbent, candidate }, settings }: Report): string {
    if (incumbent.watermark === null || candidate.watermark === null) {
        return "How far one version is behind the other cannot be said before both have written.";
    }
    const behind = incumbent.watermark - candidate.watermark;
    const allowed = `${candidate.version} may be ${duration(settings.rules.watermarks.maxLagSeconds * 1000)} behind.`;
    const by = duration(Math.abs(behind));
    return behind === 0
        ? `Both versions have come equally far. ${allowed}`
        : `${candidate.version} is ${by} ${behind > 0 ? "behind" : "ahead of"} ${incumbent.version} in event time; ${allowed}`;
}

function rowsOf(side: "incumbent" | "candidate", version: VersionEvidence): PartitionRow[] {
    return version.partitions.map((of) => ({
        side,
        version: version.version,
        ...of,
        behind:
            of.watermark === null || version.watermark === null
                ? null
                : version.watermark - of.watermark,
    }));
}

const mostIdle = 20;

function idleOf({ topic, partitions }: VersionEvidence): string[] {
    const idle = partitions
        .filter(({ records }) => records === 0)
        .map(({ partition }) => partition);
    const rest = idle.length - mostIdle;
    const list = idle.slice(0, mostIdle).join(", ") + (rest > 0 ? ` and ${number(rest)} more` : "");
    return idle.length === 0 ? [] : [`${list} of ${topic}`];
}
