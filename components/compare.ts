import type { FlinkArgs, FlinkSettings } from "./compareFlink.js";
import type { MetricArgs, MetricSettings } from "./compareMetrics.js";
import type { RuleSettings, RuleThresholds } from "./compareRules.js";

/** What makes two records counterparts, and how much they may differ. Plain values, not Outputs. */
export interface CompareArgs {
    /**
     * The fields that make a record the counterpart of a record on the other topic, `["origin", "window_start"]` say.
     * Nested ones as `a.b`; `$key` is the record's key, `$key.a` a field of it.
     */
    identity: string[];
    /**
     * What a topic means: with `"append"` every record counts, with `"upsert"` the last one of every identity, as on a
     * compacted topic. Defaults to `"append"`.
     */
    mode?: "append" | "upsert";
    /** How keys and values are written. Defaults to `{ key: "bytes", value: "json" }`. */
    formats?: { key?: Format; value?: Format };
    /** The schema registry behind the formats `"avro"` and `"protobuf"`, in Confluent's wire format. */
    registry?: RegistryArgs;
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
     * Share of the identities that is compared record by record, 0.000001 to 1: the same ones on both topics, in each window
     * others. Counts, lateness and watermarks are about all records, all other rules about the sample; the verdict says how
     * small a difference it shows. Defaults to `1`, which compares all.
     */
    sample?: number;
    /**
     * How differing identities are shown: `"hashed"`, or `"raw"` with both values of the differing fields,
     * which then stand in state and logs. Defaults to `"hashed"`.
     */
    samples?: "hashed" | "raw";
    /**
     * Directory, on the machine that runs `pulumi up`, in which every look leaves its report as `<name>-<version>.html`
     * and `.json`; relative to the program's folder. Defaults to none.
     */
    report?: string;
    /** Fields that may differ, by path. A field not named here must be equal. */
    fields?: Record<string, FieldTolerance>;
    /** Thresholds of the rules. A rule not named here keeps its defaults. */
    rules?: RuleThresholds;
    /** Numbers from elsewhere that must agree too, by name. Defaults to none. */
    metrics?: Record<string, MetricArgs>;
    /**
     * A third version that runs the incumbent's code and started with the candidate. What it differs from the incumbent
     * is noise, and taken off what the candidate differs. Defaults to none.
     */
    control?: string;
    /**
     * What compares: `"embedded"`, the process that runs `pulumi up`, or `"flink"`, a job on a Flink cluster that runs beside
     * the candidate, for topics that one process cannot keep up with. Defaults to `"embedded"`.
     */
    engine?: "embedded" | "flink";
    /** What the job needs; only with the engine `"flink"`. */
    flink?: FlinkArgs;
}

/**
 * How bytes become fields. JSON, Avro and Protobuf have fields of their own; a string and bytes are one field, `$value` or
 * `$key`.
 */
export type Format = "json" | "avro" | "protobuf" | "string" | "bytes";

export interface RegistryArgs {
    /** Base URL of a registry with Confluent's API. */
    url: string;
    /** Name of the environment variable with the `Authorization` header to send. Defaults to none. */
    authorizationFrom?: string;
}

/** How far the two values of one field may be apart. */
export interface FieldTolerance {
    /** Largest difference of two numbers that is taken as equal. Defaults to `0`. */
    absoluteTolerance?: number;
    /** The same as a share of the incumbent's value: `0.001` is a tenth of a per cent. Defaults to `0`. */
    relativeTolerance?: number;
    /** Takes an array as a multiset: the same items in another order are equal. Defaults to `false`. */
    unordered?: boolean;
    /** Leaves the field out of the verdict; say why, the reason stands in the report. */
    ignore?: string;
}

/** The same with every default filled in; what the provider half and the fingerprint see. */
export interface CompareSettings {
    readonly identity: readonly string[];
    readonly mode: "append" | "upsert";
    readonly formats: { readonly key: Format; readonly value: Format };
    readonly registry: { readonly url: string; readonly authorizationFrom: string | null } | null;
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
    /** 1 where all is compared. */
    readonly sample: number;
    readonly samples: "hashed" | "raw";
    /** `null` where no report is written. */
    readonly report: string | null;
    readonly fields: Readonly<
        Record<
            string,
            {
                readonly absoluteTolerance: number;
                readonly relativeTolerance: number;
                readonly unordered: boolean;
                readonly ignore: string | null;
            }
        >
    >;
    readonly rules: RuleSettings;
    readonly metrics: Readonly<Record<string, MetricSettings>>;
    /** `null` where no version is there to measure noise by. */
    readonly control: string | null;
    readonly engine: "embedded" | "flink";
    /** `null` with the embedded engine. */
    readonly flink: FlinkSettings | null;
}
