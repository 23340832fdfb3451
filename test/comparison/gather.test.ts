import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { Gaps } from "../../components/provider/comparison/gaps.js";
import { gatherEvidence } from "../../components/provider/comparison/gather.js";
import {
    delays,
    FakeKafka,
    FakeTopic,
    hour,
    look,
    settingsOf,
    topicOf,
    type Value,
} from "./world.js";

const record = (origin: string, n: number) => ({ origin, window_start: hour(n), flights: n });

describe("looking at two topics", () => {
    it("reads on while they grow, until there is enough", async () => {
        const [incumbent, candidate] = [topicOf([], 1), topicOf([], 3)];
        const { verdict, lines } = await look({
            incumbent,
            candidate,
            prepare: (kafka) => {
                kafka.onLook = (topic, n) => {
                    const grown = delays().filter(
                        ({ window_start }) => window_start === hour(n - 1),
                    );
                    kafka.topics.get(topic)!.append(0, ...grown);
                };
            },
        });
        assert.equal(verdict.outcome, "pass");
        assert.equal(verdict.windows, 3);
        assert.match(lines.at(-1)!, /3 windows can be judged \(3 needed\)/);
        assert.ok(lines.length <= 3, lines.join("\n"));
    });

    it("says what is missing when the wait is over", async () => {
        const { verdict } = await look({ incumbent: topicOf(delays()), candidate: topicOf([]) });
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(
            verdict.findings[0]!.sentence,
            /candidate has written nothing to delays-v2 yet/,
        );
        const few = await look({ incumbent: topicOf(delays(6)), candidate: topicOf(delays(6)) });
        assert.match(
            few.verdict.findings[0]!.sentence,
            /2 finished windows with 6 records .* of 3 and 6/,
        );
        const none = await look({ incumbent: topicOf([]), candidate: topicOf([]) });
        assert.equal(none.verdict.outcome, "inconclusive");
        assert.match(none.verdict.findings[0]!.sentence, /Neither version has written anything/);
    });

    it("does not pass a candidate that was right and has stopped", async () => {
        const near = await look({ incumbent: topicOf(delays(12)), candidate: topicOf(delays(8)) });
        assert.equal(near.verdict.outcome, "pass");
        const far = await look({ incumbent: topicOf(delays(13)), candidate: topicOf(delays(8)) });
        assert.equal(far.verdict.outcome, "inconclusive");
        assert.match(
            far.verdict.findings[0]!.sentence,
            /lags more than 14,400 seconds of event time/,
        );
    });

    it("is not held up by partitions that are empty or have fallen silent", async () => {
        const candidate = new FakeTopic([
            delays().filter((_, i) => i !== 7),
            [],
            [delays()[7]!],
            [],
        ]);
        const { verdict } = await look({ incumbent: topicOf(delays()), candidate });
        assert.equal(verdict.outcome, "pass");
    });

    it("waits for records of finished windows that become visible one transaction later", async () => {
        const late = delays()[9]!;
        const rest = delays().filter((_, index) => index !== 9);
        const candidate = new FakeTopic([rest, []]);
        const seen = await look({
            incumbent: topicOf(delays()),
            candidate,
            prepare: (kafka) => {
                kafka.onLook = (topic, n) => {
                    if (topic === "delays-v2" && n === 2) {
                        candidate.append(1, late);
                    }
                };
            },
        });
        assert.equal(seen.verdict.outcome, "pass");
    });

    it("does not judge windows whose records keep arriving", async () => {
        const candidate = topicOf(delays());
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate,
            prepare: (kafka) => {
                kafka.onLook = (topic) => {
                    if (topic === "delays-v2") {
                        candidate.append(1, { ...delays()[9]!, origin: "LATE" });
                    }
                };
            },
        });
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(verdict.gaps.join(), /still arrive.*allowedLatenessSeconds/);
    });

    it("leaves out what one topic has from further back than the other", async () => {
        const older = [-3, -2, -1].flatMap((n) => [record("ATL", n), record("SEA", n)]);
        for (const [incumbent, candidate] of [
            [[...older, ...delays()], delays()],
            [delays(), [...older, ...delays()]],
        ] as const) {
            const seen = await look({
                incumbent: topicOf(incumbent),
                candidate: topicOf(candidate),
            });
            assert.equal(seen.verdict.outcome, "pass");
            assert.equal(seen.verdict.coveredFrom, "2026-11-23T02:00:00.000Z");
            assert.deepEqual(
                seen.evidence.leftOut.map(({ reason, windows }) => [reason, windows]),
                [
                    ["warm-up", 5],
                    ["not sealed", 2],
                ],
            );
        }
    });
});

