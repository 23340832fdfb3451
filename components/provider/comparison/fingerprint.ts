import { createHash } from "node:crypto";
import type { CompareSettings } from "../../compare.js";

/** One side of what a verdict is about. */
export interface FingerprintedVersion {
    readonly version: string;
    readonly topic: string;
    /** The broker's id of the topic: another one after it was deleted and created again. */
    readonly topicId: string;
    readonly partitions: number;
}

export interface FingerprintInput {
    readonly incumbent: FingerprintedVersion;
    readonly candidate: FingerprintedVersion;
    /** Digest of what the candidate's job runs. */
    readonly candidateDigest: string;
    readonly settings: CompareSettings;
}

/** How long and how often is looked, in how much memory, and where it is shown, does not change what a verdict says. */
const immaterial: ReadonlySet<string> = new Set<keyof CompareSettings>([
    "waitSeconds",
    "timeoutSeconds",
    "recheckAfterSeconds",
    "maxVerdictAgeSeconds",
    "memoryMiB",
    "report",
]);

/** What a verdict is about, as one string: it differs where a verdict on one would not hold for the other. */
export function fingerprint({
    incumbent,
    candidate,
    candidateDigest,
    settings,
}: FingerprintInput): string {
    const side = ({ version, topic, topicId, partitions }: FingerprintedVersion) => ({
        version,
        topic,
        topicId,
        partitions,
    });
    const subject = {
        incumbent: side(incumbent),
        candidate: side(candidate),
        candidateDigest,
        settings: Object.fromEntries(
            Object.entries(settings).filter(([name]) => !immaterial.has(name)),
        ),
    };
    return createHash("sha256").update(canonicalJson(subject)).digest("hex");
}

/** JSON with sorted keys, whatever order the engine's state brings them back in. */
function canonicalJson(value: unknown): string {
    if (Array.isArray(value)) {
        return `[${value.map(canonicalJson).join(",")}]`;
    }
    if (typeof value === "object" && value !== null) {
        const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
        return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
    }
    return JSON.stringify(value);
}
