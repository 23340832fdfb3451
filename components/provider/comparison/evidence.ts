/**
 * What was seen of two versions, as plain numbers: the one thing that rules look at, whichever engine
 * gathered it. Everything here is JSON, and the same records give the same evidence in whatever order,
 * partitioning or fetches they were read.
 */
export interface Evidence {
    readonly incumbent: VersionEvidence;
    readonly candidate: VersionEvidence;
    /** The windows that count: sealed on both topics and after warm-up, in order of time. */
    readonly windows: readonly WindowEvidence[];
    /** The fields that either version had in the windows that count, by name. */
    readonly fields: readonly FieldEvidence[];
    /** Aggregates of the fields that the settings name, in order of field and group; over the windows that count. */
    readonly aggregates: readonly AggregateEvidence[];
    /** Numbers from elsewhere, by name. */
    readonly metrics: readonly MetricEvidence[];
    /** What the registry says of the schemas that records were written with; empty without a registry. */
    readonly schemas: readonly SchemaEvidence[];
    /** The same look at the control version in the candidate's place; `null` where none is declared. */
    readonly control: Evidence | null;
    /** Windows that do not count, and why. */
    readonly leftOut: readonly LeftOut[];
    /**
     * Records that were compared on disk: those that did not cancel out as they were read, where they did not fit into
     * memory. How many depends on the order of reading and on the memory that there is; what is found does not.
     */
    readonly comparedOnDisk: number;
    /** What kept the look from being complete, one sentence each. Any one makes the verdict inconclusive. */
    readonly gaps: readonly string[];
    /** The first few differing identities of each kind in order of time, the same ones for the same records. */
    readonly samples: readonly Sample[];
}

export interface VersionEvidence {
    /** The version's name, as in `versions`. */
    readonly version: string;
    readonly topic: string;
    /** All records that were read, counted windows or not. */
    readonly records: number;
    /** Up to where the topic's event time has come, in ms since the epoch; `null` where nothing was seen. */
    readonly watermark: number | null;
    /** Records that could not be decoded, or lack what makes them comparable. */
    readonly unreadable: number;
    /** How far, in ms, a record came behind a later one of its partition at most; 0 where all are in order. */
    readonly largestDisorder: number;
    /** Records of the windows that count that came further behind in their partition than the allowed lateness. */
    readonly lateRecords: number;
    /** Records whose event time is far away from that of all others; they are in no window that counts. */
    readonly strayRecords: number;
    /** Every partition, also those in which nothing was seen. */
    readonly partitions: readonly PartitionEvidence[];
    /** What Flink says of the version's job; `null` where it is not known where it runs. */
    readonly job: JobEvidence | null;
}

export interface PartitionEvidence {
    readonly partition: number;
    readonly records: number;
    /** As `watermark`, of this partition alone. */
    readonly watermark: number | null;
}

/** What Flink says of a job since it was warm. A number is `null` where Flink does not say it. */
export interface JobEvidence {
    readonly jobId: string;
    /** Flink's state of the job: `RUNNING`, `RESTARTING`… */
    readonly status: string;
    readonly restarts: number | null;
    readonly completedCheckpoints: number | null;
    readonly failedCheckpoints: number | null;
    /** The largest share of time, 0 to 1, in which an operator was back-pressured. */
    readonly backpressure: number | null;
    /** Records that operators dropped because they came too late. */
    readonly lateDropped: number | null;
    /** Records that its sources have read. */
    readonly recordsIn: number | null;
    /** The lowest watermark of its operators, in ms since the epoch. */
    readonly watermark: number | null;
    /** Class of the newest exception since then, which has no payload in it as its message may; `null` for none. */
    readonly exception: string | null;
    /** What could not be read, one sentence; `null` where all could. */
    readonly problem: string | null;
}

export interface AggregateEvidence {
    readonly field: string;
    /** The group's values as canonical texts, in the order of `groupBy`; empty for all records together. */
    readonly group: readonly string[];
    readonly incumbent: Aggregate;
    readonly candidate: Aggregate;
}

