import assert from "node:assert/strict";
import { decide } from "../../components/provider/comparison/decide.js";
import { delays, FakeTopic, hour, look, settingsOf, topicOf, type Value } from "./world.js";

/** The same records with a key and a timestamp. */
function stamped(records: readonly Value[], how: (index: number) => { key?: string; at?: number }) {
    const topic = new FakeTopic([records]);
    const log = topic.partitions[0]!;
    log.forEach((record, i) => {
        const { key, at } = how(i);
        log[i] = {
            ...record,
            key: key === undefined ? null : Buffer.from(key),
            timestamp: at ?? -1,
        };
    });
    return topic;
}

describe("an attempt to be passed", () => {
    it("by a field that has the name of the record's key", async () => {
        for (const key of ["bytes", "string", "json"] as const) {
            for (const nested of [false, true]) {
                const topic = (text: string) =>
                    stamped(
                        delays().map((one) => ({ ...one, $key: nested ? { a: text } : text })),
                        () => ({ key: '{"a":"k"}' }),
                    );
                const args = { formats: { key } };
                const { verdict } = await look({
                    incumbent: topic("x"),
                    candidate: topic("y"),
                    args,
                });
                assert.equal(verdict.outcome, "fail", `${key} ${nested}`);
                const same = await look({ incumbent: topic("x"), candidate: topic("x"), args });
                assert.equal(same.verdict.outcome, "pass");
            }
        }
    });

    it("by timestamps in nanoseconds, or any that no date has", async () => {
        for (const unit of [1e3, 1e6]) {
            const topic = () =>
                stamped(delays(), (i) => ({
                    at: Date.parse(`${delays()[i]!.window_start}Z`) * unit,
                }));
            const { verdict } = await look({
                incumbent: topic(),
                candidate: topic(),
                args: { eventTime: undefined, identity: ["origin"], windowSeconds: 3600 * unit },
            });
            assert.equal(verdict.outcome, "inconclusive", String(unit));
            assert.match(verdict.gaps.join(), /microseconds/);
        }
    });

    it("by updates of an identity that never end, so that its last one is never finished", async () => {
        const rows = Array.from({ length: 30 }, (_, n) =>
            ["ATL", "DFW", "SEA"].map((origin) => ({ id: `${origin}${n}`, at: hour(n), n })),
        );
        const wrong = (n: number) => (n < 5 ? [] : [{ id: "ATL5", at: hour(n), n: -1 }]);
        const { verdict } = await look({
            incumbent: topicOf(rows.flat(), 1),
            candidate: topicOf(
                rows.flatMap((of, n) => [...of, ...wrong(n)]),
                1,
            ),
            args: { mode: "upsert", identity: ["id"], eventTime: "at" },
        });
        assert.equal(verdict.outcome, "fail");
        assert.equal(verdict.records.changed, 1);
    });

    it("by few records under a threshold", async () => {
        // One of six is within 20 %, and says nothing.
        const rules = {
            values: { maxDifferentShare: 0.2 },
            counts: { maxRelativeDifference: 0.2 },
        };
        const wrong = delays(6).map((one, i) => (i === 7 ? { ...one, flights: 0 } : one));
        const { verdict } = await look({
            incumbent: topicOf(delays(6)),
            candidate: topicOf(wrong),
            args: { rules, minWindows: 1, minRecords: 1 },
        });
        assert.equal(verdict.outcome, "inconclusive");
    });

    it("by refused records that stand in the warm-up only", async () => {
        const broken = ["{", ...delays()];
        const { verdict } = await look({
            incumbent: topicOf(delays()),
            candidate: topicOf(broken),
        });
        assert.notEqual(verdict.outcome, "pass");
    });

    it("by a tolerance for numbers, where one is a text or null", async () => {
        const fields = { flights: { absoluteTolerance: 1e300, relativeTolerance: 1 } };
        const schema = { severity: "informational" } as const;
        for (const flights of ["11", null, true, [11], { n: 11 }, "1e400"]) {
            const wrong = delays().map((one, i) => (i === 9 ? { ...one, flights } : one));
            const { verdict } = await look({
                incumbent: topicOf(delays()),
                candidate: topicOf(wrong),
                args: { fields, rules: { schema } },
            });
            assert.equal(verdict.outcome, "fail", JSON.stringify(flights));
        }
    });

    it("by what a name in a nested object could be taken for", async () => {
        const pairs: [object, object][] = [
            [{ "a.b": 1 }, { a: { b: 1 } }],
            [{ "a\\": { b: 1 } }, { "a\\.b": 1 }],
            [{ a: {} }, { a: "{}" }],
            [{ a: [] }, { a: "[]" }],
            [{ a: {} }, {}],
            [{ a: { b: {} } }, { a: {} }],
            [{ 'a"\t1\n"b': 1 }, { a: 1, b: 1 }],
            [{ a: [[1], 2] }, { a: [1, [2]] }],
            [{ a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }, { c: 2 }] }],
        ];
        for (const [left, right] of pairs) {
            const topic = (more: object) => topicOf(delays().map((one) => ({ ...one, ...more })));
            for (const [incumbent, candidate] of [
                [left, right],
                [right, left],
            ] as const) {
                const { verdict } = await look({
                    incumbent: topic(incumbent),
                    candidate: topic(candidate),
                    args: { rules: { schema: { allowAddedFields: true } } },
                });
                const added = Object.keys(incumbent).length === 0;
                assert.equal(verdict.outcome, added ? "pass" : "fail", JSON.stringify(incumbent));
            }
        }
    });

    it("by a control that is as wrong in other records, or has none", async () => {
        const args = { rules: { values: { maxDifferentShare: 0 } } };
        const wrong = (records: readonly number[]) =>
            topicOf(
                delays().map((one, i) => (records.includes(i) ? { ...one, flights: -1 } : one)),
            );
        const seen = (candidate: FakeTopic) =>
            look({ incumbent: topicOf(delays()), candidate, args });
        const candidate = (await seen(wrong([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]))).evidence;
        const settings = settingsOf({ ...args, control: "v1b" });
        const about = { fingerprint: "f", comparedAt: "2026-11-23T12:00:00.000Z" };
        const controls = [wrong([6]), topicOf([]), topicOf(delays(3)), topicOf(["{", ...delays()])];
        for (const control of controls) {
            const { evidence } = await seen(control);
            const verdict = decide({ ...candidate, control: evidence }, settings, about);
            assert.notEqual(verdict.outcome, "pass");
        }
    });
});

