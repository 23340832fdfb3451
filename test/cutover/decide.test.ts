import assert from "node:assert/strict";
import fc from "fast-check";
import type { Verdict } from "../../components/provider/comparison/verdict.js";
import { decideMove, type MoveQuestion } from "../../components/provider/cutover/decide.js";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";

const now = new Date("2026-11-23T12:00:00Z");

const passing: Verdict = {
    reportVersion: 1,
    outcome: "pass",
    incumbent: "v1",
    candidate: "v2",
    fingerprint: "f",
    comparedAt: "2026-11-23T11:59:00Z",
    coveredFrom: "2026-11-23T08:00:00Z",
    verifiedThrough: "2026-11-23T11:00:00Z",
    windows: 3,
    records: { incumbent: 9, candidate: 9, matched: 9, changed: 0, missing: 0, extra: 0 },
    sample: null,
    findings: [],
    gaps: [],
    samples: [],
};

function live(...versions: string[]): RoutingRecord {
    const history = versions.map((version, i) => ({
        epoch: i + 1,
        version,
        topic: `delays-${version}`,
        topicId: `id of ${version}`,
        since: now.toISOString(),
        until: null,
        by: "initial" as const,
        verdict: null,
        override: null,
    }));
    const authority = versions.at(-1) ?? "v1";
    return {
        recordVersion: 1,
        name: "delays",
        owner: "org/project/stack",
        epoch: versions.length,
        authority,
        topic: `delays-${authority}`,
        topicId: "id",
        writtenAt: now.toISOString(),
        consumers: {},
        handOver: null,
        history,
    };
}

const promotion: MoveQuestion = {
    requested: "v2",
    live: live("v1"),
    owners: ["org/project/stack"],
    topic: { name: "delays-v2", id: "id of v2" },
    versions: { v1: { managed: false }, v2: { managed: true } },
    verdict: passing,
    fingerprint: "f",
    jobStatus: "RUNNING",
    override: null,
    now,
    maxVerdictAgeSeconds: 3600,
};

const reasonsOf = (question: MoveQuestion): string => {
    const decision = decideMove(question);
    assert.equal(decision.kind, "refuse");
    return decision.kind === "refuse" ? decision.reasons.join(" ") : "";
};

