import { sides } from "../side.js";

/** A text as a literal. */
export function literal(text: string): string {
    return `'${text.replaceAll("'", "''")}'`;
}

/** What is aggregated, once for each side: `incumbents` and `candidates`. */
export function perSide(aggregate: string): string {
    return sides
        .map((side) => `${aggregate} FILTER (WHERE side = '${side}') AS ${side}s`)
        .join(",\n    ");
}
