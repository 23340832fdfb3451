import type { CompareSettings } from "../../../compare.js";
import type { DifferingPairs, SampleRow } from "../../../comparisonJob/evidenceRows.js";
import { Aggregates } from "../aggregates.js";
import { type Side, sides } from "../../../side.js";
import type {
    AggregateEvidence,
    Evidence,
    FieldEvidence,
    Sample,
    VersionEvidence,
    WindowEvidence,
} from "../evidence.js";
import {
    addedAndAllowed,
    type FieldDifferences,
    fieldEvidence,
    type FieldsOfBoth,
} from "../fieldEvidence.js";
import { Examples } from "../examples.js";
import type { Gaps } from "../gaps.js";
import { totalsOfWindows } from "../kept.js";
import { leftOut } from "../leftOut.js";
import { reachOf, type Reach } from "../reach.js";
import { several, time } from "../rules/wording.js";
import { counts, cover, noCoverage, windowLength, type Coverage } from "../sealing.js";
import { obtain } from "../tally.js";
import type { EvidenceRows } from "./evidenceRows.js";

/** One version's topic. */
export interface Compared {
    readonly version: string;
    readonly topic: string;
    readonly partitions: number;
}

type Versions = Readonly<Record<Side, Compared>>;

/** How far both topics have come, and the windows that count: finished on both, and compared by the job. */
export interface Sealed {
    readonly reach: Readonly<Record<Side, Reach>>;
    readonly coverage: Coverage;
    /** Windows that count, though not all of their records were compared. */
    readonly incomplete: readonly number[];
}

/**
 * Which windows count: up to the last one that is finished on both topics and of which the job has compared all that it has
 * read. Where it wrote of a later one than one that is not complete, the rest of that came too late for it, or is yet to be
 * seen.
 */
export function seal(rows: EvidenceRows, settings: CompareSettings): Sealed {
    const [incumbent, candidate] = [rows.read.incumbent.windows, rows.read.candidate.windows];
    const reach = {
        incumbent: reachOf(incumbent, candidate, settings),
        candidate: reachOf(candidate, incumbent, settings),
    };
    const finished = cover(reach.incumbent, reach.candidate, settings);
    const starts = startsOf(rows).filter((start) => counts(start, finished));
    const last = starts.findLast((start) => rows.isComplete(start));
    const written = starts.findLast((start) => rows.windows.has(start)) ?? -Infinity;
    return {
        reach,
        coverage: {
            from: finished.from,
            to: last === undefined ? finished.from : last + windowLength(settings),
        },
        incomplete: starts.filter((start) => start <= written && !rows.isComplete(start)),
    };
}

/** Makes evidence of what the job wrote: the same as the embedded engine gathers of the same records. */
export function assembleRows(
    rows: EvidenceRows,
    settings: CompareSettings,
    versions: Versions,
    gaps: Gaps,
): Evidence {
    const { reach, coverage, incomplete } = seal(rows, settings);
    const starts = startsOf(rows).filter((start) => counts(start, coverage));
    noteRefused(rows, versions, gaps);
    noteIncomplete(incomplete, gaps);
    const types = typesOf(rows, starts);
    const allowed = addedAndAllowed(settings, types);
    const differing = (differences: string) => differingPairs(differences, allowed);
    const windows = starts.map((start) => windowOf(rows, settings, start, differing));
    noteInexact(rows, settings, starts, gaps);
    const version = (side: Side): VersionEvidence => ({
        version: versions[side].version,
        topic: versions[side].topic,
        records: rows.read[side].records,
        watermark: reach[side].last,
        unreadable: rows.read[side].refused.reduce((sum, { records }) => sum + records, 0),
        largestDisorder: rows.read[side].disorder,
        lateRecords: windows.reduce((sum, window) => sum + window[`${side}Late`], 0),
        strayRecords: reach[side].strays,
        partitions: Array.from({ length: versions[side].partitions }, (_, partition) => {
            const read = rows.read[side].partitions.get(partition);
            return {
                partition,
                records: read?.records ?? 0,
                watermark: read === undefined || read.records === 0 ? null : read.last,
            };
        }),
        job: null,
    });
    return {
        incumbent: version("incumbent"),
        candidate: version("candidate"),
        windows,
        fields: fieldsOf(rows, settings, starts, types, windows, differing),
        aggregates: aggregatesOf(rows, settings, starts),
        metrics: [],
        schemas: [],
        control: null,
        leftOut: leftOut(rows.read, coverage),
        comparedOnDisk: 0,
        gaps: gaps.sentences(),
        samples: samplesOf(rows, starts, differing),
    };
}

