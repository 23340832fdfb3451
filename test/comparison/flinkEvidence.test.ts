import assert from "node:assert/strict";
import fc from "fast-check";
import type { CompareArgs } from "../../components/compare.js";
import type { EvidenceRow } from "../../components/comparisonJob/evidenceRows.js";
import type { Evidence } from "../../components/provider/comparison/evidence.js";
import { decide } from "../../components/provider/comparison/decide.js";
import { gatherFromFlink } from "../../components/provider/comparison/flink/gatherFromFlink.js";
import type { EvidenceJob } from "../../components/provider/inputs.js";
import type { LogRecord } from "../../components/provider/kafka/port.js";
import { FlinkDouble } from "../flink/flinkDouble.js";
import { FakeClock, FakeKafka, FakeTopic, gap, hour, look, settingsOf } from "./world.js";

interface Row {
    readonly origin: string;
    readonly window_start: string;
    readonly flights?: number | string | null;
}

const args: Partial<CompareArgs> = { minRecords: 1, minWindows: 1, allowedLatenessSeconds: 3600 };
const settings = settingsOf({
    ...args,
    engine: "flink",
    flink: {},
});
const hourMilliseconds = 3_600_000;

const begun = { topicId: "first incarnation", offsets: { 0: "0" } };
const topic = (rows: readonly Row[]) => new FakeTopic([rows]);

const parse = ({ value }: LogRecord) => JSON.parse(String(value)) as Row;
const startOf = (row: Row) => Date.parse(`${row.window_start.replace(" ", "T")}Z`);

/** What the job writes of two topics of one partition each, of the windows that are finished on both; a model of its SQL. */
function jobRows(topics: Record<"incumbent" | "candidate", FakeTopic>): EvidenceRow[] {
    const rows: EvidenceRow[] = [];
    const windows = new Map<number, Map<string, Map<string, [number, number]>>>();
    const newest: number[] = [];
    (["incumbent", "candidate"] as const).forEach((side, place) => {
        let last = -Infinity;
        let seen = 0;
        for (const record of topics[side].partitions[0]!.filter((one) => one !== gap)) {
            const row = parse(record);
            const win = startOf(row);
            last = Math.max(last, win);
            const offset = Number(record.offset);
            rows.push({
                kind: "read",
                side,
                part: 0,
                win,
                records: 1,
                seen: ++seen,
                first_offset: offset,
                last_offset: offset,
                last_event: win,
                late: last - win > settings.allowedLatenessSeconds * 1000 ? 1 : 0,
                disorder: last - win,
            });
            const identities = windows.get(win) ?? new Map<string, Map<string, [number, number]>>();
            windows.set(win, identities);
            const contents = identities.get(row.origin) ?? new Map<string, [number, number]>();
            identities.set(row.origin, contents);
            const counts = contents.get(String(record.value)) ?? [0, 0];
            counts[place]!++;
            contents.set(String(record.value), counts);
        }
        newest.push(last);
    });
    const finished = Math.min(...newest) - settings.allowedLatenessSeconds * 1000;
    const typeOf = (value: unknown) =>
        value === null ? "null" : typeof value === "number" ? "integer" : typeof value;
    for (const [win, identities] of windows) {
        if (win + hourMilliseconds > finished) {
            continue;
        }
        const window_start = new Date(win).toISOString().slice(0, 19);
        for (const contents of identities.values()) {
            for (const [text, [incumbents, candidates]] of contents) {
                const row = JSON.parse(text) as Record<string, unknown>;
                const types = JSON.stringify(
                    Object.entries(row).map(([field, value]) => [field, typeOf(value)]),
                );
                rows.push({ kind: "types", window_start, types, incumbents, candidates });
            }
            const sum = (place: 0 | 1) =>
                [...contents.values()].reduce((n, of) => n + of[place], 0);
            const [incumbents, candidates] = [sum(0), sum(1)];
            const more = [...contents].filter(([, [a, b]]) => a > b);
            const fewer = [...contents].filter(([, [a, b]]) => a < b);
            const rest = {
                incumbent: more.reduce((n, [, [a, b]]) => n + a - b, 0),
                candidate: fewer.reduce((n, [, [a, b]]) => n + b - a, 0),
            };
            const paired = more.length === 1 && fewer.length === 1;
            const [a, b] = [more, fewer].map(
                (of) => JSON.parse(of[0]?.[0] ?? "{}") as Record<string, unknown>,
            ) as [Record<string, unknown>, Record<string, unknown>];
            const differing = ["flights"].filter((field) => paired && a[field] !== b[field]);
            rows.push({
                kind: "identities",
                window_start,
                differences: JSON.stringify(
                    differing.length === 0
                        ? []
                        : [
                              {
                                  pairs: Math.min(rest.incumbent, rest.candidate),
                                  fields: differing.map((field) => [
                                      field,
                                      a[field] === undefined ? "added" : "different",
                                  ]),
                              },
                          ],
                ),
                identities: 1,
                incumbents,
                candidates,
                missing: candidates === 0 ? incumbents : 0,
                extra: incumbents === 0 ? candidates : 0,
                incumbent_duplicates:
                    candidates === 0 ? 0 : Math.max(0, rest.incumbent - rest.candidate),
                candidate_duplicates:
                    incumbents === 0 ? 0 : Math.max(0, rest.candidate - rest.incumbent),
                largest: differing.map((field) =>
                    typeof a[field] === "number" && typeof b[field] === "number"
                        ? Math.abs(a[field] - b[field])
                        : null,
                ),
            });
        }
    }
    return rows;
}

