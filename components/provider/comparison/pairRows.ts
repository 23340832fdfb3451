import type { Leftover, MatchedOf, Row } from "./engine.js";
import { counts, type Coverage } from "./sealing.js";
import type { Side } from "../../side.js";

/** What is held of one identity in one window: the contents of its records. */
interface Group extends Record<Side, string[]> {
    readonly window: number;
    readonly identity: string;
    readonly hash: number;
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
    const isShared = ({ incumbent, candidate }: Group) =>
        incumbent.length > 0 && candidate.length > 0;
    const matched = matchedOf(groups.filter((group) => !isShared(group)).map(({ hash }) => hash));
    return groups.flatMap((group) => pairsOf(group, isShared(group) || matched.has(group.hash)));
}

function groupsOf(rows: readonly Row[], coverage: Coverage): Iterable<Group> {
    const groups = new Map<string, Group>();
    for (const { side, window, identity, identityHash: hash, content } of rows) {
        if (!counts(window, coverage)) {
            continue;
        }
        const key = `${window} ${identity}`;
        let group = groups.get(key);
        if (group === undefined) {
            groups.set(key, (group = { window, identity, hash, incumbent: [], candidate: [] }));
        }
        group[side].push(content);
    }
    return groups.values();
}

/** Records of one identity that still differ, in the order of their content: the same records make the same pairs. */
function pairsOf({ window, identity, ...contents }: Group, shared: boolean): Leftover[] {
    const [incumbents, candidates] = withoutEqual(contents.incumbent, contents.candidate);
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

/** Multisets: of two equal ones and one, one is left. Sorts what it is given. */
function withoutEqual(some: string[], others: string[]): [string[], string[]] {
    some.sort(compareBytes);
    others.sort(compareBytes);
    const left: [string[], string[]] = [[], []];
    let [i, j] = [0, 0];
    while (i < some.length && j < others.length) {
        const order = compareBytes(some[i]!, others[j]!);
        if (order < 0) left[0].push(some[i]!);
        if (order > 0) left[1].push(others[j]!);
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
    return [left[0].concat(some.slice(i)), left[1].concat(others.slice(j))];
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
