import * as pulumi from "@pulumi/pulumi";
import type { OtherVersion } from "./isolation.js";
import { operatorJobName, type OperatorJob, type PlacedJob } from "./jobs/flinkDeployment.js";
import { at, type Rendered } from "./jobs/flinkSpec.js";
import { restUrl } from "./jobs/operatorJob.js";
import { renderSpec, savepointFolder } from "./jobs/operatorSpec.js";
import { hasKubernetes, needsKubernetes } from "./kubernetes.js";
import type { RetireArgs } from "./retirement.js";
import { specIsolationProblems } from "./specIsolation.js";
import type { Problem, VersionNames } from "./versions.js";

/** A version whose job the operator runs, with what its callback made of its names. */
export interface DeclaredOperatorJob {
    readonly names: VersionNames;
    readonly operator: OperatorJob;
    /** The spec as the callback gave it, with outputs in it. */
    readonly job: Rendered;
}

/** A job's resource in the cluster, by which two versions could be the same. */
export interface ClusterName {
    readonly version: string;
    readonly name: string;
    readonly namespace: string | undefined;
}

/** The operator validates this itself, when the job is there already. */
const operatorName = /^[a-z]([-a-z0-9]{0,43}[a-z0-9])?$/;

/** What is wrong with a version's place in the cluster, as far as it shows without its spec. */
export function operatorProblems(
    component: string,
    { names: { version }, operator, job }: DeclaredOperatorJob,
    others: readonly ClusterName[],
): Problem[] {
    const name = operatorJobName(component, version, operator);
    const problems = placeProblems(name, operator, job);
    const refuse = (field: string, message: string) => problems.push({ field, message });
    for (const other of others) {
        const sameSpace =
            operator.namespace === undefined ||
            other.namespace === undefined ||
            operator.namespace === other.namespace;
        if (other.name === name && sameSpace) {
            refuse(
                "name",
                `"${name}" is the job of version ${other.version} in the cluster too, with its high-availability id and ` +
                    "its service. Give this version its own.",
            );
        }
    }
    return problems.map(({ field, message }) => ({
        field: `versions.${version}.${field}`,
        message,
    }));
}

/** What is wrong with a job as it stands in the cluster, whatever it is for. */
export function placeProblems(name: string, placed: PlacedJob, spec: Rendered): Problem[] {
    const problems: Problem[] = [];
    const refuse = (field: string, message: string) => problems.push({ field, message });
    if (!hasKubernetes()) {
        refuse("kind", needsKubernetes);
    }
    if (!operatorName.test(name)) {
        refuse(
            "name",
            `is "${name}"; the operator takes a-z, 0-9 and "-" inside, a letter first, at most 45 characters: give a ` +
                "`name` that is so.",
        );
    }
    const { startTimeoutSeconds: timeout, rest } = placed;
    if (timeout !== undefined && !(Number.isFinite(timeout) && timeout > 0)) {
        refuse("startTimeoutSeconds", `is ${timeout}; give seconds, more than 0.`);
    }
    const url = restUrl(placed, name, {});
    if (rest !== undefined && (url === null || !isPlainUrl(url))) {
        refuse(
            "rest",
            'is no http(s) URL without user and password in it; give one, or "service".',
        );
    }
    if (typeof spec !== "object" || spec === null || at(spec, "job") === undefined) {
        refuse(
            "spec",
            "has no `job`: without one the operator makes a session cluster, which runs nothing.",
        );
    }
    return problems;
}

/** What is wrong with a rendered spec beside the other versions. */
export function specProblems(
    component: string,
    { names, operator }: DeclaredOperatorJob,
    spec: Rendered,
    others: readonly OtherVersion[],
    retire?: RetireArgs,
): Problem[] {
    const { version } = names;
    const name = operatorJobName(component, version, operator);
    const problems = specIsolationProblems(names, name, spec, others, operator.unused).map(
        ({ field, message }) => ({ field: `versions.${version}.${field}`, message }),
    );
    if (at(spec, "job", "state") === "suspended") {
        problems.push({
            field: `versions.${version}.spec`,
            message:
                'job.state is "suspended": it would never run. Leave it out; `retire` suspends it.',
        });
    }
    if (retire?.savepoint !== undefined && retire.savepoint !== savepointFolder(spec)) {
        const folder = savepointFolder(spec);
        problems.push({
            field: `retire.${version}.savepoint`,
            message:
                `is "${retire.savepoint}", and the operator leaves it where the job that runs was told to: ` +
                (folder === undefined
                    ? "nowhere. Leave it out."
                    : `give that, "${folder}", or leave it out for no savepoint.`),
        });
    }
    return problems;
}

/** The spec as it will be sent; `undefined` while there are outputs in it. */
export function plainSpec(component: string, declared: DeclaredOperatorJob): Rendered | undefined {
    return hasOutputs(declared.job) ? undefined : rendered(component, declared, declared.job);
}

/** The spec as it is sent. */
export function outputSpec(
    component: string,
    declared: DeclaredOperatorJob,
): pulumi.Output<Rendered> {
    return pulumi.output(declared.job).apply((spec) => rendered(component, declared, spec));
}

function rendered(
    component: string,
    { names, operator }: DeclaredOperatorJob,
    spec: Rendered,
): Rendered {
    return renderSpec(names, operator, spec, operatorJobName(component, names.version, operator));
}

/** Whether there is anything in it that is only known later on. */
export function hasOutputs(value: unknown): boolean {
    if (pulumi.Output.isInstance(value) || value instanceof Promise) {
        return true;
    }
    return typeof value === "object" && value !== null && Object.values(value).some(hasOutputs);
}

function isPlainUrl(url: string): boolean {
    try {
        const { protocol, username, password } = new URL(url);
        return /^https?:$/.test(protocol) && username === "" && password === "";
    } catch {
        return false;
    }
}
