import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AppsV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { apiServerPrograms, operatorCrds } from "../../sandbox/kubernetes/parts.js";
import { flights } from "../flightsProgram.js";
import { graphOf } from "../graph.js";
import { skipBecause } from "../skip.js";
import { Cluster, type Manifest } from "./cluster.js";
import { readyCluster } from "./ready.js";
import { broker, program, world, type Scene } from "./story.js";

const scene: Scene = { namespace: "story", image: "shadow-flink-sql:1", port: 19_092 };

/** What `--cluster` plays, as far as that goes without nodes. */
describe("the story with pods, on an API server", function () {
    this.timeout(120_000);
    let cluster: Cluster;
    let folder: string;
    let kubeconfig: string;

    before(async function () {
        this.timeout(1_800_000);
        try {
            await operatorCrds();
            await apiServerPrograms();
        } catch (error) {
            const [first] = String(error).split("\n");
            skipBecause(this, `no API server with the operator's CRDs here: ${first}`);
        }
        cluster = await Cluster.start();
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "kubeconfig-"));
        kubeconfig = path.join(folder, "config");
        fs.writeFileSync(kubeconfig, cluster.config.exportConfig(), { mode: 0o600 });
    });
    after(async () => {
        await cluster?.stop();
        if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
    });

    const made = async (versions: readonly string[], authority: string) =>
        (await graphOf(false, () => program(scene, versions, authority)))
            .filter(({ type, id }) => type.startsWith("kubernetes:") && id === undefined)
            .map(({ name, inputs }) => ({ name, manifest: inputs }));

    it("is taken as it is written: the broker, the job that runs, orders and the dashboard", async () => {
        for (const manifest of [...broker(scene), ...world(scene)]) {
            const applied = await cluster.apply(manifest, "the-story");
            if (manifest.kind === "FlinkDeployment") {
                assert.deepEqual(applied["spec"], manifest["spec"]);
            }
        }
    });

    it("has a program whose resources are taken too", async () => {
        assert.deepEqual(
            (await made(["v1"], "v1")).map(({ name }) => name),
            ["totals-routing-dashboard", "totals-routing-dashboard-roll"],
        );
        const all = await made(["v1", "v2"], "v1");
        assert.deepEqual(
            all.map(({ name }) => name),
            [
                "totals-routing-dashboard",
                "totals-routing-dashboard-roll",
                "totals-v2-job",
                "totals-v2-job-account",
                "totals-v2-job-binding",
                "totals-v2-job-role",
            ],
        );
        for (const { manifest } of all) await cluster.apply(manifest);
    });

    it("takes the candidates of the flights program, with its runtime on Kubernetes", async () => {
        const config = { runtime: "kubernetes", namespace: "story", image: "shadow-flink-sql:1" };
        const graph = await flights({ ...config, candidates: '["v2", "v3"]' });
        const jobs = graph.filter(({ type }) => type.endsWith(":FlinkDeployment"));
        assert.deepEqual(
            jobs.map(({ name }) => name),
            ["delays-v2-job", "delays-v3-job"],
        );
        for (const { inputs } of jobs) {
            const manifest = inputs as Manifest;
            assert.deepEqual((await cluster.apply(manifest))["spec"], manifest["spec"]);
        }
    });

    it("is not played where there is no cluster, nobody answers, or no operator runs", async () => {
        const reason = async (file: string) => {
            const ready = await readyCluster(file);
            return "reason" in ready ? ready.reason : "it is ready";
        };
        assert.match(await reason(""), /KUBECONFIG is not set/);
        assert.match(await reason(path.join(folder, "none")), /cannot be asked: .*ENOENT/);
        assert.match(await reason(kubeconfig), /no Flink Kubernetes Operator is running/);
        const labels = { "app.kubernetes.io/name": "flink-kubernetes-operator" };
        await cluster.apply({
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "flink-kubernetes-operator", namespace: "story", labels },
            spec: {
                selector: { matchLabels: labels },
                template: {
                    metadata: { labels },
                    spec: { containers: [{ name: "operator", image: "operator:1" }] },
                },
            },
        });
        assert.match(await reason(kubeconfig), /no Flink Kubernetes Operator is running/);
        await cluster.config.makeApiClient(AppsV1Api).patchNamespacedDeploymentStatus(
            {
                name: "flink-kubernetes-operator",
                namespace: "story",
                body: { status: { replicas: 1, readyReplicas: 1 } },
            },
            setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
        );
        assert.equal(await reason(kubeconfig), "it is ready");
    });
});
