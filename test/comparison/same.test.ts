import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { decide } from "../../components/provider/comparison/decide.js";
import { gatherEvidence } from "../../components/provider/comparison/gather.js";
import type { Kept } from "../../components/provider/comparison/kept.js";
import { hourOf, hours, output, perHour, topicWith, type Row, type Written } from "./output.js";
import { FakeClock, FakeKafka, FakeTopic, gap, look, settingsOf, type Scene } from "./world.js";

const identity = ["origin", "carrier", "window_start"];
const usual = output();
const rowOf = ({ value }: Written): Row => value as Row;
const hourAt = (index: number) => Math.floor(index / perHour);

/** A number that looks random, and is not. */
const mixed = (index: number, seed = 1) =>
    ((index + 1) * 2_654_435_761 * (2 * seed + 1)) % 4_294_967_296;

/** The records of every hour in another order. */
const shuffledWithinHours = (records: Written[], seed = 1): Written[] =>
    records
        .map((record, index) => ({ record, index }))
        .sort(
            (a, b) =>
                hourAt(a.index) - hourAt(b.index) || mixed(a.index, seed) - mixed(b.index, seed),
        )
        .map(({ record }) => record);

/** A gap in the offsets behind every few records: what a transaction, or one that was aborted, leaves. */
function withGaps(topic: FakeTopic, every: (index: number) => boolean, length = 1): FakeTopic {
    const made = new FakeTopic(topic.partitions.map(() => []));
    topic.partitions.forEach((log, partition) => {
        const grown = made.partitions[partition]!;
        log.forEach((record, index) => {
            grown.push({ ...record, offset: BigInt(grown.length) });
            if (every(index)) {
                grown.push(...Array<typeof gap>(length).fill(gap));
            }
        });
    });
    return made;
}

/** JSON as another library would write it. */
function respelled(row: Row): string {
    const spell = (value: unknown): string => {
        if (typeof value === "string" && value.startsWith("=")) {
            const number = value.slice(1);
            return number.includes(".") ? `${number}000` : number;
        }
        if (typeof value === "string") {
            return JSON.stringify(value).replace(
                /[^ -~]/g,
                (letter) =>
                    `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`,
            );
        }
        if (typeof value === "number" && !Number.isInteger(value)) {
            return `${value * 1}`.includes(".") ? `${value}0E+0` : `${value}`;
        }
        if (Array.isArray(value)) {
            return `[ ${value.map(spell).join(" ,\n ")} ]`;
        }
        if (typeof value === "object" && value !== null) {
            const members = Object.entries(value).reverse();
            return `{\t${members.map(([name, of]) => `"${name}" : ${spell(of)}`).join(" , ")} }\r\n`;
        }
        return JSON.stringify(value);
    };
    return spell(row);
}

const jsonKeyed = (records: Written[]): Written[] =>
    records.map((record) => {
        const { origin, carrier, window_start } = rowOf(record);
        return { ...record, key: JSON.stringify({ origin, carrier, window_start }) };
    });

/** Two runs of one job; what is not said is four partitions by key's hash. */
interface Case extends Partial<Omit<Scene, "incumbent" | "candidate">> {
    readonly incumbent?: () => FakeTopic;
    readonly candidate: () => FakeTopic;
    /** How many can be judged, where it is not most. */
    readonly windows?: number;
}

