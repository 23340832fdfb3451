import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import type { Declared } from "../arguments.js";
import type { OtherVersion } from "../isolation.js";
import type { CompareSettings } from "../compare.js";
import type { FlinkSettings } from "../compareFlink.js";
import { digestOf } from "../digest.js";
import type { VersionJob } from "../jobs/versionJob.js";
import type { EvidenceJob } from "../provider/inputs.js";
import type { KafkaSecurity } from "../provider/kafka/security.js";
import type { VersionNames, Problem } from "../versions.js";
import type { ShadowFlinkJobArgs } from "../shadowFlinkJob.js";
import { comparisonSql } from "./comparisonSql.js";
import { ComparisonJob } from "./comparisonJobResource.js";
import { startAnew } from "./startAnew.js";
import { EvidenceStart } from "./evidenceStart.js";
import {
    declareOperatorComparison,
    operatorComparisonJob,
    operatorComparisonProblems,
    type OperatorComparison,
} from "./operatorComparison.js";

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

/** The comparisons that the operator runs, by the version that they compare; none without `compare.flink.job`. */
export function operatorComparisons(
    component: string,
    versions: Versions,
    settings: CompareSettings,
    { authority, checkpoints, compare, kafka }: ShadowFlinkJobArgs,
): Record<string, OperatorComparison> {
    const { flink } = settings;
    const { job } = compare.flink ?? {};
    if (flink === null || typeof job?.build !== "function") {
        return {};
    }
    const servers = plainServers(kafka.bootstrapServers) ?? [];
    return Object.fromEntries(
        Object.entries(comparedVersions(versions, authority)).map(([version, incumbent]) => [
            version,
            declareOperatorComparison({
                component,
                version,
                job,
                flink,
                topicOf: (digest) => evidenceTopic(component, version, digest),
                checkpointsOf: (topic) => folderOf(topic, checkpoints),
                scriptOf: (topic) =>
                    scriptInto(topic, servers, {
                        settings,
                        versions,
                        version,
                        incumbent,
                        checkpoints,
                    }),
            }),
        ]),
    );
}

