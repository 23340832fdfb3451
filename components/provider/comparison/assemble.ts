import type { CompareSettings } from "../../compare.js";
import { readContent } from "./content.js";
import type { Engine, Leftover } from "./engine.js";
import type {
    Evidence,
    FieldEvidence,
    FieldTally,
    LeftOut,
    Sample,
    VersionEvidence,
    WindowEvidence,
} from "./evidence.js";
import { hashIdentity } from "./hash.js";
import { PairComparison, type Difference } from "./pair.js";
import { counts, windowLength, type Coverage } from "./sealing.js";
import type { Tally, TypeCounts } from "./tally.js";

/** All that was read of the two topics, and which windows of it count. */
export interface Look {
    readonly settings: CompareSettings;
    readonly incumbent: VersionEvidence;
    readonly candidate: VersionEvidence;
    readonly tallies: { readonly incumbent: Tally; readonly candidate: Tally };
    readonly coverage: Coverage;
    readonly gaps: readonly string[];
}

const samplesOfAKind = 5;
const longestValue = 200;

/** Turns what was read into evidence; the pairs come from the engine, which holds the records. */
export async function assemble(look: Look, engine: Engine | undefined): Promise<Evidence> {
    const { settings, tallies, coverage } = look;
    const fields = {
        incumbent: tallies.incumbent.fieldsIn(coverage),
        candidate: tallies.candidate.fieldsIn(coverage),
    };
    const windows = openWindows(look);
    const different = new Map<string, FieldDifferences>();
    const samples: Sample[] = [];
    if (engine !== undefined && windows.size > 0) {
        const comparison = new PairComparison(settings, addedAndAllowed(settings, fields));
        for await (const leftover of engine.leftovers(coverage)) {
            const window = windows.get(leftover.window)!;
            const [kind, differences] = classify(leftover, comparison);
            count(window, leftover, kind);
            differences.forEach((difference) => note(different, difference));
            if (kind !== "matched") {
                addSample(samples, kind, leftover, differences, settings.samples);
            }
        }
    }
    const windowEvidence = [...windows.values()].map(close);
    const pairs = windowEvidence.reduce((sum, w) => sum + w.matched + w.changed, 0);
    return {
        incumbent: look.incumbent,
        candidate: look.candidate,
        windows: windowEvidence,
        fields: fieldEvidence(look, fields, different, pairs),
        aggregates: [],
        metrics: [],
        schemas: [],
        control: null,
        leftOut: leftOut(look),
        gaps: look.gaps,
        samples,
    };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type FieldsOfBoth = Record<"incumbent" | "candidate", Map<string, TypeCounts>>;
type Kind = "matched" | Sample["kind"];
interface FieldDifferences {
    pairs: number;
    largest: number | null;
}

/** The windows that count, in order of time, with the records of both sides and nothing paired yet. */
function openWindows({ settings, tallies, coverage }: Look): Map<number, Mutable<WindowEvidence>> {
    const { incumbent, candidate } = tallies;
    const starts = new Set([...incumbent.windows.keys(), ...candidate.windows.keys()]);
    return new Map(
        [...starts]
            .filter((start) => counts(start, coverage))
            .sort((a, b) => a - b)
            .map((start) => [
                start,
                {
                    start,
                    end: start + windowLength(settings),
                    windows: 1,
                    incumbentRecords: incumbent.windows.get(start)?.records ?? 0,
                    candidateRecords: candidate.windows.get(start)?.records ?? 0,
                    matched: 0,
                    changed: 0,
                    missing: 0,
                    extra: 0,
                    incumbentDuplicates: 0,
                    candidateDuplicates: 0,
                },
            ]),
    );
}

function classify(leftover: Leftover, comparison: PairComparison): [Kind, Difference[]] {
    const { incumbent, candidate, shared } = leftover;
    if (incumbent !== null && candidate !== null) {
        const differences = comparison.differences(readContent(incumbent), readContent(candidate));
        return [differences.length === 0 ? "matched" : "changed", differences];
    }
    if (shared) {
        return ["duplicated", []];
    }
    return [incumbent === null ? "extra" : "missing", []];
}

function count(window: Mutable<WindowEvidence>, leftover: Leftover, kind: Kind): void {
    switch (kind) {
        case "matched":
            break; // counted with the records that were equal, in `close`
        case "duplicated":
            window[leftover.incumbent === null ? "candidateDuplicates" : "incumbentDuplicates"]++;
            break;
        case "changed":
        case "missing":
        case "extra":
            window[kind]++;
            break;
    }
}

/** Whatever is not left over, or differs within its tolerances only, has its counterpart. */
function close(window: WindowEvidence): WindowEvidence {
    const { incumbentRecords, changed, missing, incumbentDuplicates } = window;
    return { ...window, matched: incumbentRecords - changed - missing - incumbentDuplicates };
}

function note(different: Map<string, FieldDifferences>, { field, by }: Difference): void {
    const known = different.get(field) ?? { pairs: 0, largest: null };
    const largest = by === null ? known.largest : Math.max(by, known.largest ?? 0);
    different.set(field, { pairs: known.pairs + 1, largest });
}

function addSample(
    samples: Sample[],
    kind: Sample["kind"],
    { window, identity }: Leftover,
    differences: readonly Difference[],
    how: CompareSettings["samples"],
): void {
    if (samples.filter((sample) => sample.kind === kind).length === samplesOfAKind) {
        return;
    }
    const raw = (text: string | null) => (how === "raw" && text !== null ? shorten(text) : null);
    samples.push({
        kind,
        window,
        identity: how === "raw" ? shorten(identity) : hashIdentity(identity),
        fields: differences.map(({ field, incumbent, candidate }) => ({
            field,
            incumbent: raw(incumbent),
            candidate: raw(candidate),
        })),
    });
}

function shorten(text: string): string {
    return text.length > longestValue ? `${text.slice(0, longestValue).toWellFormed()}…` : text;
}

/** Fields that only the candidate has, where the settings allow these. */
function addedAndAllowed(settings: CompareSettings, fields: FieldsOfBoth): Set<string> {
    return settings.rules.schema.allowAddedFields
        ? new Set([...fields.candidate.keys()].filter((name) => !fields.incumbent.has(name)))
        : new Set();
}

function fieldEvidence(
    { settings, tallies, coverage }: Look,
    fields: FieldsOfBoth,
    different: ReadonlyMap<string, FieldDifferences>,
    pairs: number,
): FieldEvidence[] {
    const tolerances = new Map(Object.entries(settings.fields));
    const records = {
        incumbent: tallies.incumbent.recordsIn(coverage),
        candidate: tallies.candidate.recordsIn(coverage),
    };
    const names = new Set([...fields.incumbent.keys(), ...fields.candidate.keys()]);
    return [...names].sort().map((field) => {
        const ignored = tolerances.get(field)?.ignore ?? null;
        return {
            field,
            incumbent: fieldTally(fields.incumbent.get(field), records.incumbent),
            candidate: fieldTally(fields.candidate.get(field), records.candidate),
            compared: ignored === null ? pairs : 0,
            different: different.get(field)?.pairs ?? 0,
            largestDifference: different.get(field)?.largest ?? null,
            ignored,
        };
    });
}

function fieldTally(types: TypeCounts | undefined, records: number): FieldTally {
    const nulls = types?.get("null") ?? 0;
    const values = [...(types ?? [])].filter(([type]) => type !== "null");
    const present = values.reduce((sum, [, n]) => sum + n, 0);
    return {
        present,
        nulls,
        absent: records - present - nulls,
        types: Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1))),
    };
}

function leftOut({ tallies, coverage }: Look): LeftOut[] {
    const { incumbent, candidate } = tallies;
    const starts = new Set([...incumbent.windows.keys(), ...candidate.windows.keys()]);
    const outside = [...starts].filter((start) => !counts(start, coverage));
    const sum = (tally: Tally, of: readonly number[]) =>
        of.reduce((total, start) => total + (tally.windows.get(start)?.records ?? 0), 0);
    const entry = (reason: LeftOut["reason"], of: readonly number[]): LeftOut => ({
        reason,
        windows: of.length,
        incumbentRecords: sum(incumbent, of),
        candidateRecords: sum(candidate, of),
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
