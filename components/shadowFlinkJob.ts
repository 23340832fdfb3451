import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import { problemMessage, resolveArguments, scriptProblems, type Declared } from "./arguments.js";
import { Authority } from "./authority.js";
import { canaryTopic, type CanaryTopicArgs } from "./canaryTopic.js";
import type { CompareArgs } from "./compare.js";
import { Cluster } from "./cluster.js";
import { cutoverSettings, type AlignmentArgs, type ConsumerArgs } from "./cutoverArguments.js";
import { Comparison } from "./comparison.js";
import type { ExistingJob } from "./jobs/existing.js";
import { jobAddresses } from "./jobs/jobAddresses.js";
import { sessionJob, type SessionJob, type SqlJob } from "./jobs/sessionJob.js";
import type { Outcome, Verdict } from "./provider/comparison/verdict.js";
import type { Override } from "./provider/cutover/decide.js";
import type { RoutingRecord, Tenure } from "./provider/cutover/routingRecord.js";
import { roleOf, type Role } from "./roles.js";
import { routingTopic } from "./routing.js";
import { consumerGroup, routingTopicName, routingTransactionalId } from "./versions.js";

export interface ShadowFlinkJobArgs {
    /**
     * The version whose topic consumers are routed to. Changing it promotes a candidate, or rolls back. A plain value,
     * since it decides which resources are protected.
     */
    authority: string;
    kafka: KafkaArgs;
    /**
     * The versions of the job by name, `v1`, `v2`, `2026-11`. A version is one build: a changed job is a new entry, and a
     * name is never used again.
     */
    versions: Record<string, ExistingJob | SqlJob>;
    /** How a candidate's output is compared with the incumbent's. */
    compare: CompareArgs;
    /** The consumers that move with authority, by name. Defaults to none: then only the routing record moves. */
    consumers?: Record<string, ConsumerArgs>;
    /** How consumers' positions are found on another version's topic. Defaults to identities alone. */
    alignment?: AlignmentArgs;
    /** Settings of candidates' topics. Defaults to those of the authority's topic. */
    canary?: CanaryTopicArgs;
    /** Base URL of checkpoints; every version gets a folder of its own in it. Defaults to what the cluster does. */
    checkpoints?: string;
    /**
     * What a failing candidate does: with `"report"` the verdict says so and the stack goes on, with `"error"`
     * `pulumi up` fails. Consumers stay either way. Defaults to `"report"`.
     */
    onFail?: "report" | "error";
    /** Lets a promotion through without a passing verdict. Kept in the routing record's history for ever. */
    override?: OverrideArgs;
}

export interface KafkaArgs {
    /** `host:port` of some of the brokers. */
    bootstrapServers: pulumi.Input<pulumi.Input<string>[]>;
}

export interface OverrideArgs {
    /** The version that it lets through, and no other. */
    version: string;
    /** Why the promotion cannot wait for a passing verdict. */
    reason: string;
    /** Who decided it. */
    approvedBy: string;
}

/** What is known of a version. */
export interface VersionOutput {
    readonly topic: string;
    /** `standby` can get authority back at once; `retired` held it and was rolled back from. */
    readonly role: Role;
    /** The job as Flink knows it; `null` for one that is not managed. */
    readonly job: { readonly id: string; readonly status: string } | null;
    /** The newest verdict's outcome; `null` where there is none. */
    readonly outcome: Outcome | null;
}

/** Where a consumer reads. */
export interface ConsumerOutput {
    readonly version: string;
    readonly topic: string;
    readonly group: string;
}

/**
 * A stateful Flink job that changes by running the new version beside the old one: on the same live traffic, into a
 * topic of its own, compared with every `pulumi up`, until `authority` moves the consumers to it, or back.
 */
export class ShadowFlinkJob extends pulumi.ComponentResource {
    /** The topic that consumers are routed to. */
    readonly topic: pulumi.Output<string>;
    /** The version that holds authority. */
    readonly authority: pulumi.Output<string>;
    /** The verdict on the version declared last that was compared; `null` where none was. */
    readonly verdict: pulumi.Output<Verdict | null>;
    /** Every version, with its topic, role, job and verdict. */
    readonly versions: pulumi.Output<Record<string, VersionOutput>>;
    /** The routing record: groups and positions of every consumer, and the history of authority. */
    readonly routing: pulumi.Output<RoutingRecord>;
    /** What every consumer reads, and as which group: not the same for all while they are moved one after the other. */
    readonly consumers: pulumi.Output<Record<string, ConsumerOutput>>;
    /** Who held authority, from when to when, by which verdict, or by whose override and why. Only ever added to. */
    readonly history: pulumi.Output<Tenure[]>;