const cases: Record<string, Case> = {
    "twice the same": { candidate: () => topicWith(usual, 4) },
    "one partition against twelve": {
        incumbent: () => topicWith(usual, 1),
        candidate: () => topicWith(usual, 12),
    },
    "another partitioner: round robin against key hash": {
        candidate: () => topicWith(usual, 5, (_, index) => index),
    },
    "another partitioner: sticky, a batch on each partition in turn": {
        candidate: () => topicWith(usual, 5, (_, index) => Math.floor(index / 64)),
    },
    "the records of a window in order of a hash of their keys": {
        candidate: () => topicWith(shuffledWithinHours(usual), 4),
    },
    "both in an order of their own": {
        incumbent: () => topicWith(shuffledWithinHours(usual, 2), 3),
        candidate: () => topicWith(shuffledWithinHours(usual, 3), 7),
    },
    "fetches of one record": {
        candidate: () => topicWith(usual, 3),
        prepare: (kafka) => (kafka.fetchSize = 1),
    },
    "fetches of everything": {
        candidate: () => topicWith(usual, 3),
        prepare: (kafka) => (kafka.fetchSize = 1_000_000),
    },
    "transactions: a marker behind every few records": {
        candidate: () => withGaps(topicWith(usual, 3), (index) => index % 7 === 6),
    },
    "restarts: long aborted transactions that were written again": {
        incumbent: () => withGaps(topicWith(usual, 4), (index) => index % 50 === 49),
        candidate: () => withGaps(topicWith(usual, 3), (index) => index % 331 === 0, 250),
    },
    "partitions that are empty": {
        candidate: () => topicWith(usual, 16, (_, index) => (index % 2 === 0 ? 3 : 11)),
    },
    "a partition that has fallen silent half-way": {
        candidate: () =>
            topicWith(usual, 4, (_, index) =>
                index % 9 === 0 && hourAt(index) < 12 ? 0 : 1 + (index % 3),
            ),
    },
    "a candidate that started five hours later": {
        candidate: () =>
            topicWith(
                usual.filter((_, index) => hourAt(index) >= 5),
                4,
            ),
    },
    "a candidate that started in the middle of a window": {
        candidate: () => topicWith(usual.slice(5 * perHour + 77), 4),
    },
    "a candidate whose first windows are not whole: its state began empty": {
        candidate: () =>
            topicWith(
                usual.map((record, index) =>
                    hourAt(index) < 2
                        ? { ...record, value: { ...rowOf(record), flights: 1 } }
                        : record,
                ),
                4,
            ),
    },
    "an incumbent that is read from further on": {
        incumbent: () => topicWith(usual.slice(3 * perHour + 5), 4),
        candidate: () => topicWith(usual, 4),
    },
    "a candidate that is three windows behind": {
        candidate: () =>
            topicWith(
                usual.filter((_, index) => hourAt(index) < hours - 3),
                4,
            ),
    },
    "an incumbent that is three windows behind": {
        incumbent: () =>
            topicWith(
                usual.filter((_, index) => hourAt(index) < hours - 3),
                4,
            ),
        candidate: () => topicWith(usual, 4),
    },
    "bursts: all of an hour has one timestamp": {
        candidate: () =>
            topicWith(
                usual.map((record, index) => ({
                    ...record,
                    timestamp: usual[hourAt(index) * perHour]!.timestamp,
                })),
                4,
            ),
    },
    "partitions that lag behind others within the allowed lateness": {
        incumbent: () => topicWith(usual, 2),
        candidate: () => {
            const lagging = usual
                .map((record, index) => ({
                    record,
                    // Under an hour behind the newest.
                    at: index + (rowOf(record).carrier === "AA" ? perHour - 1 : 0),
                }))
                .sort((a, b) => a.at - b.at)
                .map(({ record }) => record);
            return topicWith(lagging, 1);
        },
    },
    "JSON of another library: order, spaces, numbers and escapes": {
        candidate: () =>
            topicWith(
                usual.map((record) => ({ ...record, value: respelled(rowOf(record)) })),
                4,
            ),
    },
    "zero is written as negative zero": {
        incumbent: () =>
            topicWith(
                usual.map((r) => ({ ...r, value: { ...rowOf(r), nil: "=0.0" } })),
                4,
            ),
        candidate: () =>
            topicWith(
                usual.map((r) => ({ ...r, value: { ...rowOf(r), nil: "=-0.0" } })),
                4,
            ),
    },
    "records at the first and last millisecond of a window": {
        args: { eventTime: "at" },
        incumbent: () => topicWith(atBorders(usual), 4),
        candidate: () => topicWith(shuffledWithinHours(atBorders(usual)), 3),
    },
    "the record's own timestamp, at window borders": {
        args: { eventTime: undefined },
        incumbent: () => topicWith(stampedAtBorders(usual), 4),
        candidate: () => topicWith(shuffledWithinHours(stampedAtBorders(usual)), 3),
    },
    "the record's own timestamp, which jitters inside of a window": {
        args: { eventTime: undefined },
        candidate: () =>
            topicWith(
                usual.map((record, index) => ({
                    ...record,
                    timestamp: record.timestamp + (mixed(index) % 10_000),
                })),
                4,
            ),
    },
    "duplicates, the same ones on both": {
        incumbent: () => topicWith(withTwins(usual), 4),
        candidate: () => topicWith(shuffledWithinHours(withTwins(usual)), 5, (_, index) => index),
    },
    "an identity that is not unique": {
        args: { identity: ["window_start"] },
        candidate: () => topicWith(shuffledWithinHours(usual), 3),
    },
    "no keys": {
        incumbent: () => topicWith(keyless(usual), 1),
        candidate: () => topicWith(keyless(usual), 3, (_, index) => index),
    },
    "upserts of which one topic is compacted already": {
        args: { mode: "upsert" },
        incumbent: () => {
            const topic = topicWith(withDrafts(usual), 4);
            topic.cleanupPolicy = "compact";
            return topic;
        },
        candidate: () => {
            const topic = withGaps(topicWith(usual, 4), (index) => index % 3 === 0);
            topic.cleanupPolicy = "compact";
            return topic;
        },
    },
    "upserts with keys in JSON, on other partitions": {
        args: {
            mode: "upsert",
            formats: { key: "json" },
            identity: ["$key.origin", "$key.carrier", "$key.window_start"],
        },
        incumbent: () => topicWith(jsonKeyed(withDrafts(usual)), 4),
        candidate: () => topicWith(jsonKeyed(withDrafts(withDrafts(usual))), 6),
    },
    "upserts of keys that are updated in every window, one topic being behind": {
        args: { mode: "upsert", identity: ["origin", "carrier"], minWindows: 1 },
        windows: 1,
        incumbent: () => topicWith(withDrafts(usual), 4),
        candidate: () =>
            topicWith(
                usual.filter((_, index) => hourAt(index) < hours - 3),
                6,
            ),
    },
    "huge records": {
        incumbent: () => topicWith(usual.map(huge), 4),
        candidate: () => topicWith(shuffledWithinHours(usual).map(huge), 2),
    },
    "a noisy field that is ignored": {
        args: { fields: { written_at: { ignore: "the time of writing" } } },
        incumbent: () =>
            topicWith(
                usual.map((record, index) => noisy(record, mixed(index))),
                4,
            ),
        candidate: () =>
            topicWith(
                usual.map((record, index) => noisy(record, mixed(index, 5))),
                3,
            ),
    },
    "sums in another order, within a tolerance": {
        args: { fields: { mean_delay: { relativeTolerance: 1e-12 } } },
        candidate: () =>
            topicWith(
                usual.map((record, index) => {
                    const mean = Number(rowOf(record)["mean_delay"]);
                    const other = index % 2 === 0 ? mean : mean * (1 + 2 * Number.EPSILON);
                    return { ...record, value: { ...rowOf(record), mean_delay: other } };
                }),
                4,
            ),
    },
    "aggregates by group": {
        args: {
            rules: {
                aggregates: {
                    fields: { flights: {}, mean_delay: {}, total: {}, rate: {} },
                    groupBy: ["origin", "city"],
                },
            },
        },
        candidate: () => topicWith(shuffledWithinHours(usual), 7),
    },
    "lines of text, by their keys": {
        args: {
            identity: ["$key"],
            eventTime: undefined,
            formats: { key: "string", value: "string" },
        },
        incumbent: () => topicWith(lines(usual), 4),
        candidate: () => topicWith(shuffledWithinHours(lines(usual)), 2),
    },
    "a topic that grows while it is looked at": {
        incumbent: () => topicWith(usual.slice(0, -perHour), 3),
        candidate: () => topicWith(usual.slice(0, -perHour), 3),
        prepare: (kafka) => {
            const rest = usual.slice(-perHour);
            kafka.onLook = (name, look) => {
                const topic = kafka.topics.get(name)!;
                const more = topicWith(rest.slice((look - 1) * 40, look * 40), 3);
                more.partitions.forEach((log, number) => {
                    const grown = topic.partitions[number]!;
                    log.forEach((record) =>
                        grown.push({ ...record, offset: BigInt(grown.length) }),
                    );
                });
            };
        },
    },
};

