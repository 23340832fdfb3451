import assert from "node:assert/strict";
import fc from "fast-check";
import { decide } from "../../components/provider/comparison/decide.js";
import { Engine } from "../../components/provider/comparison/engine.js";
import { Leftovers } from "../../components/provider/comparison/leftovers.js";
import type {
    Evidence,
    FieldEvidence,
    VersionEvidence,
} from "../../components/provider/comparison/evidence.js";
import type { Verdict } from "../../components/provider/comparison/verdict.js";
import { evidenceOf, fieldOf, hours, jobOf, start, windowOf } from "./evidenceOf.js";
import { delays, FakeTopic, look, settingsOf, topicOf, type Scene } from "./world.js";

const about = { fingerprint: "f", comparedAt: "2026-11-23T12:00:00.000Z" };
let situations = 0;

/** A green verdict is wrong here, and so is one that does not say why, or says it of the wrong thing. */
function assertNotGreen(verdict: Verdict, why: RegExp): void {
    situations++;
    assert.notEqual(verdict.outcome, "pass");
    const said = [
        ...verdict.gaps,
        ...verdict.findings
            .filter(({ outcome }) => outcome !== "pass")
            .map(({ sentence }) => sentence),
    ];
    assert.ok(
        said.some((sentence) => why.test(sentence)),
        `${String(why)}: ${said.join("\n")}`,
    );
}

/** A situation that a look is in: what is wrong with it, and the sentence that must say so. */
interface Lacking {
    readonly why: RegExp;
    readonly scene: (size: Size) => Scene;
}

interface Size {
    /** Hours that both have written, of which four are neither warm-up nor open. */
    readonly many: number;
    readonly n: number;
    readonly partitions: number;
    readonly isCandidate: boolean;
}

const size: fc.Arbitrary<Size> = fc.record({
    many: fc.integer({ min: 8, max: 14 }),
    n: fc.nat(6),
    partitions: fc.integer({ min: 1, max: 4 }),
    isCandidate: fc.boolean(),
});

const both =
    (of: (size: Size) => FakeTopic, more: Partial<Scene> = {}) =>
    (given: Size): Scene => ({ incumbent: of(given), candidate: of(given), ...more });

const usual = ({ many, partitions }: Size) => topicOf(delays(many), partitions);
const nameOf = ({ isCandidate }: Size) => (isCandidate ? "delays-v2" : "delays");

/** Two topics that would pass, of which one is spoilt before or during the look. */
const spoilt =
    (spoil: (topic: FakeTopic, given: Size) => void, when: "before" | "during") =>
    (given: Size): Scene => {
        const topics = { delays: usual(given), "delays-v2": usual(given) };
        const meant = topics[nameOf(given)];
        const from = { incumbent: topics.delays.start, candidate: topics["delays-v2"].start };
        return {
            incumbent: topics.delays,
            candidate: topics["delays-v2"],
            from,
            prepare: (kafka) => {
                if (when === "before") {
                    spoil(meant, given);
                }
                kafka.onLook = (name, look) => {
                    if (when === "during" && name === nameOf(given) && look === 2) {
                        spoil(meant, given);
                    }
                };
            },
        };
    };

