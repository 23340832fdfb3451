import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import {
    managedOf,
    permissionArgs,
    otherVersions,
    problemMessage,
    resolveArguments,
    scriptProblems,
    type Declared,
} from "./arguments.js";
import { Authority } from "./authority.js";
import { canaryTopic, type CanaryTopicArgs } from "./canaryTopic.js";
import type { CompareArgs, CompareSettings } from "./compare.js";
import { Cluster } from "./cluster.js";
import { comparedVersions, comparisonJob } from "./comparisonJob/comparisonJob.js";
import type { OperatorComparison } from "./comparisonJob/operatorComparison.js";
import { cutoverSettings, type AlignmentArgs, type ConsumerArgs } from "./cutoverArguments.js";
import { Comparison } from "./comparison.js";
import type { OtherVersion } from "./isolation.js";
import type { ExistingJob } from "./jobs/existing.js";
import type { JarJob } from "./jobs/jarJob.js";
import { jobAddresses } from "./jobs/jobAddresses.js";
import type { FlinkDeployment, FlinkSessionJob } from "./jobs/flinkDeployment.js";
import { liveDeployment, type LiveJob } from "./jobs/liveDeployment.js";
import { managedJob } from "./jobs/managedJob.js";
import { at } from "./jobs/flinkSpec.js";
import { restUrl } from "./jobs/operatorJob.js";
import { podGroups, slotsOf } from "./jobs/podGroups.js";
import type { SqlJob } from "./jobs/sessionJob.js";
import { copiedVersions, stateSnapshot } from "./jobs/stateSnapshot.js";
import type { VersionJob } from "./jobs/versionJob.js";
import { topicProviderProblems, topicProviderSecurity, type KafkaArgs } from "./kafkaArguments.js";
import { jobPermissions, permissionAcls } from "./permissions.js";
import type { Outcome, Verdict } from "./provider/comparison/verdict.js";
import type { Override } from "./provider/cutover/decide.js";
import type { RoutingRecord, Tenure } from "./provider/cutover/routingRecord.js";
import { jobQuotas, quotaResources } from "./quota.js";
import { protectedVersions, type RetireArgs } from "./retirement.js";
import { roleOf, type Role } from "./roles.js";
import { routingConfigMap } from "./routingConfigMap.js";
import type { ShadowInput, StartInputs } from "./provider/inputs.js";
import type { Inputs } from "./shim.js";
import { Start } from "./startPosition.js";
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
    versions: Record<string, ExistingJob | SqlJob | JarJob | FlinkDeployment | FlinkSessionJob>;
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
    /**
     * Versions to be stopped for good, by name: the job stops, and authority never goes back to it. Refused for the
     * authority, and while anybody reads the version's topic. Once that is done, the version can be removed from here and
     * from `versions`. Defaults to none.
     */
    retire?: Record<string, RetireArgs>;
    /**
     * How long a promoted version is still compared with the one before it, in seconds. Where they differ meanwhile, a
     * rollback is recommended, in `rollbackRecommended` and in the log; nothing moves by itself. Defaults to `0`: no longer.
     */
    bakeSeconds?: number;
    /**
     * After how many days beside the authority a version that never held it is called out in every preview and update: a
     * shadow that is forgotten goes on costing. Defaults to `7`.
     */
    expireAfterDays?: number;
    /** Lets a promotion through without a passing verdict. Kept in the routing record's history for ever. */
    override?: OverrideArgs;
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
    /** `standby` can get authority back at once; `retired` was rolled back from, or stopped for good. */
    readonly role: Role;
    /**
     * The job as Flink knows it, and where it left a savepoint when it was retired; `null` for one that is not managed.
     */
    readonly job: {
        readonly id: string | null;
        readonly status: string | null;
        readonly savepoint: string | null;
    } | null;
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
    /** Why authority should go back, where a promoted version differs from the one before it; `null` where it does not. */
    readonly rollbackRecommended: pulumi.Output<string | null>;
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
        const { versions, settings, operated, security, problems } = resolveArguments(name, args);
        const given = this.getProvider("kafka:index/topic:Topic");
        const all = [...problems, ...(given ? [] : topicProviderProblems(security))];
        if (all.length > 0) {
            throw new pulumi.ResourceError(problemMessage(name, all), this, true);
        }
        const kafkaAddress = {
            bootstrapServers: pulumi.output(args.kafka.bootstrapServers),
            ...(security && { security }),
        };
        // The caller's own, or one for the brokers that the component was given.
        const provider =
            given ??
            new kafka.Provider(
                `${name}-kafka`,
                {
                    bootstrapServers: args.kafka.bootstrapServers,
                    ...topicProviderSecurity(security),
                },
                { parent: this },
            );
        const inputs = mapValues(versions, ({ names: { topic }, ...declared }) => ({
            topic,
            managed: "job" in declared,
        }));
        const held = protectedVersions(args.retire ?? {}, args.authority, managedOf(versions));
        const cluster = new Cluster(
            `${name}-cluster`,
            {
                name,
                ...kafkaAddress,
                existing: existingTopics(versions),
                versions: inputs,
                protected: held,
                authority: args.authority,
                shadows: shadowInputs(args, versions, settings, operated),
                copies: copiedVersions(name, versions, args.authority),
                expireAfterDays: args.expireAfterDays ?? 7,
                routingTopic: routingTopicName(name),
            },
            { parent: this },
        );
        const child = { parent: this, provider, dependsOn: [cluster] };
        const topics = versionTopics(name, args, versions, held, child);
        const routed = routingTopic(
            name,
            required(topics[args.authority]).replicationFactor,
            child,
        );
        const permissions = mapValues(versions, ({ names, ...declared }) => {
            const given = permissionArgs(declared);
            const resourceName = `${name}-${names.version}`;
            const quotas = jobQuotas(names, given.principal, given.quota);
            return [
                ...permissionAcls(resourceName, jobPermissions(names, given), child),
                ...quotaResources(resourceName, quotas, child),
            ];
        });
        captureStarts(name, args, versions, kafkaAddress, { parent: this, dependsOn: [cluster] });
        const savepoints = takeSnapshots(name, args, versions, {
            parent: this,
            dependsOn: [cluster],
        });
        const { retire = {} } = args;
        const live = liveJobs(this, name, versions);
        const jobOf = (version: string, routing?: pulumi.Output<RoutingRecord>) =>
            versionJob(this, name, version, versions, {
                topic: required(topics[version]),
                permissions: required(permissions[version]),
                savepoint: savepoints[version],
                protect: held.includes(version) || undefined,
                live,
                retire: routing && retireInput(retire[version] ?? {}, version, routing),
            });
        const managed = Object.keys(versions).filter((version) => inputs[version]?.managed);
        const running = Object.fromEntries(
            managed
                .filter((version) => !Object.hasOwn(retire, version))
                .map((version) => [version, jobOf(version)]),
        );
        const common = {
            name,
            authority: args.authority,
            versions: inputs,
            ...kafkaAddress,
            routingTopic: routingTopicName(name),
            settings,
        };
        const evidenceJobs = mapValues(
            settings.flink === null ? {} : comparedVersions(versions, args.authority),
            (incumbent, version) =>
                Object.hasOwn(running, version)
                    ? comparisonJob({
                          name,
                          versions,
                          version,
                          incumbent,
                          settings,
                          operated: operated[version],
                          bootstrapServers: args.kafka.bootstrapServers,
                          security,
                          checkpoints: args.checkpoints,
                          replicationFactor: required(topics[args.authority]).replicationFactor,
                          topicOptions: child,
                          options: {
                              parent: this,
                              dependsOn: [required(topics[version]), required(topics[incumbent])],
                          },
                      })
                    : null,
        );
        const comparisons = mapValues(
            beside(versions, running),
            (job, version) =>
                new Comparison(
                    `${name}-${version}-comparison`,
                    {
                        ...common,
                        version,
                        jobs: jobAddresses(name, versions, version, job, live),
                        candidateDigest: job.digest,
                        onFail: args.onFail ?? "report",
                        bakeSeconds: args.bakeSeconds ?? 0,
                        evidenceJob: evidenceJobs[version] ?? null,
                    },
                    { parent: this, dependsOn: [job.resource, required(topics[version])] },
                ),
        );
        const compared = comparisons[args.authority];
        const pointer = new Authority(
            `${name}-authority`,
            {
                ...common,
                owner: `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`,
                candidateDigest: running[args.authority]?.digest ?? "",
                jobStatus: running[args.authority]?.status ?? null,
                consumers: consumerGroups(args, versions),
                transactionalId: routingTransactionalId(name),
                verdict: compared?.verdict ?? null,
                range: compared?.range ?? null,
                override: overrideOf(args),
                ...cutoverSettings(args),
                retire: Object.keys(retire),
            },
            // Only on what a rollback needs too: a dead candidate must not stand in its way.
            { parent: this, protect: true, dependsOn: [routed, required(topics[args.authority])] },
        );

        // Behind the pointer, which alone knows whether anybody still reads what they write.
        const stopped = Object.fromEntries(
            managed
                .filter((version) => Object.hasOwn(retire, version))
                .map((version) => [version, jobOf(version, pointer.routing)]),
        );
        const jobs = { ...running, ...stopped };

        for (const [consumer, { configMap }] of Object.entries(args.consumers ?? {})) {
            if (configMap !== undefined) {
                routingConfigMap(
                    `${name}-routing-${consumer}`,
                    consumer,
                    name,
                    configMap,
                    pointer.routing,
                    args.kafka.bootstrapServers,
                    { parent: this },
                );
            }
        }

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
        this.rollbackRecommended = pulumi
            .all([pointer.routing, compared?.verdict ?? null])
            .apply(([{ history }, verdict]) => rollbackReason(history, verdict));
        this.versions = pulumi
            .all([
                pointer.routing,
                pulumi.all(mapValues(jobs, ({ jobId }) => jobId)),
                pulumi.all(mapValues(jobs, ({ status }) => status)),
                pulumi.all(mapValues(stopped, ({ savepoint }) => savepoint)),
                pulumi.all(mapValues(comparisons, ({ verdict }) => verdict)),
            ])
            .apply(([{ history, retired }, ids, statuses, savepoints, verdicts]) =>
                mapValues(versions, ({ names: { topic } }, version) => {
                    const [id, status] = [ids[version], statuses[version]];
                    return {
                        topic,
                        role: roleOf(version, history, retired),
                        job:
                            id === undefined || status === undefined
                                ? null
                                : { id, status, savepoint: savepoints[version] ?? null },
                        outcome: verdicts[version]?.outcome ?? null,
                    };
                }),
            );
        this.registerOutputs({
            topic: this.topic,
            authority: this.authority,
            verdict: this.verdict,
            rollbackRecommended: this.rollbackRecommended,
            versions: this.versions,
            routing: this.routing,
            consumers: this.consumers,
            history: this.history,
        });
    }
}

