import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { createServer, type Server } from "node:net";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AppsV1Api, CoreV1Api, PortForward, type KubernetesObject } from "@kubernetes/client-node";
import { Kafka, logLevel, type Admin } from "kafkajs";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { freePort, releasePorts } from "../../sandbox/ports.js";
import { ensurePulumi, pulumiEnv } from "../../sandbox/pulumi.js";
import { directoryOf } from "../../sandbox/state.js";
import { uniqueName } from "../sandboxFixture.js";
import { inOrder, skipBecause } from "../skip.js";
import { TestStack } from "../stack.js";
import { Cluster, type Manifest } from "./cluster.js";
import { readyCluster } from "./ready.js";
import { broker, program, topics, world, type Scene } from "./story.js";

quietTimers();

/** `npm run test:kubernetes -- --cluster`: docs/kubernetes.md says what the cluster has to have. */
describe("the whole story, with pods", function () {
    this.timeout(1_200_000);
    inOrder();
    let scene: Scene;
    let cluster: Cluster;
    let forwarding: Server;
    let admin: Admin;
    let stack: TestStack;
    let declared: { versions: string[]; authority: string };
    const directory = directoryOf(uniqueName("cluster"));

    before(async function () {
        const ready = await readyCluster();
        if ("reason" in ready) return skipBecause(this, ready.reason);
        fs.mkdirSync(directory, { recursive: true });
        const missing = await kubernetesPlugin(directory);
        if (missing !== undefined) return skipBecause(this, missing);
        cluster = new Cluster(ready.config);
        const port = await freePort();
        scene = {
            namespace: uniqueName("shadow-flink"),
            image: process.env.SHADOW_FLINK_TEST_IMAGE ?? "shadow-flink-sql:1",
            port,
        };
        await applyAll(broker(scene));
        await until("the broker is ready", async () => (await replicas("kafka")) === 1);
        forwarding = forward(cluster, scene);
        releasePorts([port]);
        const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
        admin = kafka.admin();
        await admin.connect();
        await createReadyTopics(
            admin,
            Object.values(topics).map((topic) => ({ topic, numPartitions: 2 })),
        );
        await applyAll(world(scene));
        await until("v1 runs", async () => (await job("totals-v1")).state === "RUNNING");
        stack = await TestStack.ofProgram({ directory }, () => {
            program(scene, declared.versions, declared.authority);
            return Promise.resolve();
        });
    });
    after(async () => {
        await stack?.remove();
        await admin?.disconnect();
        if (cluster !== undefined) {
            // The operator takes its finalizers away only as long as it sees the namespace.
            const jobs = world(scene).filter(({ kind }) => kind === "FlinkDeployment");
            for (const name of ["totals-v1", "totals-v2"]) {
                const metadata = { name, namespace: scene.namespace };
                await cluster.objects.delete({ ...jobs[0]!, metadata }).catch(() => undefined);
                await until(`${name} is gone`, () =>
                    job(name).then(
                        () => false,
                        () => true,
                    ),
                );
            }
            await cluster.objects.delete(broker(scene)[0]!);
        }
        forwarding?.close();
        fs.rmSync(directory, { recursive: true, force: true });
    });

    const applyAll = async (manifests: readonly Manifest[]) => {
        for (const manifest of manifests) await cluster.apply(manifest, "the-story");
    };
    const replicas = async (name: string) => {
        const apps = cluster.config.makeApiClient(AppsV1Api);
        const { status } = await apps.readNamespacedDeployment({
            name,
            namespace: scene.namespace,
        });
        return status?.readyReplicas;
    };
    const job = async (name: string) => {
        const found: KubernetesObject & { status?: { jobStatus?: { state?: string } } } =
            await cluster.read(
                "FlinkDeployment",
                "flink.apache.org/v1beta1",
                name,
                scene.namespace,
            );
        return {
            generation: found.metadata?.generation,
            state: found.status?.jobStatus?.state,
        };
    };
    const route = async () => {
        const core = cluster.config.makeApiClient(CoreV1Api);
        const { data } = await core.readNamespacedConfigMap({
            name: "totals-routing-dashboard",
            namespace: scene.namespace,
        });
        return [data?.["TOPIC"], data?.["GROUP"]];
    };
    /** How much the dashboard has read of a version's topic, as it says itself. */
    const read = async (groupId: string, topic: string) => {
        const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
        return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Number(offset), 0);
    };
    const goesOn = async (groupId: string, topic: string) => {
        const before = await read(groupId, topic);
        await until(
            `the dashboard reads on as ${groupId}`,
            async () => (await read(groupId, topic)) > before,
        );
    };
    const up = (versions: string[], authority: string) => {
        declared = { versions, authority };
        return stack.up();
    };

    it("begins with what is true: nothing of the job changes, and the dashboard finds its topic", async () => {
        const before = await job("totals-v1");
        await up(["v1"], "v1");
        assert.deepEqual(await job("totals-v1"), before);
        assert.deepEqual(await route(), ["totals", "dashboard"]);
        await goesOn("dashboard", "totals");
    });

    it("runs a candidate beside it, whose verdict is a pass", async () => {
        await up(["v1", "v2"], "v1");
        const { outputs } = await stack.resource("totals-v2-comparison");
        const { outcome, gaps } = outputs["verdict"] as { outcome: string; gaps: string[] };
        assert.deepEqual([outcome, gaps], ["pass", []]);
    });

    it("moves the dashboard's pods by its promotion, and back, and touches no job", async () => {
        const jobs = () => Promise.all(["totals-v1", "totals-v2"].map(job));
        const before = await jobs();
        await up(["v1", "v2"], "v2");
        assert.deepEqual(await route(), ["totals-v2", "dashboard-v2"]);
        await goesOn("dashboard-v2", "totals-v2");
        await up(["v1", "v2"], "v1");
        assert.deepEqual(await route(), ["totals", "dashboard"]);
        await goesOn("dashboard", "totals");
        assert.deepEqual(await jobs(), before);
    });
});

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + 600_000; !(await holds()); await pause(2_000)) {
        assert.ok(Date.now() < deadline, `it is not so in ten minutes that ${what}`);
    }
}

/** Why Pulumi cannot apply anything; `undefined` where it can. */
async function kubernetesPlugin(directory: string): Promise<string | undefined> {
    const { version } = createRequire(__filename)("@pulumi/kubernetes/package.json") as {
        version: string;
    };
    const { path: cli } = await ensurePulumi();
    const env = await pulumiEnv({ directory });
    try {
        execFileSync(cli, ["plugin", "install", "resource", "kubernetes", version], {
            env,
            cwd: path.dirname(directory),
            stdio: "pipe",
            timeout: 300_000,
        });
        return undefined;
    } catch (error) {
        const [first] = String((error as { stderr?: Buffer }).stderr ?? error).split("\n");
        return `Pulumi's kubernetes plugin ${version} cannot be had: ${first}`;
    }
}

/** Makes the broker's outer port one of this machine. */
function forward(cluster: Cluster, { namespace, port }: Scene): Server {
    const tunnel = new PortForward(cluster.config);
    return createServer((socket) => {
        socket.on("error", () => undefined);
        tunnel
            .portForwardDeployment(namespace, "kafka", [19_092], socket, null, socket)
            .catch(() => socket.destroy());
    }).listen(port, "127.0.0.1");
}
