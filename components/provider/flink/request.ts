import { explain } from "../errors.js";
import type { Json } from "../verbs.js";
import { flinkCause } from "./cause.js";

/** One call of one of Flink's REST APIs. */
export interface Request {
    readonly method: "GET" | "POST" | "PATCH" | "DELETE";
    readonly url: string;
    readonly body?: Json;
    /** What the call is for, as it continues "could not …". */
    readonly asked: string;
    /** Defaults to `10000`. */
    readonly deadlineMilliseconds?: number;
}

/** A call that got no answer, or not a good one. */
export class FlinkRequestError extends Error {
    override readonly name = "FlinkRequestError";
    constructor(
        message: string,
        readonly url: string,
        /** The HTTP status; `undefined` where nothing answered in time. */
        readonly status: number | undefined,
        /** What Flink said, without Java stacks; empty where it said nothing. */
        readonly said: string,
    ) {
        super(message);
    }

    /** Whether nothing answered, so that nothing is known. */
    get unanswered(): boolean {
        return this.status === undefined;
    }
}

/** Calls and returns the JSON of the answer; fails with a {@link FlinkRequestError}. */
export async function request(call: Request): Promise<Json> {
    const { method, url, body, asked, deadlineMilliseconds = 10_000 } = call;
    const fail = (came: string, status: number | undefined, cause: string) =>
        new FlinkRequestError(`Could not ${asked}: ${method} ${url} ${came}`, url, status, cause);
    let status: number;
    let text: string;
    try {
        const response = await fetch(url, {
            method,
            signal: AbortSignal.timeout(deadlineMilliseconds),
            ...(body !== undefined && {
                body: JSON.stringify(body),
                headers: { "content-type": "application/json" },
            }),
        });
        status = response.status;
        text = await response.text();
    } catch (error) {
        const late = error instanceof Error && error.name === "TimeoutError";
        throw fail(
            late
                ? `did not answer within ${deadlineMilliseconds / 1000} s.`
                : `was not answered: ${explain(error)}. Is this the right address, and is Flink running?`,
            undefined,
            "",
        );
    }
    if (status < 200 || status > 299) {
        const cause = flinkCause(messageOf(text));
        throw fail(`answered ${status}${cause === "" ? "." : `: ${cause}`}`, status, cause);
    }
    try {
        const json: unknown = text === "" ? {} : JSON.parse(text);
        if (typeof json === "object" && json !== null) {
            return json;
        }
    } catch {
        // Said below: whatever it is, it is no answer of Flink.
    }
    const shown = JSON.stringify(text.slice(0, 80));
    throw fail(`answered ${status} with ${shown}, which is not Flink's JSON.`, status, "");
}

/** Flink puts its errors into a list, the server's stack trace last. */
function messageOf(text: string): string {
    try {
        const { errors } = JSON.parse(text) as { errors?: unknown };
        if (Array.isArray(errors)) {
            return errors.map(String).join("\n");
        }
    } catch {
        // A proxy's page, say.
    }
    return text.trim().split("\n")[0]?.slice(0, 200) ?? "";
}

/** Joins a base URL, with or without a path and a slash at its end, and the segments of a path. */
export function urlOf(base: string, ...segments: string[]): string {
    return [base.replace(/\/+$/, ""), ...segments.map(encodeURIComponent)].join("/");
}

/** Waits; where a deadline (epoch milliseconds) is given, not past it. */
export async function pause(milliseconds: number, until = Infinity): Promise<void> {
    const time = Math.max(0, Math.min(milliseconds, until - Date.now()));
    await new Promise((resolve) => setTimeout(resolve, time));
}