/** All windows of which anything was read, in order of time. */
function startsOf({ read }: EvidenceRows): number[] {
    const starts = new Set([...read.incumbent.windows.keys(), ...read.candidate.windows.keys()]);
    return [...starts].sort((a, b) => a - b);
}

/** The pairs of each identity of a row that differ; fields have their places among those of all pairs. */
type Differing = (differences: string) => readonly {
    readonly pairs: number;
    readonly fields: readonly (readonly [field: string, place: number])[];
}[];

function windowOf(
    rows: EvidenceRows,
    settings: CompareSettings,
    start: number,
    differing: Differing,
): WindowEvidence {
    const { identities = [] } = rows.windows.get(start) ?? {};
    const sum = (of: (row: (typeof identities)[number]) => number) =>
        identities.reduce((total, row) => total + of(row), 0);
    const read = (side: Side) => rows.read[side].windows.get(start);
    const changed = sum(({ identities, differences }) =>
        differing(differences).reduce((total, { pairs }) => total + identities * pairs, 0),
    );
    const missing = sum((row) => row.missing);
    const incumbentDuplicates = sum((row) => row.incumbent_duplicates);
    const incumbentSampled = read("incumbent")?.sampled ?? 0;
    return {
        start,
        end: start + windowLength(settings),
        windows: 1,
        incumbentRecords: read("incumbent")?.records ?? 0,
        candidateRecords: read("candidate")?.records ?? 0,
        incumbentSampled,
        candidateSampled: read("candidate")?.sampled ?? 0,
        identities: settings.sample < 1 ? sum((row) => row.identities) : null,
        matched: incumbentSampled - changed - missing - incumbentDuplicates,
        changed,
        missing,
        extra: sum((row) => row.extra),
        incumbentDuplicates,
        candidateDuplicates: sum((row) => row.candidate_duplicates),
        incumbentLate: read("incumbent")?.late ?? 0,
        candidateLate: read("candidate")?.late ?? 0,
    };
}

function typesOf(rows: EvidenceRows, starts: readonly number[]): FieldsOfBoth {
    const types = {
        incumbent: new Map<string, Map<string, number>>(),
        candidate: new Map<string, Map<string, number>>(),
    };
    for (const start of starts) {
        for (const row of rows.windows.get(start)?.types ?? []) {
            for (const [field, type] of JSON.parse(row.types) as [string, string][]) {
                for (const side of sides) {
                    const n = row[`${side}s`];
                    if (n > 0) {
                        const known = obtain(types[side], field, () => new Map<string, number>());
                        known.set(type, (known.get(type) ?? 0) + n);
                    }
                }
            }
        }
    }
    return types;
}

function fieldsOf(
    rows: EvidenceRows,
    settings: CompareSettings,
    starts: readonly number[],
    types: FieldsOfBoth,
    windows: readonly WindowEvidence[],
    differing: Differing,
): FieldEvidence[] {
    const different = new Map<string, FieldDifferences>();
    for (const start of starts) {
        for (const row of rows.windows.get(start)?.identities ?? []) {
            for (const { pairs, fields } of differing(row.differences)) {
                for (const [field, place] of fields) {
                    const known = different.get(field) ?? { pairs: 0, largest: null };
                    const by = row.largest[place] ?? null;
                    different.set(field, {
                        pairs: known.pairs + row.identities * pairs,
                        largest: by === null ? known.largest : Math.max(by, known.largest ?? 0),
                    });
                }
            }
        }
    }
    return fieldEvidence(settings, types, different, totalsOfWindows(windows));
}

