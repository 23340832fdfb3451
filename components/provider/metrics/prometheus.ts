import { askForJson, type Answer, type Ask } from "./source.js";

interface Reply {
    readonly status?: unknown;
    readonly error?: unknown;
    readonly data?: { readonly resultType?: unknown; readonly result?: unknown };
}

/**
 * The one sample of an instant query, by the HTTP API of Prometheus and those that speak it (Mimir, Thanos). No sample
 * and several are no answer: which one was meant would be a guess.
 */
export async function askPrometheus(
    base: string,
    query: string,
    ask: Omit<Ask, "url">,
): Promise<Answer> {
    const url = new URL(`${base.replace(/\/+$/, "")}/api/v1/query`);
    url.searchParams.set("query", query);
    const reply = await askForJson({ ...ask, url });
    if ("reason" in reply) {
        return reply;
    }
    const { status, error, data } = (reply.json ?? {}) as Reply;
    if (status !== "success" || data === undefined) {
        const said =
            typeof error === "string" ? `: ${error.slice(0, 200)}` : ", not as Prometheus does";
        return { reason: `answered ${reply.status}${said} (${url.origin}${url.pathname})` };
    }
    switch (data.resultType) {
        case "scalar":
            return numberOf(data.result);
        case "vector":
            return single(data.result);
        default:
            return {
                reason: `gives a ${String(data.resultType)}, not one number: aggregate the query`,
            };
    }
}

function single(result: unknown): Answer {
    const series = Array.isArray(result) ? (result as { value?: unknown }[]) : [];
    const [only] = series;
    if (only === undefined) {
        return { reason: "has no series for the query" };
    }
    return series.length > 1
        ? { reason: `has ${series.length} series for the query, not one: aggregate them` }
        : numberOf(only.value);
}

/** Values are `[time, "text"]`. */
function numberOf(sample: unknown): Answer {
    const text: unknown = Array.isArray(sample) ? sample[1] : undefined;
    const value = typeof text === "string" && text.trim() !== "" ? Number(text) : NaN;
    return Number.isFinite(value)
        ? { value }
        : { reason: `gives ${JSON.stringify(text)}, which is no number` };
}
