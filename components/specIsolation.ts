import {
    isolationProblems,
    isOwn,
    nested,
    overlap,
    sharedNames,
    within,
    folder,
    type IsolatedNames,
    type IsolationProblem,
    type OtherVersion,
} from "./isolation.js";
import { at, flatConfiguration, type Rendered } from "./jobs/flinkSpec.js";
import { folderKeys } from "./jobs/operatorSpec.js";
import { specPlaces, type Place } from "./jobs/specPlaces.js";

type Unused = readonly ("group" | "transactionalIdPrefix")[];

/** Keys under which jobs are told their names, as people call them. */
const groupKey =
    /((^|[._-]|kafka|consumer|source)group[._-]?id|^-*(kafka|consumer|source)?[._-]?group)$/i;
const prefixKey = /transactional[._-]?id([._-]?prefix)?$/i;
const outputKey = /(output|sink|target)[._-]?topic$/i;

/** Of the cluster that a job is on. The operator sets them, and refuses a spec that does. */
const clusterKeys = [
    "kubernetes.cluster-id",
    "high-availability.cluster-id",
    "kubernetes.namespace",
];

/**
 * Proves that a version's job disturbs no other one, from the spec as it is sent, or says what stands against it. What a
 * jar does with its arguments cannot be seen: that each handed name is in the spec, and no other version's is, can. A SQL
 * script in an argument is read as a script.
 */
export function specIsolationProblems(
    names: IsolatedNames,
    jobName: string,
    spec: Rendered,
    others: readonly OtherVersion[],
    unused: Unused = [],
): IsolationProblem[] {
    const places = specPlaces(spec);
    const missing = missingNames(names, places, unused);
    return [
        // A shared topic is among the problems of names, where two existing jobs are looked at too.
        ...sharedProblems(names, others),
        ...missing.map((message) => ({ field: "spec", message })),
        ...foreignProblems(names, jobName, spec, places, others),
    ];
}

/** What of a spec is another version's, or may be that of a job that nobody here knows. */
export function foreignProblems(
    names: IsolatedNames,
    jobName: string,
    spec: Rendered,
    places: readonly Place[],
    others: readonly OtherVersion[],
): IsolationProblem[] {
    const known = others.filter(({ topic }) => topic !== names.topic);
    const found = [
        ...places.flatMap((place) =>
            isScript(place.value)
                ? scriptProblems(names, place, known)
                : [...foreignNames(names, place, known), ...strangeNames(names, place)],
        ),
        ...folderProblems(names, spec, known),
        ...clusterProblems(jobName, spec),
    ];
    return found.map((message) => ({ field: "spec", message }));
}

/** Names that collide before any spec is read. */
export function sharedProblems(
    names: IsolatedNames,
    others: readonly OtherVersion[],
): IsolationProblem[] {
    return others
        .flatMap((other) => sharedNames(names, other))
        .filter(({ field }) => field !== "topic");
}

/** What a spec says of the names of its job, where it says so in as many words: of one that was read from the cluster. */
export function namesInSpec(
    spec: Rendered,
): Pick<OtherVersion, "group" | "transactionalIdPrefix" | "checkpoints"> {
    const places = specPlaces(spec);
    const valueOf = (pattern: RegExp) => places.find(({ key }) => pattern.test(key))?.value;
    const configuration = flatConfiguration(spec["flinkConfiguration"]);
    return {
        group: valueOf(groupKey),
        transactionalIdPrefix: valueOf(prefixKey),
        checkpoints: folderKeys.checkpoints
            .map((key) => configuration[key])
            .find((value) => value !== undefined),
    };
}

function missingNames(names: IsolatedNames, places: readonly Place[], unused: Unused): string[] {
    const wanted = (["topic", "group", "transactionalIdPrefix"] as const).filter(
        (name) => name === "topic" || !unused.includes(name),
    );
    const words = places.flatMap(({ value }) => wordsOf(value));
    // Topic and group are mostly called the same: then each must be handed over.
    const times = (word: string) => words.filter((other) => other === word).length;
    const isThere = (name: (typeof wanted)[number]) =>
        name === "transactionalIdPrefix"
            ? words.some((word) => word.startsWith(names[name]))
            : times(names[name]) >= wanted.filter((other) => names[other] === names[name]).length;
    return wanted
        .filter((name) => !isThere(name))
        .map((name) => {
            const wayOut =
                name === "topic"
                    ? ""
                    : ` Where the job has no use for it, say so: \`unused: ["${name}"]\`.`;
            return (
                `the ${name} that the callback is handed, "${names[name]}", is not handed on, so the job would take one ` +
                `that nobody can check. Hand it over in \`job.args\`, the pods' environment or \`flinkConfiguration\`.${wayOut}`
            );
        });
}