const looks: Record<string, Lacking> = {
    "a topic is not there": {
        why: /There is no topic delays/,
        scene: (given) => ({
            ...both(usual)(given),
            prepare: (kafka) => kafka.topics.delete(nameOf(given)),
        }),
    },
    "a topic has other partitions than it had": {
        why: /partitions, but the look was to begin in/,
        scene: spoilt((topic, { n }) => {
            topic.partitions.push(...Array.from({ length: n + 1 }, () => []));
        }, "before"),
    },
    "partitions are added during the look": {
        why: /got partitions during the look/,
        scene: spoilt((topic) => topic.partitions.push([]), "during"),
    },
    "records were deleted before they were read": {
        why: /was asked for, but the first one still there is/,
        scene: spoilt((topic, { n }) => (topic.firstOffset = BigInt(n + 1)), "before"),
    },
    "a topic is truncated during the look": {
        why: /truncated, or deleted and created again/,
        scene: spoilt((topic, { n }) => {
            topic.partitions[0]!.length = Math.min(n, topic.partitions[0]!.length - 1);
        }, "during"),
    },
    "a topic is created again during the look": {
        why: /was deleted during the look/,
        scene: spoilt((topic, { n }) => (topic.id = `incarnation ${n}`), "during"),
    },
    "neither has written anything": {
        why: /Neither version has written anything/,
        scene: both(({ partitions }) => topicOf([], partitions)),
    },
    "one has written nothing": {
        why: /has written nothing to delays/,
        scene: (given) => {
            const silent = new FakeTopic(Array.from({ length: given.partitions }, () => []));
            return given.isCandidate
                ? { incumbent: usual(given), candidate: silent }
                : { incumbent: silent, candidate: usual(given) };
        },
    },
    "there is only warm-up": {
        why: /not enough to judge yet: 0 finished windows/,
        scene: (given) => ({ ...both(usual)(given), args: { warmUpSeconds: 3600 * given.many } }),
    },
    "no window is finished": {
        why: /not enough to judge yet: 0 finished windows/,
        scene: (given) => ({
            ...both(usual)(given),
            args: { allowedLatenessSeconds: 3600 * given.many },
        }),
    },
    "there are too few windows": {
        why: /not enough to judge yet: .* finished windows? with/,
        scene: (given) => ({ ...both(usual)(given), args: { minWindows: given.many - 3 } }),
    },
    "there are too few records": {
        why: /not enough to judge yet: .* and [\d,]+ needed/,
        scene: (given) => ({
            ...both(usual)(given),
            args: { minRecords: 3 * (given.many - 4) + 1 + given.n },
        }),
    },
    "records on both cannot be read": {
        why: /not compared .*JSON/,
        scene: both((given) => topicOf([...delays(given.many), "{", "]"], given.partitions)),
    },
    "a topic that is appended to has tombstones": {
        why: /it is a tombstone/,
        scene: both((given) => topicOf([...delays(given.many), null], given.partitions)),
    },
    "records have no event time": {
        why: /the event time, but|event time window_start that/,
        scene: both(({ many, n, partitions }) =>
            topicOf(
                delays(many).map((one, i) =>
                    i === n
                        ? { origin: one.origin, window_start: n % 2 === 0 ? "soon" : null }
                        : one,
                ),
                partitions,
            ),
        ),
    },
    "records have no identity": {
        why: /has no field origin, part of the identity/,
        scene: both(({ many, n, partitions }) =>
            topicOf(
                delays(many).map(({ origin, ...one }, i) => (i === n ? one : { origin, ...one })),
                partitions,
            ),
        ),
    },
    "the look is stopped from outside": {
        why: /stopped from outside/,
        scene: (given) => ({ ...both(usual)(given), signal: AbortSignal.abort() }),
    },
    "a broker stops to answer": {
        why: /could not be read: gone/,
        scene: (given) => ({
            ...both(usual)(given),
            prepare: (kafka) => {
                const ends = kafka.lastStableOffsets.bind(kafka);
                let asked = 0;
                kafka.lastStableOffsets = (name) =>
                    ++asked > given.n ? Promise.reject(new Error("gone")) : ends(name);
            },
            args: { waitSeconds: 30, minWindows: 20 },
        }),
    },
    "the records of finished windows keep arriving": {
        why: /still arrive/,
        scene: (given) => {
            const topics = both(usual)(given);
            return {
                ...topics,
                prepare: (kafka) => {
                    kafka.onLook = (name) => {
                        if (name === nameOf(given)) {
                            const topic = given.isCandidate ? topics.candidate : topics.incumbent;
                            topic.append(0, { ...delays()[9]!, origin: "LATE" });
                        }
                    };
                },
            };
        },
    },
    "the candidate has stopped long ago": {
        why: /lags more than 14,400 seconds of event time behind/,
        scene: ({ many, n, partitions }) => ({
            incumbent: topicOf(delays(many + 5 + n), partitions),
            candidate: topicOf(delays(many), partitions),
        }),
    },
    "all fields but the identity are ignored": {
        why: /nothing is left to compare/,
        scene: (given) => ({
            ...both(usual)(given),
            args: { fields: { flights: { ignore: "noise" }, mean_delay: { ignore: "noise" } } },
        }),
    },
    "no record has a counterpart": {
        why: /No record has a counterpart/,
        scene: (given) => ({
            incumbent: usual(given),
            candidate: topicOf(
                delays(given.many).map((one) => ({ ...one, origin: `${one.origin}${given.n}` })),
            ),
            args: { rules: { keyCoverage: { severity: "informational" } } },
        }),
    },
    "a compacted topic is compared as if all were there": {
        why: /is compacted/,
        scene: spoilt(
            (topic, { n }) => (topic.cleanupPolicy = n % 2 ? "compact" : "compact,delete"),
            "before",
        ),
    },
    "the registry cannot be asked": {
        why: /[Rr]egistry|no schema id|MISSING_AUTHORIZATION/,
        scene: (given) => ({
            ...both(usual)(given),
            args: {
                formats: { value: given.n % 2 ? "avro" : "protobuf" },
                registry: {
                    url: "http://127.0.0.1:9",
                    ...(given.isCandidate ? { authorizationFrom: "MISSING_AUTHORIZATION" } : {}),
                },
            },
        }),
    },
    "records are not of the format": {
        why: /not compared/,
        scene: (given) => ({
            ...both(({ many, partitions }) =>
                topicOf([...delays(many), Buffer.from([0xff, given.n])], partitions),
            )(given),
        }),
    },
};