/**
 * The topic of every version: read where its job is not managed, else a canary topic that mirrors the authority's. The
 * authority's own comes first, and mirrors an existing one where there is one.
 */
function versionTopics(
    name: string,
    args: ShadowFlinkJobArgs,
    versions: Readonly<Record<string, Declared>>,
    held: readonly string[],
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
            {
                ...opts,
                protect: held.includes(version) || undefined,
                retainOnDelete: args.retire?.[version]?.deleteTopic !== true,
            },
        );
    }
    return topics;
}

/** What is known of the managed versions before anything is made, to say what they will take. */
function shadowInputs(
    { canary, authority }: ShadowFlinkJobArgs,
    versions: Readonly<Record<string, Declared>>,
    { flink }: CompareSettings,
    operated: Readonly<Record<string, OperatorComparison>>,
): Record<string, ShadowInput> {
    const retention = canary?.config?.["retention.ms"];
    const compared = flink === null ? {} : comparedVersions(versions, authority);
    return Object.fromEntries(
        Object.entries(versions).flatMap(([version, declared]) => {
            if (!("job" in declared)) {
                return [];
            }
            const comparison = operated[version];
            const shadow: ShadowInput = {
                sources: [...(permissionArgs(declared).sources ?? [])],
                ...takenOf(declared),
                retentionMs: typeof retention === "string" ? Number(retention) : null,
                comparisonSlots: Object.hasOwn(compared, version)
                    ? (flink?.parallelism ?? null)
                    : null,
                comparisonPods:
                    comparison?.job.kind === "flinkDeployment" ? podGroups(comparison.spec) : null,
            };
            return [[version, shadow] as const];
        }),
    );
}

