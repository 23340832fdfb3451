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
            lines.push(lineBeginning(path) + text);
        }
    }
    return lines.sort().join("\n");
}

/** What the line of a field begins with; no other field's line does. */
export function lineBeginning(path: string): string {
    return `${nameOf(path)}\t`;
}

/** The canonical text of every field, by path. */
export function readContent(content: string): Map<string, string> {
    return readLines(linesOf(content));
}

/** Of two contents only the fields in which they are not equal. */
export function readDifferences(
    a: string,
    b: string,
): [a: Map<string, string>, b: Map<string, string>] {
    const [linesOfA, linesOfB] = [linesOf(a), linesOf(b)];
    const [onlyInA, onlyInB]: [string[], string[]] = [[], []];
    for (let i = 0, j = 0; i < linesOfA.length || j < linesOfB.length;) {
        const [one, other] = [linesOfA[i], linesOfB[j]];
        if (one === other) {
            i++;
            j++;
        } else if (other === undefined || (one !== undefined && one < other)) {
            onlyInA.push(one!);
            i++;
        } else {
            onlyInB.push(other);
            j++;
        }
    }
    return [readLines(onlyInA), readLines(onlyInB)];
}

const linesOf = (content: string) => (content === "" ? [] : content.split("\n"));

function readLines(lines: readonly string[]): Map<string, string> {
    const values = new Map<string, string>();
    for (const line of lines) {
        const tab = line.indexOf("\t");
        values.set(pathOf(line.slice(0, tab)), line.slice(tab + 1));
    }
    return values;
}

/** Paths as JSON strings, and back: those of the records of a topic are mostly the same few. */
const nameOf = remember((path) => JSON.stringify(path));
const pathOf = remember((name) => JSON.parse(name) as string);

const mostRemembered = 10_000;

function remember(translate: (text: string) => string): (text: string) => string {
    const known = new Map<string, string>();
    return (text) => {
        let found = known.get(text);
        if (found === undefined) {
            found = translate(text);
            if (known.size >= mostRemembered) {
                known.clear();
            }
            known.set(text, found);
        }
        return found;
    };
}