/** Another version's names, wherever they stand. */
function foreignNames(
    names: IsolatedNames,
    { where, value }: Place,
    others: readonly OtherVersion[],
): string[] {
    const own = [names.topic, names.group];
    return wordsOf(value)
        .filter((word) => !own.includes(word))
        .flatMap((word) =>
            others.flatMap(({ version, topic, group, transactionalIdPrefix: prefix }) => {
                if (word === topic) {
                    return [
                        `${where}: "${word}" is the topic of version ${version}, whose consumers would get these records ` +
                            `too. Take the topic that the callback is handed, "${names.topic}".`,
                    ];
                }
                if (word === group) {
                    return [
                        `${where}: "${word}" is the consumer group of version ${version}, whose committed offsets it ` +
                            `would overwrite. Take the group that the callback is handed, "${names.group}".`,
                    ];
                }
                const clashes =
                    prefix !== undefined &&
                    word.startsWith(prefix) &&
                    !overlap(names.transactionalIdPrefix, prefix);
                return clashes
                    ? [
                          `${where}: "${word}" begins with "${prefix}", the transactional-id prefix of version ${version}: ` +
                              "each job would abort the other's transactions. Take the prefix that the callback is " +
                              `handed, "${names.transactionalIdPrefix}".`,
                      ]
                    : [];
            }),
        );
}

/** Names that are neither the version's own nor known to be another's: the job that is running may have them. */
function strangeNames(names: IsolatedNames, { where, key, value }: Place): string[] {
    const foreign = (what: string, own: string) =>
        `${where}: ${key} is "${value}", which is not this version's ${what}; the job that is running may have it. ` +
        `Take the one that the callback is handed, "${own}".`;
    if (groupKey.test(key) && !isOwn(value, names.group)) {
        return [foreign("group", names.group)];
    }
    if (prefixKey.test(key) && !value.startsWith(names.transactionalIdPrefix)) {
        return [foreign("transactional-id prefix", names.transactionalIdPrefix)];
    }
    if (outputKey.test(key) && !isOwn(value, names.topic)) {
        return [foreign("topic", names.topic)];
    }
    return [];
}

function scriptProblems(
    names: IsolatedNames,
    { where, value }: Place,
    others: readonly OtherVersion[],
): string[] {
    return isolationProblems(names, value, others)
        .filter(({ field }) => field === "script")
        .map(({ message }) => `${where}: ${message}`);
}

function folderProblems(
    names: IsolatedNames,
    spec: Rendered,
    others: readonly OtherVersion[],
): string[] {
    const configuration = flatConfiguration(spec["flinkConfiguration"]);
    const wayOut =
        names.checkpoints === undefined
            ? "Give the component `checkpoints`, and take the folder that the callback is handed."
            : `Leave it out, or take a folder in the one that the callback is handed, "${names.checkpoints}".`;
    const problems = Object.entries(folderKeys).flatMap(([kind, keys]) =>
        keys.flatMap((key) => {
            const value = configuration[key];
            if (value === undefined) {
                return [];
            }
            // Where the handed folder itself is nested, that is said of the folder already.
            const other = others.find(
                ({ checkpoints }) =>
                    checkpoints !== undefined &&
                    nested(value, checkpoints) &&
                    !nested(names.checkpoints ?? "", checkpoints),
            );
            if (other !== undefined) {
                return [
                    `flinkConfiguration.${key}: "${value}" is the folder of version ${other.version}, ` +
                        `"${other.checkpoints}", or one in the other. ${wayOut}`,
                ];
            }
            // In the folder for high availability every job has one of its own, by its name.
            const foreign =
                kind !== "highAvailability" &&
                names.checkpoints !== undefined &&
                !within(folder(value), folder(names.checkpoints));
            return foreign
                ? [
                      `flinkConfiguration.${key}: "${value}" is not in this version's folder. ${wayOut}`,
                  ]
                : [];
        }),
    );
    return [...problems, ...claimProblems(names, spec, configuration)];
}

/** A job that claims a savepoint deletes it once it has no use for it. */
function claimProblems(
    names: IsolatedNames,
    spec: Rendered,
    configuration: Readonly<Record<string, string>>,
): string[] {
    const start = at(spec, "job", "initialSavepointPath");
    const keys = ["execution.state-recovery.claim-mode", "execution.savepoint-restore-mode"];
    const key = keys.find((name) => configuration[name]?.toUpperCase() === "CLAIM");
    if (typeof start !== "string" || start === "" || key === undefined) {
        return [];
    }
    return names.checkpoints !== undefined && within(folder(start), folder(names.checkpoints))
        ? []
        : [
              `flinkConfiguration.${key}: with CLAIM the job would delete "${start}", which is not in this version's ` +
                  "folder, and another job may need. Take NO_CLAIM.",
          ];
}

function clusterProblems(jobName: string, spec: Rendered): string[] {
    const configuration = flatConfiguration(spec["flinkConfiguration"]);
    return clusterKeys
        .filter((key) => Object.hasOwn(configuration, key))
        .map(
            (key) =>
                `flinkConfiguration.${key}: is "${configuration[key]}", and the operator refuses that key: it is what keeps ` +
                `jobs apart, and the operator takes the job's own name and namespace for it, "${jobName}". Leave it out.`,
        );
}

function isScript(value: string): boolean {
    return /\bcreate\s+(temporary\s+)?table\b/i.test(value);
}

/** All that could be a name. Parts of paths are not: a folder or a jar may well be called like a topic. */
function wordsOf(value: string): string[] {
    return value.split(/[^A-Za-z0-9._/-]+/).filter((word) => word !== "" && !word.includes("/"));
}