/** What of a cluster a version's job takes. */
function takenOf(
    declared: Extract<Declared, { readonly job: unknown }>,
): Pick<ShadowInput, "rest" | "slots" | "pods"> {
    if ("operator" in declared) {
        const { operator, job } = declared;
        // Only a session cluster has slots that are free, or not.
        const isSession = operator.kind === "flinkSessionJob";
        const cluster = at(job, "deploymentName");
        return {
            rest: isSession && typeof cluster === "string" ? restUrl(operator, cluster, job) : null,
            slots: slotsOf(job),
            pods: isSession ? null : podGroups(job),
        };
    }
    const { rest, parallelism } = declared.job as { rest?: unknown; parallelism?: unknown };
    return {
        rest: typeof rest === "string" ? rest : null,
        slots: typeof parallelism === "number" ? parallelism : null,
        pods: null,
    };
}

/** Looks up where the incumbent stands, for the versions that begin there. */
function captureStarts(
    name: string,
    { authority }: ShadowFlinkJobArgs,
    versions: Readonly<Record<string, Declared>>,
    address: Pick<Inputs<StartInputs>, "bootstrapServers" | "security">,
    opts: pulumi.CustomResourceOptions,
): void {
    for (const [version, declared] of Object.entries(versions)) {
        if ("captured" in declared && declared.captured !== undefined) {
            const others = Object.entries(versions).filter(([other]) => other !== version);
            others.sort(([a], [b]) => Number(b === authority) - Number(a === authority));
            const groups = others.map(([, other]) =>
                "existing" in other ? other.existing.group : other.names.group,
            );
            const start = new Start(
                `${name}-${version}-start`,
                {
                    name,
                    version,
                    ...address,
                    group: groups.find((group) => group !== undefined) ?? null,
                    sources: [...(permissionArgs(declared).sources ?? [])],
                },
                opts,
            );
            declared.captured(start.offsets);
        }
    }
}

