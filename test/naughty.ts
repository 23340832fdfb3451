import * as fs from "node:fs";

/** What others have collected to break programs with, and what a decoder of UTF-8, of JSON or of paths could mistake. */
export const naughty: readonly string[] = [
    ...new Set([
        ...(JSON.parse(
            fs.readFileSync(require.resolve("big-list-of-naughty-strings/blns.json"), "utf8"),
        ) as string[]),
        ...["\0", "\ufeff", "\ufffd", "a.b", "a\\.b", "\\", ".", "$key", "$value", "\t", "\n", " "],
        ...["é", "e\u0301", "\u{10ffff}", "\u2028", "constructor", "toString", "__proto__", "then"],
    ]),
];

/** The same text as a JSON string with every character escaped. */
export function escaped(text: string): string {
    const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
    return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
}
