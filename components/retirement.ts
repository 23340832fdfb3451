import type { Problem } from "./versions.js";

/** How a version is stopped for good. */
export interface RetireArgs {
    /** Where its job leaves a savepoint; the path is an output. By default it is cancelled without one. */
    savepoint?: string;
    /**
     * Lets its topic be deleted, with all records, by the `up` that removes the version from `versions`. Defaults to
     * `false`: the topic is kept, and nobody but you deletes it.
     */
    deleteTopic?: boolean;
}

type Retire = Readonly<Record<string, RetireArgs>>;

/** What is wrong with the versions that are to be retired, as far as it shows without Kafka. */
export function retireProblems(
    retire: Retire,
    authority: string,
    /** Of every declared version, whether its job is managed. */
    managed: Readonly<Record<string, boolean>>,
): Problem[] {
    const problems: Problem[] = [];
    for (const [version, { savepoint }] of Object.entries(retire)) {
        const field = `retire.${version}`;
        if (!Object.hasOwn(managed, version)) {
            const known = Object.keys(managed).join(", ");
            problems.push({
                field,
                message: `"${version}" is not in \`versions\` (${known}): a version is retired first, and removed after that.`,
            });
        } else if (version === authority) {
            problems.push({
                field,
                message: `"${version}" is the authority, whose topic consumers read: move authority to another version first.`,
            });
        } else if (managed[version] !== true) {
            problems.push({
                field,
                message: `the job of "${version}" is not managed here: stop it where it was started, and remove the version.`,
            });
        }
        if (savepoint?.trim() === "") {
            problems.push({
                field: `${field}.savepoint`,
                message: "is empty: give the URI of a folder, or leave it out for no savepoint.",
            });
        }
    }
    return problems;
}

/**
 * The managed versions that Pulumi must not let go: the one that is asked for, and those declared before it. One of them
 * holds authority while that is not moved, which the program cannot know, and the others are what a rollback goes back
 * to; so that protection stands before a move, and also where the move is refused. Only `retire` lifts it.
 */
export function protectedVersions(
    retire: Retire,
    authority: string,
    managed: Readonly<Record<string, boolean>>,
): string[] {
    const declared = Object.keys(managed);
    return declared
        .slice(0, declared.indexOf(authority) + 1)
        .filter((version) => managed[version] === true && !Object.hasOwn(retire, version));
}
