import { cutoverProblems } from "./cutoverArguments.js";
import { isolationProblems } from "./isolation.js";
import { sharedProblems } from "./specIsolation.js";
import type { CompareSettings } from "./compare.js";
import { readUrl } from "./compareMetrics.js";
import { resolveCompare } from "./compareSettings.js";
import { comparisonJobProblems, operatorComparisons } from "./comparisonJob/comparisonJob.js";
import type { OperatorComparison } from "./comparisonJob/operatorComparison.js";
import type { ExistingJob } from "./jobs/existing.js";
import { configMapProblems } from "./routingConfigMap.js";
import { jarProblems, type DeclaredJarJob, type JarJob } from "./jobs/jarJob.js";
import { retireProblems } from "./retirement.js";
import type { SqlJob, SqlJobArgs } from "./jobs/sessionJob.js";
import { resolveKafkaSecurity } from "./kafkaArguments.js";
import { permissionProblems, type PermissionArgs } from "./permissions.js";
import { quotaProblems } from "./quota.js";
import type { KafkaSecurity } from "./provider/kafka/security.js";
import type { FlinkDeployment, FlinkSessionJob } from "./jobs/flinkDeployment.js";
import { operatorJobName } from "./jobs/flinkDeployment.js";
import {
    operatorProblems,
    plainSpec,
    specProblems,
    type ClusterName,
    type DeclaredOperatorJob,
} from "./operatorArguments.js";
import type { OtherVersion } from "./isolation.js";
import { savepointProblems } from "./jobs/stateSnapshot.js";
import type { DeploymentReference } from "./jobs/liveDeployment.js";
import { hasKubernetes, needsKubernetes } from "./kubernetes.js";
import { declareStart, startProblems, type DeclaredStart } from "./startPosition.js";
import { Section } from "./section.js";
import type { ShadowFlinkJobArgs } from "./shadowFlinkJob.js";
import {
    consumerGroup,
    nameProblems,
    versionNames,
    type Problem,
    type VersionNames,
} from "./versions.js";

/** A version with its names, and what its callback made of them. */
export type Declared =
    | { readonly names: VersionNames; readonly existing: ExistingJob }
    | ({ readonly names: VersionNames; readonly sql: SqlJob; readonly job: SqlJobArgs } & Started)
    | (DeclaredJarJob & Started)
    | (DeclaredOperatorJob & Started);

interface Started {
    /** Tells the version's start where the incumbent stood, where it begins there. */
    readonly captured?: DeclaredStart["captured"];
}

export interface Arguments {
    readonly versions: Readonly<Record<string, Declared>>;
    readonly settings: CompareSettings;
    /** The comparisons that the operator runs, by version. */
    readonly operated: Readonly<Record<string, OperatorComparison>>;
    /** How the brokers are entered; `undefined` for plain connections. */
    readonly security: KafkaSecurity | undefined;
    /** All that is wrong, in the order of the arguments. */
    readonly problems: readonly Problem[];
}

/** Names the versions, calls their callbacks and checks all that can be checked without Kafka. */
export function resolveArguments(name: string, args: ShadowFlinkJobArgs): Arguments {
    const versions = Object.fromEntries(
        Object.entries(args.versions).map(([version, declared]) => [
            version,
            declare(name, version, declared, args.checkpoints),
        ]),
    );
    const compare = resolveCompare(args.compare);
    const kafka = resolveKafkaSecurity(args.kafka);
    const operated = operatorComparisons(name, versions, compare.settings, args);
    return {
        versions,
        settings: compare.settings,
        operated,
        security: kafka.security,
        problems: [
            ...nameProblems(
                name,
                Object.values(versions).map(({ names }) => names),
            ),
            ...authorityProblems(args),
            ...kafka.problems,
            ...existingJobProblems(args),
            ...Object.keys(versions).flatMap((version) => scriptProblems(versions, version)),
            ...Object.entries(versions).flatMap(([version, declared]) =>
                "jar" in declared ? jarProblems(declared, otherVersions(versions, version)) : [],
            ),
            ...Object.keys(versions).flatMap((version) =>
                operatorJobProblems(name, versions, version, args),
            ),
            ...Object.entries(args.versions).flatMap(([version, declared]) =>
                declared.kind === "existing"
                    ? []
                    : startProblems(version, declared.start, declared.sources),
            ),
            ...Object.keys(versions).flatMap((version) =>
                savepointProblems(name, versions, version, args.authority),
            ),
            ...permissionProblems(
                Object.values(versions).map(({ names, ...declared }) => ({
                    names,
                    ...permissionArgs(declared),
                })),
                Object.fromEntries(
                    Object.entries(versions).map(([version, { names }]) => [version, names.topic]),
                ),
            ),
            ...Object.entries(args.versions).flatMap(([version, declared]) =>
                declared.kind === "existing"
                    ? []
                    : quotaProblems(version, declared.principal, declared.quota),
            ),
            ...compare.problems,
            ...comparisonJobProblems(
                versions,
                args,
                compare.settings,
                kafka.security !== undefined,
                operated,
                otherVersions(versions),
            ),
            ...controlProblems(args),
            ...consumerProblems(args, versions),
            ...cutoverProblems(args),
            ...configMapProblems(name, args.consumers ?? {}),
            ...retireProblems(args.retire ?? {}, args.authority, managedOf(versions)),
            ...overrideProblems(args),
        ],
    };
}