    constructor(
        name: string,
        args: ShadowFlinkJobArgs,
        opts: pulumi.ComponentResourceOptions = {},
    ) {
        super("shadow-flink:index:ShadowFlinkJob", name, args, opts);
        const { versions, settings, problems } = resolveArguments(name, args);
        if (problems.length > 0) {
            throw new pulumi.ResourceError(problemMessage(name, problems), this, true);
        }
        const provider = kafkaProvider(this, name, args.kafka);
        const bootstrapServers = pulumi.output(args.kafka.bootstrapServers);
        const cluster = new Cluster(
            `${name}-cluster`,
            { name, bootstrapServers, existing: existingTopics(versions) },
            { parent: this },
        );
        const child = { parent: this, provider, dependsOn: [cluster] };
        const topics = versionTopics(name, args, versions, child);
        const routed = routingTopic(
            name,
            required(topics[args.authority]).replicationFactor,
            child,
        );
        const jobs = versionJobs(this, name, args.authority, versions, topics);
        const common = {
            name,
            authority: args.authority,
            versions: mapValues(versions, (declared) => ({
                topic: declared.names.topic,
                managed: "job" in declared,
            })),
            bootstrapServers,
            routingTopic: routingTopicName(name),
            settings,
        };
        const comparisons = mapValues(
            beside(versions, jobs),
            (job, version) =>
                new Comparison(
                    `${name}-${version}-comparison`,
                    {
                        ...common,
                        version,
                        jobs: jobAddresses(name, versions, version, job),
                        candidateDigest: job.digest,
                        onFail: args.onFail ?? "report",
                    },
                    { parent: this, dependsOn: [job, required(topics[version])] },
                ),
        );
        const compared = comparisons[args.authority];
        const pointer = new Authority(
            `${name}-authority`,
            {
                ...common,
                owner: `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`,
                candidateDigest: jobs[args.authority]?.digest ?? "",
                jobStatus: jobs[args.authority]?.status ?? null,
                consumers: consumerGroups(args, versions),
                transactionalId: routingTransactionalId(name),
                verdict: compared?.verdict ?? null,
                range: compared?.range ?? null,
                override: overrideOf(args),
                ...cutoverSettings(args),
            },
            // Only on what a rollback needs too: a dead candidate must not stand in its way.
            { parent: this, protect: true, dependsOn: [routed, required(topics[args.authority])] },
        );

        this.routing = pointer.routing;
        this.topic = pointer.routing.topic;
        this.history = pointer.routing.history;
        this.consumers = pointer.routing.apply(({ authority, topic, consumers }) =>
            mapValues(consumers, ({ group, own }) => ({
                version: own?.version ?? authority,
                topic: own?.topic ?? topic,
                group,
            })),
        );
        this.authority = pointer.routing.authority;
        this.verdict = pulumi
            .all(Object.values(comparisons).map(({ verdict }) => verdict))
            .apply((verdicts) => verdicts.findLast((verdict) => verdict !== null) ?? null);
        this.versions = pulumi
            .all([
                pointer.routing.history,
                pulumi.all(mapValues(jobs, ({ jobId }) => jobId)),
                pulumi.all(mapValues(jobs, ({ status }) => status)),
                pulumi.all(mapValues(comparisons, ({ verdict }) => verdict)),
            ])
            .apply(([history, ids, statuses, verdicts]) =>
                mapValues(versions, ({ names: { topic } }, version) => {
                    const [id, status] = [ids[version], statuses[version]];
                    return {
                        topic,
                        role: roleOf(version, history),
                        job: id === undefined || status === undefined ? null : { id, status },
                        outcome: verdicts[version]?.outcome ?? null,
                    };
                }),
            );
        this.registerOutputs({
            topic: this.topic,
            authority: this.authority,
            verdict: this.verdict,
            versions: this.versions,
            routing: this.routing,
            consumers: this.consumers,
            history: this.history,
        });
    }
}

