import { type Section, share, show, type NumberLimits } from "./section.js";

/**
 * What a failing rule does: `"critical"` fails the verdict, `"required"` keeps it from passing, `"informational"`
 * only reports. Without enough evidence the first two make it inconclusive.
 */
export type Severity = "critical" | "required" | "informational";

/** What every rule can be told. */
export interface RuleArgs {
    /** What a failure does. Every rule says its default. */
    severity?: Severity;
    /** Records or pairs below which the rule does not judge: it is inconclusive then. Defaults to `1`. */
    minRecords?: number;
}

/**
 * Thresholds of the rules. Shares are between 0 and 1, and default to `0` where nothing else is said: equal inputs
 * should give equal outputs. A share above 0 is judged with 95 % confidence: a rule passes when the true share is
 * surely within it, fails when it is surely beyond, and is inconclusive where there are too few records to say.
 */
export interface RuleThresholds {
    /** Records per window. Critical. `maxRelativeDifference` is a share of the incumbent's records. */
    counts?: RuleArgs & { maxRelativeDifference?: number };
    /**
     * Identities that only one version has, or has more often. Critical. `maxMissingShare` and `maxExtraShare` are
     * shares of the records of the version that has them, `maxDuplicatedShare` of either.
     */
    keyCoverage?: RuleArgs & {
        maxMissingShare?: number;
        maxExtraShare?: number;
        maxDuplicatedShare?: number;
    };
    /** Counterparts, field by field. Critical. `maxDifferentShare` is a share of the pairs, for each field. */
    values?: RuleArgs & { maxDifferentShare?: number };
    /** How often a field is null, and how often absent. Critical. `maxDifference` is in points: `0.01` is one per cent point. */
    nullRates?: RuleArgs & { maxDifference?: number };
    /** Fields, their types and whether they can be null. Critical. */
    schema?: RuleArgs & {
        /** Whether fields that only the candidate has are allowed. Defaults to `false`. */
        allowAddedFields?: boolean;
        /**
         * With a registry: what the candidate's newest schema must be towards the incumbent's, as the registry names
         * it. Defaults to `"none"`, which asks nothing.
         */
        compatibility?: Compatibility;
    };
    /** Records that cannot be decoded on the candidate's side only. Critical. */
    decoding?: RuleArgs;
    /** Sums, means, extremes, distinct values and quantiles of the fields named here. Critical. */
    aggregates?: RuleArgs & AggregateArgs;
    /**
     * How far records come behind their topic's event time, and what Flink dropped as late. Critical. `maxLateShare` is
     * how much larger the candidate's share of records more than `allowedLatenessSeconds` behind may be than the
     * incumbent's, `0.001` where nothing is said: where a job restarts, a few come late. `maxDroppedShare` is the same
     * for what its operators dropped.
     */
    lateness?: RuleArgs & { maxLateShare?: number; maxDroppedShare?: number };
    /**
     * How far the candidate's event time is behind the incumbent's. Required. `maxLagSeconds` defaults to twice
     * `windowSeconds` and `allowedLatenessSeconds` together.
     */
    watermarks?: RuleArgs & { maxLagSeconds?: number };
    /** What Flink says of the candidate's job since it was warm. Required. */
    jobHealth?: RuleArgs & {
        /** Restarts since the job was warm. Defaults to `0`. */
        maxRestarts?: number;
        /** Failed checkpoints since then. Defaults to `0`. */
        maxFailedCheckpoints?: number;
        /** Largest share of time in which an operator was back-pressured. Defaults to `0.5`. */
        maxBackpressure?: number;
    };
}

export type Compatibility = "none" | "backward" | "forward" | "full";

export interface AggregateArgs {
    /** Number fields by path, and how far their aggregates may be apart. */
    fields?: Record<string, AggregateTolerance>;
    /** Fields by which they are also compared group by group. Defaults to none. */
    groupBy?: string[];
    /** Quantiles that are compared, each between 0 and 1. Defaults to `[0.5, 0.95, 0.99]`. */
    quantiles?: number[];
}

export interface AggregateTolerance {
    /** Largest difference of an aggregate as a share of the incumbent's. Defaults to `0`. */
    maxRelativeDifference?: number;
    /** The same for each group. Defaults to `maxRelativeDifference`. */
    maxGroupDifference?: number;
}

/** Every rule by name with its defaults filled in. */
export interface RuleSettings {
    readonly counts: Common & { readonly maxRelativeDifference: number };
    readonly keyCoverage: Common & {
        readonly maxMissingShare: number;
        readonly maxExtraShare: number;
        readonly maxDuplicatedShare: number;
    };
    readonly values: Common & { readonly maxDifferentShare: number };
    readonly nullRates: Common & { readonly maxDifference: number };
    readonly schema: Common & {
        readonly allowAddedFields: boolean;
        readonly compatibility: Compatibility;
    };
    readonly decoding: Common;
    readonly aggregates: Common & {
        readonly fields: Readonly<
            Record<
                string,
                { readonly maxRelativeDifference: number; readonly maxGroupDifference: number }
            >
        >;
        readonly groupBy: readonly string[];
        readonly quantiles: readonly number[];
    };
    readonly lateness: Common & {
        readonly maxLateShare: number;
        readonly maxDroppedShare: number;
    };
    readonly watermarks: Common & { readonly maxLagSeconds: number };
    readonly jobHealth: Common & {
        readonly maxRestarts: number;
        readonly maxFailedCheckpoints: number;
        readonly maxBackpressure: number;
    };
}

interface Common {
    readonly severity: Severity;
    readonly minRecords: number;
}

