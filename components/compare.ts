/** What makes two records counterparts, and how much they may differ. Plain values, not Outputs. */
export interface CompareArgs {
    /**
     * The fields of a record's value that make it the counterpart of a record on the other topic,
     * `["origin", "window_start"]` say. Nested ones as `a.b`.
     */
    identity: string[];
    /**
     * The field with the event time: milliseconds or seconds since the epoch, an ISO string, or a SQL
     * timestamp (taken as UTC). Defaults to the record's own timestamp.
     */
    eventTime?: string;
    /** Length of the event-time windows that records are bucketed into, in seconds; usually the job's own. */
    windowSeconds: number;
    /**
     * How far both topics' event time must be past a window's end before it is taken as finished.
     * Defaults to `windowSeconds`.
     */
    allowedLatenessSeconds?: number;
    /**
     * Event time after the first window of a topic that is left out as warm-up: at least the longest window,
     * join or state lifetime of the job. Defaults to `windowSeconds`.
     */
    warmUpSeconds?: number;
    /** Sealed windows that a verdict needs. Defaults to `3`. */
    minWindows?: number;
    /** Records of the incumbent in them that a verdict needs. Defaults to `100`. */
    minRecords?: number;
    /** How long one `pulumi up` waits for enough evidence before it says inconclusive. Defaults to `60`. */
    waitSeconds?: number;
    /** Hard deadline of one look, reading included. Defaults to `600`. */
    timeoutSeconds?: number;
    /**
     * How long to wait between the look at the ends of the topics and the last read, so that transactions that
     * commit together are seen together: a checkpoint interval, say. Defaults to `2`.
     */
    settleSeconds?: number;
    /** A verdict younger than this is not looked at again by the next `pulumi up`. Defaults to `300`. */
    recheckAfterSeconds?: number;
    /** A pass older than this does not promote. Defaults to `3600`. */
    maxVerdictAgeSeconds?: number;
    /** Ceiling of the comparison engine's memory, in MiB; past it, it spills to disk. Defaults to `512`. */
    memoryMiB?: number;
    /**
     * How differing identities are shown: `"hashed"`, or `"raw"` with both values of the differing fields,
     * which then stand in state and logs. Defaults to `"hashed"`.
     */
    samples?: "hashed" | "raw";
    /** Fields that may differ, by path. A field not named here must be equal. */
    fields?: Record<string, FieldTolerance>;
    /** Thresholds of the rules. A rule not named here keeps its defaults. */
    rules?: RuleThresholds;
}

/** How far the two values of one field may be apart. */
export interface FieldTolerance {
    /** Largest difference of two numbers that is taken as equal. Defaults to `0`. */
    absoluteTolerance?: number;
    /** The same as a share of the incumbent's value: `0.001` is a tenth of a per cent. Defaults to `0`. */
    relativeTolerance?: number;
    /** Leaves the field out of the verdict; say why, the reason stands in the report. */
    ignore?: string;
}

/** Shares are between 0 and 1. All default to `0`: equal inputs should give equal outputs. */
export interface RuleThresholds {
    /** Largest difference of the record counts, as a share of the incumbent's. */
    counts?: { maxRelativeDifference?: number };
    /** Largest share of the incumbent's identities that may be missing, and of the candidate's that may be extra. */
    keyCoverage?: { maxMissingShare?: number; maxExtraShare?: number; maxDuplicatedShare?: number };
    /** Largest share of compared pairs in which a field may differ. */
    values?: { maxDifferentShare?: number };
    /** Largest difference of a field's null rate (null or absent), in points: `0.01` is one per cent point. */
    nullRates?: { maxDifference?: number };
    /** Whether fields that only the candidate has are allowed. Defaults to `false`. */
    schema?: { allowAddedFields?: boolean };
}

/** The same with every default filled in; what the provider half and the fingerprint see. */
export interface CompareSettings {
    readonly identity: readonly string[];
    /** `null` is the record's own timestamp. */
    readonly eventTime: string | null;
    readonly windowSeconds: number;
    readonly allowedLatenessSeconds: number;
    readonly warmUpSeconds: number;
    readonly minWindows: number;
    readonly minRecords: number;
    readonly waitSeconds: number;
    readonly timeoutSeconds: number;
    readonly settleSeconds: number;
    readonly recheckAfterSeconds: number;
    readonly maxVerdictAgeSeconds: number;
    readonly memoryMiB: number;
    readonly samples: "hashed" | "raw";
    readonly fields: Readonly<
        Record<
            string,
            {
                readonly absoluteTolerance: number;
                readonly relativeTolerance: number;
                readonly ignore: string | null;
            }
        >
    >;
    readonly rules: {
        readonly counts: { readonly maxRelativeDifference: number };
        readonly keyCoverage: {
            readonly maxMissingShare: number;
            readonly maxExtraShare: number;
            readonly maxDuplicatedShare: number;
        };
        readonly values: { readonly maxDifferentShare: number };
        readonly nullRates: { readonly maxDifference: number };
        readonly schema: { readonly allowAddedFields: boolean };
    };
}
