import type { CompareSettings } from "../../compare.js";
import type { Fields } from "./decode.js";

/** The fields that are left out of it. */
export function ignoredFields({ fields }: CompareSettings): Set<string> {
    return new Set(
        Object.entries(fields)
            .filter(([, { ignore }]) => ignore !== null)
            .map(([name]) => name),
    );
}

/**
 * The text by which two counterparts are equal or not: one line per field, sorted, without the ignored ones.
 * Neither names nor values contain a raw tab or line break in their JSON form, so it can be split again.
 */
export function writeContent(fields: Fields, ignored: ReadonlySet<string>): string {
    const lines: string[] = [];
    for (const [path, { text }] of fields) {
        if (!ignored.has(path)) {
            lines.push(`${JSON.stringify(path)}\t${text}`);
        }
    }
    return lines.sort().join("\n");
}

/** The canonical text of every field, by path. */
export function readContent(content: string): Map<string, string> {
    const values = new Map<string, string>();
    for (const line of content === "" ? [] : content.split("\n")) {
        const tab = line.indexOf("\t");
        values.set(JSON.parse(line.slice(0, tab)) as string, line.slice(tab + 1));
    }
    return values;
}