describe("without evidence nothing is green", function () {
    this.timeout(60_000);

    for (const [name, { why, scene }] of Object.entries(looks)) {
        it(`where ${name}`, async () => {
            await fc.assert(
                fc.asyncProperty(size, async (given) => {
                    const { args, ...rest } = scene(given);
                    const { verdict } = await look({ ...rest, args: { waitSeconds: 0, ...args } });
                    assertNotGreen(verdict, why);
                }),
                { numRuns: 12 },
            );
        });
    }

    it("where DuckDB cannot be opened, or pairing breaks", async () => {
        const [openEngine, open] = [Engine.open.bind(Engine), Leftovers.open.bind(Leftovers)];
        const given = { many: 8, n: 0, partitions: 2, isCandidate: true };
        const other = topicOf(delays().map((one) => ({ ...one, flights: -1 })));
        try {
            Engine.open = () => Promise.reject(new Error("no space left on device"));
            const upsert = await look({ ...both(usual)(given), args: { mode: "upsert" } });
            assertNotGreen(upsert.verdict, /could not start: no space left on device/);
            Leftovers.open = (settings) => open({ ...settings, memoryMiB: 0.001 });
            for (const candidate of [usual(given), other]) {
                const { verdict } = await look({ incumbent: usual(given), candidate });
                assertNotGreen(verdict, /could not be compared: no space left on device/);
            }
            Engine.open = openEngine;
            for (const broken of ["of", "addMatched", "add", "keepWithinBounds"] as const) {
                Leftovers.open = async (settings) => {
                    const leftovers = await open(settings);
                    leftovers[broken] = () => {
                        throw new Error("out of memory");
                    };
                    return leftovers;
                };
                const seen = await look({
                    incumbent: usual(given),
                    candidate: broken === "addMatched" ? usual(given) : other,
                });
                assertNotGreen(seen.verdict, /out of memory/);
            }
        } finally {
            Engine.open = openEngine;
            Leftovers.open = open;
        }
    });
});

/** Evidence that would pass, of which one thing is spoilt. */
const passing = (n: number): Evidence =>
    evidenceOf({
        fields: [fieldOf("flights"), fieldOf("mean_delay", { different: 0 })],
        windows: Array.from({ length: 3 + n }, (_, i) => windowOf(i)),
    });

interface Spoilt {
    readonly why: RegExp;
    readonly spoil: (evidence: Evidence, n: number) => Evidence;
    readonly settings?: Parameters<typeof settingsOf>[0];
}

const candidate =
    (change: (n: number) => Partial<VersionEvidence>) => (e: Evidence, n: number) => ({
        ...e,
        candidate: { ...e.candidate, ...change(n) },
    });
const ofJob = (change: (n: number) => Parameters<typeof jobOf>[0]) =>
    candidate((n) => ({ job: jobOf(change(n)) }));
