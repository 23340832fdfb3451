import * as pulumi from "@pulumi/pulumi";
import type { SessionJobInputs } from "../provider/inputs.js";
import type { PermissionArgs } from "../permissions.js";
import { digestOf } from "../digest.js";
import { shim, type Inputs } from "../shim.js";
import type { StartOptions } from "../startPosition.js";
import type { HandedNames, NameOverrides, VersionNames } from "../versions.js";

/** A Flink SQL script for a session cluster, submitted through its SQL Gateway. */
export interface SqlJobArgs {
    /** URL of the SQL Gateway, `http://gateway:8083`. */
    gateway: pulumi.Input<string>;
    /** URL of the cluster's REST API. Defaults to the one that the gateway is configured with. */
    rest?: pulumi.Input<string>;
    /** The script: tables, settings and exactly one INSERT or statement set. */
    script: pulumi.Input<string>;
    /** Where to leave a savepoint when the version is removed. By default the job is cancelled without one. */
    savepointDirectory?: pulumi.Input<string>;
    /** How long the job may take to be running, in seconds. Defaults to `120`. */
    startTimeoutSeconds?: pulumi.Input<number>;
}

export interface SqlJob extends NameOverrides, PermissionArgs, StartOptions {
    readonly kind: "sql";
    readonly build: (names: HandedNames) => SqlJobArgs;
}

/**
 * Declares a version that runs a Flink SQL script on a session cluster. The callback is handed the version's own
 * topic, group, transactional-id prefix and checkpoint folder, and the script must use them.
 */
export function sqlJob(
    build: SqlJob["build"],
    options: NameOverrides & PermissionArgs & StartOptions = {},
): SqlJob {
    return { ...options, kind: "sql", build };
}

/** What the job of a version is called in Flink. */
export function sessionJobName(component: string, version: string): string {
    return `${component}-${version}`;
}

const provider = shim("sessionJob");

/** A job on a session cluster: submitted once, adopted on a retry, stopped on removal. */
export class SessionJob extends pulumi.dynamic.Resource {
    declare readonly jobId: pulumi.Output<string>;
    /** URL of the REST API of the cluster that it runs on. */
    declare readonly restUrl: pulumi.Output<string>;
    declare readonly digest: pulumi.Output<string>;
    declare readonly status: pulumi.Output<string>;
    /** Where it left a savepoint when it was retired; `null` where it was not, or left none. */
    declare readonly savepoint: pulumi.Output<string | null | undefined>;
    /** ISO time. */
    declare readonly startedAt: pulumi.Output<string>;

    constructor(
        name: string,
        inputs: Inputs<SessionJobInputs>,
        opts: pulumi.CustomResourceOptions,
    ) {
        super(
            provider,
            name,
            {
                ...inputs,
                jobId: undefined,
                restUrl: undefined,
                status: undefined,
                startedAt: undefined,
                savepoint: undefined,
            },
            opts,
            "shadow-flink",
            "SessionJob",
        );
    }
}

/** The job resource of a SQL version. */
export function sessionJob(
    resourceName: string,
    component: string,
    names: VersionNames,
    args: SqlJobArgs,
    opts: pulumi.CustomResourceOptions,
    retire: pulumi.Input<{ savepoint: string | null } | null> = null,
): SessionJob {
    return new SessionJob(
        resourceName,
        {
            name: component,
            version: names.version,
            jobName: sessionJobName(component, names.version),
            gateway: args.gateway,
            rest: args.rest ?? null,
            script: args.script,
            digest: pulumi.output(args.script).apply(digestOf),
            savepointDirectory: args.savepointDirectory ?? null,
            startTimeoutSeconds: args.startTimeoutSeconds ?? 120,
            retire,
        },
        opts,
    );
}