function atBorders(records: Written[]): Written[] {
    return records.map((record, index) => {
        const start = Date.parse(`${rowOf(record).window_start.replace(" ", "T")}Z`);
        const at = start + (index % 2 === 0 ? 0 : 3_600_000 - 1);
        return { ...record, value: { ...rowOf(record), at } };
    });
}

function stampedAtBorders(records: Written[]): Written[] {
    return atBorders(records).map((record) => ({
        ...record,
        timestamp: Number(rowOf(record)["at"]),
    }));
}

function withTwins(records: Written[]): Written[] {
    return records.flatMap((record, index) => Array<Written>(1 + (index % 4)).fill(record));
}

function withDrafts(records: Written[]): Written[] {
    return records.flatMap((record) => [
        { ...record, value: { ...rowOf(record), flights: -1 }, timestamp: record.timestamp - 1 },
        record,
    ]);
}

const keyless = (records: Written[]) => records.map((record) => ({ ...record, key: null }));

const lines = (records: Written[]) =>
    records.map((record) => ({
        ...record,
        key: `${String(record.key)}/${rowOf(record).window_start}`,
        value: `${rowOf(record).origin};${String(rowOf(record)["flights"])}`,
    }));

const blob = "0123456789abcdef".repeat(4_096);
const huge = (record: Written): Written =>
    rowOf(record).carrier === "AA" && rowOf(record).origin < "A03"
        ? { ...record, value: { ...rowOf(record), blob } }
        : record;

