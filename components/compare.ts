import type { Problem } from "./versions.js";

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

/**
 * Fills in the defaults and collects everything that is wrong with the arguments, not only the first thing.
 * Where a value cannot be used its default stands in the settings, so look at the problems first.
 */
export function resolveCompare(args: CompareArgs): {
    settings: CompareSettings;
    problems: Problem[];
} {
    const problems: Problem[] = [];
    const root = new Section("compare", args, argumentKeys, problems);
    const identity = readIdentity(root);
    const windowSeconds = root.number("windowSeconds", { atLeast: 0.001, unit: "seconds" });
    const settings: CompareSettings = {
        identity,
        eventTime: readEventTime(root),
        windowSeconds,
        allowedLatenessSeconds: root.number("allowedLatenessSeconds", seconds(windowSeconds)),
        warmUpSeconds: root.number("warmUpSeconds", seconds(windowSeconds)),
        minWindows: root.number("minWindows", evidence(3)),
        minRecords: root.number("minRecords", evidence(100)),
        waitSeconds: root.number("waitSeconds", seconds(60)),
        timeoutSeconds: root.number("timeoutSeconds", seconds(600)),
        settleSeconds: root.number("settleSeconds", seconds(2)),
        recheckAfterSeconds: root.number("recheckAfterSeconds", seconds(300)),
        maxVerdictAgeSeconds: root.number("maxVerdictAgeSeconds", seconds(3600)),
        memoryMiB: root.number("memoryMiB", {
            fallback: 512,
            // With less the engine cannot hold what it needs at one time to pair records.
            atLeast: 256,
            whole: true,
            unit: "MiB",
        }),
        samples: readSamples(root),
        fields: readFields(root, identity),
        rules: readRules(root),
    };
    const { waitSeconds, settleSeconds, timeoutSeconds } = settings;
    const { recheckAfterSeconds, maxVerdictAgeSeconds } = settings;
    if (recheckAfterSeconds > maxVerdictAgeSeconds) {
        root.refuse(
            "recheckAfterSeconds",
            `is ${recheckAfterSeconds}: a verdict that is too old to promote (maxVerdictAgeSeconds, ` +
                `${maxVerdictAgeSeconds}) would be too young to be looked at again.`,
        );
    }
    if (waitSeconds + settleSeconds >= timeoutSeconds) {
        root.refuse(
            "timeoutSeconds",
            `is ${timeoutSeconds}, which leaves no time to read: it must be longer than waitSeconds ` +
                `and settleSeconds together (${waitSeconds} + ${settleSeconds} seconds).`,
        );
    }
    return { settings, problems };
}

const argumentKeys = [
    "identity",
    "eventTime",
    "windowSeconds",
    "allowedLatenessSeconds",
    "warmUpSeconds",
    "minWindows",
    "minRecords",
    "waitSeconds",
    "timeoutSeconds",
    "settleSeconds",
    "recheckAfterSeconds",
    "maxVerdictAgeSeconds",
    "memoryMiB",
    "samples",
    "fields",
    "rules",
] as const satisfies readonly (keyof CompareArgs)[];

interface NumberLimits {
    /** What stands where nothing is given; without it the argument is required. */
    fallback?: number;
    atLeast: number;
    atMost?: number;
    whole?: boolean;
    unit?: string;
    why?: string;
}

const seconds = (fallback: number): NumberLimits => ({ fallback, atLeast: 0, unit: "seconds" });
const share: NumberLimits = { fallback: 0, atLeast: 0, atMost: 1, unit: "as a share" };
const evidence = (fallback: number): NumberLimits => ({
    fallback,
    atLeast: 1,
    whole: true,
    why: "no evidence is never a pass",
});

/** One object among the arguments: reads its entries and notes what is wrong with them. */
class Section {
    private readonly entries: Map<string, unknown>;

    constructor(
        readonly path: string,
        value: unknown,
        keys: readonly string[] | undefined,
        private readonly problems: Problem[],
    ) {
        const usable = typeof value === "object" && value !== null && !Array.isArray(value);
        // A Map, since a field may well be called __proto__ or constructor.
        this.entries = new Map(usable ? Object.entries(value) : []);
        if (!usable && value !== undefined) {
            problems.push({ field: path, message: `is ${show(value)}; give an object.` });
        }
        for (const key of keys === undefined ? [] : this.entries.keys()) {
            if (!keys?.includes(key)) {
                this.refuse(key, `is not an argument; ${suggest(key, keys ?? [])}`);
            }
        }
    }

    names(): string[] {
        return [...this.entries.keys()];
    }

    /** What is given; `null` is given too, and rarely of use. */
    get(key: string, fallback?: unknown): unknown {
        const value = this.entries.get(key);
        return value === undefined ? fallback : value;
    }

    section(key: string, keys?: readonly string[]): Section {
        return new Section(`${this.path}.${key}`, this.get(key), keys, this.problems);
    }

    number(key: string, limits: NumberLimits): number {
        const { fallback, atLeast, atMost } = limits;
        const value = this.get(key, fallback);
        const usable =
            typeof value === "number" &&
            Number.isFinite(value) &&
            value >= atLeast &&
            (atMost === undefined || value <= atMost) &&
            (!limits.whole || Number.isSafeInteger(value));
        if (usable) {
            return value;
        }
        const found = value === undefined ? "is missing" : `is ${show(value)}`;
        this.refuse(key, `${found}; give ${describeLimits(limits)}.`);
        return fallback ?? 1;
    }

    refuse(key: string, what: string): void {
        this.problems.push({ field: `${this.path}.${key}`, message: what });
    }
}

