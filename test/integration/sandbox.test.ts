import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { findSandbox, removeAbandoned, type Sandbox, startSandbox } from "../../sandbox/index.js";
import { isAlive } from "../../sandbox/process.js";
import { pulumiCommand, pulumiEnv } from "../../sandbox/pulumi.js";
import { readState, writeState } from "../../sandbox/state.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

describe("sandbox", function () {
    this.timeout(180_000);

    describe("beside another", () => {
        const names = ["one", "two"].map((name) => `test-${process.pid}-${name}`);
        let both: Sandbox[] = [];
        before(async () => {
            both = await Promise.all(
                names.map((name) => startSandbox({ name, flink: false, temporary: true })),
            );
        });
        after(() => Promise.all(both.map((sandbox) => sandbox.stop())));

        it("has its own ports, data and processes", () => {
            const [one, two] = both;
            assert.notEqual(one!.bootstrapServers, two!.bootstrapServers);
            assert.notEqual(one!.directory, two!.directory);
            assert.notEqual(one!.broker.pid, two!.broker.pid);
        });

        it("is found again, and not started twice", async () => {
            const again = await startSandbox({ name: names[0]!, flink: false, temporary: true });
            assert.equal(again.broker.pid, both[0]!.broker.pid);
            assert.equal(again.bootstrapServers, both[0]!.bootstrapServers);
        });

        it("comes back at the same address after its broker was killed", async () => {
            const { broker, bootstrapServers, name } = both[0]!;
            const former = broker.pid;
            await broker.kill();
            assert.equal(broker.pid, undefined);
            await broker.start();
            assert.notEqual(broker.pid, former);
            assert.equal((await findSandbox(name))?.bootstrapServers, bootstrapServers);
        });

        it("is left alone when another stops, and leaves nothing when it stops itself", async () => {
            const [one, two] = both;
            await one!.stop();
            assert.equal(fs.existsSync(one!.directory), false);
            assert.equal(one!.broker.isRunning(), false);
            assert.equal(two!.broker.isRunning(), true);
        });

        it("is removed once the test run that owned it is gone", async () => {
            const state = readState(names[1]!)!;
            const broker = state.processes.broker!;
            await removeAbandoned();
            assert.equal(isAlive(broker), true, "its owner, this process, is not gone");
            writeState({ ...state, owner: { pid: 1, started: "long ago" } });
            await removeAbandoned();
            assert.equal(isAlive(broker), false);
            assert.equal(readState(names[1]!), undefined);
        });
    });

    it("has a Flink cluster with eight slots, and a gateway that knows its address", async () => {
        const { flinkRest, gateway } = await sharedSandbox();
        const overview = (await (await fetch(`${flinkRest}/overview`)).json()) as object;
        assert.equal(Reflect.get(overview, "slots-total"), 8);
        const opened = await fetch(`${gateway}/v3/sessions`, { method: "POST", body: "{}" });
        const { sessionHandle } = (await opened.json()) as { sessionHandle: string };
        const session = await fetch(`${gateway}/v3/sessions/${sessionHandle}`);
        const { properties } = (await session.json()) as { properties: Record<string, string> };
        assert.equal(`http://${properties["rest.address"]}:${properties["rest.port"]}`, flinkRest);
    });

    it("runs Pulumi programs: kafka topics made and read, dynamic resources, secrets", async () => {
        const sandbox = await sharedSandbox();
        const directory = writeProgram(sandbox);
        const topic = uniqueName("made");
        const stack = await LocalWorkspace.createStack(
            { stackName: "dev", workDir: directory },
            { envVars: await stringsOf(sandbox), pulumiCommand: await pulumiCommand() },
        );
        await stack.setAllConfig({
            brokers: { value: sandbox.bootstrapServers },
            topic: { value: topic },
            token: { value: "hidden", secret: true },
        });
        const { outputs, summary } = await stack.up();
        assert.deepEqual(summary.resourceChanges, { create: 4 });
        assert.equal(outputs.read?.value, 3, "the topic was read as it was made");
        assert.equal(outputs.dynamic?.value, `${topic}!`);
        assert.equal(outputs.token?.secret, true);
        assert.equal(outputs.directory?.value, path.join(directory, "stacks"));
        const { changeSummary } = await stack.preview();
        assert.deepEqual(changeSummary, { same: 4 });
        await stack.destroy();
    });

    it("says what a Pulumi program says when it fails", async () => {
        const sandbox = await sharedSandbox();
        const directory = writeProgram(sandbox);
        const stack = await LocalWorkspace.createStack(
            { stackName: "bad", workDir: directory },
            { envVars: await stringsOf(sandbox), pulumiCommand: await pulumiCommand() },
        );
        await assert.rejects(stack.preview(), /Missing required configuration variable/);
    });
});

async function stringsOf(sandbox: Sandbox): Promise<Record<string, string>> {
    const env = await pulumiEnv(sandbox);
    return Object.fromEntries(
        Object.entries(env).filter((entry) => entry[1] !== undefined),
    ) as Record<string, string>;
}

function writeProgram(sandbox: Sandbox): string {
    const directory = path.join(sandbox.directory, uniqueName("program"));
    fs.mkdirSync(path.join(directory, "stacks"), { recursive: true });
    fs.writeFileSync(path.join(directory, "package.json"), '{"name":"program","private":true}');
    fs.writeFileSync(
        path.join(directory, "Pulumi.yaml"),
        "name: program\nmain: stacks/index.js\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    fs.writeFileSync(path.join(directory, "stacks", "index.js"), program);
    return directory;
}

const program = `
const pulumi = require("@pulumi/pulumi");
const kafka = require("@pulumi/kafka");
const config = new pulumi.Config();
const provider = new kafka.Provider("brokers", {
    bootstrapServers: [config.require("brokers")],
    tlsEnabled: false,
});
const topic = new kafka.Topic("topic", {
    name: config.require("topic"),
    partitions: 3,
    replicationFactor: 1,
    config: { "cleanup.policy": "compact" },
}, { provider });
const read = topic.name.apply((name) => kafka.Topic.get("read", name, undefined, { provider }));
class Shouting extends pulumi.dynamic.Resource {
    constructor(name, args) {
        super({ create: async ({ word }) => ({ id: word, outs: { word: word + "!" } }) }, name, args);
    }
}
exports.dynamic = new Shouting("shouting", { word: topic.name }).word;
exports.read = read.partitions;
exports.token = config.requireSecret("token");
exports.directory = process.cwd();
`;
