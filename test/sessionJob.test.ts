import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { PartialFailure } from "../components/provider/errors.js";
import { derivedJobId, derivedTriggerId } from "../components/provider/flink/ownJob.js";
import { sessionJob } from "../components/provider/sessionJob.js";
import { type Json, unknownValue } from "../components/provider/verbs.js";
import { FlinkDouble } from "./flink/flinkDouble.js";

const script = "CREATE TABLE t (a INT) WITH ('connector' = 'print'); INSERT INTO t SELECT 1";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const identity = { jobName: "delays-v2", version: "v2", digest: sha256(script) };
const ownTag = { "shadow-flink.digest": identity.digest };

function inputsFor(gateway: string, change: Json = {}): Json {
    return {
        __provider: "the shim",
        name: "delays-v2-job",
        ...identity,
        gateway,
        rest: null,
        script,
        savepointDirectory: null,
        startTimeoutSeconds: 20,
        ...change,
    };
}

async function thrown(work: Promise<unknown>): Promise<Error> {
    try {
        await work;
    } catch (error) {
        assert.ok(error instanceof Error);
        return error;
    }
    throw new assert.AssertionError({ message: "an error was expected" });
}

async function partial(work: Promise<unknown>): Promise<PartialFailure> {
    const error = await thrown(work);
    assert.ok(error instanceof PartialFailure, error.message);
    assert.equal(error.properties.__provider, "the shim");
    return error;
}

describe("the check of a session job", () => {
    const good = inputsFor("http://gateway:8083");
    const failures = async (news: Json, olds: Json = {}) =>
        (await sessionJob.check(olds, news)).failures.map((one) => `${one.property} ${one.reason}`);

    it("lets good inputs through as they are", async () => {
        assert.deepEqual(await sessionJob.check({}, good), { inputs: good, failures: [] });
        const rest = { rest: "https://flink/api", savepointDirectory: "s3://bucket/savepoints" };
        assert.deepEqual(await failures({ ...good, ...rest }), []);
    });

    it("collects all problems, each with the value and the way out", async () => {
        const found = await failures({
            __provider: "x",
            name: "",
            version: "v2",
            jobName: "a\nb",
            gateway: "gateway:8083",
            rest: "http://user:secret@flink",
            script: "SELECT 1",
            digest: "abc",
            savepointDirectory: "savepoints",
            startTimeoutSeconds: 0,
        });
        assert.deepEqual(
            found.map((text) => text.split(" ")[0]),
            [
                "name",
                "jobName",
                "gateway",
                "rest",
                "script",
                "savepointDirectory",
                "startTimeoutSeconds",
                "digest",
            ],
        );
        assert.match(found[2] ?? "", /"gateway:8083".*http:\/\/gateway:8083 say/);
        assert.doesNotMatch(found.join(), /secret/);
    });

    it("does not judge what is not known yet", async () => {
        const unknown = Object.fromEntries(Object.keys(good).map((key) => [key, unknownValue]));
        assert.deepEqual(await failures(unknown, good), []);
        assert.deepEqual(
            await failures({ ...good, script: unknownValue, digest: unknownValue }, good),
            [],
        );
    });

    it("refuses another build under the same name, where there was one", async () => {
        const other = `${script} -- changed`;
        const news = { ...good, script: other, digest: sha256(other) };
        assert.deepEqual(await failures(news), []);
        const [reason] = await failures(news, good);
        assert.match(
            reason ?? "",
            /^script .*version v2 .*A version is one build: declare the new build/,
        );
        assert.match(
            (await failures({ ...good, jobName: "x" }, good))[0] ?? "",
            /^jobName is "x", was/,
        );
    });
});

