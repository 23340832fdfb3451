import * as pulumi from "@pulumi/pulumi";
import type { Declared } from "../arguments.js";
import { loadKubernetes } from "../kubernetes.js";
import { operatorJobName } from "./flinkDeployment.js";
import { at } from "./flinkSpec.js";
import type { StartOptions } from "../startPosition.js";
import type { Problem } from "../versions.js";
import { jobLabels, operatorApi, operatorKinds } from "./operatorJob.js";

/** A job of the operator, as a snapshot names it. */
export interface JobReference {
    readonly kind: "FlinkDeployment" | "FlinkSessionJob";
    readonly name: string;
    /** A snapshot is where its job is. */
    readonly namespace: string | undefined;
}

/** What the cluster says of it. */
interface Live {
    readonly status?: pulumi.Output<unknown>;
}

/** The version whose state another one begins with a copy of: the authority, else the first one that has a job to ask. */
export function snapshotVersion(
    component: string,
    versions: Readonly<Record<string, Declared>>,
    version: string,
    authority: string,
): string | undefined {
    const others = Object.keys(versions).filter((other) => other !== version);
    others.sort((a, b) => Number(b === authority) - Number(a === authority));
    return others.find((other) => referenceOf(component, versions[other]!) !== undefined);
}

/** Of every version that begins with a copy of another one's state, which one that is; `null` where none is known. */
export function copiedVersions(
    component: string,
    versions: Readonly<Record<string, Declared>>,
    authority: string,
): Record<string, string | null> {
    return Object.fromEntries(
        Object.entries(versions).flatMap(([version, declared]) =>
            "operator" in declared && declared.operator.start === "savepoint"
                ? [[version, snapshotVersion(component, versions, version, authority) ?? null]]
                : [],
        ),
    );
}

/** What is wrong with a start from a copy of another version's state. */
export function savepointProblems(
    component: string,
    versions: Readonly<Record<string, Declared>>,
    version: string,
    authority: string,
): Problem[] {
    const declared = versions[version]!;
    const field = `versions.${version}.start`;
    if (!("operator" in declared)) {
        const { sql, jar } = declared as { sql?: StartOptions; jar?: StartOptions };
        return (sql ?? jar)?.start !== "savepoint"
            ? []
            : [
                  {
                      field,
                      message:
                          'is "savepoint", which the Flink Kubernetes Operator takes and gives: only a flinkDeployment or a ' +
                          "flinkSessionJob can begin with it.",
                  },
              ];
    }
    if (declared.operator.start !== "savepoint") {
        return [];
    }
    const problems: Problem[] = [];
    if (declared.names.checkpoints === undefined) {
        problems.push({
            field,
            message:
                'is "savepoint", which needs `checkpoints`: the copy is in the version\'s own folder.',
        });
    }
    // Once it holds authority, the one that it began with may be gone; whether the snapshot is there, the state knows.
    if (
        version !== authority &&
        snapshotVersion(component, versions, version, authority) === undefined
    ) {
        problems.push({
            field,
            message:
                'is "savepoint", and no other version is known to run as a job of the operator: give existingJob its ' +
                "`deployment`.",
        });
    }
    if (at(declared.job, "job", "initialSavepointPath") !== undefined) {
        problems.push({
            field,
            message:
                'is "savepoint", and the spec has a job.initialSavepointPath. Leave one of them out.',
        });
    }
    return problems;
}

function referenceOf(component: string, declared: Declared): JobReference | undefined {
    if ("operator" in declared) {
        const { operator, names } = declared;
        return {
            kind: operatorKinds[operator.kind],
            name: operatorJobName(component, names.version, operator),
            namespace: operator.namespace,
        };
    }
    if ("existing" in declared && declared.existing.deployment !== undefined) {
        return { kind: operatorKinds.flinkDeployment, ...declared.existing.deployment };
    }
    return undefined;
}

/**
 * A savepoint of a job that runs on, and where it is: a copy of its state, in a folder of the version that begins with it.
 * It is taken once, when the version is declared, and left where it is when the version is removed.
 */
export function stateSnapshot(
    resourceName: string,
    component: string,
    versions: Readonly<Record<string, Declared>>,
    { names, operator }: Extract<Declared, { readonly operator: unknown }>,
    authority: string,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    const { CustomResource } = loadKubernetes().apiextensions;
    const jobName = operatorJobName(component, names.version, operator);
    const source = snapshotVersion(component, versions, names.version, authority);
    const { kind, name, namespace } = (source === undefined
        ? undefined
        : referenceOf(component, versions[source]!)) ?? {
        // Changes nothing of the snapshot that is there.
        kind: operatorKinds[operator.kind],
        name: jobName,
        namespace: operator.namespace,
    };
    const snapshot = new CustomResource(
        resourceName,
        {
            apiVersion: operatorApi,
            kind: "FlinkStateSnapshot",
            metadata: {
                name: `${jobName}-start`,
                ...(namespace !== undefined && { namespace }),
                labels: jobLabels(component, names.version, jobName, operator.labels),
                annotations: { "pulumi.com/waitFor": "jsonpath={.status.state}=COMPLETED" },
            },
            spec: {
                jobReference: { kind, name },
                savepoint: { path: `${names.checkpoints}/start`, disposeOnDelete: false },
            },
            // An output: what is given there is the operator's.
            status: undefined,
        },
        // Another authority later on is no reason to take another one.
        { ...opts, ignoreChanges: ["metadata", "spec"] },
    );
    const status = pulumi.output((snapshot as Live).status ?? null);
    return pulumi.all([status]).apply(([live]: unknown[]) => {
        const path = at(live, "path");
        if (typeof path !== "string") {
            throw new Error(
                `FlinkStateSnapshot ${jobName}-start does not say where the savepoint is.`,
            );
        }
        return path;
    });
}
