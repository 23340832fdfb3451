import assert from "node:assert/strict";
import { freshPassProblems, overrideProblems, type Pointer } from "../stacks/policies/rules.js";

const now = new Date("2026-11-23T12:00:00Z");
const settings = { maxAgeSeconds: 900, minWindows: 3 };
const ticket = "\\b[A-Z][A-Z0-9]+-[0-9]+\\b";

const promotion: Pointer = {
    name: "delays",
    authority: "v2",
    move: { from: "v1", by: "promotion" },
    verdict: {
        outcome: "pass",
        candidate: "v2",
        incumbent: "v1",
        comparedAt: "2026-11-23T11:50:00Z",
        windows: 3,
    },
    override: null,
};
const verdict = promotion.verdict!;
const problems = (change: Partial<Pointer>) =>
    freshPassProblems({ ...promotion, ...change }, settings, now);

describe("the policy of a fresh pass", () => {
    it("lets a promotion on one through", () => {
        assert.deepEqual(problems({}), []);
        const justNow = { ...verdict, comparedAt: "2026-11-23T11:45:00Z" };
        assert.deepEqual(problems({ verdict: justNow }), []);
    });

    const asked = "delays: authority would move from v1 to v2";
    for (const [what, change, said] of [
        ["without a verdict", { verdict: null }, `${asked}, whose verdict is not there.`],
        [
            "on one that fails",
            { verdict: { ...verdict, outcome: "fail" } },
            `${asked}, whose verdict is fail.`,
        ],
        [
            "on one that says nothing",
            { verdict: { ...verdict, outcome: "inconclusive" } },
            `${asked}, whose verdict is inconclusive.`,
        ],
        [
            "on another version's",
            { verdict: { ...verdict, candidate: "v3" } },
            `${asked} on a verdict that compares v3 with v1.`,
        ],
        [
            "on one beside another version",
            { verdict: { ...verdict, incumbent: "v0" } },
            `${asked} on a verdict that compares v2 with v0.`,
        ],
        [
            "on an old one",
            { verdict: { ...verdict, comparedAt: "2026-11-23T11:44:59Z" } },
            `${asked} on a verdict of 2026-11-23T11:44:59Z, older than 900 s. Set authority back to v1 and run ` +
                "`pulumi up` to compare again.",
        ],
        [
            "on one of no time",
            { verdict: { ...verdict, comparedAt: "yesterday" } },
            `${asked} on a verdict of yesterday, older than 900 s. Set authority back to v1 and run ` +
                "`pulumi up` to compare again.",
        ],
        [
            "on one of few windows",
            { verdict: { ...verdict, windows: 2 } },
            `${asked} on a verdict of 2 windows, fewer than 3.`,
        ],
        [
            "of a component that does not say whether it is one",
            { move: undefined },
            "delays does not say whether authority moves: its shadow-flink is too old.",
        ],
    ] as const) {
        it(`forbids a promotion ${what}`, () => {
            assert.deepEqual(problems(change), [said]);
        });
    }

    it("asks nothing of what is no promotion: a rollback, an override, no move", () => {
        for (const move of [
            { from: "v1", by: "rollback" },
            { from: "v1", by: "override" },
            null,
        ] as const) {
            assert.deepEqual(problems({ move, verdict: null }), []);
            assert.deepEqual(problems({ move, verdict: { ...verdict, outcome: "fail" } }), []);
        }
    });
});

describe("the policy of a ticket", () => {
    const of = (reason: string) =>
        overrideProblems({ ...promotion, override: { reason, approvedBy: "ada" } }, ticket);

    it("takes an override that names one, and no override at all", () => {
        assert.deepEqual(of("v1 counts twice, see OPS-1234"), []);
        assert.deepEqual(overrideProblems(promotion, ticket), []);
    });

    it("forbids one that names none", () => {
        for (const reason of ["", "it is urgent", "ops-1234", "OPS-", "SHOPS1234"]) {
            assert.deepEqual(of(reason), [
                "delays: the override for v2, approved by ada, names no ticket: its reason must match " +
                    "/\\b[A-Z][A-Z0-9]+-[0-9]+\\b/.",
            ]);
        }
    });
});