/** Copies the state of the incumbent's job, for the versions that begin with it. */
function takeSnapshots(
    name: string,
    { authority }: ShadowFlinkJobArgs,
    versions: Readonly<Record<string, Declared>>,
    opts: pulumi.CustomResourceOptions,
): Readonly<Record<string, pulumi.Output<string>>> {
    return Object.fromEntries(
        Object.entries(versions).flatMap(([version, declared]) =>
            "operator" in declared && declared.operator.start === "savepoint"
                ? [
                      [
                          version,
                          stateSnapshot(
                              `${name}-${version}-start`,
                              name,
                              versions,
                              declared,
                              authority,
                              opts,
                          ),
                      ],
                  ]
                : [],
        ),
    );
}

interface VersionJobOptions {
    readonly topic: kafka.Topic;
    /** What the brokers must know of the job before it starts. */
    readonly permissions: readonly pulumi.Resource[];
    /** `undefined` leaves it to the component, which may be protected as a whole. */
    readonly protect: true | undefined;
    readonly savepoint: pulumi.Output<string> | undefined;
    readonly live: Readonly<Record<string, pulumi.Output<LiveJob>>>;
    readonly retire: pulumi.Output<{ savepoint: string | null } | null> | undefined;
}

function versionJob(
    component: ShadowFlinkJob,
    name: string,
    version: string,
    versions: Readonly<Record<string, Declared>>,
    { topic, permissions, protect, savepoint, live, retire }: VersionJobOptions,
): VersionJob {
    const declared = required(versions[version]);
    if (!("job" in declared)) {
        throw new Error(`The job of ${version} is not managed.`);
    }
    return managedJob(`${name}-${version}-job`, name, declared, {
        opts: { parent: component, protect, dependsOn: [topic, ...permissions] },
        retire,
        savepoint,
        others: knownVersions(versions, version, live),
        refuse: (problems) => {
            if (problems.length > 0) {
                throw new pulumi.ResourceError(problemMessage(name, problems), component, true);
            }
        },
        // What is not known when the arguments are read is checked when it is.
        scriptProblems: (script, others) => scriptProblems(versions, version, script, others),
    });
}