/** Of every version, whether its job is managed, in the order of their declaration. */
export function managedOf(
    versions: Readonly<Record<string, Declared>>,
): Readonly<Record<string, boolean>> {
    return Object.fromEntries(
        Object.entries(versions).map(([version, declared]) => [version, "job" in declared]),
    );
}

/** Who the job of a version is to Kafka, what it reads and takes; nothing for one that is not managed. */
export function permissionArgs(declared: object): PermissionArgs {
    const { sql, jar, operator } = declared as Partial<
        Record<"sql" | "jar" | "operator", PermissionArgs>
    >;
    const { principal, sources, quota } = sql ?? jar ?? operator ?? {};
    return {
        ...(principal !== undefined && { principal }),
        ...(sources !== undefined && { sources }),
        ...(quota !== undefined && { quota }),
    };
}

/** What is wrong with the rendered script of a version beside the others. */
export function scriptProblems(
    versions: Readonly<Record<string, Declared>>,
    version: string,
    script?: string,
    others = otherVersions(versions, version),
): Problem[] {
    const declared = versions[version];
    if (declared === undefined || !("sql" in declared)) {
        return [];
    }
    const rendered = script ?? declared.job.script;
    // A script that is not known yet is checked when it is.
    if (typeof rendered !== "string") {
        return [];
    }
    return (
        isolationProblems(declared.names, rendered, others)
            // A shared topic is among the problems of names, where two existing jobs are looked at too.
            .filter(({ field }) => field !== "topic")
            .map(({ field, message }) => ({ field: `versions.${version}.${field}`, message }))
    );
}

/** What is known of all versions but this one, by which one could disturb them. */
export function otherVersions(
    versions: Readonly<Record<string, Declared>>,
    version?: string,
): OtherVersion[] {
    return Object.values(versions)
        .filter(({ names }) => names.version !== version)
        .map((other) =>
            "existing" in other ? { ...other.existing, version: other.names.version } : other.names,
        );
}

function operatorJobProblems(
    component: string,
    versions: Readonly<Record<string, Declared>>,
    version: string,
    { retire = {} }: ShadowFlinkJobArgs,
): Problem[] {
    const declared = versions[version];
    if (declared === undefined || !("operator" in declared)) {
        return [];
    }
    const inCluster = Object.values(versions).flatMap((other): ClusterName[] => {
        const { names } = other;
        if (names.version === version) {
            return [];
        }
        if ("operator" in other) {
            const name = operatorJobName(component, names.version, other.operator);
            return [{ version: names.version, name, namespace: other.operator.namespace }];
        }
        return "existing" in other && other.existing.deployment !== undefined
            ? [{ version: names.version, ...other.existing.deployment }]
            : [];
    });
    const others = otherVersions(versions, version);
    const problems = operatorProblems(component, declared, inCluster);
    // One with outputs in it is checked when they are known.
    const spec = plainSpec(component, declared);
    return [
        ...problems,
        ...(spec === undefined
            ? sharedProblems(declared.names, others).map(({ field, message }) => ({
                  field: `versions.${version}.${field}`,
                  message,
              }))
            : specProblems(component, declared, spec, others, retire[version])),
    ];
}

/** All problems in one message: a line each, with the field and the way out. */
export function problemMessage(name: string, problems: readonly Problem[]): string {
    const lines = problems.map(({ field, message }) => `  - ${field}: ${message}`);
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    return [`ShadowFlinkJob "${name}" cannot be built: ${count}.`, ...lines].join("\n");
}

function declare(
    name: string,
    version: string,
    declared: ExistingJob | SqlJob | JarJob | FlinkDeployment | FlinkSessionJob,
    checkpoints: string | undefined,
): Declared {
    if (declared.kind === "existing") {
        return { names: versionNames(name, version, undefined, declared), existing: declared };
    }
    const names = versionNames(name, version, checkpoints, declared);
    const start =
        startProblems(version, declared.start, declared.sources).length === 0
            ? declared.start && declareStart(declared.start)
            : undefined;
    const handed = { ...names, start: start?.position };
    const started = start?.captured && { captured: start.captured };
    if (declared.kind === "jar") {
        return { names, jar: declared, job: declared.build(handed), ...started };
    }
    if (declared.kind !== "sql") {
        return { names, operator: declared, job: declared.build(handed), ...started };
    }
    return { names, sql: declared, job: declared.build(handed), ...started };
}