const noisy = (record: Written, noise: number): Written => ({
    ...record,
    value: { ...rowOf(record), written_at: noise },
});

describe("the same job twice passes", function () {
    this.timeout(20_000);

    for (const [name, { incumbent, candidate, args, windows = 16, ...scene }] of Object.entries(
        cases,
    )) {
        it(name, async () => {
            const { verdict } = await look({
                ...scene,
                incumbent: incumbent?.() ?? topicWith(usual, 4),
                candidate: candidate(),
                args: { identity, minRecords: 100, ...args } satisfies Partial<CompareArgs>,
            });
            const why = verdict.findings.filter(({ outcome }) => outcome !== "pass");
            assert.equal(
                verdict.outcome,
                "pass",
                [...why.map((f) => f.sentence), ...verdict.gaps].join("\n"),
            );
            assert.ok(verdict.windows >= windows, `${verdict.windows} windows`);
            assert.equal(verdict.records.matched, verdict.records.incumbent);
            assert.equal(verdict.verifiedThrough, endOf(verdict.coveredFrom!, verdict.windows));
        });
    }

    it("a second and a third look on top of what was kept", async () => {
        const settings = settingsOf({
            identity,
            minRecords: 100,
            rules: { aggregates: { fields: { flights: {} } } },
        });
        const upTo = (hours: number) => usual.filter((_, index) => hourAt(index) < hours);
        const topics = [topicWith([], 4), topicWith([], 3)] as const;
        const kafka = new FakeKafka(
            new Map([
                ["delays", topics[0]],
                ["delays-v2", topics[1]],
            ]),
        );
        let kept: Kept | null = null;
        for (const [round, until] of [10, 17, hours].entries()) {
            for (const topic of topics) {
                const grown = topicWith(upTo(until), topic.partitions.length);
                grown.partitions.forEach((log, number) => (topic.partitions[number] = log));
            }
            const from = (side: "incumbent" | "candidate", topic: FakeTopic) =>
                kept === null
                    ? topic.start
                    : new Map(
                          Object.entries(kept[side].from).map(([p, at]) => [Number(p), BigInt(at)]),
                      );
            const gathered = await gatherEvidence({
                kafka: kafka.port,
                incumbent: { version: "v1", topic: "delays", from: from("incumbent", topics[0]) },
                candidate: {
                    version: "v2",
                    topic: "delays-v2",
                    from: from("candidate", topics[1]),
                },
                settings,
                kept,
                log: () => {},
                clock: new FakeClock(),
            });
            const verdict = decide(gathered.evidence, settings, {
                fingerprint: "f",
                comparedAt: new Date(0).toISOString(),
            });
            assert.equal(verdict.outcome, "pass", JSON.stringify(verdict.findings[0]));
            assert.equal(gathered.reopened, false);
            assert.equal(verdict.coveredFrom, `${hourOf(2).replace(" ", "T")}.000Z`);
            assert.equal(verdict.windows, until - 4, `look ${round + 1}`);
            kept = gathered.keep(Date.parse(verdict.verifiedThrough!));
            assert.ok(kept !== null);
        }
    });

    it("a control version beside it", async () => {
        const settings = settingsOf({ identity, minRecords: 100, control: "v1b" });
        const seen = (candidate: FakeTopic) =>
            look({
                incumbent: topicWith(usual, 4),
                candidate,
                args: { identity, minRecords: 100 },
            });
        const [candidate, control] = [
            await seen(topicWith(usual, 3)),
            await seen(topicWith(usual, 5)),
        ];
        const verdict = decide({ ...candidate.evidence, control: control.evidence }, settings, {
            fingerprint: "f",
            comparedAt: new Date(0).toISOString(),
        });
        assert.equal(verdict.outcome, "pass");
    });
});

const endOf = (from: string, windows: number) =>
    new Date(Date.parse(from) + windows * 3_600_000).toISOString();