describe("a session job", function () {
    this.timeout(20_000);
    let flink: FlinkDouble;
    let inputs: Json;
    let lines: string[];
    const print = console.log;

    beforeEach(async () => {
        flink = await new FlinkDouble().start();
        inputs = inputsFor(flink.url);
        lines = [];
        console.log = (line: string) => lines.push(line);
    });
    afterEach(async () => {
        console.log = print;
        await flink.stop();
    });

    const stateFor = (jobId: string, change: Json = {}): Json => ({
        ...inputs,
        jobId,
        restUrl: flink.url,
        startedAt: "2026-01-01T00:00:00.000Z",
        status: "RUNNING",
        reportVersion: 1,
        ...change,
    });

    it("is submitted with its tags and waited for", async () => {
        const { id, outs } = await sessionJob.create(inputs);
        assert.equal(id, derivedJobId(identity, 0));
        assert.deepEqual(outs, {
            ...stateFor(id),
            startedAt: new Date(1_700_000_000_000).toISOString(),
        });
        assert.equal(flink.jobs.get(id)?.name, "delays-v2");
        assert.equal(flink.jobs.get(id)?.parameters["shadow-flink.digest"], identity.digest);
        assert.equal(flink.statements.length, 2);
        assert.ok(flink.calls.includes("DELETE /v3/sessions/s"));
        assert.equal(lines.length, 2);
    });

    it("is adopted where it runs already, and submitted once by two at a time", async () => {
        flink.addJob("a", { name: "delays-v2", parameters: ownTag });
        assert.equal((await sessionJob.create(inputs)).id, "a");
        assert.deepEqual(flink.statements, []);
        flink.jobs.clear();
        const both = await Promise.all([sessionJob.create(inputs), sessionJob.create(inputs)]);
        assert.deepEqual([both[0].id, flink.jobs.size], [both[1].id, 1]);
    });

    it("is not started beside another job of its name", async () => {
        flink.addJob("a", { name: "delays-v2", parameters: { "shadow-flink.digest": "other" } });
        assert.match(
            (await thrown(sessionJob.create(inputs))).message,
            /id a\), built from another/,
        );
        flink.addJob("a", { name: "delays-v2" });
        assert.match(
            (await thrown(sessionJob.create(inputs))).message,
            /not submitted by this package/,
        );
        flink.addJob("a", { name: "delays-v2", state: "CANCELED" });
        assert.notEqual((await sessionJob.create(inputs)).id, "a");
    });

    it("gets another id where the cluster remembers that its first one ended", async () => {
        flink.addJob(derivedJobId(identity, 0), { name: "delays-v2", state: "CANCELED" });
        assert.equal((await sessionJob.create(inputs)).id, derivedJobId(identity, 1));
        flink.jobs.clear();
        flink.spentIds.add(derivedJobId(identity, 0)).add(derivedJobId(identity, 1));
        assert.equal((await sessionJob.create(inputs)).id, derivedJobId(identity, 2));
    });

    it("is found where the answer to its submission was lost", async () => {
        flink.losesSubmission = true;
        assert.equal((await sessionJob.create(inputs)).id, derivedJobId(identity, 0));
    });

    it("that fails at the start leaves nothing behind and says why", async () => {
        flink.state = "RESTARTING";
        flink.exception = "a.b.Exception: no such topic\n\tat a.b.C.d(E.java:1)";
        const error = await thrown(sessionJob.create({ ...inputs, startTimeoutSeconds: 1 }));
        assert.equal(error instanceof PartialFailure, false);
        assert.match(
            error.message,
            /RESTARTING: no such topic\nThe job that was submitted is cancelled/,
        );
        assert.deepEqual(
            [...flink.jobs.values()].map(({ state }) => state),
            ["CANCELED"],
        );
    });

    it("that fails at the start and cannot be cancelled is kept in the state", async () => {
        flink.state = "RESTARTING";
        flink.refusesCancel = true;
        const error = await partial(sessionJob.create({ ...inputs, startTimeoutSeconds: 1 }));
        assert.equal(error.id, derivedJobId(identity, 0));
        assert.equal(error.properties.jobId, error.id);
        assert.match(error.message, /could not be cancelled either: .*cancelling is broken/);
    });

    it("that was adopted and is not well is never cancelled", async () => {
        flink.addJob("a", { name: "delays-v2", parameters: ownTag, state: "RESTARTING" });
        const error = await partial(sessionJob.create({ ...inputs, startTimeoutSeconds: 1 }));
        assert.match(error.message, /was there before this run and was left as it is/);
        assert.equal(flink.jobs.get("a")?.state, "RESTARTING");
    });

    it("shows no change while it runs, or while nobody knows", async () => {
        flink.addJob("a", {});
        const state = stateFor("a");
        assert.deepEqual(await sessionJob.diff("a", state, inputs), { changes: false });
        assert.deepEqual(lines, []);
        await flink.stop();
        assert.deepEqual(await sessionJob.diff("a", state, inputs), { changes: false });
        assert.match(lines.join(), /whether the job of v2 \(a\) runs is not known/);
        const unwell = { ...state, status: "FAILED" };
        assert.deepEqual(await sessionJob.diff("a", unwell, inputs), { changes: false });
        flink = await new FlinkDouble().start();
    });

    it("shows a change of what is remembered, of what is unknown, and of a job that died", async () => {
        flink.addJob("a", {});
        const changes = async (state: Json, news: Json) =>
            (await sessionJob.diff("a", state, news)).changes;
        assert.equal(await changes(stateFor("a"), { ...inputs, savepointDirectory: "/s" }), true);
        assert.equal(await changes(stateFor("a"), { ...inputs, gateway: unknownValue }), true);
        assert.equal(await changes(stateFor("a", { status: "RESTARTING" }), inputs), true);
        assert.equal(await changes(stateFor("gone"), inputs), true);
        flink.addJob("a", { state: "FAILED" });
        assert.equal(await changes(stateFor("a"), inputs), true);
    });

    it("shows no change of a job that is known to be dead, until it was restored by hand", async () => {
        flink.addJob("a", { name: "delays-v2", state: "FAILED" });
        const dead = stateFor("a", { status: "FAILED" });
        assert.deepEqual(await sessionJob.diff("a", dead, inputs), { changes: false });
        assert.match(lines.join(), /the job of v2 \(a\) is FAILED, but should be running/);
        flink.addJob("b", { name: "delays-v2", parameters: ownTag });
        assert.deepEqual(await sessionJob.diff("a", dead, inputs), { changes: true });
    });

    it("takes over new settings without touching the job", async () => {
        flink.addJob("a", {});
        const news = { ...inputs, savepointDirectory: "/s" };
        const { outs } = await sessionJob.update("a", stateFor("a"), news);
        assert.deepEqual(
            [outs.jobId, outs.savepointDirectory, outs.status],
            ["a", "/s", "RUNNING"],
        );
        assert.deepEqual(flink.statements, []);
    });

    it("that died is reported and not started again", async () => {
        flink.addJob("a", {
            name: "delays-v2",
            state: "FAILED",
            exception: "a.b.Exception: disk full",
        });
        const { outs } = await sessionJob.update("a", stateFor("a"), inputs);
        assert.equal(outs.status, "FAILED");
        assert.match(lines.join("\n"), /FAILED: disk full/);
        assert.match(lines.join("\n"), /not submitted again.*Declare a new version and remove v2/s);
        const gone = await sessionJob.update("a", stateFor("gone"), inputs);
        assert.equal(gone.outs.status, "MISSING");
        assert.deepEqual(flink.statements, []);
    });

    it("that died and was restored by hand is adopted", async () => {
        flink.addJob("a", { name: "delays-v2", state: "FAILED" });
        flink.addJob("b", { name: "delays-v2", parameters: ownTag });
        assert.equal((await sessionJob.update("a", stateFor("a"), inputs)).outs.jobId, "b");
    });

    it("is cancelled on removal; one that is gone is no error", async () => {
        flink.addJob("a", {});
        await sessionJob.delete?.("a", stateFor("a"));
        assert.equal(flink.jobs.get("a")?.state, "CANCELED");
        await sessionJob.delete?.("a", stateFor("a"));
        await sessionJob.delete?.("a", stateFor("gone"));
        assert.match(
            lines.join("\n"),
            /cancelled, without a savepoint.*CANCELED already.*unknown/s,
        );
    });

    it("is stopped with a savepoint on removal, once, however often it is asked", async () => {
        flink.addJob("a", {});
        const state = stateFor("a", { savepointDirectory: "/savepoints" });
        await sessionJob.delete?.("a", state);
        await sessionJob.delete?.("a", state);
        const asked = flink.calls.filter((call) => call.endsWith("/stop"));
        assert.equal(asked.length, 1);
        assert.equal(
            lines.filter((line) => line.includes("savepoint: file:/savepoints/1")).length,
            2,
        );
    });

    it("runs on where the savepoint fails, and the next removal asks for another", async () => {
        flink.addJob("a", {});
        flink.savepointsFail = true;
        const state = stateFor("a", { savepointDirectory: "/savepoints" });
        const error = await thrown(Promise.resolve(sessionJob.delete?.("a", state)));
        assert.match(error.message, /failed, so the job runs on: no space/);
        assert.equal(flink.jobs.get("a")?.state, "RUNNING");
        flink.savepointsFail = false;
        await sessionJob.delete?.("a", state);
        assert.equal(flink.jobs.get("a")?.state, "FINISHED");
        assert.deepEqual(
            [...flink.savepoints.keys()],
            [derivedTriggerId("a", 0), derivedTriggerId("a", 1)],
        );
    });

    describe("of a version that is retired", () => {
        const retiring = (savepoint: string | null) => ({ ...inputs, retire: { savepoint } });

        it("is stopped with a savepoint, whose path is an output, and is left alone from then on", async () => {
            flink.addJob("a", {});
            const news = retiring("/savepoints");
            assert.equal((await sessionJob.diff("a", stateFor("a"), news)).changes, true);
            const { outs } = await sessionJob.update("a", stateFor("a"), news);
            assert.deepEqual(
                [outs.status, outs.savepoint, outs.jobId],
                ["RETIRED", "file:/savepoints/1", "a"],
            );
            assert.equal(flink.jobs.get("a")?.state, "FINISHED");
            // Killed before it could say so, it is asked again.
            const again = await sessionJob.update("a", stateFor("a"), news);
            assert.equal(again.outs.savepoint, "file:/savepoints/1");
            assert.equal(flink.calls.filter((call) => call.endsWith("/stop")).length, 1);
            assert.equal((await sessionJob.diff("a", outs, news)).changes, false);
            assert.equal((await sessionJob.diff("a", outs, inputs)).changes, false);
            const later = await sessionJob.update("a", outs, { ...inputs, gateway: "http://x" });
            assert.deepEqual(
                [later.outs.status, later.outs.savepoint],
                ["RETIRED", "file:/savepoints/1"],
            );
        });

        it("is cancelled where no savepoint is asked for", async () => {
            flink.addJob("a", {});
            const { outs } = await sessionJob.update("a", stateFor("a"), retiring(null));
            assert.deepEqual([outs.status, outs.savepoint], ["RETIRED", null]);
            assert.equal(flink.jobs.get("a")?.state, "CANCELED");
        });

        it("is not started for that, and not stopped for less than a place to leave its state", async () => {
            const error = await thrown(sessionJob.create(retiring(null)));
            assert.match(error.message, /retire\.v2: this stack has no job of v2 to stop/);
            assert.deepEqual(flink.statements, []);
            const { failures } = await sessionJob.check({}, retiring("savepoints"));
            assert.match(failures[0]?.reason ?? "", /"savepoints": give a URI/);
        });
    });
});