function differingPairs(differences: string, allowed: ReadonlySet<string>): ReturnType<Differing> {
    let place = 0;
    return (JSON.parse(differences) as DifferingPairs[])
        .map(({ pairs, fields }) => ({
            pairs,
            fields: fields
                .map(([field, how]) => ({ field, how, place: place++ }))
                .filter(({ field, how }) => how === "different" || !allowed.has(field))
                .map(({ field, place }) => [field, place] as const),
        }))
        .filter(({ fields }) => fields.length > 0);
}

function samplesOf(rows: EvidenceRows, starts: readonly number[], differing: Differing): Sample[] {
    const examples = new Examples();
    for (const start of starts) {
        for (const { what, identity, differences } of inOrder(rows.windows.get(start)?.samples)) {
            const [first] = what === "changed" ? differing(differences) : [];
            const fields = first?.fields.map(([field]) => field).toSorted() ?? [];
            if (what !== "changed" || fields.length > 0) {
                examples.add({
                    kind: what,
                    window: start,
                    identity,
                    fields: fields.map((field) => ({ field, incumbent: null, candidate: null })),
                });
            }
        }
    }
    return examples.list();
}

/**
 * By kind in the order of their identities. Of those that differ, the first may all have an allowed field more and nothing else;
 * then those that differ in another way are needed too, which come behind them.
 */
function inOrder(samples: readonly SampleRow[] = []) {
    const byPlace = samples.toSorted((a, b) => a.place - b.place);
    const first = byPlace.filter(({ what }) => what === "changed");
    const others = byPlace.filter(
        ({ what, identity }) =>
            what === "different" && !first.some((one) => one.identity === identity),
    );
    return [
        ...[...first, ...others].map((one) => ({ ...one, what: "changed" as const })),
        ...byPlace.flatMap(({ what, ...rest }) =>
            what === "changed" || what === "different" ? [] : [{ what, ...rest }],
        ),
    ];
}

function noteRefused(rows: EvidenceRows, versions: Versions, gaps: Gaps): void {
    for (const side of sides) {
        for (const { partition, firstOffset, records, refused } of rows.read[side].refused) {
            gaps.refuse(versions[side].topic, partition, BigInt(firstOffset), { refused }, records);
        }
    }
}

function noteIncomplete(incomplete: readonly number[], gaps: Gaps): void {
    const [first] = incomplete;
    if (first !== undefined) {
        gaps.note(
            `Records of ${several(incomplete.length, "finished window")} came too late to be compared by the job, first at ` +
                `${time(first)}. Raise compare.allowedLatenessSeconds to how far one partition may be behind another, or ` +
                "compare.flink.idleSeconds where a partition was silent meanwhile.",
        );
    }
}

/** Put together as those that earlier looks kept are. */
function aggregatesOf(
    rows: EvidenceRows,
    settings: CompareSettings,
    starts: readonly number[],
): AggregateEvidence[] {
    const aggregates = new Aggregates(settings);
    const known = starts.flatMap(
        (start) => rows.windows.get(start)?.aggregates.known(settings.rules.aggregates) ?? [],
    );
    return aggregates.evidence(aggregates.keptIn(noCoverage, known));
}

function noteInexact(
    rows: EvidenceRows,
    { rules }: CompareSettings,
    starts: readonly number[],
    gaps: Gaps,
): void {
    for (const field of Object.keys(rules.aggregates.fields)) {
        const inexact = starts.reduce(
            (sum, start) => sum + (rows.windows.get(start)?.aggregates.inexact(field) ?? 0),
            0,
        );
        if (inexact > 0) {
            gaps.note(
                `${several(inexact, "number")} of ${field} are too long to be aggregated exactly in SQL, which takes 19 digits in ` +
                    "front of the point and 17 behind it. Take it out of compare.rules.aggregates, or compare with the embedded engine.",
            );
        }
    }
}
