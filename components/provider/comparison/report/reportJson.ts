import { reportVersion, withoutPayload, type Report } from "./report.js";

/**
 * The report for programs: `{ reportVersion, verdict, evidence, settings }`, keys in order of the alphabet below that,
 * so that the same look gives the same bytes. Numbers are those that JSON readers agree on; what may be larger or more
 * exact is decimal text in the evidence already. What could mislead a terminal, a page or an editor that shows the
 * file stands in it as `\uXXXX`, which means the same to a parser.
 */
export function reportJson(report: Report): string {
    const { verdict, evidence, settings } = withoutPayload(report);
    const document = {
        reportVersion,
        verdict: sorted(verdict),
        evidence: sorted(evidence),
        settings: sorted(settings),
    };
    return `${JSON.stringify(document, null, 2).replace(unsafe, escaped)}\n`;
}

/** Line ends and spaces of the document itself stay; inside of texts, JSON has escaped them. */
const unsafe = /[<>&\p{Zl}\p{Zp}]|(?!\n)\p{C}/gu;

function escaped(character: string): string {
    return Array.from(
        { length: character.length },
        (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
    ).join("");
}

function sorted(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(sorted);
    }
    if (typeof value === "object" && value !== null) {
        const members = Object.entries(value)
            .filter(([, member]) => member !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : 1));
        // fromEntries defines __proto__ as a plain property, which an assignment would not.
        return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
    }
    // JSON knows neither infinity nor NaN, and would make null of them, which means something else here.
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
