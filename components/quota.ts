import * as kafka from "@pulumi/kafka";
import type * as pulumi from "@pulumi/pulumi";
import { Section, type NumberLimits } from "./section.js";
import type { Problem, VersionNames } from "./versions.js";

/**
 * How much of every broker a version's job may take: faster, and the broker lets it wait. A version that catches up then
 * leaves the incumbent its share.
 */
export interface QuotaArgs {
    /** Bytes that it may read in a second from each broker. Defaults to no limit. */
    readBytesPerSecond?: number;
    /** Bytes that it may write in a second to each broker. Needs a `principal`. Defaults to no limit. */
    writeBytesPerSecond?: number;
    /** Time on each broker's network and request threads, in percent of one thread. Defaults to no limit. */
    requestPercentage?: number;
    /**
     * How many subtasks the job's sources have, where the version has no `principal`: brokers know quotas of users, or of
     * client ids in full, and Flink calls the consumers of a source `<group>-0`, `<group>-1` and so on, one for each subtask.
     * All sources of the job together have the limit once for each of these.
     */
    subtasks?: number;
}

/** Whom a quota is for, and what it limits, as Kafka spells it. */
export interface Quota {
    /** Ends the name of the resource. */
    readonly label: string;
    readonly entityType: "user" | "client-id";
    readonly entityName: string;
    readonly config: Readonly<Record<string, string>>;
}

const limits = {
    readBytesPerSecond: "consumer_byte_rate",
    writeBytesPerSecond: "producer_byte_rate",
    requestPercentage: "request_percentage",
} as const;
const positive: NumberLimits = { atLeast: 1 };
const whole: NumberLimits = { atLeast: 1, whole: true };

/** The quotas of a version's job: of its user where it has one, which no client can evade, else of its sources' client ids. */
export function jobQuotas(
    { group }: VersionNames,
    principal: string | undefined,
    quota: QuotaArgs | undefined,
): Quota[] {
    if (quota === undefined) {
        return [];
    }
    const config = Object.fromEntries(
        Object.entries(limits).flatMap(([key, name]) => {
            const value = quota[key as keyof typeof limits];
            return value === undefined ? [] : [[name, String(value)]];
        }),
    );
    if (principal !== undefined) {
        const entityName = principal.replace(/^User:/, "");
        return [{ label: "quota", entityType: "user", entityName, config }];
    }
    return Array.from({ length: quota.subtasks ?? 0 }, (_, subtask) => ({
        label: `quota-${subtask}`,
        entityType: "client-id",
        entityName: `${group}-${subtask}`,
        config,
    }));
}

/** The quotas of a version's job as resources. */
export function quotaResources(
    resourceName: string,
    quotas: readonly Quota[],
    opts: pulumi.CustomResourceOptions,
): kafka.Quota[] {
    return quotas.map(
        ({ label, ...quota }) => new kafka.Quota(`${resourceName}-${label}`, quota, opts),
    );
}

/** What is wrong with a version's quota. */
export function quotaProblems(
    version: string,
    principal: string | undefined,
    quota: QuotaArgs | undefined,
): Problem[] {
    const problems: Problem[] = [];
    if (quota === undefined) {
        return problems;
    }
    const keys = [...Object.keys(limits), "subtasks"];
    const given = new Section(`versions.${version}.quota`, quota, keys, problems);
    const limited = Object.keys(limits).filter((key) => given.get(key) !== undefined);
    limited.forEach((key) => given.number(key, key === "requestPercentage" ? positive : whole));
    if (limited.length === 0) {
        given.refuse("readBytesPerSecond", "is missing; give at least one limit, or no `quota`.");
    }
    if (principal !== undefined) {
        return problems;
    }
    given.number("subtasks", {
        ...whole,
        atMost: 10_000,
        why: "brokers know sources by their client ids, one for each subtask; or give the version a `principal`",
    });
    if (given.get("writeBytesPerSecond") !== undefined) {
        given.refuse(
            "writeBytesPerSecond",
            "needs a `principal`: the client ids of a transactional sink are not known beforehand.",
        );
    }
    return problems;
}