function readIdentity(root: Section): string[] {
    const value = root.get("identity");
    const wayOut =
        'name the fields that make a record the counterpart of another, ["origin", "window_start"] say.';
    if (!Array.isArray(value) || value.length === 0) {
        const found =
            value === undefined ? "missing" : Array.isArray(value) ? "empty" : show(value);
        root.refuse("identity", `is ${found}; ${wayOut}`);
        return [];
    }
    const names = new Set<string>();
    value.forEach((name: unknown, index) => {
        if (typeof name !== "string" || name === "") {
            root.refuse(`identity[${index}]`, `is ${show(name)}; ${wayOut}`);
        } else if (names.has(name)) {
            root.refuse(`identity[${index}]`, `is ${show(name)} a second time; remove it.`);
        } else {
            names.add(name);
        }
    });
    return [...names];
}

function readEventTime(root: Section): string | null {
    const value = root.get("eventTime");
    if (value === undefined) {
        return null;
    }
    if (typeof value === "string" && value !== "") {
        return value;
    }
    root.refuse(
        "eventTime",
        `is ${show(value)}; name the field with the event time, or leave it out to use the record's own timestamp.`,
    );
    return null;
}

function readSamples(root: Section): "hashed" | "raw" {
    const value = root.get("samples", "hashed");
    if (value === "hashed" || value === "raw") {
        return value;
    }
    root.refuse("samples", `is ${show(value)}; give "hashed" or "raw".`);
    return "hashed";
}

function readFields(root: Section, identity: readonly string[]): CompareSettings["fields"] {
    const fields = root.section("fields");
    const keys = ["absoluteTolerance", "relativeTolerance", "ignore"];
    const entries = fields.names().map((name) => {
        const field = fields.section(name, keys);
        if (fields.get(name) === undefined) {
            fields.refuse(name, "is undefined; say how far the field may differ, or remove it.");
        }
        if (identity.includes(name)) {
            fields.refuse(
                name,
                "belongs to the identity, which must be equal for two records to be counterparts; " +
                    "remove it here or from compare.identity.",
            );
        }
        const tolerance = {
            absoluteTolerance: field.number("absoluteTolerance", { fallback: 0, atLeast: 0 }),
            relativeTolerance: field.number("relativeTolerance", share),
            ignore: readReason(field),
        };
        return [name, tolerance] as const;
    });
    // fromEntries defines __proto__ as a plain property, which an assignment would not.
    return Object.fromEntries(entries);
}

function readReason(field: Section): string | null {
    const value = field.get("ignore");
    if (value === undefined) {
        return null;
    }
    if (typeof value === "string" && value.trim() !== "") {
        return value;
    }
    field.refuse(
        "ignore",
        `is ${show(value)}; say why the field may differ, the reason stands in the report.`,
    );
    return null;
}

function readRules(root: Section): CompareSettings["rules"] {
    const rules = root.section("rules", ["counts", "keyCoverage", "values", "nullRates", "schema"]);
    const counts = rules.section("counts", ["maxRelativeDifference"]);
    const keyCoverage = rules.section("keyCoverage", [
        "maxMissingShare",
        "maxExtraShare",
        "maxDuplicatedShare",
    ]);
    const values = rules.section("values", ["maxDifferentShare"]);
    const nullRates = rules.section("nullRates", ["maxDifference"]);
    const schema = rules.section("schema", ["allowAddedFields"]);
    const allowAddedFields = schema.get("allowAddedFields", false);
    if (typeof allowAddedFields !== "boolean") {
        schema.refuse("allowAddedFields", `is ${show(allowAddedFields)}; give true or false.`);
    }
    return {
        counts: { maxRelativeDifference: counts.number("maxRelativeDifference", share) },
        keyCoverage: {
            maxMissingShare: keyCoverage.number("maxMissingShare", share),
            maxExtraShare: keyCoverage.number("maxExtraShare", share),
            maxDuplicatedShare: keyCoverage.number("maxDuplicatedShare", share),
        },
        values: { maxDifferentShare: values.number("maxDifferentShare", share) },
        nullRates: { maxDifference: nullRates.number("maxDifference", share) },
        schema: { allowAddedFields: allowAddedFields === true },
    };
}

function describeLimits({ atLeast, atMost, whole, unit, why }: NumberLimits): string {
    const range =
        atMost === undefined ? `of at least ${atLeast}` : `between ${atLeast} and ${atMost}`;
    return [
        `a ${whole ? "whole " : ""}number ${range}`,
        unit === undefined ? "" : `, ${unit.startsWith("as") ? unit : `in ${unit}`}`,
        why === undefined ? "" : `: ${why}`,
    ].join("");
}

function suggest(key: string, keys: readonly string[]): string {
    const nearest = keys
        .map((name) => {
            // Leaving the unit out is no reason not to be understood.
            const spellings = [name, name.replace(/(Seconds|MiB)$/, "")];
            return { name, distance: Math.min(...spellings.map((to) => editDistance(key, to))) };
        })
        .reduce((best, next) => (next.distance < best.distance ? next : best));
    return nearest.distance <= Math.max(2, key.length / 3)
        ? `did you mean ${nearest.name}?`
        : `these are: ${keys.join(", ")}.`;
}

function editDistance(a: string, b: string): number {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) {
            const replaced =
                row[j - 1]! + (a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0 : 1);
            next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
        }
        row = next;
    }
    return row[b.length]!;
}

/** A value as it stands in a message: short, and never mistaken for another type. */
function show(value: unknown): string {
    if (typeof value === "string") {
        return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    }
    if (value === null || ["number", "boolean", "undefined"].includes(typeof value)) {
        return String(value);
    }
    return Array.isArray(value) ? "an array" : `of type ${typeof value}`;
}