/** What is missing for the jobs of comparisons, or wrong with them. */
export function comparisonJobProblems(
    versions: Versions,
    { authority, compare, kafka }: ShadowFlinkJobArgs,
    { flink }: CompareSettings,
    isSecured: boolean,
    operated: Readonly<Record<string, OperatorComparison>>,
    /** What is known of all versions. */
    known: readonly OtherVersion[],
): Problem[] {
    if (flink === null) {
        return [];
    }
    const homeless = Object.keys(comparedVersions(versions, authority)).filter(
        (version) =>
            compare.flink?.job === undefined && gatewayOf(flink, versions[version]) === undefined,
    );
    return [
        ...homeless.map((version) => ({
            field: "compare.flink.gateway",
            message:
                `is missing: ${version} is no sqlJob, whose SQL Gateway would be taken. Give the URL of one, or a ` +
                "`compare.flink.job` that the Flink Kubernetes Operator runs.",
        })),
        ...operatedProblems(operated, known),
        ...(Object.keys(operated).length > 0 && plainServers(kafka.bootstrapServers) === undefined
            ? [
                  {
                      field: "kafka.bootstrapServers",
                      message:
                          "has an output in it, and compare.flink.job is named for all that it is told: give plain values; those " +
                          "of another stack come with `getOutputDetails`.",
                  },
              ]
            : []),
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

/** One callback makes the jobs of all versions: what is wrong with each of them is said once. */
function operatedProblems(
    operated: Readonly<Record<string, OperatorComparison>>,
    known: readonly OtherVersion[],
): Problem[] {
    const found = Object.values(operated).flatMap((comparison) =>
        operatorComparisonProblems(comparison, known),
    );
    const messages = new Map(found.map((problem) => [JSON.stringify(problem), problem]));
    return [...messages.values()].map(({ field, message }) => ({
        field: `compare.flink.job.${field}`,
        message,
    }));
}

export interface ComparisonJobArgs {
    /** Name of the component. */
    readonly name: string;
    readonly versions: Versions;
    readonly version: string;
    /** The version that it is compared with. */
    readonly incumbent: string;
    readonly settings: CompareSettings;
    /** The job as the operator runs it; absent where a SQL Gateway does. */
    readonly operated?: OperatorComparison | undefined;
    readonly bootstrapServers: pulumi.Input<pulumi.Input<string>[]>;
    readonly security: KafkaSecurity | undefined;
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
    const { version, operated } = args;
    const { digest, run } = operated === undefined ? gatewayJob(args) : operatedJob(operated);
    const name = evidenceTopic(args.name, version, digest);
    const topic = new kafka.Topic(
        name,
        {
            name,
            partitions: 1,
            replicationFactor: args.replicationFactor,
            // What is gone from it would be missing in every later verdict.
            config: { "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1" },
        },
        { ...args.topicOptions, protect: false, ignoreChanges: ["replicationFactor"] },
    );
    const incumbent = namesOf(args.versions, args.incumbent);
    const begin = new EvidenceStart(
        `${args.name}-${version}-evidence-start-${digest}`,
        {
            bootstrapServers: pulumi.output(args.bootstrapServers),
            ...(args.security && { security: args.security }),
            group: name,
            incumbent: incumbent.topic,
            candidate: namesOf(args.versions, version).topic,
            from: args.settings.flink!.from,
        },
        pulumi.mergeOptions(args.options, { protect: false }),
    );
    const {
        jobId,
        restUrl,
        problem = null,
    } = run(
        `${args.name}-${version}-comparison-${digest}`,
        name,
        pulumi.mergeOptions(args.options, { protect: false, dependsOn: [topic, begin] }),
    );
    return pulumi
        .all([jobId, problem, restUrl, begin.start])
        .apply(([jobId, problem, restUrl, start]) => ({
            jobId,
            problem,
            restUrl,
            topic: name,
            incumbent,
            start,
        }));
}

/** A job that is told from another one by its digest, and how it is run once its topic is there. */
interface Runnable {
    readonly digest: string;
    readonly run: (
        resourceName: string,
        topic: string,
        opts: pulumi.CustomResourceOptions,
    ) => Pick<VersionJob, "jobId" | "restUrl"> & { problem?: pulumi.Output<string | null> };
}

function operatedJob(operated: OperatorComparison): Runnable {
    return {
        digest: operated.digest,
        run: (resourceName, _topic, opts) => operatorComparisonJob(resourceName, operated, opts),
    };
}

function gatewayJob(args: ComparisonJobArgs): Runnable {
    const { version, versions } = args;
    const flink = args.settings.flink!;
    const given = args.bootstrapServers;
    const plain = scriptInto("", plainServers(given) ?? [], args);
    return {
        digest: digestOf(`${plain}\n${flink.attempt}`).slice(0, 8),
        run: (resourceName, topic, opts) => {
            const rendered = pulumi
                .output(given)
                .apply((servers) => scriptInto(topic, servers, args));
            return new ComparisonJob(
                resourceName,
                {
                    name: `${args.name}-${version}`,
                    version: `${version} comparison`,
                    jobName: topic,
                    gateway: gatewayOf(flink, versions[version]) ?? "",
                    rest: restOf(flink, versions[version]),
                    script: rendered,
                    digest: rendered.apply(digestOf),
                    savepointDirectory: null,
                    startTimeoutSeconds: startSeconds,
                    retire: null,
                    wayOut: startAnew,
                },
                opts,
            );
        },
    };
}

/** The SQL that compares a version, into a topic. */
function scriptInto(
    evidence: string,
    servers: readonly string[],
    {
        settings,
        versions,
        version,
        incumbent,
        checkpoints,
    }: Pick<ComparisonJobArgs, "settings" | "versions" | "version" | "incumbent" | "checkpoints">,
): string {
    return comparisonSql(
        { ...settings, flink: settings.flink! },
        {
            incumbent: namesOf(versions, incumbent),
            candidate: namesOf(versions, version),
            evidence,
            brokers: servers.join(","),
            checkpoints: folderOf(evidence, checkpoints),
        },
    );
}

/** The same name for the topic, the group and what its transactional ids begin with. */
function evidenceTopic(component: string, version: string, digest: string): string {
    return `${component}-${version}-evidence-${digest}`;
}

function folderOf(topic: string, checkpoints: string | undefined): string | undefined {
    return checkpoints === undefined ? undefined : `${checkpoints.replace(/\/+$/, "")}/${topic}`;
}

function plainServers(given: pulumi.Input<pulumi.Input<string>[]>): string[] | undefined {
    return Array.isArray(given) && given.every((server) => typeof server === "string")
        ? given
        : undefined;
}

/** It is many times as large as a usual script, and takes the gateway as many times as long. */
const startSeconds = 300;

function namesOf(versions: Versions, version: string): Pick<VersionNames, "version" | "topic"> {
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