/** A control is a version of its own: beside the authority, and none of the past. */
function controlProblems({ authority, compare, versions }: ShadowFlinkJobArgs): Problem[] {
    const { control } = compare;
    if (control === undefined || (Object.hasOwn(versions, control) && control !== authority)) {
        return [];
    }
    const found = control === authority ? "holds authority itself" : "is not in `versions`";
    return [
        {
            field: "compare.control",
            message: `is ${JSON.stringify(control)}, which ${found}; declare a version that runs the incumbent's code.`,
        },
    ];
}

function authorityProblems({ authority, versions }: ShadowFlinkJobArgs): Problem[] {
    const known = Object.keys(versions);
    if (known.length === 0) {
        return [
            {
                field: "versions",
                message: "is empty: declare the job that runs today, or the first version.",
            },
        ];
    }
    if (known.includes(authority)) {
        return [];
    }
    return [
        {
            field: "authority",
            message:
                `"${authority}" is not in \`versions\` (${known.join(", ")}). The version that consumers read cannot be ` +
                "removed: move authority to another one first.",
        },
    ];
}

/** An existing job is asked about where it says both where and which. */
function existingJobProblems({ versions }: ShadowFlinkJobArgs): Problem[] {
    const problems: Problem[] = [];
    for (const [version, declared] of Object.entries(versions)) {
        if (declared.kind !== "existing") {
            continue;
        }
        const job = new Section(`versions.${version}`, declared, undefined, problems);
        const [rest, name] = [job.get("rest"), job.get("jobName")];
        if (declared.deployment !== undefined) {
            problems.push(...deploymentProblems(version, declared.deployment));
        }
        if (rest === "service" && declared.deployment !== undefined) {
            continue;
        }
        if (rest !== undefined && name === undefined && declared.deployment !== undefined) {
            readUrl(job, "rest");
        } else if (rest !== undefined || name !== undefined) {
            readUrl(job, "rest");
            if (
                job.text("jobName", "give the job's name in Flink.") === null &&
                name === undefined
            ) {
                job.refuse(
                    "jobName",
                    "is missing: give the job's name in Flink, or leave `rest` out.",
                );
            }
        }
    }
    return problems;
}

function deploymentProblems(version: string, { name, namespace }: DeploymentReference): Problem[] {
    const field = `versions.${version}.deployment`;
    const given = { name, namespace };
    const problems = Object.entries(given)
        .filter(([, value]) => typeof value !== "string" || value.trim() === "")
        .map(([key, value]) => ({
            field: `${field}.${key}`,
            message: `is ${JSON.stringify(value)}: give the ${key} of its FlinkDeployment.`,
        }));
    return hasKubernetes() ? problems : [...problems, { field, message: needsKubernetes }];
}

/** Every group that a consumer reads with, now or after a promotion, must be nobody else's. */
function consumerProblems(
    { consumers = {} }: ShadowFlinkJobArgs,
    versions: Readonly<Record<string, Declared>>,
): Problem[] {
    const problems: Problem[] = [];
    const holders = new Map<string, string>();
    for (const declared of Object.values(versions)) {
        const { group } = "existing" in declared ? declared.existing : declared.names;
        if (group !== undefined) {
            holders.set(group, `the job of ${declared.names.version}`);
        }
    }
    for (const [consumer, { group }] of Object.entries(consumers)) {
        const field = `consumers.${consumer}.group`;
        if (typeof group !== "string" || group.trim() === "") {
            problems.push({
                field,
                message: `is ${JSON.stringify(group)}: name its consumer group.`,
            });
            continue;
        }
        const groups = Object.entries(versions).map(([version, declared]) =>
            consumerGroup(group, version, "job" in declared),
        );
        for (const own of new Set(groups)) {
            const holder = holders.get(own);
            if (holder !== undefined) {
                problems.push({
                    field,
                    message: `"${own}" is the group of ${holder} too: every reader needs a group of its own.`,
                });
            }
            holders.set(own, consumer);
        }
    }
    return problems;
}

function overrideProblems({ override, versions }: ShadowFlinkJobArgs): Problem[] {
    if (override === undefined) {
        return [];
    }
    const isKnown = Object.hasOwn(versions, override.version);
    const version = {
        field: "override.version",
        message:
            `is ${JSON.stringify(override.version)}, which is not in \`versions\` (${Object.keys(versions).join(", ")}): ` +
            "name the one version that it lets through.",
    };
    return (["reason", "approvedBy"] as const)
        .filter((field) => !override[field]?.trim())
        .map((field) => ({
            field: `override.${field}`,
            message: "is empty: it is kept in the history for ever, so say it.",
        }))
        .concat(isKnown ? [] : [version]);
}
