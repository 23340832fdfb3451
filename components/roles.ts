/** What a version is to the consumers. */
export type Role = "authority" | "standby" | "candidate" | "retired";

interface Tenure {
    readonly version: string;
}

/**
 * The versions that authority can go back to without a verdict, oldest first: those that the present holder took it
 * from, and those before. One that was rolled back *from* is not among them and has to prove itself again.
 */
export function rollbackTargets(history: readonly Tenure[]): string[] {
    return trusted(history).slice(0, -1);
}

/** The role of a version, by the history of authority. */
export function roleOf(
    version: string,
    history: readonly Tenure[],
    /** Versions whose job was stopped for good. */
    retired: readonly string[] = [],
): Role {
    if (retired.includes(version)) {
        return "retired";
    }
    const versions = trusted(history);
    if (versions.at(-1) === version) {
        return "authority";
    }
    if (versions.includes(version)) {
        return "standby";
    }
    return history.some((tenure) => tenure.version === version) ? "retired" : "candidate";
}

function trusted(history: readonly Tenure[]): string[] {
    const versions: string[] = [];
    for (const { version } of history) {
        const before = versions.indexOf(version);
        versions.splice(before === -1 ? versions.length : before, versions.length, version);
    }
    return versions;
}
