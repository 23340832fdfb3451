import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { cache, parts } from "../cache.js";
import { goBuild } from "../goBuild.js";
import { sources } from "../paths.js";

type Log = (line: string) => void;

/**
 * The folder with `kube-apiserver` and `etcd`, built from their Go modules: no package registry carries the binaries, and a
 * control plane for tests needs no container.
 */
export function apiServerPrograms(log: Log = () => {}): Promise<string> {
    return cache.ensurePart(
        parts.names.kubernetes,
        async (folder) => {
            const { kubernetes } = parts.versions;
            log(
                `building kube-apiserver ${kubernetes} and etcd with Go (five to ten minutes, once)`,
            );
            const modules = path.join(sources, "kubernetes", "apiserver");
            await goBuild(modules, "go.etcd.io/etcd/server/v3", {
                output: path.join(folder, "etcd"),
            });
            await goBuild(modules, "k8s.io/kubernetes/cmd/kube-apiserver", {
                output: path.join(folder, "kube-apiserver"),
                set: `k8s.io/component-base/version.gitVersion=v${kubernetes}`,
            });
        },
        log,
    );
}

/**
 * The operator's own CRDs with the sha256 of each, from its chart at its release tag (Apache-2.0). At 1.3 MB of generated
 * YAML they are fetched and not kept here.
 */
const crds = {
    "flinkbluegreendeployments.flink.apache.org-v1.yml":
        "1e6595166e20fcfbc937cb30eda814dedac3e43ddbc1ff224b48c911a64fe760",
    "flinkdeployments.flink.apache.org-v1.yml":
        "7977265fc26d5e13e46ea5a18b18ce71dc1b93a7c750d781843a7af0d1d13e47",
    "flinksessionjobs.flink.apache.org-v1.yml":
        "f06cc09cbd11897c5120df8c8aae31558d5eb901ea550e9c476b21dd234f99b1",
    "flinkstatesnapshots.flink.apache.org-v1.yml":
        "b4d9e65e4465c74ff8526cfc46d823a4a5198d51e0e08a9f0f5a8c6f4380e399",
};

/**
 * The folder with the operator's CRDs. Where GitHub cannot be reached, `SHADOW_FLINK_OPERATOR_CRDS` names a folder that
 * has them: `helm/flink-kubernetes-operator/crds` of a checkout of its release.
 */
export function operatorCrds(log: Log = () => {}): Promise<string> {
    return cache.ensurePart(
        parts.names.flinkOperator,
        async (folder) => {
            const { flinkOperator } = parts.versions;
            log(`getting the CRDs of the Flink Kubernetes Operator ${flinkOperator}`);
            for (const [file, wanted] of Object.entries(crds)) {
                const content = await readCrd(file);
                const found = createHash("sha256").update(content).digest("hex");
                if (found !== wanted) {
                    throw new Error(
                        `${file} has sha256 ${found} and not ${wanted}: it is not that of operator ${flinkOperator}`,
                    );
                }
                fs.writeFileSync(path.join(folder, file), content);
            }
        },
        log,
    );
}

async function readCrd(file: string): Promise<Buffer> {
    const given = process.env.SHADOW_FLINK_OPERATOR_CRDS;
    if (given) return fs.readFileSync(path.join(given, file));
    const url =
        "https://raw.githubusercontent.com/apache/flink-kubernetes-operator/" +
        `release-${parts.versions.flinkOperator}/helm/flink-kubernetes-operator/crds/${file}`;
    try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) });
        if (!answer.ok) throw new Error(`it answers ${answer.status}`);
        return Buffer.from(await answer.arrayBuffer());
    } catch (cause) {
        throw new Error(
            `${url} cannot be read (${String(cause)}); SHADOW_FLINK_OPERATOR_CRDS may name a folder that has it`,
            { cause },
        );
    }
}
