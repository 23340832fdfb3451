import type { MetricSettings, MetricSource } from "../../compareMetrics.js";
import type { MetricEvidence } from "../comparison/evidence.js";
import { sides } from "../../side.js";
import { askJson } from "./json.js";
import { askPrometheus } from "./prometheus.js";
import type { Answer } from "./source.js";

/**
 * Asks all metrics, both sides of each at the same time, so that the two numbers are of the same moment. What does not
 * answer is a problem of its metric; nothing is thrown.
 */
export function askMetrics(
    metrics: Readonly<Record<string, MetricSettings>>,
    signal: AbortSignal,
): Promise<MetricEvidence[]> {
    return Promise.all(
        Object.entries(metrics).map(async ([name, metric]) => {
            const { authorizationFrom } = metric;
            const [incumbent, candidate] = await Promise.all([
                ask(metric.incumbent, authorizationFrom, signal),
                ask(metric.candidate, authorizationFrom, signal),
            ]);
            return {
                name,
                incumbent: "value" in incumbent ? incumbent.value : null,
                candidate: "value" in candidate ? candidate.value : null,
                problem: problemOf(incumbent, candidate),
            };
        }),
    );
}

function ask(
    source: MetricSource,
    authorizationFrom: string | null,
    signal: AbortSignal,
): Promise<Answer> {
    const authorization = authorizationFrom === null ? undefined : process.env[authorizationFrom];
    if (authorizationFrom !== null && (authorization === undefined || authorization === "")) {
        const reason = `was not asked: the environment variable ${authorizationFrom} is not set`;
        return Promise.resolve({ reason });
    }
    return source.kind === "prometheus"
        ? askPrometheus(source.url, source.query, { authorization, signal })
        : askJson(source.url, source.pointer, { authorization, signal });
}

/** What both sides lack is said once. */
function problemOf(incumbent: Answer, candidate: Answer): string | null {
    const reasons = { incumbent: reasonOf(incumbent), candidate: reasonOf(candidate) };
    if (reasons.incumbent === undefined && reasons.candidate === undefined) {
        return null;
    }
    if (reasons.incumbent === reasons.candidate) {
        return `The source ${reasons.incumbent}.`;
    }
    return sides
        .filter((side) => reasons[side] !== undefined)
        .map((side) => `The ${side}'s source ${reasons[side]}.`)
        .join(" ");
}

const reasonOf = (answer: Answer) => ("reason" in answer ? answer.reason : undefined);