/** The FlinkDeployments of existing jobs that name one. */
function liveJobs(
    component: ShadowFlinkJob,
    name: string,
    versions: Readonly<Record<string, Declared>>,
): Record<string, pulumi.Output<LiveJob>> {
    return Object.fromEntries(
        Object.entries(versions).flatMap(([version, declared]) =>
            "existing" in declared && declared.existing.deployment !== undefined
                ? [
                      [
                          version,
                          liveDeployment(`${name}-${version}-job`, declared.existing.deployment, {
                              parent: component,
                          }),
                      ],
                  ]
                : [],
        ),
    );
}

/** The other versions, with what the cluster says of them: what the program says counts before it. */
function knownVersions(
    versions: Readonly<Record<string, Declared>>,
    version: string,
    live: Readonly<Record<string, pulumi.Output<LiveJob>>>,
): pulumi.Output<OtherVersion[]> {
    return pulumi.all(live).apply((found) =>
        otherVersions(versions, version).map((other) => {
            const said = found[other.version]?.names ?? {};
            return {
                ...other,
                group: other.group ?? said.group,
                transactionalIdPrefix: other.transactionalIdPrefix ?? said.transactionalIdPrefix,
                checkpoints: other.checkpoints ?? said.checkpoints,
            };
        }),
    );
}

/** A job is stopped only where the routing record says that its version is retired: what is asked for may be refused. */
function retireInput(
    { savepoint = "" }: RetireArgs,
    version: string,
    routing: pulumi.Output<RoutingRecord>,
): pulumi.Output<{ savepoint: string | null } | null> {
    return routing.apply(({ retired = [] }) =>
        retired.includes(version) ? { savepoint: savepoint === "" ? null : savepoint } : null,
    );
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
    jobs: Readonly<Record<string, VersionJob>>,
): Readonly<Record<string, VersionJob>> {
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

/** Only a verdict on the authority itself, from after it was promoted, says anything against it. */
function rollbackReason(history: readonly Tenure[], verdict: Verdict | null): string | null {
    const tenure = history.at(-1);
    if (
        verdict?.outcome !== "fail" ||
        tenure?.version !== verdict.candidate ||
        !(Date.parse(verdict.comparedAt) > Date.parse(tenure.since))
    ) {
        return null;
    }
    const why = verdict.findings.find(({ outcome }) => outcome === "fail")?.sentence ?? "";
    return (
        `${verdict.candidate} holds authority and no longer says the same as ${verdict.incumbent}: ${why} ` +
        `Set authority to ${verdict.incumbent} to go back.`
    );
}

function mapValues<T, U>(
    record: Readonly<Record<string, T>>,
    map: (value: T, key: string) => U,
): Record<string, U> {
    return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function required<T>(value: T | undefined): T {
    if (value === undefined) {
        throw new Error("What every version has is missing: arguments are checked before.");
    }
    return value;
}