/** Over the numbers of one field. */
export interface Aggregate {
    /** Records with a number in the field. */
    readonly count: number;
    /** Exact, as decimal text. */
    readonly sum: string;
    /** `null` where there is no number. */
    readonly mean: number | null;
    /** Exact, as decimal texts. */
    readonly min: string | null;
    readonly max: string | null;
    /** Distinct numbers; exact below 1,024, from there on an estimate within 6 % (95 % confidence). */
    readonly distinct: number;
    /** By quantile, in the order of the settings, within 1 % of the true value. */
    readonly quantiles: readonly { readonly quantile: number; readonly value: number | null }[];
}

export interface MetricEvidence {
    readonly name: string;
    readonly incumbent: number | null;
    readonly candidate: number | null;
    /** Why a number is not there; `null` where both are. */
    readonly problem: string | null;
}

/** One schema with which records were written. */
export interface SchemaEvidence {
    readonly part: "key" | "value";
    /** The registry's id, which stands in front of the record. */
    readonly id: number;
    /** `null` where the registry does not tell under which subject and version it is. */
    readonly subject: string | null;
    readonly version: number | null;
    readonly incumbentRecords: number;
    readonly candidateRecords: number;
    /** Whether it is compatible with the incumbent's newest one, as asked; `null` where that was not asked. */
    readonly compatible: boolean | null;
    /** What the registry says where it is not. */
    readonly message: string | null;
}

export interface WindowEvidence {
    /** First millisecond of the window, since the epoch. */
    readonly start: number;
    /** First millisecond behind the window. */
    readonly end: number;
    /** Windows that this one stands for: more than 1 where an earlier look verified a run of them. */
    readonly windows: number;
    readonly incumbentRecords: number;
    readonly candidateRecords: number;
    /** Those of them that were compared: all, or those whose identity is in the sample. What follows is about these. */
    readonly incumbentSampled: number;
    readonly candidateSampled: number;
    /** Identities in the sample, exact up to half a million over all windows; `null` where all are compared. */
    readonly identities: number | null;
    /** Records whose counterpart is there with equal content. */
    readonly matched: number;
    /** Records whose counterpart is there with other content, beyond the tolerances. */
    readonly changed: number;
    /** Records of the incumbent whose identity the candidate does not have. */
    readonly missing: number;
    /** Records of the candidate whose identity the incumbent does not have. */
    readonly extra: number;
    /**
     * Records of an identity that both have, beyond as many as the other one has: duplicates of one side only.
     * So the incumbent's compared records are matched + changed + missing + its duplicates, and the candidate's likewise.
     */
    readonly incumbentDuplicates: number;
    readonly candidateDuplicates: number;
    /** Of all records, those that came further behind in their partition than the allowed lateness. */
    readonly incumbentLate: number;
    readonly candidateLate: number;
}

export interface FieldEvidence {
    /** Path of the field, `a.b` for nested ones. */
    readonly field: string;
    readonly incumbent: FieldTally;
    readonly candidate: FieldTally;
    /** Pairs of counterparts, the field being in them or not; 0 for an ignored field. */
    readonly compared: number;
    /** Of these, pairs in which it differs beyond its tolerance. */
    readonly different: number;
    /** The largest difference of two numbers, as a number; `null` where no two numbers differed. */
    readonly largestDifference: number | null;
    /** Why the field is left out of the verdict; `null` where it counts. */
    readonly ignored: string | null;
}

export interface FieldTally {
    /** Records in which the field is there with a value. */
    readonly present: number;
    /** Records in which it is there and null. */
    readonly nulls: number;
    /** Records in which it is not there. */
    readonly absent: number;
    /** How often each JSON type was seen: string, integer, number, boolean, object, array, bytes. */
    readonly types: Readonly<Record<string, number>>;
}

export interface LeftOut {
    readonly reason: "warm-up" | "not sealed";
    readonly windows: number;
    readonly incumbentRecords: number;
    readonly candidateRecords: number;
}

export interface Sample {
    readonly kind: "missing" | "extra" | "changed" | "duplicated";
    /** First millisecond of its window. */
    readonly window: number;
    /** The identity, raw or as a short hash, as `samples` says. */
    readonly identity: string;
    /** The differing fields of a changed record, the first 20 by name, with both values where `samples` is "raw". */
    readonly fields: readonly {
        readonly field: string;
        readonly incumbent: string | null;
        readonly candidate: string | null;
    }[];
}
