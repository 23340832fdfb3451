import type { Leftover, MatchedOf, Row } from "./engine.js";
import { counts, type Coverage } from "./sealing.js";

/** What is held of one identity in one window. */
interface Group {
    readonly window: number;
    readonly identity: string;
    readonly hash: number;
    isOfIncumbent: boolean;
    isOfCandidate: boolean;
    /** How many more of each content the incumbent has. */
    readonly surplus: Map<string, number>;
}

/**
 * What is left of the windows that count once equal records have cancelled each other out, in order of window and
 * identity: what `Engine.leftovers` gives, of records that fit into memory.
 */
export function pairRows(
    rows: readonly Row[],
    coverage: Coverage,
    matchedOf: MatchedOf,
): Leftover[] {
    const groups = [...groupsOf(rows, coverage)].sort(
        (a, b) => a.window - b.window || compareBytes(a.identity, b.identity),
    );
    const isShared = (group: Group) => group.isOfIncumbent && group.isOfCandidate;
    const matched = matchedOf(groups.filter((group) => !isShared(group)).map(({ hash }) => hash));
    return groups.flatMap((group) => pairsOf(group, isShared(group) || matched.has(group.hash)));
}

/** Only those of which something is left. */
function groupsOf(rows: readonly Row[], coverage: Coverage): Iterable<Group> {
    const groups = new Map<string, Group>();
    for (const { side, window, identity, identityHash, content } of rows) {
        if (!counts(window, coverage)) {
            continue;
        }
        const key = `${window} ${identity}`;
        let group = groups.get(key);
        if (group === undefined) {
            group = {
                window,
                identity,
                hash: identityHash,
                isOfIncumbent: false,
                isOfCandidate: false,
                surplus: new Map(),
            };
            groups.set(key, group);
        }
        const isIncumbent = side === "incumbent";
        group[isIncumbent ? "isOfIncumbent" : "isOfCandidate"] = true;
        group.surplus.set(content, (group.surplus.get(content) ?? 0) + (isIncumbent ? 1 : -1));
    }
    return groups.values();
}

/** Records of one identity that still differ, in the order of their content: the same records make the same pairs. */
function pairsOf({ window, identity, surplus }: Group, shared: boolean): Leftover[] {
    const rest = { incumbent: [] as string[], candidate: [] as string[] };
    for (const [content, n] of surplus) {
        const of = n > 0 ? rest.incumbent : rest.candidate;
        for (let i = 0; i < Math.abs(n); i++) {
            of.push(content);
        }
    }
    const incumbents = rest.incumbent.sort(compareBytes);
    const candidates = rest.candidate.sort(compareBytes);
    return Array.from(
        { length: Math.max(incumbents.length, candidates.length) },
        (_, place): Leftover => ({
            window,
            identity,
            incumbent: incumbents[place] ?? null,
            candidate: candidates[place] ?? null,
            shared,
        }),
    );
}

/** The order of their bytes in UTF-8, as DuckDB has it. JavaScript's own is another one beyond U+FFFF. */
function compareBytes(a: string, b: string): number {
    const length = Math.min(a.length, b.length);
    for (let i = 0; i < length; i++) {
        const [one, other] = [a.charCodeAt(i), b.charCodeAt(i)];
        if (one !== other) {
            return placeOf(one) - placeOf(other);
        }
    }
    return a.length - b.length;
}

/** Surrogates stand for what comes behind all other units. */
function placeOf(unit: number): number {
    return unit >= 0xd800 && unit < 0xe000 ? unit + 0x1_0000 : unit;
}
