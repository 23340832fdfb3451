/*
 * What the comparison's job writes to its evidence topic: one JSON object for each record. Windows are timestamps in UTC,
 * `2026-11-23T05:00:00`; what is NULL in SQL is not there.
 */

/** What was read meanwhile of one partition for one window, compared or not. */
export interface ReadRow {
    readonly kind: "read";
    readonly side: "incumbent" | "candidate";
    readonly part: number;
    /** First millisecond of the window; absent where the records have no event time. */
    readonly win?: number;
    /** Why these records cannot be compared, as the rest of a sentence; absent where they can. */
    readonly problem?: string;
    /** `key 3 value 7`: with which schemas of the registry they were written; absent where with none. */
    readonly schemas?: string;
    readonly records: number;
    /** Those of them that are in the sample; absent where all are compared. */
    readonly sampled?: number;
    /** All records of the partition that were read up to the last one of these. */
    readonly seen: number;
    readonly first_offset: number;
    readonly last_offset: number;
    /** The largest event time. */
    readonly last_event?: number;
    /** Records that came further behind in their partition than the allowed lateness. */
    readonly late: number;
    /** How far a record came behind a later one of its partition at most, in ms. */
    readonly disorder?: number;
}

/** The records of a window that have the same fields with the same types. */
export interface TypesRow {
    readonly kind: "types";
    readonly window_start: string;
    /** Each field with its type, as JSON: `[["flights","integer"],["origin","string"]]`. */
    readonly types: string;
    readonly incumbents: number;
    readonly candidates: number;
}

/** The identities of a window whose counterparts differ in the same way. */
export interface IdentitiesRow {
    readonly kind: "identities";
    readonly window_start: string;
    /** {@link DifferingPairs} of each of them, as JSON. */
    readonly differences: string;
    readonly identities: number;
    /** All their records. */
    readonly incumbents: number;
    readonly candidates: number;
    readonly missing: number;
    readonly extra: number;
    readonly incumbent_duplicates: number;
    readonly candidate_duplicates: number;
    /** The largest distance of two numbers, for each of the fields of all pairs. */
    readonly largest: readonly (number | null)[];
}

/** Pairs of counterparts that differ in the same fields. */
export interface DifferingPairs {
    readonly pairs: number;
    /** `added` is a field that only the candidate has. */
    readonly fields: readonly (readonly [field: string, how: "different" | "added"])[];
}

/** One of the first differing identities of a window. */
export interface SampleRow {
    readonly kind: "sample";
    readonly window_start: string;
    /** `different` is one that is `changed` in more than a field that only the candidate has. */
    readonly what: "changed" | "different" | "missing" | "extra" | "duplicated";
    /** The first 12 hex digits of its SHA-256. */
    readonly identity: string;
    readonly differences: string;
    /** Its place among those of its kind in the window, in order of identity. */
    readonly place: number;
}

/** What an aggregated field says in the records of one group in a window. Exact numbers are decimal texts. */
export interface AggregateRow {
    readonly kind: "aggregate";
    readonly window_start: string;
    readonly field: string;
    /** A JSON object: by their places in `groupBy`, the group's values that are there. Absent where nothing is grouped by. */
    readonly record_group?: string;
    /** Records of the group, whatever the field is. */
    readonly incumbents: number;
    readonly candidates: number;
    /** Numbers of both that are too long to be summed up. */
    readonly inexact: number;
    /** The sum is that of both; none of these is there where there is no number. */
    readonly incumbent_whole?: string;
    readonly incumbent_fraction?: string;
    readonly incumbent_min?: string;
    readonly incumbent_max?: string;
    /** Different numbers. */
    readonly incumbent_distinct: number;
    readonly candidate_whole?: string;
    readonly candidate_fraction?: string;
    readonly candidate_min?: string;
    readonly candidate_max?: string;
    readonly candidate_distinct: number;
    /** `bucket:incumbents:candidates`, with commas in between; absent where there is no number. */
    readonly bucket_counts?: string;
}

/** The different numbers of a side in an {@link AggregateRow}: so many of their smallest hashes. */
export interface DistinctRow {
    readonly kind: "distinct";
    readonly window_start: string;
    readonly field: string;
    readonly record_group?: string;
    readonly side: "incumbent" | "candidate";
    /** 13 hex digits each, with commas in between. */
    readonly hashes: string;
}

export type EvidenceRow =
    ReadRow | TypesRow | IdentitiesRow | SampleRow | AggregateRow | DistinctRow;
