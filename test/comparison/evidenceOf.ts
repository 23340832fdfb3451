import type {
    Aggregate,
    AggregateEvidence,
    Evidence,
    FieldEvidence,
    JobEvidence,
    VersionEvidence,
    WindowEvidence,
} from "../../components/provider/comparison/evidence.js";

/** Evidence on two versions that wrote the same 1,000 records in each of four hours, changed as a test says. */
export function evidenceOf(change: Partial<Evidence> = {}): Evidence {
    return {
        incumbent: versionOf("v1", "delays"),
        candidate: versionOf("v2", "delays-v2"),
        windows: [0, 1, 2, 3].map((n) => windowOf(n)),
        fields: [],
        aggregates: [],
        metrics: [],
        schemas: [],
        control: null,
        comparedOnDisk: 0,
        leftOut: [],
        gaps: [],
        samples: [],
        ...change,
    };
}

export const hours = 3_600_000;
export const start = Date.UTC(2026, 10, 23);

export function versionOf(
    version: string,
    topic: string,
    change: Partial<VersionEvidence> = {},
): VersionEvidence {
    return {
        version,
        topic,
        records: 8_000,
        watermark: start + 8 * hours,
        unreadable: 0,
        largestDisorder: 0,
        lateRecords: 0,
        strayRecords: 0,
        partitions: [
            { partition: 0, records: 4_000, watermark: start + 8 * hours },
            { partition: 1, records: 4_000, watermark: start + 8 * hours },
        ],
        job: null,
        ...change,
    };
}

/** The n-th hour, with 1,000 records that all match. */
export function windowOf(n: number, change: Partial<WindowEvidence> = {}): WindowEvidence {
    return {
        start: start + n * hours,
        end: start + (n + 1) * hours,
        windows: 1,
        incumbentRecords: 1_000,
        candidateRecords: 1_000,
        incumbentSampled: change.incumbentRecords ?? 1_000,
        candidateSampled: change.candidateRecords ?? 1_000,
        identities: null,
        matched: 1_000,
        changed: 0,
        missing: 0,
        extra: 0,
        incumbentDuplicates: 0,
        candidateDuplicates: 0,
        incumbentLate: 0,
        candidateLate: 0,
        ...change,
    };
}

export function fieldOf(field: string, change: Partial<FieldEvidence> = {}): FieldEvidence {
    const tally = { present: 4_000, nulls: 0, absent: 0, types: { number: 4_000 } };
    return {
        field,
        incumbent: tally,
        candidate: tally,
        compared: 4_000,
        different: 0,
        largestDifference: null,
        ignored: null,
        ...change,
    };
}

/** Healthy for a day. */
export function jobOf(change: Partial<JobEvidence> = {}): JobEvidence {
    return {
        jobId: "c0ffee",
        status: "RUNNING",
        restarts: 0,
        completedCheckpoints: 100,
        failedCheckpoints: 0,
        backpressure: 0.1,
        lateDropped: 0,
        recordsIn: 10_000,
        watermark: start + 8 * hours,
        exception: null,
        problem: null,
        ...change,
    };
}

/** 1, 2, 3 and 4. */
export const oneToFour: Aggregate = {
    count: 4,
    sum: "10",
    mean: 2.5,
    min: "1",
    max: "4",
    distinct: 4,
    quantiles: [
        { quantile: 0.5, value: 2 },
        { quantile: 0.95, value: 4 },
        { quantile: 0.99, value: 4 },
    ],
};

export function aggregateOf(
    candidate: Partial<Aggregate> = {},
    group: readonly string[] = [],
    incumbent: Partial<Aggregate> = {},
): AggregateEvidence {
    return {
        field: "delay",
        group,
        incumbent: { ...oneToFour, ...incumbent },
        candidate: { ...oneToFour, ...candidate },
    };
}
