import { createHash } from "node:crypto";
import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import type { Declared } from "../arguments.js";
import type { CompareSettings } from "../compare.js";
import type { FlinkSettings } from "../compareFlink.js";
import { SessionJob } from "../jobs/sessionJob.js";
import type { EvidenceJob } from "../provider/inputs.js";
import type { VersionNames, Problem } from "../versions.js";
import { comparisonSql } from "./comparisonSql.js";

type Versions = Readonly<Record<string, Declared>>;

/**
 * The version that each one is compared with by a job: the authority, for those declared behind it; and for the authority
 * itself the one declared before it, which it was compared with until it was promoted.
 */
export function comparedVersions(versions: Versions, authority: string): Record<string, string> {
    const names = Object.keys(versions);
    const place = names.indexOf(authority);
    const before = names[place - 1];
    return Object.fromEntries(
        [
            ...(before === undefined ? [] : [[authority, before] as const]),
            ...names.slice(place + 1).map((version) => [version, authority] as const),
        ].filter(([version]) => versions[version] !== undefined && "job" in versions[version]),
    );
}

/** Where the job of a version's comparison is submitted; `undefined` where that is not said. */
function gatewayOf(
    flink: FlinkSettings,
    declared: Declared | undefined,
): pulumi.Input<string> | undefined {
    return (
        flink.gateway ??
        (declared !== undefined && "sql" in declared ? declared.job.gateway : undefined)
    );
}

/** What is missing for the jobs of comparisons. */
export function comparisonJobProblems(
    versions: Versions,
    authority: string,
    { flink }: CompareSettings,
    isSecured: boolean,
): Problem[] {
    if (flink === null) {
        return [];
    }
    const homeless = Object.keys(comparedVersions(versions, authority)).filter(
        (version) => gatewayOf(flink, versions[version]) === undefined,
    );
    return [
        ...homeless.map((version) => ({
            field: "compare.flink.gateway",
            message: `is missing: ${version} is no sqlJob, whose SQL Gateway would be taken. Give the URL of one.`,
        })),
        ...(isSecured && Object.keys(flink.properties).length === 0
            ? [
                  {
                      field: "compare.flink.properties",
                      message:
                          "is missing: the brokers are entered with TLS or SASL (kafka), and the cluster has to be told how in " +
                          "the words of Kafka's Java client; credentials stay in a file on the cluster.",
                  },
              ]
            : []),
    ];
}

export interface ComparisonJobArgs {
    /** Name of the component. */
    readonly name: string;
    readonly versions: Versions;
    readonly version: string;
    /** The version that it is compared with. */
    readonly incumbent: string;
    readonly settings: CompareSettings;
    readonly bootstrapServers: pulumi.Input<pulumi.Input<string>[]>;
    /** Base URL of checkpoints. */
    readonly checkpoints: string | undefined;
    readonly replicationFactor: pulumi.Input<number>;
    /** Those of the evidence topic. */
    readonly topicOptions: pulumi.CustomResourceOptions;
    readonly options: pulumi.CustomResourceOptions;
}

/**
 * The job that compares a version, and the topic that it writes to. Both are named for what is compared and how: another
 * rule is another job, on another topic, and the old ones go: so neither is ever protected.
 */
export function comparisonJob(args: ComparisonJobArgs): pulumi.Output<EvidenceJob> {
    const { name, version, settings } = args;
    const flink = settings.flink!;
    const [candidate, incumbent] = [namesOf(args, version), namesOf(args, args.incumbent)];
    const script = (evidence: string, brokers: string) =>
        comparisonSql(
            { ...settings, flink },
            {
                incumbent,
                candidate,
                evidence,
                brokers,
                checkpoints:
                    args.checkpoints === undefined
                        ? undefined
                        : `${args.checkpoints.replace(/\/+$/, "")}/${evidence}`,
            },
        );
    const given = args.bootstrapServers;
    const plain = Array.isArray(given) && given.every((server) => typeof server === "string");
    const digest = sha256(`${script("", plain ? given.join(",") : "")}\n${flink.attempt}`).slice(
        0,
        8,
    );
    const topicName = `${name}-${version}-evidence-${digest}`;
    const topic = new kafka.Topic(
        `${name}-${version}-evidence-${digest}`,
        {
            name: topicName,
            partitions: 1,
            replicationFactor: args.replicationFactor,
            // What is gone from it would be missing in every later verdict.
            config: { "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1" },
        },
        { ...args.topicOptions, protect: false, ignoreChanges: ["replicationFactor"] },
    );
    const rendered = pulumi.output(given).apply((servers) => script(topicName, servers.join(",")));
    const job = new SessionJob(
        `${name}-${version}-comparison-${digest}`,
        {
            name: `${name}-${version}`,
            version: `${version} comparison`,
            jobName: topicName,
            gateway: gatewayOf(flink, args.versions[version]) ?? "",
            rest: restOf(flink, args.versions[version]),
            script: rendered,
            digest: rendered.apply(sha256),
            savepointDirectory: null,
            startTimeoutSeconds: startSeconds,
            retire: null,
        },
        pulumi.mergeOptions(args.options, { protect: false, dependsOn: [topic] }),
    );
    return pulumi.all([job.jobId, job.restUrl]).apply(([jobId, restUrl]) => ({
        jobId,
        restUrl,
        topic: topicName,
        incumbent,
    }));
}

/** It is many times as large as a usual script, and takes the gateway as many times as long. */
const startSeconds = 300;

function namesOf(
    { versions }: ComparisonJobArgs,
    version: string,
): Pick<VersionNames, "version" | "topic"> {
    const { topic } = versions[version]!.names;
    return { version, topic };
}

function restOf(flink: FlinkSettings, declared: Declared | undefined): pulumi.Input<string | null> {
    // The candidate's cluster is that of its gateway.
    return (
        flink.rest ??
        (flink.gateway === null && declared !== undefined && "sql" in declared
            ? (declared.job.rest ?? null)
            : null)
    );
}

function sha256(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}
