/** More groups than are worth a table. */
const mostGroups = 100_000;

/** The groups of records whose fields are aggregated by group. */
export class Groups {
    readonly #known = new Map<string, string>();

    constructor(private readonly groupBy: readonly string[]) {}

    /** The group of a record as one key, by its fields' canonical texts; `null` where nothing is grouped by. */
    of(text: (path: string) => string | undefined): string | null {
        if (this.groupBy.length === 0) {
            return null;
        }
        const group = JSON.stringify(this.groupBy.map((path) => text(path) ?? "absent"));
        // Records that wait hold the one text of their group, not one each.
        const known = this.#known.get(group);
        if (known === undefined && this.#known.size < mostGroups) {
            this.#known.set(group, group);
        }
        return known ?? group;
    }
}
