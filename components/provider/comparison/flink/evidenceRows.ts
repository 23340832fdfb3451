import type {
    EvidenceRow,
    IdentitiesRow,
    ReadRow,
    SampleRow,
    TypesRow,
} from "../../../comparisonJob/evidenceRows.js";
import type { Offsets } from "../../kafka/port.js";
import { type Side, sides } from "../../../side.js";
import { obtain } from "../tally.js";
import { AggregateRows } from "./aggregateRows.js";

/** What the job has read of one window of one topic. */
export interface ReadWindow {
    records: number;
    /** Those that are compared. */
    sampled: number;
    /** The largest event time in it. */
    last: number;
    late: number;
}

/** What the job has read of one partition. */
export interface ReadPartition {
    /** Without those that could not be compared. */
    records: number;
    last: number;
    /** Behind the last record that it has read. */
    position: bigint;
    /** All that it says to have read up to there. */
    seen: number;
    /** All of which it says what it read. */
    told: number;
}

/** Records of one partition that the job could not compare, all for the same reason. */
export interface RefusedRecords {
    readonly partition: number;
    /** The rest of a sentence. */
    readonly refused: string;
    records: number;
    firstOffset: number;
}

/** What the job has read of one topic. */
export class ReadTopic {
    disorder = 0;
    readonly windows = new Map<number, ReadWindow>();
    readonly partitions = new Map<number, ReadPartition>();
    readonly #refused = new Map<string, RefusedRecords>();
    /** Records by the schemas that they were written with, as rows name these. */
    readonly schemas = new Map<string, number>();

    get records(): number {
        return [...this.windows.values()].reduce((sum, { records }) => sum + records, 0);
    }

    /** Records of which is not known yet what the job made of them: its tasks do not write all at the same time. */
    get untold(): number {
        return this.#sum(({ seen, told }) => Math.max(0, seen - told));
    }

    /** Records that were told more than once, which a job does that begins anew with what it has written before. */
    get repeated(): number {
        return this.#sum(({ seen, told }) => Math.max(0, told - seen));
    }

    get refused(): readonly RefusedRecords[] {
        return [...this.#refused.values()];
    }

    get position(): Offsets {
        return new Map(
            [...this.partitions].map(([partition, { position }]) => [partition, position]),
        );
    }

    #sum(of: (partition: ReadPartition) => number): number {
        return [...this.partitions.values()].reduce((sum, partition) => sum + of(partition), 0);
    }

    add(row: ReadRow): void {
        const partition = obtain(this.partitions, row.part, () => ({
            records: 0,
            last: -Infinity,
            position: 0n,
            seen: 0,
            told: 0,
        }));
        partition.seen = Math.max(partition.seen, row.seen);
        partition.told += row.records;
        const behind = BigInt(row.last_offset) + 1n;
        partition.position = behind > partition.position ? behind : partition.position;
        if (row.problem !== undefined || row.win === undefined || row.last_event === undefined) {
            this.#refuse(row);
            return;
        }
        const window = obtain(this.windows, row.win, () => ({
            records: 0,
            sampled: 0,
            last: -Infinity,
            late: 0,
        }));
        window.records += row.records;
        window.sampled += row.sampled ?? row.records;
        window.last = Math.max(window.last, row.last_event);
        window.late += row.late;
        partition.records += row.records;
        partition.last = Math.max(partition.last, row.last_event);
        this.disorder = Math.max(this.disorder, row.disorder ?? 0);
        if (row.schemas !== undefined) {
            this.schemas.set(row.schemas, (this.schemas.get(row.schemas) ?? 0) + row.records);
        }
    }

    #refuse({ part: partition, records, first_offset, problem: refused = "" }: ReadRow): void {
        const known = obtain(this.#refused, `${partition} ${refused}`, () => ({
            partition,
            refused,
            records: 0,
            firstOffset: first_offset,
        }));
        known.records += records;
        known.firstOffset = Math.min(known.firstOffset, first_offset);
    }
}

/** What the job has compared of one window. */
export interface ComparedWindow {
    readonly types: TypesRow[];
    readonly identities: IdentitiesRow[];
    readonly samples: SampleRow[];
    readonly aggregates: AggregateRows;
}

/** All that a comparison's job has written. */
export class EvidenceRows {
    readonly read: Readonly<Record<Side, ReadTopic>> = {
        incumbent: new ReadTopic(),
        candidate: new ReadTopic(),
    };
    readonly windows = new Map<number, ComparedWindow>();

    constructor(
        /** The fields that are aggregated. */
        private readonly aggregated: readonly string[],
    ) {}

    /** Adds one record of the evidence topic; fails where it is not one of this job's. */
    add(value: Buffer | null): void {
        const row = JSON.parse((value ?? "").toString()) as EvidenceRow;
        switch (row.kind) {
            case "read":
                this.read[row.side].add(row);
                return;
            case "types":
                this.#window(row).types.push(row);
                return;
            case "identities":
                this.#window(row).identities.push(row);
                return;
            case "sample":
                this.#window(row).samples.push(row);
                return;
            case "aggregate":
            case "distinct":
                this.#window(row).aggregates.add(row);
                return;
            default:
                throw new Error(`a row of kind ${JSON.stringify((row as { kind: unknown }).kind)}`);
        }
    }

    /** Whether all records of the window that were read, or are in the sample, were compared too, in every way. */
    isComplete(start: number): boolean {
        const window = this.windows.get(start);
        return sides.every((side) => {
            const read = this.read[side].windows.get(start)?.sampled ?? 0;
            const count = (rows: readonly (TypesRow | IdentitiesRow)[]) =>
                rows.reduce((sum, row) => sum + row[`${side}s`], 0);
            return (
                read === count(window?.types ?? []) &&
                read === count(window?.identities ?? []) &&
                (read === 0 || window?.aggregates.areAll(side, read, this.aggregated) === true)
            );
        });
    }

    #window({ window_start }: { readonly window_start: string }): ComparedWindow {
        const start = Date.parse(`${window_start}Z`);
        return obtain(this.windows, start, () => ({
            types: [],
            identities: [],
            samples: [],
            aggregates: new AggregateRows(),
        }));
    }
}
