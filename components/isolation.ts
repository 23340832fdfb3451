import { SqlScriptError } from "./jobs/sqlScript.js";
import { type SqlOption, sqlOptions, sqlSinks } from "./jobs/sqlTables.js";

/** What a version was handed, and what its script must use. */
export interface IsolatedNames {
    readonly version: string;
    readonly topic: string;
    readonly group: string;
    readonly transactionalIdPrefix: string;
    readonly checkpoints?: string | undefined;
}

/** What is known of another version. */
export interface OtherVersion {
    readonly version: string;
    readonly topic: string;
    readonly group?: string | undefined;
    readonly transactionalIdPrefix?: string | undefined;
    readonly checkpoints?: string | undefined;
}

/** A way in which two versions could disturb each other: the argument, and a sentence with the way out. */
export interface IsolationProblem {
    readonly field: string;
    readonly message: string;
}

/**
 * Proves that a version's job disturbs no other one, from the literals of its SQL script as it is submitted, or says
 * what stands against it. A group, topic or prefix that is not the handed one is refused even where no other version
 * is known to have it: of a job outside this program usually only the topic is known. Sinks that are not Kafka (a
 * database, files) are not judged.
 */
export function isolationProblems(
    names: IsolatedNames,
    script: string,
    others: readonly OtherVersion[],
): IsolationProblem[] {
    const problems = others.flatMap((other) => sharedNames(names, other));
    try {
        const found = [
            ...topicProblems(names, script, others),
            ...groupProblems(names, script, others),
            ...transactionProblems(names, script, others),
            ...checkpointProblems(names, script, others),
        ];
        return [...problems, ...found.map((message) => ({ field: "script", message }))];
    } catch (error) {
        if (error instanceof SqlScriptError) {
            return [...problems, { field: "script", message: `${error.message} Close it.` }];
        }
        throw error;
    }
}

export function sharedNames(names: IsolatedNames, other: OtherVersion): IsolationProblem[] {
    const problems: IsolationProblem[] = [];
    const of = `of version ${other.version}`;
    if (names.topic === other.topic) {
        problems.push({
            field: "topic",
            message: `"${names.topic}" is the topic ${of} too. Give this version its own.`,
        });
    }
    if (names.group === other.group) {
        problems.push({
            field: "group",
            message: `"${names.group}" is the consumer group ${of} too. Give this version its own.`,
        });
    }
    const prefix = other.transactionalIdPrefix;
    if (prefix !== undefined && overlap(names.transactionalIdPrefix, prefix)) {
        problems.push({
            field: "transactionalIdPrefix",
            message:
                `"${names.transactionalIdPrefix}" and "${prefix}" ${of} overlap: each job would abort the other's ` +
                "transactions. Take prefixes of which neither begins with the other.",
        });
    }
    if (other.checkpoints !== undefined && nested(names.checkpoints ?? "", other.checkpoints)) {
        problems.push({
            field: "checkpoints",
            message:
                `"${names.checkpoints}" and "${other.checkpoints}" ${of} are the same folder or one in the other. ` +
                "Give this version a folder of its own.",
        });
    }
    return problems;
}

function topicProblems(
    names: IsolatedNames,
    script: string,
    others: readonly OtherVersion[],
): string[] {
    const options = sqlOptions(script);
    const problems: string[] = [];
    const topics = withKey(options, "topic").flatMap((option) =>
        option.value.split(";").map((topic) => ({ ...option, value: topic.trim() })),
    );
    const own = `Take the topic that the callback is handed, "${names.topic}".`;
    for (const { value, line } of topics) {
        const other = others.find(({ topic }) => topic === value);
        if (other !== undefined && value !== names.topic) {
            problems.push(
                `line ${line}: "${value}" is the topic of version ${other.version}, whose consumers would get these ` +
                    `records too. ${own}`,
            );
        }
    }
    for (const { value, line } of withKey(options, "topic-pattern")) {
        const hit = [names, ...others].find(({ topic }) => matches(value, topic));
        if (hit !== undefined) {
            problems.push(
                `line ${line}: 'topic-pattern' = '${value}' matches "${hit.topic}", the output of version ` +
                    `${hit.version}. Narrow the pattern to the sources.`,
            );
        }
    }
    if (!topics.some(({ value }) => value === names.topic)) {
        problems.push(
            `no table has 'topic' = '${names.topic}', so the output would be somewhere else. ${own}`,
        );
    }
    const foreign = sqlSinks(script).flatMap(({ table, options }) =>
        lastOf(options, "topic").map((option) => ({ table, ...option })),
    );
    for (const { table, value, line } of foreign) {
        const known = others.some(({ topic }) => topic === value);
        if (!known && !isOwn(value, names.topic)) {
            problems.push(
                `line ${line}: table ${table} writes to "${value}", which is not this version's topic; the job that ` +
                    `is running may write there too. ${own} For a second output take a name that begins with it, ` +
                    `"${names.topic}-errors", say.`,
            );
        }
    }
    return problems;
}

