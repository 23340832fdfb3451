import { askForJson, type Answer, type Ask } from "./source.js";

/** The number to which a JSON pointer (RFC 6901) leads in what a URL answers. */
export async function askJson(
    url: string,
    pointer: string,
    ask: Omit<Ask, "url">,
): Promise<Answer> {
    const at = new URL(url);
    const reply = await askForJson({ ...ask, url: at });
    if ("reason" in reply) {
        return reply;
    }
    if (reply.status < 200 || reply.status > 299) {
        return { reason: `answered ${reply.status} (${at.origin}${at.pathname})` };
    }
    const value = followPointer(reply.json, pointer);
    const where = pointer === "" ? "as its whole answer" : `at ${pointer}`;
    if (value === undefined) {
        return { reason: `has nothing ${where}` };
    }
    // Past the largest double, JSON.parse says Infinity.
    return typeof value === "number" && Number.isFinite(value)
        ? { value }
        : { reason: `has no number ${where}, but ${kindOf(value)}` };
}

/** What a JSON pointer leads to; `undefined` where that is nothing. */
export function followPointer(json: unknown, pointer: string): unknown {
    if (pointer === "") {
        return json;
    }
    let value = json;
    for (const token of pointer.slice(1).split("/")) {
        const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
        if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
            return undefined;
        }
        if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(key)) {
            return undefined;
        }
        value = (value as Record<string, unknown>)[key];
    }
    return value;
}

/** Without the value, which may be what nobody asked for. */
function kindOf(value: unknown): string {
    if (value === null) {
        return "null";
    }
    if (Array.isArray(value)) {
        return "an array";
    }
    if (typeof value === "number") {
        return "one too large for a double";
    }
    return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