describe("what keeps a look from being complete", () => {
    /** The incumbent's records cannot all be used either, so that it is not the candidate's fault. */
    async function gapsWith(records: readonly Value[]): Promise<string[]> {
        const { verdict } = await look({
            incumbent: topicOf([...delays(), ...Array<string>(9).fill("{")]),
            candidate: topicOf(records, 1),
        });
        assert.equal(verdict.outcome, "inconclusive");
        return verdict.gaps.filter((gap) => gap.includes("delays-v2"));
    }

    it("is a tombstone, a record that cannot be read, or one without identity or event time", async () => {
        assert.deepEqual(await gapsWith([...delays(), null]), [
            "1 record of delays-v2 was not compared (partition 0, offset 24: it is a tombstone, " +
                "which a topic that is only appended to does not have).",
        ]);
        assert.match(
            (await gapsWith([...delays(), Buffer.from([0xff])]))[0]!,
            /offset 24: .*UTF-8/,
        );
        const anonymous = { window_start: hour(3), flights: 1, mean_delay: 0.5 };
        assert.match(
            (await gapsWith([...delays(), anonymous]))[0]!,
            /no field origin, part of the identity, but flights, mean_delay, window_start/,
        );
        assert.match(
            (await gapsWith([...delays(), { ...delays()[0]!, window_start: "soon" }]))[0]!,
            /it has an event time window_start that is a string of another form/,
        );
    });

    it("names the first three of many, whatever the order of reading", async () => {
        const gaps = await gapsWith(["{", ...delays(), "{", "[]", "{", "{"]);
        assert.equal(gaps.length, 1);
        const backwards = new Gaps();
        for (const offset of [9n, 3n, 7n, 1n]) {
            backwards.refuse("t", 1, offset, { refused: "why" });
        }
        backwards.refuse("t", 0, 5n, { refused: "why" });
        assert.match(
            backwards.sentences()[0]!,
            /0, offset 5: .*1, offset 1: .*1, offset 3: why; and 2 more/,
        );
        assert.match(
            gaps[0]!,
            /^5 records .*offset 0: .*offset 25: .*offset 26: .*and 2 more\)\.$/,
        );
    });

    it("is a transaction that has been open for long, and whose it is", async () => {
        const open = { partition: 1, offset: 7n, producerId: 12n };
        const { verdict } = await look({
            incumbent: topicOf(delays(4)),
            candidate: topicOf(delays(4)),
            prepare: (kafka) => {
                kafka.transactions = [
                    { ...open, transactionalId: "delays-v2.0", since: -100_000 },
                    { ...open, transactionalId: "just begun", since: 0 },
                    { ...open, partition: 0, transactionalId: null, since: null },
                ];
            },
        });
        assert.equal(verdict.outcome, "inconclusive");
        const ofCandidate = verdict.gaps.filter((gap) => gap.startsWith("delays-v2,"));
        assert.equal(ofCandidate.length, 2);
        assert.match(
            ofCandidate[0]!,
            /partition 0 .*offset 7, .*nobody owns any more \(producer 12\)/,
        );
        assert.match(
            ofCandidate[1]!,
            /partition 1 .*offset 7, .*of delays-v2\.0, open since 1969-12-31T23:58:20\.000Z/,
        );
    });

    it("is an undated record where the record's own timestamp counts", async () => {
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(delays()),
            args: { eventTime: undefined },
        });
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(verdict.gaps[0]!, /24 records of delays .*no timestamp/);
    });

    it("is lost evidence, a truncated topic, one that is gone, another one, or more partitions", async () => {
        const scenes: [
            RegExp,
            (candidate: FakeTopic) => void,
            ((candidate: FakeTopic) => void)?,
        ][] = [
            [
                /offset 0 was asked for, but the first one still there is 5/,
                (t) => (t.firstOffset = 5n),
            ],
            [/has 2 partitions, but the look was to begin in 3/, (t) => t.partitions.pop()],
            [
                /got partitions during the look: it had 3, and has 4/,
                () => {},
                (t) => t.partitions.push([]),
            ],
            [/was deleted during the look/, () => {}, (t) => (t.id = "second")],
            [/ends at offset 2, before offset 8/, () => {}, (t) => (t.partitions[0]!.length = 2)],
        ];
        for (const [gap, before, during] of scenes) {
            const candidate = topicOf(delays(), 3);
            const { start } = candidate;
            const { verdict } = await look({
                incumbent: topicOf(delays()),
                candidate,
                from: { candidate: start },
                prepare: (kafka) => {
                    before(candidate);
                    kafka.onLook = (topic, n) => {
                        if (topic === "delays-v2" && n === 2) {
                            during?.(candidate);
                        }
                    };
                },
            });
            assert.equal(verdict.outcome, "inconclusive", String(gap));
            assert.match(verdict.gaps.join("\n"), gap);
        }
        const gone = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(delays()),
            prepare: (kafka) => kafka.topics.delete("delays-v2"),
        });
        assert.match(gone.verdict.gaps.join(), /There is no topic delays-v2/);
        assert.equal(gone.verdict.outcome, "inconclusive");
    });

    it("is a topic that is compacted", async () => {
        const [incumbent, candidate] = [topicOf(delays()), topicOf(delays())];
        candidate.cleanupPolicy = "compact,delete";
        const { verdict } = await look({ incumbent, candidate });
        assert.match(
            verdict.gaps.join(),
            /delays-v2 is compacted \(cleanup\.policy=compact,delete\)/,
        );
        assert.equal(verdict.outcome, "inconclusive");
    });

    it("is a broker that does not answer", async () => {
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(delays()),
            prepare: (kafka) => {
                kafka.lastStableOffsets = () => Promise.reject(new Error("connection refused"));
            },
        });
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(verdict.gaps.join(), /delays could not be read: connection refused/);
    });

    it("is the end of the time, while waiting or while reading", async () => {
        const stopped = new AbortController();
        stopped.abort();
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(delays()),
            signal: stopped.signal,
        });
        assert.equal(verdict.outcome, "inconclusive");
        assert.deepEqual(verdict.gaps, [
            "The look was stopped from outside before it was complete.",
        ]);
    });

    const lookThatCannotKeepUp = async (args: Partial<CompareArgs> = {}) => {
        const topics = new Map([
            ["delays", topicOf(delays(2_000))],
            ["delays-v2", topicOf(delays(2_000))],
        ]);
        const kafka = new FakeKafka(topics);
        kafka.fetchSize = 1;
        // All that has come meanwhile is seen with the last look at the ends.
        kafka.onLook = (topic, time) => {
            if (time > 1) {
                topics.get(topic)!.append(0, ...Array<object>(50_000).fill({}));
            }
        };
        const { evidence } = await gatherEvidence({
            kafka: kafka.port,
            incumbent: { version: "v1", topic: "delays", from: topics.get("delays")!.start },
            candidate: { version: "v2", topic: "delays-v2", from: topics.get("delays-v2")!.start },
            settings: settingsOf({
                waitSeconds: 0,
                settleSeconds: 0,
                timeoutSeconds: 0.05,
                ...args,
            }),
            log: () => {},
        });
        return evidence.gaps.join("\n");
    };

    it("says at the end of the time what another engine would be for", async () => {
        assert.match(
            await lookThatCannotKeepUp(),
            /got [\d,]+ records a second meanwhile, and [\d,]+ .* does not keep up\. compare\.engine "flink" compares on your Flink cluster\.$/m,
        );
    });

    it("says what the other engine would not compare", async () => {
        assert.match(
            await lookThatCannotKeepUp({
                samples: "raw",
                fields: { flights: { ignore: "noise" } },
                rules: { aggregates: { fields: { flights: {} } } },
            }),
            /on your Flink cluster; with it, compare\.samples cannot be "raw", and compare\.fields\.flights\.ignore cannot be given\.$/m,
        );
    });
});
