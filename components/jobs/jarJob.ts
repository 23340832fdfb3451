import { existsSync, readFileSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import { digestOf } from "../digest.js";
import { isOwn, type OtherVersion } from "../isolation.js";
import type { PermissionArgs } from "../permissions.js";
import type { StartOptions } from "../startPosition.js";
import type { HandedNames, NameOverrides, Problem, VersionNames } from "../versions.js";
import { SessionJob, sessionJobName } from "./sessionJob.js";

/** A jar for a session cluster, uploaded and run through its REST API. */
export interface JarJobArgs {
    /** URL of the cluster's REST API, `http://flink:8081`. */
    rest: pulumi.Input<string>;
    /** Path of the jar where Pulumi runs. Its content is part of the version: another jar is another version. */
    jar: string;
    /** The class with `main`. Defaults to the one in the jar's manifest. */
    entryClass?: string;
    /**
     * What `main` is handed. Topic, group and transactional-id prefix of the version must be in there. It stands in the
     * state: no secrets. Defaults to nothing.
     */
    args?: pulumi.Input<pulumi.Input<string>[]>;
    /** Defaults to the cluster's. */
    parallelism?: number;
    /** Where to leave a savepoint when the version is removed. By default the job is cancelled without one. */
    savepointDirectory?: pulumi.Input<string>;
    /** How long the job may take to be running, in seconds. Defaults to `120`. */
    startTimeoutSeconds?: pulumi.Input<number>;
}

export interface JarJobOptions extends NameOverrides, PermissionArgs, StartOptions {
    /** What the job has no use for, so that its arguments need not hold it. Defaults to none. */
    unused?: readonly ("group" | "transactionalIdPrefix")[];
}

export interface JarJob extends JarJobOptions {
    readonly kind: "jar";
    readonly build: (names: HandedNames) => JarJobArgs;
}

/**
 * Declares a version that runs a jar on a session cluster. The callback is handed the version's own topic, group,
 * transactional-id prefix and checkpoint folder, and must pass them on in `args`.
 */
export function jarJob(build: JarJob["build"], options: JarJobOptions = {}): JarJob {
    return { ...options, kind: "jar", build };
}

/** A version that runs a jar, with what its callback made of its names. */
export interface DeclaredJarJob {
    readonly names: VersionNames;
    readonly jar: JarJob;
    readonly job: JarJobArgs;
}

/** What is wrong with a jar's arguments beside the other versions; of outputs, once they are known. */
export function jarProblems(
    { names, jar, job }: DeclaredJarJob,
    others: readonly OtherVersion[],
    args: unknown = job.args ?? [],
): Problem[] {
    const problems: Problem[] = [];
    const refuse = (field: string, message: string) =>
        problems.push({ field: `versions.${names.version}.${field}`, message });
    if (typeof job.jar !== "string" || !existsSync(job.jar)) {
        refuse("jar", `there is no file "${job.jar}" where Pulumi runs; build it first.`);
    }
    if (!Array.isArray(args) || !args.every((arg) => typeof arg === "string")) {
        return problems;
    }
    const words = args.flatMap((arg) => [arg, ...arg.split(/[=,;\s]/)]);
    for (const key of ["topic", "group", "transactionalIdPrefix"] as const) {
        const isUnused = key !== "topic" && jar.unused?.includes(key) === true;
        if (!isUnused && !words.some((word) => word.startsWith(names[key]))) {
            const wayOut = key === "topic" ? "" : `, or say \`unused: ["${key}"]\``;
            refuse(
                "args",
                `"${names[key]}" is not in there, so that the job's ${key} cannot be its own. Pass on the ${key} that the ` +
                    `callback is handed${wayOut}.`,
            );
        }
        for (const other of others) {
            const theirs = other[key];
            if (
                theirs !== undefined &&
                words.some((word) => word === theirs && !isOwn(word, names[key]))
            ) {
                refuse(
                    "args",
                    `"${theirs}" is the ${key} of version ${other.version}; take the own one.`,
                );
            }
        }
    }
    return problems;
}

/** The job resource of a version that runs a jar. */
export function jarSessionJob(
    resourceName: string,
    component: string,
    { names, job }: DeclaredJarJob,
    args: pulumi.Output<string[]>,
    opts: pulumi.CustomResourceOptions,
    retire: pulumi.Input<{ savepoint: string | null } | null> = null,
): SessionJob {
    const jarDigest = digestOf(readFileSync(job.jar));
    const run = args.apply((given) =>
        JSON.stringify({
            jarDigest,
            entryClass: job.entryClass ?? null,
            args: given,
            parallelism: job.parallelism ?? null,
        }),
    );
    return new SessionJob(
        resourceName,
        {
            name: component,
            version: names.version,
            jobName: sessionJobName(component, names.version),
            gateway: null,
            rest: job.rest,
            jar: job.jar,
            script: run,
            digest: run.apply(digestOf),
            savepointDirectory: job.savepointDirectory ?? null,
            startTimeoutSeconds: job.startTimeoutSeconds ?? 120,
            retire,
        },
        opts,
    );
}
