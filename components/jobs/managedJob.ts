import * as pulumi from "@pulumi/pulumi";
import type { Declared } from "../arguments.js";
import type { OtherVersion } from "../isolation.js";
import { outputSpec, specProblems } from "../operatorArguments.js";
import type { Problem } from "../versions.js";
import { operatorJobName } from "./flinkDeployment.js";
import type { Rendered } from "./flinkSpec.js";
import { operatorJob } from "./operatorJob.js";
import { startingAt } from "./operatorSpec.js";
import { jarProblems, jarSessionJob } from "./jarJob.js";
import { sessionJob, type SessionJob } from "./sessionJob.js";
import type { VersionJob } from "./versionJob.js";

export interface ManagedJobOptions {
    readonly opts: pulumi.CustomResourceOptions;
    /** Stops the job for good. */
    readonly retire: pulumi.Output<{ savepoint: string | null } | null> | undefined;
    /** What is known of the other versions, some of it only from the cluster. */
    readonly others: pulumi.Output<OtherVersion[]>;
    /** Throws where there are problems. */
    readonly refuse: (problems: readonly Problem[]) => void;
    /** Where the copy of another version's state is that it begins with, where it does. */
    readonly savepoint: pulumi.Output<string> | undefined;
    readonly scriptProblems: (script: string, others: OtherVersion[]) => Problem[];
}

/** The job of a version, wherever it runs. Nothing of it is sent before its isolation is proved. */
export function managedJob(
    resourceName: string,
    component: string,
    declared: Extract<Declared, { readonly job: unknown }>,
    { opts, retire, others, refuse, savepoint, scriptProblems }: ManagedJobOptions,
): VersionJob {
    const { names } = declared;
    if ("operator" in declared) {
        const given = pulumi
            .all([outputSpec(component, declared), savepoint])
            .apply(([rendered, path]) =>
                path === undefined ? rendered : startingAt(rendered, path),
            );
        const spec = pulumi.all([given, others]);
        return operatorJob(
            resourceName,
            component,
            names,
            declared.operator,
            operatorJobName(component, names.version, declared.operator),
            spec.apply(([rendered, known]) => {
                refuse(specProblems(component, declared, rendered, known));
                return rendered;
            }) as unknown as pulumi.Output<Rendered>,
            opts,
            retire,
        );
    }
    if ("jar" in declared) {
        const given = pulumi.output(declared.job.args ?? []) as pulumi.Output<string[]>;
        const args = pulumi.all([given, others]).apply(([rendered, known]) => {
            refuse(jarProblems(declared, known, rendered));
            return rendered;
        });
        return asVersionJob(jarSessionJob(resourceName, component, declared, args, opts, retire));
    }
    const script = pulumi.all([declared.job.script, others]).apply(([rendered, known]) => {
        refuse(scriptProblems(rendered, known));
        return rendered;
    });
    return asVersionJob(
        sessionJob(resourceName, component, names, { ...declared.job, script }, opts, retire),
    );
}

function asVersionJob(resource: SessionJob): VersionJob {
    const { digest, jobId, status, savepoint, restUrl } = resource;
    return { resource, digest, jobId, status, savepoint, restUrl };
}