function groupProblems(
    names: IsolatedNames,
    script: string,
    others: readonly OtherVersion[],
): string[] {
    return withKey(sqlOptions(script), "properties.group.id").flatMap(({ value, line }) => {
        // Where the handed group itself is another version's, that is said of the group already.
        const other = others.find(({ group }) => group === value && group !== names.group);
        if (other === undefined && isOwn(value, names.group)) {
            return [];
        }
        const whose =
            other === undefined
                ? "which is not this version's; the job that is running may have it"
                : `the consumer group of version ${other.version}, whose committed offsets it would overwrite`;
        return [
            `line ${line}: 'properties.group.id' = '${value}', ${whose}. ` +
                `Take the group that the callback is handed, "${names.group}".`,
        ];
    });
}

function transactionProblems(
    names: IsolatedNames,
    script: string,
    others: readonly OtherVersion[],
): string[] {
    const options = sqlOptions(script);
    const own = `Take the prefix that the callback is handed, "${names.transactionalIdPrefix}".`;
    // Where the handed prefix itself overlaps, that is said of the prefix already.
    const known = others.flatMap(({ version, transactionalIdPrefix: prefix }) =>
        prefix === undefined || overlap(names.transactionalIdPrefix, prefix)
            ? []
            : [{ version, prefix }],
    );
    const problems = [
        ...withKey(options, "sink.transactional-id-prefix"),
        ...withKey(options, "properties.transactional.id"),
    ].flatMap(({ key, value, line }) => {
        const other = known.find(({ prefix }) => overlap(value, prefix));
        if (other === undefined && value.startsWith(names.transactionalIdPrefix)) {
            return [];
        }
        const whose =
            other === undefined
                ? "which does not begin with this version's prefix; the job that is running may have it"
                : `which overlaps with "${other.prefix}" of version ${other.version}: each job would ` +
                  "abort the other's transactions";
        return [`line ${line}: '${key}' = '${value}', ${whose}. ${own}`];
    });
    for (const { table, line, options } of sqlSinks(script)) {
        const [guarantee] = lastOf(options, "sink.delivery-guarantee");
        const exactlyOnce = guarantee?.value.toLowerCase() === "exactly-once";
        if (exactlyOnce && lastOf(options, "sink.transactional-id-prefix").length === 0) {
            problems.push(
                `line ${line}: table ${table} is exactly-once without 'sink.transactional-id-prefix'. ${own}`,
            );
        }
    }
    return problems;
}

function checkpointProblems(
    names: IsolatedNames,
    script: string,
    others: readonly OtherVersion[],
): string[] {
    const keys = ["execution.checkpointing.dir", "state.checkpoints.dir"];
    return keys
        .flatMap((key) => withKey(sqlOptions(script), key))
        .flatMap(({ key, value, line }) => {
            // Where the handed folder itself is nested, that is said of the folder already.
            const other = others.find(
                ({ checkpoints }) =>
                    checkpoints !== undefined &&
                    nested(value, checkpoints) &&
                    !nested(names.checkpoints ?? "", checkpoints),
            );
            const foreign =
                names.checkpoints !== undefined &&
                !within(folder(value), folder(names.checkpoints));
            if (other === undefined && !foreign) {
                return [];
            }
            const whose =
                other === undefined
                    ? "which is not this version's folder"
                    : `which is the folder of version ${other.version}, "${other.checkpoints}", or one in the other`;
            const wayOut =
                names.checkpoints === undefined
                    ? "Give the component `checkpoints`, and take the folder that the callback is handed."
                    : `Take the folder that the callback is handed, "${names.checkpoints}".`;
            return [`line ${line}: '${key}' = '${value}', ${whose}. ${wayOut}`];
        });
}

function withKey(options: readonly SqlOption[], key: string): SqlOption[] {
    return options.filter((option) => option.key === key);
}

/** The one of its key that counts: none or one. */
function lastOf(options: readonly SqlOption[], key: string): SqlOption[] {
    return withKey(options, key).slice(-1);
}

/** The name itself, or one derived from it: `delays-v2-errors`, but not `delays-v21`. */
export function isOwn(value: string, own: string): boolean {
    return value === own || (value.startsWith(own) && /^[._-]/.test(value.slice(own.length)));
}

export function overlap(one: string, other: string): boolean {
    return one.startsWith(other) || other.startsWith(one);
}

function matches(pattern: string, topic: string): boolean {
    try {
        return new RegExp(`^(?:${pattern})$`).test(topic);
    } catch {
        // Java's syntax, not JavaScript's: Flink is left to judge it.
        return false;
    }
}

export function nested(one: string, other: string): boolean {
    return one !== "" && (within(folder(one), folder(other)) || within(folder(other), folder(one)));
}

export function within(inner: string, outer: string): boolean {
    return inner === outer || inner.startsWith(`${outer}/`);
}

/** `file:/a`, `file:///a/` and `file://a` mean folders that can be told apart only when written in one way. */
export function folder(uri: string): string {
    const local = uri.replace(/^file:\/*/i, "/");
    return local.replace(/([^:/])\/{2,}/g, "$1/").replace(/\/+$/, "");
}
