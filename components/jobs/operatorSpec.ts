import { digestOf } from "../digest.js";
import type { VersionNames } from "../versions.js";
import type { PlacedJob } from "./flinkDeployment.js";
import { at, entriesOf, flatConfiguration, type Rendered } from "./flinkSpec.js";

/**
 * The keys under which Flink looks for folders. It renamed them in 1.20 and still reads the old ones, so that either may
 * be in a spec.
 */
export const folderKeys = {
    checkpoints: ["execution.checkpointing.dir", "state.checkpoints.dir"],
    savepoints: ["execution.checkpointing.savepoint-dir", "state.savepoints.dir"],
    highAvailability: ["high-availability.storageDir"],
} as const;

/**
 * The spec as it is sent: the user's, with folders of the version's own for checkpoints, savepoints and high
 * availability where it has none, and the service account that was made for it.
 */
export function renderSpec(
    names: Pick<VersionNames, "checkpoints">,
    job: PlacedJob,
    spec: Rendered,
    /** What the job is called in the cluster, and its service account with it. */
    jobName: string,
): Rendered {
    const rendered: Record<string, unknown> = { ...spec };
    if (job.kind === "flinkDeployment" && job.serviceAccount === true) {
        rendered["serviceAccount"] = jobName;
    }
    const own = ownFolders(names, spec);
    if (Object.keys(own).length > 0) {
        rendered["flinkConfiguration"] = {
            ...Object.fromEntries(entriesOf(spec["flinkConfiguration"])),
            ...own,
        };
    }
    return rendered;
}

function ownFolders(
    { checkpoints }: Pick<VersionNames, "checkpoints">,
    spec: Rendered,
): Record<string, string> {
    if (checkpoints === undefined) {
        return {};
    }
    const given = flatConfiguration(spec["flinkConfiguration"]);
    const isGiven = (keys: readonly string[]) => keys.some((key) => Object.hasOwn(given, key));
    const name = isBefore120(spec["flinkVersion"]) ? 1 : 0;
    const own: Record<string, string> = {};
    if (!isGiven(folderKeys.checkpoints)) {
        own[folderKeys.checkpoints[name]] = checkpoints;
    }
    if (!isGiven(folderKeys.savepoints)) {
        own[folderKeys.savepoints[name]] = `${checkpoints}/savepoints`;
    }
    const type = given["high-availability.type"] ?? given["high-availability"] ?? "NONE";
    if (type.toUpperCase() !== "NONE" && !isGiven(folderKeys.highAvailability)) {
        own[folderKeys.highAvailability[0]] = `${checkpoints}/ha`;
    }
    return own;
}

function isBefore120(flinkVersion: unknown): boolean {
    return typeof flinkVersion === "string" && /^v1_1\d$/.test(flinkVersion);
}

/** Where a savepoint of the job goes: the operator takes the folder from the spec that runs. */
export function savepointFolder(spec: Rendered): string | undefined {
    const given = flatConfiguration(spec["flinkConfiguration"]);
    return folderKeys.savepoints.map((key) => given[key]).find((value) => value !== undefined);
}

/** The spec of a job that is stopped for good, with a savepoint or without. */
export function suspended(spec: Rendered, withSavepoint: boolean): Rendered {
    const job = Object.fromEntries(entriesOf(at(spec, "job")));
    const upgradeMode = withSavepoint ? "savepoint" : "stateless";
    return { ...spec, job: { ...job, state: "suspended", upgradeMode } };
}

/** The spec of a job that begins with this savepoint. */
export function startingAt(spec: Rendered, savepoint: string): Rendered {
    const job = Object.fromEntries(entriesOf(at(spec, "job")));
    return { ...spec, job: { ...job, initialSavepointPath: savepoint } };
}

/** What tells one build of a job from another: all of its spec, whatever the order of its fields. */
export function specDigest(kind: PlacedJob["kind"], spec: Rendered): string {
    return digestOf(`${kind} ${canonical(spec)}`);
}

function canonical(value: unknown): string {
    if (Array.isArray(value)) {
        return `[${value.map(canonical).join(",")}]`;
    }
    if (typeof value === "object" && value !== null) {
        const entries = Object.entries(value)
            .filter(([, inner]) => inner !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : 1));
        const fields = entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
        return `{${fields.join(",")}}`;
    }
    return JSON.stringify(value) ?? "null";
}
