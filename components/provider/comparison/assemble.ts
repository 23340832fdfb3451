import type { CompareSettings } from "../../compare.js";
import type { Offsets } from "../kafka/port.js";
import { Aggregates } from "./aggregates.js";
import { readContent, readDifferences } from "./content.js";
import type { Leftover } from "./engine.js";
import type { Side } from "../../side.js";
import type { Evidence, Sample, VersionEvidence, WindowEvidence } from "./evidence.js";
import { Examples } from "./examples.js";
import {
    addedAndAllowed,
    type FieldDifferences,
    fieldEvidence,
    type FieldsOfBoth,
} from "./fieldEvidence.js";
import { hashIdentity } from "./hash.js";
import type { Intake } from "./intake.js";
import { joinFields, totalsOfWindows, type Kept, type KeptTopic } from "./kept.js";
import { leftOut } from "./leftOut.js";
import type { Leftovers } from "./leftovers.js";
import { PairComparison, type Difference } from "./pair.js";
import { counts, windowLength, type Coverage } from "./sealing.js";
import { obtain, Tally } from "./tally.js";

/** One version's topic, and the next offset to read of every partition of it. */
export interface Source {
    readonly version: string;
    readonly topic: string;
    readonly from: Offsets;
}

/** All that was read of the two topics, and which windows of it count. */
export interface Look {
    readonly settings: CompareSettings;
    readonly versions: Readonly<Record<Side, Source>>;
    readonly intake: Intake;
    /** What earlier looks verified, in front of the windows that count. */
    readonly kept: Kept | null;
    readonly watermarks: Readonly<Record<Side, number | null>>;
    readonly coverage: Coverage;
    /** Whether what was superseded may be gone from one of the topics. */
    readonly isCompacted: boolean;
    readonly gaps: readonly string[];
}

/** The evidence, and what of it can be kept. */
export interface Assembled {
    readonly evidence: Evidence;
    /** What is known of the windows before this time, those included that were kept before. */
    readonly verified: (through: number) => Verified;
}

type Verified = Pick<Kept, "windows" | "fields" | "aggregates"> &
    Record<Side, Omit<KeptTopic, "from" | "to">>;

const longestValue = 200;

/** Turns what was read into evidence; the pairs are of what did not cancel out. */
export async function assemble(look: Look, rest: Leftovers | undefined): Promise<Assembled> {
    const { settings, coverage, kept, intake } = look;
    const read = await whatCounts(look, rest);
    const windows = openWindows(look, read);
    const different = new Differences();
    const examples = new Examples();
    if (rest !== undefined && windows.size > 0) {
        const comparison = new PairComparison(
            settings,
            addedAndAllowed(settings, fieldsOf(read.tallies, coverage)),
        );
        for await (const leftover of rest.of(coverage)) {
            const window = windows.get(leftover.window)!;
            const [kind, differences] = classify(leftover, comparison);
            count(window, leftover, kind);
            differences.forEach((difference) => different.note(leftover.window, difference));
            if (kind !== "matched") {
                addExample(examples, kind, leftover, differences, settings.samples);
            }
        }
    }
    const closed = [...windows.values()].map(close);
    const part = (within: Coverage): Verified => partOf(look, read, closed, different, within);
    const all = part(coverage);
    return {
        evidence: {
            incumbent: versionEvidence(look, "incumbent", all),
            candidate: versionEvidence(look, "candidate", all),
            windows: all.windows,
            fields: all.fields,
            aggregates: read.aggregates.evidence(all.aggregates),
            metrics: [],
            schemas: await intake.schemas.evidence(),
            control: null,
            leftOut: leftOut(
                { incumbent: intake.tally("incumbent"), candidate: intake.tally("candidate") },
                coverage,
            ),
            comparedOnDisk: rest?.onDisk ?? 0,
            gaps: gapsOf(look, read),
            samples: examples.list(),
        },
        verified: (through) => part({ from: kept?.through ?? coverage.from, to: through }),
    };
}

function gapsOf({ gaps }: Look, { aggregates: { problem } }: Read): string[] {
    return problem === null ? [...gaps] : [...new Set([...gaps, problem])].sort();
}

/** Tallies and aggregates of what is compared: of upserts that is the last record of every identity only. */
interface Read {
    readonly tallies: Readonly<Record<Side, Tally>>;
    readonly aggregates: Aggregates;
}

async function whatCounts(look: Look, rest: Leftovers | undefined): Promise<Read> {
    const { settings, intake, coverage } = look;
    const raw = { incumbent: intake.tally("incumbent"), candidate: intake.tally("candidate") };
    if (settings.mode === "append" || rest === undefined) {
        return { tallies: raw, aggregates: intake.aggregates };
    }
    const tally = () => new Tally(settings);
    const read: Read = {
        tallies: { incumbent: tally(), candidate: tally() },
        aggregates: new Aggregates(settings),
    };
    for await (const { side, window, shape, content } of rest.keepLatest(
        coverage,
        look.isCompacted,
    )) {
        const place = { partition: 0, offset: 0n };
        read.tallies[side].add(place, window, window, intake.shapes.byId(shape));
        let texts: Map<string, string> | undefined;
        const measured = read.aggregates.measure((path) =>
            (texts ??= readContent(content)).get(path),
        );
        if (measured !== null) {
            read.aggregates.add(side, window, measured);
        }
    }
    return read;
}

