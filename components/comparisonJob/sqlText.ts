/** A text as a literal. */
export function literal(text: string): string {
    return `'${text.replaceAll("'", "''")}'`;
}