const ignored = (field: FieldEvidence) => ({ ...field, ignored: "noise" });

const evidences: Record<string, Spoilt> = {
    "a gap of any kind": {
        why: /offset \d+ is gone/,
        spoil: (e, n) => ({ ...e, gaps: [`Partition 0, offset ${n} is gone.`] }),
    },
    "no window": { why: /not enough to judge/, spoil: (e) => ({ ...e, windows: [] }) },
    "too few windows": {
        why: /not enough to judge/,
        spoil: (e, n) => ({ ...e, windows: e.windows.slice(0, n % 3) }),
    },
    "too few records": {
        why: /not enough to judge/,
        spoil: (e, n) => ({
            ...e,
            windows: [0, 1, 2, 3].map((i) =>
                windowOf(i, { incumbentRecords: n, candidateRecords: n, matched: n }),
            ),
        }),
        settings: { minRecords: 4 * 60 + 1 },
    },
    "windows in which only the candidate has records": {
        why: /not enough to judge/,
        spoil: (e, n) => ({
            ...e,
            windows: e.windows.map((window, i) =>
                i < 1 + (n % 2)
                    ? window
                    : windowOf(i, { incumbentRecords: 0, matched: 0, extra: 1_000 }),
            ),
        }),
    },
    "a candidate that lags": {
        why: /lags more than/,
        spoil: candidate((n) => ({ watermark: start + 8 * hours - (4 * hours + 1 + n) })),
    },
    "no pairs": {
        why: /No record has a counterpart/,
        spoil: (e) => ({ ...e, windows: e.windows.map((w) => ({ ...w, matched: 0 })) }),
    },
    "nothing but ignored fields": {
        why: /nothing is left to compare/,
        spoil: (e) => ({ ...e, fields: e.fields.map(ignored) }),
    },
    "a rule that asks for more records": {
        why: /That rests on .* needed/,
        spoil: (e) => e,
        settings: { rules: { values: { minRecords: 1_000_000 } } },
    },
    "a job of which not all is known": {
        why: /Not all is known of the candidate's job/,
        spoil: ofJob((n) => ({ problem: `the answer was ${500 + n}.` })),
    },
    "a job that does not run": {
        why: /job/,
        spoil: ofJob((n) => ({
            status: ["FAILED", "RESTARTING", "CANCELED", "CREATED"][n % 4]!,
        })),
    },
    "a metric that was not had": {
        why: /The metric revenue is not known of both versions\. The answer was/,
        spoil: (e, n) => ({ ...e, metrics: [metricOf(n)] }),
        settings: {
            metrics: {
                revenue: {
                    json: { incumbent: "http://127.0.0.1/1", candidate: "http://127.0.0.1/2" },
                },
            },
        },
    },
    "a control that says nothing, where something differs": {
        why: /How much of that is noise is not known/,
        spoil: (e, n) => ({
            ...e,
            windows: e.windows.map((w) => ({ ...w, matched: w.matched - 1, changed: 1 })),
            fields: [fieldOf("flights", { different: 1 + n })],
            control: evidenceOf(n % 2 ? { windows: [] } : { gaps: ["The topic is gone."] }),
        }),
        settings: { control: "v1b" },
    },
};

function metricOf(n: number): Evidence["metrics"][number] {
    const [incumbent, candidate] = n % 2 === 0 ? [1, null] : [null, 1];
    return { name: "revenue", incumbent, candidate, problem: `The answer was ${400 + n}.` };
}

describe("evidence that lacks something", () => {
    const generated = 145;

    it("would pass without what is spoilt", () => {
        assert.equal(decide(passing(2), settingsOf(), about).outcome, "pass");
    });

    for (const [name, { why, spoil, settings = {} }] of Object.entries(evidences)) {
        it(`is not green: ${name}`, () => {
            fc.assert(
                fc.property(fc.nat(59), fc.nat(5), (n, more) => {
                    const evidence = spoil(passing(1 + more), n);
                    assertNotGreen(decide(evidence, settingsOf(settings), about), why);
                }),
                { numRuns: generated },
            );
        });
    }

    it("was generated two thousand times", () => {
        assert.ok(situations >= 2_000, String(situations));
    });
});