/** The windows within a part of the time, with what earlier looks verified in front of them. */
function partOf(
    look: Look,
    { tallies, aggregates }: Read,
    closed: readonly WindowEvidence[],
    different: Differences,
    within: Coverage,
): Verified {
    const { settings, intake, kept } = look;
    const windows = closed.filter(({ start }) => counts(start, within));
    const fields = fieldsOf(tallies, within);
    const totals = totalsOfWindows(windows);
    const own = fieldEvidence(settings, fields, different.within(within), totals);
    const known = kept?.windows ?? [];
    const topic = (side: Side) => ({
        records: intake.tally(side).records + (kept?.[side].records ?? 0),
        strayRecords: intake.reach(side).strays,
        largestDisorder: Math.max(
            intake.tally(side).largestDisorder,
            kept?.[side].largestDisorder ?? 0,
        ),
        watermark: look.watermarks[side] ?? 0,
    });
    return {
        windows: [...known, ...windows],
        fields:
            kept === null
                ? own
                : joinFields(kept.fields, own, { a: totalsOfWindows(known), b: totals }),
        aggregates: aggregates.keptIn(within, kept?.aggregates ?? []),
        incumbent: topic("incumbent"),
        candidate: topic("candidate"),
    };
}

function versionEvidence(
    { versions, intake, watermarks }: Look,
    side: Side,
    { windows, [side]: { records, strayRecords, largestDisorder } }: Verified,
): VersionEvidence {
    const partitions = [...versions[side].from.keys()].sort((a, b) => a - b);
    return {
        version: versions[side].version,
        topic: versions[side].topic,
        records,
        watermark: watermarks[side],
        unreadable: intake.unreadable[side],
        largestDisorder,
        lateRecords: windows.reduce((sum, window) => sum + window[`${side}Late`], 0),
        strayRecords,
        partitions: partitions.map((partition) => {
            const tally = intake.tally(side).partitions.get(partition);
            return { partition, records: tally?.records ?? 0, watermark: tally?.last ?? null };
        }),
        job: null,
    };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Kind = "matched" | Sample["kind"];
/** In how many pairs fields differ, and how far, by window. */
class Differences {
    readonly #windows = new Map<number, Map<string, FieldDifferences>>();

    note(window: number, { field, by }: Difference): void {
        add(obtain(this.#windows, window, noDifferences), field, 1, by);
    }

    within(coverage: Coverage): Map<string, FieldDifferences> {
        const all = noDifferences();
        for (const [window, fields] of this.#windows) {
            for (const [field, { pairs, largest }] of counts(window, coverage) ? fields : []) {
                add(all, field, pairs, largest);
            }
        }
        return all;
    }
}

const noDifferences = () => new Map<string, FieldDifferences>();

function add(
    to: Map<string, FieldDifferences>,
    field: string,
    pairs: number,
    by: number | null,
): void {
    const known = to.get(field) ?? { pairs: 0, largest: null };
    const largest = by === null ? known.largest : Math.max(by, known.largest ?? 0);
    to.set(field, { pairs: known.pairs + pairs, largest });
}

/** The windows that count, in order of time, with the records of both sides and nothing paired yet. */
function openWindows(
    { settings, coverage, intake }: Look,
    { tallies: { incumbent, candidate } }: Read,
): Map<number, Mutable<WindowEvidence>> {
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
                    incumbentSampled: incumbent.windows.get(start)?.sampled ?? 0,
                    candidateSampled: candidate.windows.get(start)?.sampled ?? 0,
                    identities: settings.sample < 1 ? intake.identities.in(start) : null,
                    matched: 0,
                    changed: 0,
                    missing: 0,
                    extra: 0,
                    incumbentDuplicates: 0,
                    candidateDuplicates: 0,
                    incumbentLate: intake.tally("incumbent").windows.get(start)?.late ?? 0,
                    candidateLate: intake.tally("candidate").windows.get(start)?.late ?? 0,
                },
            ]),
    );
}

function classify(leftover: Leftover, comparison: PairComparison): [Kind, Difference[]] {
    const { incumbent, candidate, shared } = leftover;
    if (incumbent !== null && candidate !== null) {
        const differences = comparison.differences(...readDifferences(incumbent, candidate));
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
    const { incumbentSampled, changed, missing, incumbentDuplicates } = window;
    return { ...window, matched: incumbentSampled - changed - missing - incumbentDuplicates };
}

function addExample(
    examples: Examples,
    kind: Sample["kind"],
    { window, identity }: Leftover,
    differences: readonly Difference[],
    how: CompareSettings["samples"],
): void {
    if (examples.isFull(kind)) {
        return;
    }
    const raw = (text: string | null) => (how === "raw" && text !== null ? shorten(text) : null);
    examples.add({
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

function fieldsOf({ incumbent, candidate }: Read["tallies"], within: Coverage): FieldsOfBoth {
    return { incumbent: incumbent.fieldsIn(within), candidate: candidate.fieldsIn(within) };
}
