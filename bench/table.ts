import * as os from "node:os";
import Table from "cli-table3";

/** One run of a contestant; what cannot be measured of it is absent. */
export interface Run {
    readonly seconds: number;
    readonly cpuSeconds?: number;
    readonly residentMiB?: number;
    readonly found?: string;
}

/** A contestant, and how many records it reads. */
export interface Row {
    readonly name: string;
    readonly records: number;
    readonly runs: Run[];
}

/** What was measured, for a terminal and as Markdown: medians, and rates as ratios to that of the first row. */
export interface Measured {
    readonly text: string;
    readonly markdown: string;
}

const head = ["", "seconds", "records/s", "rate against (a)", "CPU s", "resident"];

export function measured(rows: readonly Row[]): Measured {
    const all = cells(rows);
    const table = new Table({
        head,
        style: { head: [], border: [] },
        colAligns: ["left", "right", "right", "right", "right", "right"],
    });
    table.push(...all);
    const line = (columns: readonly string[]) => `| ${columns.join(" | ")} |`;
    return {
        text: `${machine()}\n${table.toString()}`,
        markdown: [line(head), `| --- |${" ---: |".repeat(5)}`, ...all.map(line)].join("\n"),
    };
}

function cells(rows: readonly Row[]): string[][] {
    const base = median(rows[0]!.runs.map(({ seconds }) => seconds)) / rows[0]!.records;
    return rows.map(({ name, records, runs }) => {
        const seconds = median(runs.map((run) => run.seconds));
        const optional = (of: (run: Run) => number | undefined, places: number, unit: string) => {
            const known = runs.flatMap((run) => of(run) ?? []);
            return known.length === 0 ? "" : `${median(known).toFixed(places)}${unit}`;
        };
        return [
            name,
            seconds.toFixed(2),
            Math.round(records / seconds).toLocaleString("en-US"),
            ((base * records) / seconds).toFixed(2),
            optional((run) => run.cpuSeconds, 1, ""),
            optional((run) => run.residentMiB, 0, " MiB"),
        ];
    });
}

/** Where and when it is measured. */
export function machine(): string {
    const [cpu] = os.cpus();
    const memory = Math.round(os.totalmem() / 2 ** 30);
    const date = new Date().toISOString().slice(0, 10);
    return `${date}, ${os.cpus().length} × ${cpu?.model.trim()}, ${memory} GiB, Node ${process.version}`;
}

export function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
