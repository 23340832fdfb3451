import { beyondFlink } from "./beyondFlink.js";
import type { CompareSettings } from "./compare.js";
import type { ComparisonNames } from "./comparisonJob/operatorComparison.js";
import type { FlinkDeployment, FlinkSessionJob } from "./jobs/flinkDeployment.js";
import { type Section, show } from "./section.js";
import { checkUrl, urlWayOut } from "./url.js";

/** How the comparison runs as a job on a Flink cluster, where one process would not keep up. */
export interface FlinkArgs {
    /**
     * URL of this package's `bin/components/comparisonJob/shadow-flink-functions.jar` on your cluster, with whose functions
     * the job looks into records: as the SQL Gateway reads it, or with `job` its JobManager. A `file:` there, or what a file
     * system of its Flink reads (`s3:`, `hdfs:`). A jar without the functions that this release calls fails the submission.
     */
    functions: string;
    /**
     * Base URL of the schema registry as the cluster's task managers reach it. The variable that `registry.authorizationFrom`
     * names has to be set for them too. Defaults to `registry.url`.
     */
    registry?: string;
    /** URL of the SQL Gateway that the job is submitted to. Defaults to the candidate's own, where it is a `sqlJob`. */
    gateway?: string;
    /** URL of the cluster's REST API. Defaults to the candidate's own, or the one that the gateway is configured with. */
    rest?: string;
    /**
     * How the Flink Kubernetes Operator runs it, in place of a SQL Gateway: a `flinkDeployment` or `flinkSessionJob` whose
     * program runs the SQL that the callback is handed. Needs `rest`, and plain values. Defaults to the gateway.
     */
    job?: FlinkDeployment<ComparisonNames> | FlinkSessionJob<ComparisonNames>;
    /** Slots that the job takes. Defaults to `1`. */
    parallelism?: number;
    /** How often it takes a checkpoint; what it found is seen from then on. Defaults to `10`. */
    checkpointSeconds?: number;
    /**
     * How long a partition has to be silent for the others not to wait for it any more. What it brings later for windows
     * that are finished then is not compared, and keeps the verdict from passing. Defaults to `300`.
     */
    idleSeconds?: number;
    /**
     * Where the incumbent's topic is read from: from when the job starts, or from its beginning. The candidate's is always
     * read from its beginning. Defaults to `"now"`.
     */
    from?: "now" | "beginning";
    /**
     * Another number starts the comparison anew, with a job and an evidence topic of its own: after the cluster lost the
     * job, say. Defaults to `1`.
     */
    attempt?: number;
    /**
     * Settings of Kafka's Java client with which the cluster enters the brokers, `{ "security.protocol": "SSL" }` say.
     * They stand in the state: a password has to come from a file on the cluster. Defaults to none.
     */
    properties?: Record<string, string>;
}

/** The same with every default filled in. */
export interface FlinkSettings {
    readonly functions: string;
    readonly registry: string | null;
    readonly gateway: string | null;
    readonly rest: string | null;
    readonly parallelism: number;
    readonly checkpointSeconds: number;
    readonly idleSeconds: number;
    readonly from: "now" | "beginning";
    readonly attempt: number;
    readonly properties: Readonly<Record<string, string>>;
}

const argumentKeys = [
    "functions",
    "registry",
    "gateway",
    "rest",
    "job",
    "parallelism",
    "checkpointSeconds",
    "idleSeconds",
    "from",
    "attempt",
    "properties",
] as const satisfies readonly (keyof FlinkArgs)[];

/** Reads `compare.flink`; `null` where the comparison is not a job. */
export function readFlink(root: Section, engine: "embedded" | "flink"): FlinkSettings | null {
    if (engine === "embedded") {
        if (root.get("flink") !== undefined) {
            root.refuse("flink", 'is not used: set compare.engine to "flink", or remove it.');
        }
        return null;
    }
    const section = root.section("flink", argumentKeys);
    if (section.get("job") !== undefined) {
        refuseJob(section);
    }
    return {
        functions: readFunctions(section),
        registry: url(section, "registry"),
        gateway: url(section, "gateway"),
        rest: url(section, "rest"),
        parallelism: section.number("parallelism", { fallback: 1, atLeast: 1, whole: true }),
        checkpointSeconds: section.number("checkpointSeconds", {
            fallback: 10,
            atLeast: 1,
            whole: true,
            unit: "seconds",
        }),
        idleSeconds: section.number("idleSeconds", {
            fallback: 300,
            atLeast: 1,
            whole: true,
            unit: "seconds",
        }),
        from: section.oneOf("from", ["now", "beginning"], "now"),
        attempt: section.number("attempt", { fallback: 1, atLeast: 1, whole: true }),
        properties: readProperties(section),
    };
}

