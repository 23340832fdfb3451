import * as kafka from "@pulumi/kafka";
import type * as pulumi from "@pulumi/pulumi";
import type { QuotaArgs } from "./quota.js";
import { show } from "./section.js";
import type { Problem, VersionNames } from "./versions.js";

/** Who a version's job is to Kafka, where brokers ask. */
export interface PermissionArgs {
    /**
     * The principal of the version's job, `User:delays-v2`, and of nobody else: it is allowed to read `sources`, and to use
     * the version's own topic, group and transactional ids. Needs `sources`. Defaults to no permissions being made.
     */
    principal?: string;
    /** The topics that the job reads. Also for `start`, and for what a preview says of the cost. */
    sources?: readonly string[];
    /** How much of the brokers it may take. Defaults to no limit. */
    quota?: QuotaArgs;
}

/** One thing that one principal may do. */
export interface Permission {
    /** Ends the name of the resource. */
    readonly label: string;
    readonly principal: string;
    readonly resourceType: "Topic" | "Group" | "TransactionalID";
    readonly resourceName: string;
    readonly pattern: "Literal" | "Prefixed";
    readonly operation: "Read" | "Write";
}

/**
 * All that a job needs, and nothing else. Describing is part of reading and of writing; an idempotent producer needs no
 * permission on the cluster where it may write a topic (Kafka 3.0 and later).
 */
export function jobPermissions(
    names: VersionNames,
    { principal, sources = [] }: PermissionArgs,
): Permission[] {
    if (principal === undefined) {
        return [];
    }
    const allow = (
        label: string,
        operation: Permission["operation"],
        resourceType: Permission["resourceType"],
        resourceName: string,
        pattern: Permission["pattern"] = "Literal",
    ): Permission => ({ label, principal, resourceType, resourceName, pattern, operation });
    return [
        ...sources.map((source) => allow(`read-${source}`, "Read", "Topic", source)),
        allow("write", "Write", "Topic", names.topic),
        allow("group", "Read", "Group", names.group),
        allow("transactions", "Write", "TransactionalID", names.transactionalIdPrefix, "Prefixed"),
    ];
}

/** The permissions of a version's job as resources. */
export function permissionAcls(
    resourceName: string,
    permissions: readonly Permission[],
    opts: pulumi.CustomResourceOptions,
): kafka.Acl[] {
    return permissions.map(
        (permission) =>
            new kafka.Acl(
                `${resourceName}-acl-${permission.label}`,
                {
                    aclPrincipal: permission.principal,
                    aclHost: "*",
                    aclOperation: permission.operation,
                    aclPermissionType: "Allow",
                    aclResourceType: permission.resourceType,
                    aclResourceName: permission.resourceName,
                    resourcePatternTypeFilter: permission.pattern,
                },
                opts,
            ),
    );
}

/** A version as its permissions are judged: beside the others. */
export interface Permitted extends PermissionArgs {
    readonly names: VersionNames;
}

/** What would let one version's job at what is another's, or leave it without what it needs. */
export function permissionProblems(
    versions: readonly Permitted[],
    topics: Readonly<Record<string, string>>,
): Problem[] {
    const problems: Problem[] = [];
    const holders = new Map<string, string>();
    for (const { names, principal, sources } of versions) {
        const refuse = (field: string, message: string) =>
            problems.push({ field: `versions.${names.version}.${field}`, message });
        if (principal === undefined) {
            continue;
        }
        if (typeof principal !== "string" || !/^User:[^*\s][^*]*$/.test(principal)) {
            refuse("principal", `is ${show(principal)}; give one user, "User:delays-v2" say.`);
        }
        const holder = holders.get(principal);
        if (holder !== undefined) {
            refuse(
                "principal",
                `${show(principal)} is that of version ${holder} too, so that each could write the other's topic. Give ` +
                    "every version a principal of its own.",
            );
        }
        holders.set(principal, names.version);
        if (!Array.isArray(sources) || sources.length === 0) {
            refuse("sources", "is missing: name the topics that the job reads.");
            continue;
        }
        sources.forEach((source: unknown, index) => {
            const owner = Object.entries(topics).find(([, topic]) => topic === source)?.[0];
            if (typeof source !== "string" || !/^[a-zA-Z0-9._-]+$/.test(source)) {
                refuse(`sources[${index}]`, `is ${show(source)}; give the name of a topic.`);
            } else if (owner !== undefined) {
                refuse(
                    `sources[${index}]`,
                    `"${source}" is the output of version ${owner}. Name what the job reads.`,
                );
            } else if (sources.indexOf(source) < index) {
                refuse(`sources[${index}]`, `is "${source}" a second time; remove it.`);
            }
        });
    }
    return problems;
}
