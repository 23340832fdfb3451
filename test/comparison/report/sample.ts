import type { CompareArgs } from "../../../components/compare.js";
import { resolveCompare } from "../../../components/compareSettings.js";
import { decide } from "../../../components/provider/comparison/decide.js";
import type {
    Aggregate,
    Evidence,
    FieldEvidence,
    FieldTally,
    JobEvidence,
    VersionEvidence,
    WindowEvidence,
} from "../../../components/provider/comparison/evidence.js";
import type { Report } from "../../../components/provider/comparison/report/report.js";

const hourLength = 3_600_000;
const firstHour = Date.UTC(2026, 10, 23, 2);

/** A window in which nothing differs, but for what is given. */
export function windowOf(place: number, differences: Partial<WindowEvidence> = {}): WindowEvidence {
    const { changed = 0, missing = 0, extra = 0 } = differences;
    const { incumbentDuplicates = 0, candidateDuplicates = 0 } = differences;
    const incumbentRecords = 4_000 + Math.round(900 * Math.sin(place / 3)) + ((place * 37) % 140);
    const matched = incumbentRecords - changed - missing - incumbentDuplicates;
    const candidateRecords = matched + changed + extra + candidateDuplicates;
    return {
        start: firstHour + place * hourLength,
        end: firstHour + (place + 1) * hourLength,
        windows: 1,
        incumbentRecords,
        candidateRecords,
        incumbentSampled: incumbentRecords,
        candidateSampled: candidateRecords,
        identities: null,
        matched,
        changed,
        missing,
        extra,
        incumbentDuplicates,
        candidateDuplicates,
        incumbentLate: 0,
        candidateLate: 0,
        ...differences,
    };
}

const tally = (
    present: number,
    types: FieldTally["types"],
    { nulls = 0, absent = 0 } = {},
): FieldTally => ({ present, nulls, absent, types });

export function fieldOf(field: string, differences: Partial<FieldEvidence> = {}): FieldEvidence {
    return {
        field,
        incumbent: tally(96_000, { string: 96_000 }),
        candidate: tally(95_400, { string: 95_400 }),
        compared: 95_300,
        different: 0,
        largestDifference: null,
        ignored: null,
        ...differences,
    };
}

export function aggregateOf(mean: number, quantiles: readonly number[], count = 95_000): Aggregate {
    return {
        count,
        sum: String(mean * count),
        mean,
        min: "-21.5",
        max: "1204.875",
        distinct: 8_412,
        quantiles: [0.5, 0.95, 0.99].map((quantile, place) => ({
            quantile,
            value: quantiles[place] ?? null,
        })),
    };
}

const jobOf = (differences: Partial<JobEvidence> = {}): JobEvidence => ({
    jobId: "8947139653434bc2c96324652938e821",
    status: "RUNNING",
    restarts: 0,
    completedCheckpoints: 212,
    failedCheckpoints: 0,
    backpressure: 0.031,
    lateDropped: 12,
    recordsIn: 4_812_004,
    watermark: firstHour + 25.4 * hourLength,
    exception: null,
    problem: null,
    ...differences,
});

function versionOf(
    version: string,
    topic: string,
    differences: Partial<VersionEvidence> = {},
): VersionEvidence {
    const watermark = firstHour + 25.5 * hourLength;
    return {
        version,
        topic,
        records: 104_210,
        watermark,
        unreadable: 0,
        largestDisorder: 41_200,
        lateRecords: 3,
        strayRecords: 0,
        partitions: [
            { partition: 0, records: 34_910, watermark },
            { partition: 1, records: 34_650, watermark: watermark - 42_000 },
            { partition: 2, records: 34_650, watermark: watermark - 61_000 },
            { partition: 3, records: 0, watermark: null },
        ],
        job: jobOf(),
        ...differences,
    };
}

export const sampleArgs: CompareArgs = {
    identity: ["origin", "window_start"],
    eventTime: "window_start",
    windowSeconds: 3600,
    fields: { updated_at: { ignore: "processing time" }, mean_delay: { absoluteTolerance: 1e-9 } },
    rules: {
        schema: { compatibility: "backward" },
        aggregates: {
            fields: { mean_delay: { maxRelativeDifference: 0.01 }, flights: {} },
            groupBy: ["origin"],
        },
    },
    metrics: {
        bookings_per_minute: {
            json: { incumbent: "http://metrics/v1", candidate: "http://metrics/v2" },
        },
    },
};

