import assert from "node:assert/strict";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { excesses } from "../../soak/verify.js";
import { needsJdk } from "../needsJdk.js";
import { CrashScene, matrix, type Victim, victims } from "./crashScene.js";

quietTimers();

/**
 * `all` by `npm run test:crash`. Else a rotating part: another one every day, all of it within as many days as there are
 * parts. What needs the broker to start again takes ten times as long as the rest, so less of that.
 */
const isAll = process.env["CRASH"] === "all";
const day = Number(process.env["CRASH_DAY"] ?? Math.floor(Date.now() / 86_400_000));
const parts: Record<Victim, number> = {
    "the provider": 4,
    "the broker, killed": 24,
    "the broker, frozen": 26,
    "the follower": 26,
    "a group's member": 26,
    "overtaken by another run": 13,
};

/** A day's points lie on all steps, in both directions, before and after. */
const place = (index: number): number => index + Math.floor(index / 4);

describe("a move that something happens to, at every step", function () {
    this.timeout(180_000);
    let scene: CrashScene;
    let failed = false;
    let points = 0;
    const { log } = console;

    before(async function () {
        await needsJdk(this, "needs javac, for the jobs that write and the verifier");
        scene = await CrashScene.open();
    });
    beforeEach(() => {
        // What the package tells of every move would fill pages.
        console.log = () => undefined;
    });
    afterEach(function () {
        console.log = log;
        failed ||= this.currentTest?.state === "failed";
    });
    after(async () => {
        await scene?.close(failed);
        if (failed) {
            log(`      the logs of its sandbox are in ${scene.sandbox.directory}/logs`);
        }
    });

    for (const victim of victims) {
        const all = matrix(victim);
        const part = parts[victim];
        const chosen = isAll ? all : all.filter((_, i) => place(i) % part === day % part);
        const which = isAll ? "all" : `part ${(day % part) + 1} of ${part}`;
        describe(`${victim} (${chosen.length} of ${all.length} points, ${which})`, () => {
            for (const crash of chosen) {
                const direction = crash.to === "v2" ? "promotion" : "rollback";
                it(`${direction}, just ${crash.when} ${crash.step}`, async () => {
                    await scene.crash(crash);
                    points += 1;
                });
            }
        });
    }

    describe("all of it", () => {
        it("skipped nothing in all of it, and repeated no more than was announced", async () => {
            const { records, consumers } = await scene.audit();
            const audits = Object.entries(consumers);
            const totals = audits.map(
                ([name, { delivered, skipped, redelivered, moves }]) =>
                    `${name} ${delivered} delivered, ${skipped} skipped, ${redelivered} redelivered after kills, ` +
                    `${moves.reduce((sum, { again }) => sum + again, 0)} repeated by moves`,
            );
            log(
                `      ${points} points, ${scene.records.length - 1} moves, ${records} records; ${totals.join("; ")}`,
            );
            for (const [name, audit] of audits) {
                const { skipped, someSkipped, foreign } = audit;
                assert.deepEqual([name, skipped, someSkipped, foreign], [name, 0, [], 0]);
                assert.deepEqual(excesses(name, audit), []);
            }
        });
    });
});