describe("the decision on authority", () => {
    it("promotes on a pass that is fresh and about exactly these things", () => {
        assert.deepEqual(decideMove(promotion), { kind: "move", by: "promotion" });
    });

    it("stays where authority is already", () => {
        assert.deepEqual(decideMove({ ...promotion, requested: "v1" }), { kind: "stay" });
    });

    const refusals: [string, Partial<MoveQuestion>, RegExp][] = [
        ["no verdict", { verdict: null }, /no verdict on v2/],
        ["a fail", { verdict: { ...passing, outcome: "fail" } }, /verdict on v2 is fail/],
        [
            "an inconclusive verdict, with its gaps",
            { verdict: { ...passing, outcome: "inconclusive", gaps: ["nothing was written"] } },
            /inconclusive.*nothing was written/,
        ],
        ["another fingerprint", { fingerprint: "g" }, /something else than what is there now/],
        ["a topic that is gone", { fingerprint: null }, /something else than what is there now/],
        ["a job that is dead", { jobStatus: "FAILED" }, /The job of v2 is FAILED/],
        ["a verdict that is too old", { now: new Date("2026-11-23T13:00:00Z") }, /3660 s old/],
        [
            "a verdict from the future",
            { now: new Date("2026-11-23T11:57:00Z") },
            /which has not come yet/,
        ],
        ["a verdict without a time", { verdict: { ...passing, comparedAt: "" } }, /NaN s old/],
        [
            "a verdict on another pair",
            { verdict: { ...passing, incumbent: "v0" } },
            /compares v2 with v0.*from v1 to v2/,
        ],
        [
            "somebody else's routing record",
            { owners: ["org/other/stack"] },
            /belongs to org\/project\/stack/,
        ],
        ["a version that is not declared", { requested: "v9" }, /v9 is not in `versions`/],
    ];
    for (const [name, change, reason] of refusals) {
        it(`refuses ${name}`, () => {
            assert.match(reasonsOf({ ...promotion, ...change }), reason);
        });
    }

    it("says which findings failed", () => {
        const verdict: Verdict = {
            ...passing,
            outcome: "fail",
            findings: [
                {
                    rule: "values",
                    field: "mean_delay",
                    severity: "critical",
                    outcome: "fail",
                    incumbent: null,
                    candidate: null,
                    n: 10,
                    threshold: "0",
                    sentence: "mean_delay differs in 4 of 10 records.",
                },
            ],
        };
        assert.match(reasonsOf({ ...promotion, verdict }), /values: mean_delay differs in 4 of 10/);
    });

    it("waits where a preview does not know the verdict", () => {
        assert.deepEqual(decideMove({ ...promotion, verdict: "unknown" }), { kind: "unknown" });
    });

    it("lets an override through, and says so", () => {
        const override = { reason: "the old job is wrong", approvedBy: "ada" };
        assert.deepEqual(decideMove({ ...promotion, verdict: null, override }), {
            kind: "move",
            by: "override",
        });
    });

    it("rolls back without asking for a verdict", () => {
        const topic = { name: "delays-v1", id: "id of v1" };
        const back = {
            ...promotion,
            live: live("v1", "v2"),
            requested: "v1",
            topic,
            verdict: null,
        };
        assert.deepEqual(decideMove({ ...back, fingerprint: null }), {
            kind: "move",
            by: "rollback",
        });
    });

    it("does not roll back to what only has the name of a version that held authority", () => {
        const back = { ...promotion, live: live("v1", "v2"), requested: "v1", verdict: null };
        for (const topic of [
            { name: "delays-v1", id: "id of another" },
            { name: "elsewhere", id: "id of v1" },
            { name: "delays-v1", id: null },
        ]) {
            assert.match(reasonsOf({ ...back, topic }), /no verdict on v1/);
        }
    });

    it("knows a stack that was renamed by what it was called before", () => {
        const owners = ["org/new/stack", "org/project/stack"];
        assert.deepEqual(decideMove({ ...promotion, owners }), { kind: "move", by: "promotion" });
    });

    it("promotes by the verdict, not by an override that was left set", () => {
        const override = { reason: "once", approvedBy: "ada" };
        assert.deepEqual(decideMove({ ...promotion, override }), { kind: "move", by: "promotion" });
    });

    it("asks a version that was rolled back from for a new verdict", () => {
        const again = { ...promotion, live: live("v1", "v2", "v1"), verdict: null };
        assert.match(reasonsOf(again), /no verdict on v2/);
        assert.deepEqual(decideMove({ ...again, verdict: passing }), {
            kind: "move",
            by: "promotion",
        });
    });

    it("begins with the existing job, never with a candidate", () => {
        const first = { ...promotion, live: undefined };
        assert.match(reasonsOf(first), /v2 has never been compared with v1/);
        assert.deepEqual(decideMove({ ...first, requested: "v1" }), { kind: "initial" });
        assert.deepEqual(decideMove({ ...first, versions: { v2: { managed: true } } }), {
            kind: "initial",
        });
    });

    it("never promotes on anything but a pass", () => {
        fc.assert(
            fc.property(
                fc.constantFrom<Verdict["outcome"]>("fail", "inconclusive"),
                fc.option(fc.constantFrom("f", "g")),
                fc.integer({ min: -1_000, max: 10_000 }),
                (outcome, fingerprint, age) => {
                    const comparedAt = new Date(now.getTime() - age * 1000).toISOString();
                    const verdict = { ...passing, outcome, comparedAt };
                    assert.equal(decideMove({ ...promotion, verdict, fingerprint }).kind, "refuse");
                },
            ),
        );
    });
});