/** A day of delays, of which the candidate rounds the mean, loses a few records and writes some twice. */
export function sampleEvidence(): Evidence {
    const defects: Record<number, Partial<WindowEvidence>> = {
        5: { changed: 12 },
        6: { changed: 340, missing: 22 },
        7: { changed: 120, missing: 560 },
        8: { missing: 38, extra: 4 },
        15: { changed: 44, candidateDuplicates: 130 },
        16: { changed: 7, candidateDuplicates: 12 },
    };
    const origins = ["ATL", "DFW", "SEA", "ORD", "LAX"];
    return {
        incumbent: versionOf("v1", "delays"),
        candidate: versionOf("v2", "delays-v2", {
            records: 103_602,
            watermark: firstHour + 25.4 * hourLength,
            largestDisorder: 96_000,
            lateRecords: 41,
            job: jobOf({
                jobId: "0d5c66a4",
                restarts: 2,
                failedCheckpoints: 1,
                lateDropped: 655,
                exception: "java.lang.NullPointerException",
            }),
        }),
        windows: Array.from({ length: 24 }, (_, place) => windowOf(place, defects[place])),
        fields: [
            fieldOf("airline.code"),
            fieldOf("airline.name", {
                incumbent: tally(95_000, { string: 95_000 }, { nulls: 1_000 }),
                candidate: tally(93_900, { string: 93_900 }, { nulls: 1_500 }),
                different: 500,
            }),
            fieldOf("flights", {
                incumbent: tally(96_000, { integer: 96_000 }),
                candidate: tally(95_400, { integer: 95_400 }),
                different: 7,
                largestDifference: 4,
            }),
            fieldOf("gate", {
                incumbent: tally(61_000, { string: 61_000 }, { nulls: 20_000, absent: 15_000 }),
                candidate: tally(48_400, { string: 48_400 }, { nulls: 20_000, absent: 27_000 }),
                different: 12_600,
            }),
            fieldOf("mean_delay", {
                incumbent: tally(95_000, { integer: 4_100, number: 90_900 }, { nulls: 1_000 }),
                candidate: tally(94_396, { integer: 94_396 }, { nulls: 1_004 }),
                different: 523,
                largestDifference: 101.5,
            }),
            fieldOf("origin"),
            fieldOf("tail_number", {
                incumbent: tally(95_990, { string: 95_990 }, { absent: 10 }),
                candidate: tally(95_390, { string: 95_390 }, { absent: 10 }),
            }),
            fieldOf("updated_at", { compared: 0, ignored: "processing time" }),
            fieldOf("window_start"),
        ],
        aggregates: [
            {
                field: "flights",
                group: [],
                incumbent: aggregateOf(18.25, [15, 52, 88]),
                candidate: aggregateOf(18.2501, [15, 52, 88], 94_400),
            },
            {
                field: "mean_delay",
                group: [],
                incumbent: aggregateOf(11.42, [4.5, 61.25, 183.5]),
                candidate: aggregateOf(12.96, [5, 74, 221], 94_400),
            },
            ...origins.map((origin, place) => ({
                field: "mean_delay",
                group: [origin],
                incumbent: aggregateOf(10 + place, [4, 50 + place, 150], 19_000),
                candidate: aggregateOf(10 + place * 1.1, [4, 50 + place, 150], 18_880 + place),
            })),
        ],
        metrics: [
            { name: "bookings_per_minute", incumbent: 412.5, candidate: 398.25, problem: null },
            {
                name: "refunds",
                incumbent: 3,
                candidate: null,
                problem: "http://metrics/refunds answers 503.",
            },
        ],
        schemas: [
            {
                part: "value",
                id: 7,
                subject: "delays-value",
                version: 3,
                incumbentRecords: 96_000,
                candidateRecords: 0,
                compatible: null,
                message: null,
            },
            {
                part: "value",
                id: 9,
                subject: "delays-v2-value",
                version: 1,
                incumbentRecords: 0,
                candidateRecords: 95_400,
                compatible: false,
                message: "READER_FIELD_MISSING_DEFAULT_VALUE: gate",
            },
        ],
        control: null,
        comparedOnDisk: 0,
        leftOut: [
            {
                reason: "warm-up",
                windows: 2,
                incumbentRecords: 7_104,
                candidateRecords: 5_022,
            },
            {
                reason: "not sealed",
                windows: 2,
                incumbentRecords: 1_106,
                candidateRecords: 1_080,
            },
        ],
        gaps: [],
        samples: [
            {
                kind: "changed",
                window: firstHour + 5 * hourLength,
                identity: "9f2c41d07be3",
                fields: [{ field: "mean_delay", incumbent: null, candidate: null }],
            },
            {
                kind: "missing",
                window: firstHour + 6 * hourLength,
                identity: "01c9de0a7712",
                fields: [],
            },
            {
                kind: "extra",
                window: firstHour + 8 * hourLength,
                identity: "77aa10e4f3b9",
                fields: [],
            },
            {
                kind: "duplicated",
                window: firstHour + 15 * hourLength,
                identity: "c4040f1d22aa",
                fields: [],
            },
        ],
    };
}

/** The report of a look that brought this evidence. */
export function reportOf(
    evidence: Evidence = sampleEvidence(),
    args: Partial<CompareArgs> = {},
): Report {
    const { settings } = resolveCompare({ ...sampleArgs, ...args });
    const verdict = decide(evidence, settings, {
        fingerprint: "4f9c0f6c5e0d7b1a9f1f0b6f8f4a2f6f0f8f4d8b6c0e2a4c6e8f0a2b4c6d8e0f",
        comparedAt: "2026-11-24T04:12:09.512Z",
    });
    return { verdict, evidence, settings };
}
