import type { Severity } from "./compareRules.js";
import { type Section, show } from "./section.js";
import { checkUrl, urlWayOut } from "./url.js";

/**
 * A number that says whether the business is as well off with the candidate as with the incumbent. It is asked once in
 * a look; a source that does not answer makes the verdict inconclusive.
 */
export interface MetricArgs {
    /** A server with Prometheus' HTTP API, and one query for each version; each must give exactly one sample. */
    prometheus?: { url: string; incumbent: string; candidate: string };
    /** One URL for each version that answers in JSON, and where in it the number stands. */
    json?: {
        incumbent: string;
        candidate: string;
        /** JSON pointer (RFC 6901) to the number, `/data/revenue` say. Defaults to the whole answer. */
        pointer?: string;
    };
    /** Name of the environment variable with the `Authorization` header to send. Defaults to none. */
    authorizationFrom?: string;
    /** Largest difference as a share of the incumbent's number. Defaults to `0.01`. */
    maxRelativeDifference?: number;
    /** Largest difference that is taken as none, whatever its share. Defaults to `0`. */
    maxAbsoluteDifference?: number;
    /** What a failure does. Defaults to `"critical"`. */
    severity?: Severity;
}

/** Where a metric's number comes from, for one version. */
export type MetricSource =
    | { readonly kind: "prometheus"; readonly url: string; readonly query: string }
    | { readonly kind: "json"; readonly url: string; readonly pointer: string };

export interface MetricSettings {
    readonly incumbent: MetricSource;
    readonly candidate: MetricSource;
    readonly authorizationFrom: string | null;
    readonly maxRelativeDifference: number;
    readonly maxAbsoluteDifference: number;
    readonly severity: Severity;
}

/** Reads `compare.metrics`. */
export function readMetrics(root: Section): Readonly<Record<string, MetricSettings>> {
    const metrics = root.section("metrics");
    return Object.fromEntries(
        metrics.names().flatMap((name) => {
            const metric = metrics.section(name, [
                "prometheus",
                "json",
                "authorizationFrom",
                "maxRelativeDifference",
                "maxAbsoluteDifference",
                "severity",
            ]);
            const sources = readSources(metric);
            const limits = {
                authorizationFrom: metric.text(
                    "authorizationFrom",
                    "name an environment variable; the header itself must not stand here.",
                ),
                maxRelativeDifference: metric.number("maxRelativeDifference", {
                    fallback: 0.01,
                    atLeast: 0,
                    unit: "as a share",
                }),
                maxAbsoluteDifference: metric.number("maxAbsoluteDifference", {
                    fallback: 0,
                    atLeast: 0,
                }),
                severity: metric.oneOf(
                    "severity",
                    ["critical", "required", "informational"],
                    "critical",
                ),
            };
            return sources === undefined ? [] : [[name, { ...sources, ...limits }]];
        }),
    );
}

function readSources(metric: Section): Record<"incumbent" | "candidate", MetricSource> | undefined {
    const given = ["prometheus", "json"].filter((kind) => metric.get(kind) !== undefined);
    if (given.length !== 1) {
        metric.refuse("prometheus", "and json: give exactly one of them.");
        return undefined;
    }
    if (given[0] === "prometheus") {
        const prometheus = metric.section("prometheus", ["url", "incumbent", "candidate"]);
        const url = readUrl(prometheus, "url");
        const query = (side: string) => ({
            kind: "prometheus" as const,
            url,
            query: required(prometheus, side, "give a PromQL query."),
        });
        return { incumbent: query("incumbent"), candidate: query("candidate") };
    }
    const json = metric.section("json", ["incumbent", "candidate", "pointer"]);
    const pointer = json.text("pointer", "give a JSON pointer, /data/revenue say.") ?? "";
    if (pointer !== "" && !pointer.startsWith("/")) {
        json.refuse("pointer", `is ${show(pointer)}; a JSON pointer begins with a slash.`);
    }
    const source = (side: string) => ({ kind: "json" as const, url: readUrl(json, side), pointer });
    return { incumbent: source("incumbent"), candidate: source("candidate") };
}

function required(section: Section, key: string, wayOut: string): string {
    const value = section.text(key, wayOut);
    if (value === null && section.get(key) === undefined) {
        section.refuse(key, `is missing; ${wayOut}`);
    }
    return value ?? "";
}

/** An http(s) URL; one with a password in it is refused, since it would stand in the state. */
export function readUrl(section: Section, key: string): string {
    const text = required(section, key, urlWayOut);
    if (text !== "") {
        checkUrl(section, key, text, "; use authorizationFrom.");
    }
    return text;
}