/** The job itself is no setting: with its callback it would not go into a state. */
function refuseJob(section: Section): void {
    const { kind, build } = (section.get("job") ?? {}) as { kind?: unknown; build?: unknown };
    if (
        !["flinkDeployment", "flinkSessionJob"].includes(String(kind)) ||
        typeof build !== "function"
    ) {
        section.refuse(
            "job",
            "is no flinkDeployment(...) and no flinkSessionJob(...); give one, or the URL of a SQL Gateway as `gateway`.",
        );
    }
    for (const key of ["gateway", "rest"]) {
        if (section.get(key) !== undefined) {
            section.refuse(key, "is not used with compare.flink.job; remove one of them.");
        }
    }
}

const functionsName = "shadow-flink-functions.jar";

/** Refuses what no Flink would load: it takes `file:` and the schemes of its file systems, in lower case, and decodes nothing. */
function readFunctions(section: Section): string {
    const key = "functions";
    const reader =
        section.get("job") === undefined
            ? "the SQL Gateway can read it"
            : "the job's JobManager can read it, into its image say";
    const wayOut =
        `bring node_modules/shadow-flink/bin/components/comparisonJob/${functionsName} to where ${reader}, and give its URL ` +
        `there, "file:///opt/flink/usrlib/${functionsName}" say.`;
    const text = section.text(key, wayOut);
    const [, scheme, rest] = /^([a-z][a-z0-9+.-]+):(\/.*)$/.exec(text ?? "") ?? [];
    if (text === null) {
        if (section.get(key) === undefined) {
            section.refuse(key, `is missing; ${wayOut}`);
        }
    } else if (/^[^:]+:\/\/.*:.*@/.test(text)) {
        section.refuse(key, "has a password in it, which would stand in the state; remove it.");
    } else if (scheme === undefined || rest === undefined) {
        section.refuse(key, `is ${show(text)}, which is no URL; ${wayOut}`);
    } else if (scheme === "local") {
        section.refuse(
            key,
            `is ${show(text)}: "local:" is the operator's word for its own jars; Flink calls it "file:".`,
        );
    } else if (scheme === "file" && /^\/\/[^/]/.test(rest)) {
        section.refuse(
            key,
            `is ${show(text)}, where Flink takes ${show(rest.split("/")[2])} for a host; give three slashes, "file:///…".`,
        );
    } else if (!text.endsWith(".jar")) {
        section.refuse(key, `is ${show(text)}, which does not end in ".jar"; ${wayOut}`);
    }
    return text ?? "";
}

function url(section: Section, key: string): string | null {
    const text = section.text(key, urlWayOut);
    if (text !== null) {
        checkUrl(section, key, text, ".");
    }
    return text;
}

/** What would let anybody in who reads the state. */
const secret = /password|secret|jaas|credential|token/i;

function readProperties(section: Section): Record<string, string> {
    const properties = section.section("properties");
    const entries = properties.names().map((key) => {
        const value = properties.get(key);
        if (typeof value !== "string") {
            properties.refuse(key, `is ${show(value)}; give a text.`);
        } else if (secret.test(key) && !/^\$\{[^}]+\}$/.test(value)) {
            properties.refuse(
                key,
                "would stand in the state: keep it on the cluster, and name it as one of Kafka's config providers " +
                    'does, "${file:/etc/kafka/client.properties:password}" say.',
            );
        }
        return [key, String(value)] as const;
    });
    return Object.fromEntries(entries);
}

/** What of the settings the job cannot do: each by its name, with the way out. */
export function refuseWhatFlinkCannot(root: Section, settings: CompareSettings): void {
    if (settings.flink === null) {
        return;
    }
    for (const { field, what, why } of beyondFlink(settings)) {
        const reason = why === undefined ? "" : `: ${why}`;
        root.refuse(
            field,
            `${what} with compare.engine "flink"${reason}; leave it out, or compare with the "embedded" engine.`,
        );
    }
    if (settings.flink.registry !== null && settings.registry === null) {
        root.refuse("flink.registry", 'is not used: no format is "avro" or "protobuf"; remove it.');
    }
    const registry = settings.flink.registry ?? settings.registry?.url ?? "";
    if (URL.canParse(registry) && new URL(registry).hostname.includes("_")) {
        root.refuse(
            "flink.registry",
            `would be ${show(registry)}, whose host has a "_" in it, which no Java takes for one; give another name of it.`,
        );
    }
    for (const key of ["memoryMiB", "settleSeconds"]) {
        if (root.get(key) !== undefined) {
            root.refuse(key, 'is not used with compare.engine "flink"; remove it.');
        }
    }
}