const day = (flights: number, hours = 8): Row[] =>
    Array.from({ length: hours }, (_, n) => n).flatMap((n) =>
        ["ATL", "DFW"].map((origin) => ({ origin, window_start: hour(n), flights })),
    );

describe("evidence that a Flink job wrote", function () {
    this.timeout(60_000);
    let flink: FlinkDouble;
    before(async () => {
        flink = await new FlinkDouble().start();
        flink.addJob("job", {});
        flink.addJob("failed", { state: "FAILED" });
        flink.addJob("restarting", { state: "RESTARTING" });
    });
    after(() => flink.stop());

    interface Scene {
        readonly incumbent: FakeTopic;
        readonly candidate: FakeTopic;
        readonly rows?: readonly EvidenceRow[];
        readonly job?: Partial<EvidenceJob> | null;
        readonly prepare?: (topics: Map<string, FakeTopic>) => void;
    }

    async function gather({ incumbent, candidate, rows, job, prepare }: Scene): Promise<Evidence> {
        const evidence = new FakeTopic([rows ?? jobRows({ incumbent, candidate })]);
        const topics = new Map([
            ["delays", incumbent],
            ["delays-v2", candidate],
            ["delays-v2-evidence", evidence],
        ]);
        prepare?.(topics);
        return gatherFromFlink({
            kafka: new FakeKafka(topics).port,
            incumbent: { version: "v1", topic: "delays" },
            candidate: { version: "v2", topic: "delays-v2" },
            settings,
            job:
                job === null
                    ? null
                    : {
                          jobId: "job",
                          problem: null,
                          restUrl: flink.url,
                          topic: "delays-v2-evidence",
                          incumbent: { version: "v1", topic: "delays" },
                          start: { incumbent: begun, candidate: begun },
                          ...job,
                      },
            log: () => {},
            clock: new FakeClock(),
        });
    }

    const outcomeOf = (evidence: Evidence) =>
        decide(evidence, settings, { fingerprint: "f", comparedAt: "now" }).outcome;
    const same = () => ({ incumbent: topic(day(1)), candidate: topic(day(1)) });

    it("is what the embedded engine gathers of the same records", async () => {
        const flights = fc.oneof(fc.nat({ max: 2 }), fc.constantFrom(null, undefined, "1"));
        const written = fc.array(fc.record({ flights, times: fc.constantFrom(0, 1, 1, 1, 2) }), {
            minLength: 24,
            maxLength: 24,
        });
        const rowsOf = (cells: readonly { flights: Row["flights"]; times: number }[]) =>
            cells.flatMap(({ flights, times }, n) =>
                Array<Row>(times).fill({
                    origin: ["ATL", "DFW", "SEA"][n % 3]!,
                    window_start: hour(Math.floor(n / 3)),
                    ...(flights === undefined ? {} : { flights }),
                }),
            );
        await fc.assert(
            fc.asyncProperty(written, written, async (before, after) => {
                const [incumbent, candidate] = [topic(rowsOf(before)), topic(rowsOf(after))];
                const ours = await gather({ incumbent, candidate });
                const theirs = await look({ incumbent, candidate, args });
                // Samples are the job's own, in SQL.
                const shared = { samples: [], comparedOnDisk: 0 };
                assert.deepEqual({ ...ours, ...shared }, { ...theirs.evidence, ...shared });
            }),
            { numRuns: 25 },
        );
    });

    it("passes", async () => {
        assert.equal(outcomeOf(await gather(same())), "pass");
    });

    it("does not wait for what only ends a transaction", async () => {
        const scene = same();
        scene.candidate.partitions[0]!.push(gap);
        assert.equal(outcomeOf(await gather(scene)), "pass");
    });

    const never: Record<string, [scene: () => Scene, gap: RegExp]> = {
        "the job has failed": [
            () => ({ ...same(), job: { jobId: "failed" } }),
            /job \(failed at .*\) is FAILED\. Start the comparison anew/,
        ],
        "the job could not be started": [
            () => ({ ...same(), job: { jobId: null, problem: "the gateway is gone" } }),
            /job could not be started; the next `pulumi up` tries again: the gateway is gone/,
        ],
        "the incumbent's topic was made anew": [
            () => ({
                ...same(),
                prepare: (topics) => (topics.get("delays")!.id = "another incarnation"),
            }),
            /The topic delays was made anew since the comparison's job began to read it\. Start/,
        ],
        "a topic was not there when the job began": [
            () => ({ ...same(), job: { start: { incumbent: begun, candidate: null } } }),
            /The topic delays-v2 was made anew/,
        ],
        "the job is restarting": [
            () => ({ ...same(), job: { jobId: "restarting" } }),
            /is RESTARTING\. Look at its exceptions/,
        ],
        "the cluster has forgotten the job": [
            () => ({ ...same(), job: { jobId: "unknown" } }),
            /is not known to the cluster\. Start the comparison anew/,
        ],
        "the cluster does not answer": [
            () => ({ ...same(), job: { restUrl: "http://127.0.0.1:9" } }),
            /Whether the comparison's job runs \(job\) is not known/,
        ],
        "it is not known what Flink calls the job": [
            () => ({ ...same(), job: { jobId: null } }),
            /job that writes to delays-v2-evidence runs is not known: .*`pulumi refresh`/,
        ],
        "the job has begun anew without its state": [
            () => {
                const scene = same();
                return { ...scene, rows: [...jobRows(scene), ...jobRows(scene)] };
            },
            /delays-v2-evidence has 32 records counted twice: .* begun anew.*another number as compare\.flink\.attempt/,
        ],
        "half of it was counted twice, and as much is not told yet": [
            () => {
                const scene = same();
                const rows = jobRows(scene);
                const ofSide = (side: string) =>
                    rows.filter((row) => row.kind === "read" && row.side === side);
                const untold = ofSide("candidate").slice(0, 4);
                return {
                    ...scene,
                    rows: [
                        ...rows.filter((row) => !untold.includes(row)),
                        ...ofSide("incumbent").slice(0, 4),
                    ],
                };
            },
            /has 4 records counted twice/,
        ],
        "no job is declared": [() => ({ ...same(), job: null }), /No job compares v2/],
        "the job compares with another version": [
            () => ({ ...same(), job: { incumbent: { version: "v0", topic: "older" } } }),
            /compares v2 with v0, and v1 holds authority/,
        ],
        "the evidence topic is gone": [
            () => ({ ...same(), prepare: (topics) => topics.delete("delays-v2-evidence") }),
            /delays-v2-evidence does not exist\. Start the comparison anew/,
        ],
        "the evidence topic was made anew": [
            () => {
                const scene = same();
                return { ...scene, rows: jobRows(scene).slice(2) };
            },
            /Of 2 records that .* has read it is not there .* deleted and made anew/,
        ],
        "the candidate's topic is gone": [
            () => ({ ...same(), prepare: (topics) => topics.delete("delays-v2") }),
            /The topic delays-v2 does not exist/,
        ],
        "the job has not read all": [
            () => {
                const scene = same();
                const rows = jobRows(scene);
                scene.candidate.append(0, ...day(1, 9).slice(-2));
                return { ...scene, rows };
            },
            /has not come to where delays-v2 ended .*: about 2 records are left/,
        ],
        "retention has overtaken the job": [
            () => {
                const scene = same();
                const rows = jobRows(scene);
                scene.incumbent.append(0, ...day(1, 10).slice(-4));
                scene.incumbent.firstOffset = 18n;
                return { ...scene, rows };
            },
            /overtaken by retention, and has not read all of delays/,
        ],
        "a record came too late to be compared": [
            () => {
                const scene = same();
                const rows = jobRows(scene);
                const [first] = rows.filter(({ kind }) => kind === "types").slice(6);
                return { ...scene, rows: rows.filter((row) => row !== first) };
            },
            /1 finished window came too late to be compared .* first at/,
        ],
        "a record cannot be read": [
            () => {
                const scene = same();
                scene.candidate.append(0, "{");
                const rows: EvidenceRow[] = [
                    ...jobRows({ ...scene, candidate: topic(day(1)) }),
                    {
                        kind: "read",
                        side: "candidate",
                        part: 0,
                        problem: "it is not valid JSON",
                        records: 1,
                        seen: 17,
                        first_offset: 16,
                        last_offset: 16,
                        late: 0,
                    },
                ];
                return { ...scene, rows };
            },
            /1 record of delays-v2 was not compared \(partition 0, offset 16: it is not valid JSON\)/,
        ],
        "something else writes to the evidence topic": [
            () => ({ ...same(), rows: [{ kind: "hello" } as unknown as EvidenceRow] }),
            /What the comparison's job wrote could not be read: a row of kind "hello"/,
        ],
    };
    for (const [why, [scene, sentence]] of Object.entries(never)) {
        it(`is never a pass where ${why}`, async () => {
            const gathered = await gather(scene());
            assert.notEqual(outcomeOf(gathered), "pass");
            assert.match(gathered.gaps.join("\n"), sentence);
        });
    }

    it("is inconclusive where nothing is sealed yet", async () => {
        const gathered = await gather({ incumbent: topic(day(1, 2)), candidate: topic(day(1, 2)) });
        assert.equal(outcomeOf(gathered), "inconclusive");
        assert.deepEqual(gathered.gaps, []);
    });
});
