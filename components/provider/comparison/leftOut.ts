import type { Side } from "../../side.js";
import type { LeftOut } from "./evidence.js";
import { counts, type Coverage } from "./sealing.js";

interface Seen {
    readonly windows: ReadonlyMap<number, { readonly records: number }>;
}

/** The windows that were seen and do not count, by why they do not. */
export function leftOut(
    { incumbent, candidate }: Readonly<Record<Side, Seen>>,
    coverage: Coverage,
): LeftOut[] {
    const starts = new Set([...incumbent.windows.keys(), ...candidate.windows.keys()]);
    const outside = [...starts].filter((start) => !counts(start, coverage));
    const sum = ({ windows }: Seen, within: readonly number[]) =>
        within.reduce((total, start) => total + (windows.get(start)?.records ?? 0), 0);
    const entry = (reason: LeftOut["reason"], within: readonly number[]): LeftOut => ({
        reason,
        windows: within.length,
        incumbentRecords: sum(incumbent, within),
        candidateRecords: sum(candidate, within),
    });
    return [
        entry(
            "warm-up",
            outside.filter((start) => start < coverage.from),
        ),
        entry(
            "not sealed",
            outside.filter((start) => start >= coverage.from),
        ),
    ].filter(({ windows }) => windows > 0);
}