/** The fields of which there are aggregates, and those that group them. */
export function aggregatedFields({ aggregates }: RuleSettings): string[] {
    return [...Object.keys(aggregates.fields), ...aggregates.groupBy];
}

/** Reads `compare.rules`; `maxLagSeconds` is what the candidate may be behind where nothing is given. */
export function readRules(root: Section, maxLagSeconds: number): RuleSettings {
    const rules = root.section("rules", [
        "counts",
        "keyCoverage",
        "values",
        "nullRates",
        "schema",
        "decoding",
        "aggregates",
        "lateness",
        "watermarks",
        "jobHealth",
    ]);
    const rule = (name: string, severity: Severity, keys: readonly string[]) => {
        const section = rules.section(name, ["severity", "minRecords", ...keys]);
        const common: Common = {
            severity: section.oneOf("severity", severities, severity),
            minRecords: section.number("minRecords", { fallback: 1, atLeast: 1, whole: true }),
        };
        return [section, common] as const;
    };
    const [counts, ofCounts] = rule("counts", "critical", ["maxRelativeDifference"]);
    const [keys, ofKeys] = rule("keyCoverage", "critical", [
        "maxMissingShare",
        "maxExtraShare",
        "maxDuplicatedShare",
    ]);
    const [values, ofValues] = rule("values", "critical", ["maxDifferentShare"]);
    const [nulls, ofNulls] = rule("nullRates", "critical", ["maxDifference"]);
    const [schema, ofSchema] = rule("schema", "critical", ["allowAddedFields", "compatibility"]);
    const [, ofDecoding] = rule("decoding", "critical", []);
    const [aggregates, ofAggregates] = rule("aggregates", "critical", [
        "fields",
        "groupBy",
        "quantiles",
    ]);
    const [lateness, ofLateness] = rule("lateness", "critical", [
        "maxLateShare",
        "maxDroppedShare",
    ]);
    const [watermarks, ofWatermarks] = rule("watermarks", "required", ["maxLagSeconds"]);
    const [health, ofHealth] = rule("jobHealth", "required", [
        "maxRestarts",
        "maxFailedCheckpoints",
        "maxBackpressure",
    ]);
    return {
        counts: {
            ...ofCounts,
            maxRelativeDifference: counts.number("maxRelativeDifference", share),
        },
        keyCoverage: {
            ...ofKeys,
            maxMissingShare: keys.number("maxMissingShare", share),
            maxExtraShare: keys.number("maxExtraShare", share),
            maxDuplicatedShare: keys.number("maxDuplicatedShare", share),
        },
        values: { ...ofValues, maxDifferentShare: values.number("maxDifferentShare", share) },
        nullRates: { ...ofNulls, maxDifference: nulls.number("maxDifference", share) },
        schema: {
            ...ofSchema,
            allowAddedFields: schema.boolean("allowAddedFields", false),
            compatibility: schema.oneOf(
                "compatibility",
                ["none", "backward", "forward", "full"],
                "none",
            ),
        },
        decoding: ofDecoding,
        aggregates: { ...ofAggregates, ...readAggregates(aggregates) },
        lateness: {
            ...ofLateness,
            maxLateShare: lateness.number("maxLateShare", { ...share, fallback: 0.001 }),
            maxDroppedShare: lateness.number("maxDroppedShare", share),
        },
        watermarks: {
            ...ofWatermarks,
            maxLagSeconds: watermarks.number("maxLagSeconds", {
                fallback: maxLagSeconds,
                atLeast: 0,
                unit: "seconds",
            }),
        },
        jobHealth: {
            ...ofHealth,
            maxRestarts: health.number("maxRestarts", count),
            maxFailedCheckpoints: health.number("maxFailedCheckpoints", count),
            maxBackpressure: health.number("maxBackpressure", { ...share, fallback: 0.5 }),
        },
    };
}

const severities = ["critical", "required", "informational"] as const;
const count: NumberLimits = { fallback: 0, atLeast: 0, whole: true };
const relative: NumberLimits = { fallback: 0, atLeast: 0, unit: "as a share" };

function readAggregates(
    section: Section,
): Pick<RuleSettings["aggregates"], "fields" | "groupBy" | "quantiles"> {
    const fields = section.section("fields");
    const tolerances = fields.names().map((name) => {
        const field = fields.section(name, ["maxRelativeDifference", "maxGroupDifference"]);
        const maxRelativeDifference = field.number("maxRelativeDifference", relative);
        const maxGroupDifference = field.number("maxGroupDifference", {
            ...relative,
            fallback: maxRelativeDifference,
        });
        return [name, { maxRelativeDifference, maxGroupDifference }] as const;
    });
    const groupBy = section.texts("groupBy", 'name the fields of a group, ["origin"] say.', []);
    if (tolerances.length === 0 && groupBy.length > 0) {
        section.refuse("groupBy", "groups nothing: name the fields to aggregate in `fields`.");
    }
    return { fields: Object.fromEntries(tolerances), groupBy, quantiles: readQuantiles(section) };
}

function readQuantiles(section: Section): number[] {
    const fallback = [0.5, 0.95, 0.99];
    const value = section.get("quantiles", fallback);
    const usable = (of: unknown): of is number => typeof of === "number" && of >= 0 && of <= 1;
    if (Array.isArray(value) && value.every(usable)) {
        return [...new Set(value)].sort((a, b) => a - b);
    }
    section.refuse(
        "quantiles",
        `is ${show(value)}; give numbers between 0 and 1, [0.5, 0.99] say.`,
    );
    return fallback;
}
