import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { FlinkRest } from "../../components/provider/flink/restClient.js";
import { sessionJob } from "../../components/provider/sessionJob.js";
import type { Json } from "../../components/provider/verbs.js";
import type { Sandbox } from "../../sandbox/index.js";
import { compileJar } from "../../sandbox/javaJar.js";
import { repository } from "../../sandbox/paths.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

describe("a jar on a real cluster", function () {
    this.timeout(180_000);
    let sandbox: Sandbox;
    let rest: FlinkRest;
    let folder: string;
    let jar: string;
    const started: Json[] = [];
    const print = console.log;

    before(async function () {
        await needsJdk(this, "needs javac and jar");
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "jar-"));
        jar = path.join(folder, "beat.jar");
        sandbox = await sharedSandbox();
        rest = new FlinkRest(sandbox.flinkRest ?? "");
        await compileJar([path.join(repository, "test", "integration", "java", "Beat.java")], jar);
    });
    beforeEach(() => {
        console.log = () => undefined;
    });
    afterEach(async () => {
        for (const state of started.splice(0)) {
            await sessionJob.delete("", { ...state, savepointDirectory: null });
        }
        console.log = print;
    });
    after(() => {
        if (folder !== undefined) {
            fs.rmSync(folder, { recursive: true, force: true });
        }
    });

    function inputsFor(jobName: string, args: string[], change: Json = {}): Json {
        const script = JSON.stringify({
            jarDigest: sha256(fs.readFileSync(jar)),
            entryClass: "Beat",
            args,
            parallelism: 1,
        });
        return {
            __provider: "the shim",
            name: `${jobName}-component`,
            version: "v2",
            jobName,
            gateway: null,
            rest: sandbox.flinkRest,
            jar,
            script,
            digest: sha256(script),
            savepointDirectory: null,
            startTimeoutSeconds: 60,
            ...change,
        };
    }

    async function create(inputs: Json): Promise<Json> {
        assert.deepEqual((await sessionJob.check({}, inputs)).failures, []);
        const { outs } = await sessionJob.create(inputs);
        started.push(outs);
        return outs;
    }

    it("is uploaded and run once, whatever name it gives itself, and adopted by a retry", async () => {
        const jobName = uniqueName("beat");
        const inputs = inputsFor(jobName, ["--topic", jobName]);
        const outs = await create(inputs);
        assert.equal(outs["status"], "RUNNING");
        const job = await rest.job(String(outs["jobId"]));
        assert.equal(job?.name, "a name of its own");
        const again = await sessionJob.create(inputs);
        assert.equal(again.id, outs["jobId"]);
        const jars = (await (await fetch(`${rest.url}/jars`)).json()) as {
            files: { name: string }[];
        };
        const name = `shadow-flink-${sha256(fs.readFileSync(jar))}.jar`;
        assert.equal(jars.files.filter((file) => file.name === name).length, 1);
        assert.equal((await sessionJob.diff("", outs, inputs)).changes, false);
    });

    it("is another version with other arguments", async () => {
        const jobName = uniqueName("beat");
        const inputs = inputsFor(jobName, ["--topic", jobName]);
        const { failures } = await sessionJob.check(
            inputs,
            inputsFor(jobName, ["--topic", "another"]),
        );
        assert.deepEqual(
            failures.map(({ property }) => property),
            ["jar"],
        );
        assert.match(failures[0]!.reason, /A version is one build/);
    });

    it("is stopped with a savepoint", async () => {
        const jobName = uniqueName("beat");
        const savepoints = path.join(folder, "savepoints");
        const inputs = inputsFor(jobName, ["--topic", jobName]);
        const outs = await create(inputs);
        const retired = await sessionJob.update("", outs, {
            ...inputs,
            retire: { savepoint: `file://${savepoints}` },
        });
        assert.equal(retired.outs["status"], "RETIRED");
        assert.match(String(retired.outs["savepoint"]), /savepoint-/);
        assert.ok(fs.readdirSync(savepoints).length > 0);
        assert.equal((await rest.job(String(outs["jobId"])))?.state, "FINISHED");
    });

    it("says in Flink's words why it cannot be run, and leaves nothing", async () => {
        const jobName = uniqueName("beat");
        await assert.rejects(
            sessionJob.create(inputsFor(jobName, ["--topic", jobName, "--fail"])),
            /Could not run .*beat\.jar.*not the arguments of a beat/s,
        );
        const jobs = await rest.jobs();
        assert.ok(!jobs.some((job) => job.name === jobName));
    });

    it("is not uploaded where it is another one than the program saw", async () => {
        const other = path.join(folder, "other.jar");
        fs.writeFileSync(other, "something else");
        const jobName = uniqueName("beat");
        const script = JSON.stringify({
            jarDigest: sha256("what the program saw"),
            entryClass: null,
            args: [],
            parallelism: null,
        });
        await assert.rejects(
            sessionJob.create(
                inputsFor(jobName, [], { jar: other, script, digest: sha256(script) }),
            ),
            /other\.jar was changed since the program looked at it/,
        );
    });
});