/** The provider that the caller gave the component, or one of its own for the brokers that it was given. */
function kafkaProvider(
    component: ShadowFlinkJob,
    name: string,
    args: KafkaArgs,
): pulumi.ProviderResource {
    return (
        component.getProvider("kafka:index/topic:Topic") ??
        new kafka.Provider(
            `${name}-kafka`,
            { bootstrapServers: args.bootstrapServers, tlsEnabled: false },
            { parent: component },
        )
    );
}

/**
 * The topic of every version: read where its job is not managed, else a canary topic that mirrors the authority's. The
 * authority's own comes first, and mirrors an existing one where there is one.
 */
function versionTopics(
    name: string,
    args: ShadowFlinkJobArgs,
    versions: Readonly<Record<string, Declared>>,
    opts: pulumi.CustomResourceOptions,
): Record<string, kafka.Topic> {
    const topics: Record<string, kafka.Topic> = {};
    const existing = Object.entries(versions).filter(([, declared]) => "existing" in declared);
    for (const [version, { names }] of existing) {
        topics[version] = kafka.Topic.get(`${name}-${version}-topic`, names.topic, undefined, opts);
    }
    const managed = Object.entries(versions).filter(([, declared]) => "job" in declared);
    managed.sort(([a], [b]) => Number(b === args.authority) - Number(a === args.authority));
    for (const [version, declared] of managed) {
        topics[version] = canaryTopic(
            `${name}-${version}-topic`,
            declared.names.topic,
            args.canary ?? {},
            topics[args.authority] ?? Object.values(topics)[0],
            // Kept for good: whether somebody still reads it is not known where it is taken out of the program.
            { ...opts, protect: version === args.authority, retainOnDelete: true },
        );
    }
    return topics;
}

function versionJobs(
    component: ShadowFlinkJob,
    name: string,
    authority: string,
    versions: Readonly<Record<string, Declared>>,
    topics: Readonly<Record<string, kafka.Topic>>,
): Record<string, SessionJob> {
    const jobs: Record<string, SessionJob> = {};
    for (const [version, declared] of Object.entries(versions)) {
        if (!("job" in declared)) {
            continue;
        }
        const script = pulumi.output(declared.job.script).apply((rendered) => {
            const problems = scriptProblems(versions, version, rendered);
            if (problems.length > 0) {
                throw new pulumi.ResourceError(problemMessage(name, problems), component, true);
            }
            return rendered;
        });
        jobs[version] = sessionJob(
            `${name}-${version}-job`,
            name,
            declared.names,
            { ...declared.job, script },
            {
                parent: component,
                protect: version === authority,
                dependsOn: [required(topics[version])],
            },
        );
    }
    return jobs;
}

function existingTopics(versions: Readonly<Record<string, Declared>>): Record<string, string> {
    return Object.fromEntries(
        Object.entries(versions)
            .filter(([, declared]) => "existing" in declared)
            .map(([version, { names }]) => [version, names.topic]),
    );
}

/** The managed versions, where there is another one to compare them with. */
function beside(
    versions: Readonly<Record<string, Declared>>,
    jobs: Readonly<Record<string, SessionJob>>,
): Readonly<Record<string, SessionJob>> {
    return Object.keys(versions).length > 1 ? jobs : {};
}

function consumerGroups(
    { consumers = {} }: ShadowFlinkJobArgs,
    versions: Readonly<Record<string, Declared>>,
): Record<string, Record<string, string>> {
    return mapValues(consumers, ({ group }) =>
        mapValues(versions, (declared, version) =>
            consumerGroup(group, version, "job" in declared),
        ),
    );
}

/** One that was given for another version is of no use to this one. */
function overrideOf({ override, authority }: ShadowFlinkJobArgs): Override | null {
    return override?.version === authority
        ? { reason: override.reason, approvedBy: override.approvedBy }
        : null;
}

function mapValues<T, U>(
    record: Readonly<Record<string, T>>,
    map: (value: T, key: string) => U,
): Record<string, U> {
    return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function required<T>(value: T | undefined): T {
    if (value === undefined) {
        throw new Error("A version without a topic cannot be: arguments are checked before.");
    }
    return value;
}