describe("what was read", () => {
    const secret = "4111-1111-1111-1111";

    it("stands nowhere but in the topics, unless asked for", async () => {
        const topic = (place: number) =>
            topicOf([
                ...delays().map((one, i) => ({
                    ...one,
                    origin: `${one.origin} ${secret}`,
                    mean_delay: i === 9 ? `${secret}-${place}` : one.mean_delay,
                    nested: { [place === 0 ? "a" : "b"]: [secret] },
                })),
                `{"origin":"${secret}"`,
                `{"origin":"${secret}","window_start":"${secret}"}`,
                `{"flights":"${secret}"}`,
                `"${secret}"`,
                `{"origin":"${secret}","window_start":"2026-11-23 03:00:00","n":1e99999999999}`,
                Buffer.from([0xff, ...Buffer.from(secret)]),
            ]);
        const scene = { incumbent: topic(0), candidate: topic(1) };
        const rules = { aggregates: { fields: { flights: {} }, groupBy: ["origin"] } };
        const { verdict, lines } = await look({ ...scene, args: { rules } });
        assert.equal(verdict.outcome, "fail");
        assert.ok(verdict.samples.length > 0);
        assert.equal(`${JSON.stringify(verdict)}${lines.join()}`.includes(secret), false);
        const raw = await look({ ...scene, args: { rules, samples: "raw" } });
        assert.ok(JSON.stringify(raw.verdict.samples).includes(secret));
        assert.equal(raw.lines.join().includes(secret), false);
    });
});

describe("event times out of this world", () => {
    const odd = [
        "-62135596800000", // the year 1
        "-99999999999",
        "0",
        "1e-400",
        "99999999999999",
        "-99999999999999",
        "253402300799999",
        "1e400",
        "-1e400",
        "9223372036854775807",
        '"0000-01-01"',
        '"9999-12-31T23:59:59.999999999+14:00"',
        '"2026-02-30"',
        '"+010000-01-01"',
        "true",
        "null",
        "[]",
    ];

    it("do not throw, hang, or pass with what cannot be told", async () => {
        for (const time of odd) {
            const record = `{"origin":"ODD","window_start":${time},"flights":1,"mean_delay":1.5}`;
            for (const [left, right] of [
                [[record], [record]],
                [[], [record]],
                [Array<string>(40).fill(record), Array<string>(40).fill(record)],
            ]) {
                const { verdict } = await look({
                    incumbent: topicOf([...left!, ...delays()], 1),
                    candidate: topicOf([...delays().slice(0, -3), ...right!], 1),
                    args: { minWindows: 5, waitSeconds: 0 },
                });
                // What is equal on both, and has a time, may pass.
                const known = verdict.gaps.length === 0;
                assert.ok(known || verdict.outcome !== "pass", time);
                assert.ok(known || verdict.gaps.join().includes("event time"), time);
            }
        }
    });

    it("of windows of any length neither", async () => {
        for (const windowSeconds of [0.001, 0.0015, 1e9, 1e300, 1e307]) {
            const { verdict } = await look({
                incumbent: topicOf(delays()),
                candidate: topicOf(delays()),
                args: { windowSeconds, allowedLatenessSeconds: 0, warmUpSeconds: 0 },
            });
            assert.ok(windowSeconds < 1 || verdict.outcome === "inconclusive");
        }
    });
});

describe("records dated far away from all others", () => {
    const many = delays(200);
    const dated = (window_start: string) => ({ ...delays()[0]!, window_start });
    const apart = (...more: object[]) => new FakeTopic([many, more]);

    it("are not passed where only the candidate has them", async () => {
        for (const when of ["1970-01-02 00:00:00", "2099-01-01 00:00:00"]) {
            const { verdict } = await look({
                incumbent: apart(),
                candidate: apart(dated(when)),
            });
            assert.equal(verdict.outcome, "inconclusive", when);
            assert.match(verdict.findings[0]!.sentence, /^1 record of the candidate .* far away/);
        }
    });

    it("seal nothing where both have them", async () => {
        const behind = many.slice(0, -3);
        const garbage = dated("2099-01-01 00:00:00");
        const { verdict } = await look({
            incumbent: new FakeTopic([many, [garbage]]),
            candidate: new FakeTopic([behind, [garbage]]),
        });
        assert.equal(verdict.outcome, "pass", JSON.stringify(verdict.findings[0]));
    });

    it("are not what stands in front of an outage of the candidate", async () => {
        const lost = many.filter((_, index) => index < 9 || index > 129);
        const { verdict } = await look({
            incumbent: new FakeTopic([delays(400)]),
            candidate: new FakeTopic([[...lost, ...delays(400).slice(600)]]),
        });
        assert.equal(verdict.outcome, "fail");
        assert.equal(verdict.coveredFrom, "2026-11-23T02:00:00.000Z");
    });
});
