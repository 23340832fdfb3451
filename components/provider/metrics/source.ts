import { explain } from "../errors.js";
import { readAtMost } from "../readAtMost.js";

/** A number from a metric's source, or why there is none: a clause that continues "the incumbent's source …". */
export type Answer = { readonly value: number } | { readonly reason: string };

const deadlineMilliseconds = 10_000;
const mostBytes = 1_048_576;

export interface Ask {
    readonly url: URL;
    /** The value of the `Authorization` header. Never shown. */
    readonly authorization: string | undefined;
    readonly signal: AbortSignal;
}

/** What came back, whatever its status, or why nothing did. */
export type Reply =
    { readonly status: number; readonly json: unknown } | { readonly reason: string };

/** Asks a URL for JSON, within 10 seconds and a mebibyte. Nothing is thrown. */
export async function askForJson({ url, authorization, signal }: Ask): Promise<Reply> {
    const deadline = AbortSignal.timeout(deadlineMilliseconds);
    // A query may well hold a token: it is sent, and not shown.
    const from = `${url.origin}${url.pathname}`;
    try {
        const response = await fetch(url, {
            signal: AbortSignal.any([signal, deadline]),
            headers: {
                accept: "application/json",
                ...(authorization !== undefined && { authorization }),
            },
        });
        const text = await readAtMost(response, mostBytes);
        if (text === undefined) {
            return { reason: `gave more than ${mostBytes / 1_048_576} MiB (${from})` };
        }
        try {
            return { status: response.status, json: JSON.parse(text) };
        } catch {
            return {
                reason: `answered ${response.status} with something else than JSON (${from})`,
            };
        }
    } catch (error) {
        if (deadline.aborted && !signal.aborted) {
            return { reason: `did not answer within ${deadlineMilliseconds / 1000} s (${from})` };
        }
        return {
            reason: signal.aborted
                ? `was not waited for: the look's time was over (${from})`
                : `was not reached (${from}): ${explain(error)}`,
        };
    }
}
