import type { StartPosition } from "./startPosition.js";

/** What a version is called in Kafka and Flink. Derived here and nowhere else. */
export interface VersionNames {
    /** The version, as it is called in `versions`. */
    readonly version: string;
    /** Its output topic. */
    readonly topic: string;
    /** The consumer group with which its job reads the source. */
    readonly group: string;
    /** What all transactional ids of its sink begin with. */
    readonly transactionalIdPrefix: string;
    /** Its own folder for checkpoints; `undefined` where the component was given no `checkpoints`. */
    readonly checkpoints: string | undefined;
}

/** What the callback of a version is handed. */
export interface HandedNames extends VersionNames {
    /** Where the job begins to read; `undefined` where the version was given no `start`. */
    readonly start: StartPosition | undefined;
}

/** Names that a version may bring along instead of the derived ones. */
export type NameOverrides = Partial<Omit<VersionNames, "version">>;

/** A problem with an argument: the field, and a sentence with the value and the way out. */
export interface Problem {
    readonly field: string;
    readonly message: string;
}

const namePattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const maxNameLength = 63;
const maxTopicLength = 249;
/** `<name>-routing` is the routing topic; a version of that name would write into it. */
const reserved = ["routing"];

/**
 * Names of a version of the component `name`. The transactional-id prefix ends in a dot, which no version name
 * contains: `delays-v2.` is no prefix of `delays-v2-1.`, so that two versions never fence each other.
 */
export function versionNames(
    name: string,
    version: string,
    checkpoints: string | undefined,
    overrides: NameOverrides = {},
): VersionNames {
    const own = `${name}-${version}`;
    return {
        version,
        topic: overrides.topic ?? own,
        group: overrides.group ?? own,
        transactionalIdPrefix: overrides.transactionalIdPrefix ?? `${own}.`,
        checkpoints:
            overrides.checkpoints ??
            (checkpoints === undefined ? undefined : `${checkpoints.replace(/\/+$/, "")}/${own}`),
    };
}

/** The topic in which the routing record of the component `name` stands. */
export function routingTopicName(name: string): string {
    return `${name}-routing`;
}

/** The transactional id that fences writers of the routing record of the component `name`. */
export function routingTransactionalId(name: string): string {
    return `shadow-route-${name}`;
}

/**
 * The group with which a consumer reads a version's topic: the consumer's own on the topic of a job that was there
 * before, one per version on the others, so that every move starts from a group that nobody is in.
 */
export function consumerGroup(group: string, version: string, managed: boolean): string {
    return managed ? `${group}-${version}` : group;
}

/** What is wrong with the name of a component or of its versions. */
export function nameProblems(name: string, versions: readonly VersionNames[]): Problem[] {
    const problems: Problem[] = [];
    const check = (field: string, value: string) => {
        if (!namePattern.test(value) || value.length > maxNameLength) {
            problems.push({
                field,
                message:
                    `"${value}" cannot be part of topic and resource names: use a-z, 0-9 and "-" inside, ` +
                    `at most ${maxNameLength} characters.`,
            });
        }
    };
    check("name", name);
    const folded = new Map([[fold(routingTopicName(name)), "the routing topic"]]);
    for (const { version, topic } of versions) {
        const field = `versions.${version}`;
        check(field, version);
        if (/^\d+$/.test(version)) {
            problems.push({
                field,
                message:
                    `"${version}" is a number, and JavaScript sorts such keys before all others, so that the order of ` +
                    `\`versions\` would be lost: call it "v${version}".`,
            });
        }
        if (reserved.includes(version)) {
            problems.push({
                field,
                message: `"${version}" is reserved: give the version another name.`,
            });
        }
        problems.push(...topicProblems(`${field}.topic`, topic));
        const taken = folded.get(fold(topic));
        if (taken !== undefined && !reserved.includes(version)) {
            problems.push({
                field: `${field}.topic`,
                message:
                    `"${topic}" is the topic of ${taken} too (Kafka takes "." and "_" as the same): ` +
                    "every version needs its own.",
            });
        }
        folded.set(fold(topic), `version ${version}`);
    }
    return problems;
}

function topicProblems(field: string, topic: string): Problem[] {
    if (!/^[a-zA-Z0-9._-]+$/.test(topic) || topic === "." || topic === "..") {
        return [
            {
                field,
                message: `"${topic}" is no topic name: Kafka allows letters, digits, ".", "_" and "-".`,
            },
        ];
    }
    if (topic.length > maxTopicLength) {
        return [
            {
                field,
                message:
                    `"${topic}" has ${topic.length} characters, Kafka allows ${maxTopicLength}: ` +
                    "take a shorter name, or give the version a `topic` of its own.",
            },
        ];
    }
    if (topic.startsWith("__")) {
        return [{ field, message: `"${topic}" looks like one of Kafka's internal topics.` }];
    }
    return [];
}

function fold(topic: string): string {
    return topic.replaceAll(".", "_");
}
