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
    /** Windows that do not count, and why. */
    readonly leftOut: readonly LeftOut[];
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
}

export interface WindowEvidence {
    /** First millisecond of the window, since the epoch. */
    readonly start: number;
    /** First millisecond behind the window. */
    readonly end: number;
    readonly incumbentRecords: number;
    readonly candidateRecords: number;
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
     * So the incumbent's records are matched + changed + missing + its duplicates, and the candidate's likewise.
     */
    readonly incumbentDuplicates: number;
    readonly candidateDuplicates: number;
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
    /** How often each JSON type was seen: string, integer, number, boolean, object, array. */
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
    /** The differing fields of a changed record, with both values where `samples` is "raw". */
    readonly fields: readonly {
        readonly field: string;
        readonly incumbent: string | null;
        readonly candidate: string | null;
    }[];
}
