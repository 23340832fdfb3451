import type { CompareSettings } from "../compare.js";
import type { Baselines } from "./comparison/askSources.js";
import type { Kept } from "./comparison/kept.js";
import type { Verdict } from "./comparison/verdict.js";
import type { Override } from "./cutover/decide.js";
import type { JobAddress } from "./flink/jobEvidence.js";
import type { AlignmentSettings } from "./cutover/lookBack.js";
import type { KafkaSecurity } from "./kafka/security.js";

/** What the provider half is told of one version. */
export interface VersionInput {
    readonly topic: string;
    /** Whether its job is a resource of this component. */
    readonly managed: boolean;
}

export interface ClusterInputs {
    /** Name of the component. */
    readonly name: string;
    readonly bootstrapServers: readonly string[];
    readonly security?: KafkaSecurity;
    /** The topics of jobs that are not managed, by version. */
    readonly existing: Readonly<Record<string, string>>;
    readonly versions: Readonly<Record<string, VersionInput>>;
    /** The versions whose topic and job Pulumi does not let go. */
    readonly protected: readonly string[];
    readonly routingTopic: string;
    /** The version that the program asks to hold authority. */
    readonly authority?: string;
    /** What is known beforehand of the versions whose job is managed, to say what they will take. */
    readonly shadows?: Readonly<Record<string, ShadowInput>>;
    /** The version whose state each of these begins with a copy of, `null` where none is known; absent is none. */
    readonly copies?: Readonly<Record<string, string | null>>;
    /** After how many days a shadow is said to be old; absent is never. */
    readonly expireAfterDays?: number;
}

export interface ShadowInput {
    readonly sources: readonly string[];
    /** URL of the cluster's REST API; `null` where it is not known beforehand. */
    readonly rest: string | null;
    /** Slots that the job takes; `null` where they are not known. */
    readonly slots: number | null;
    /** Of its topic; `null` for the brokers' default. */
    readonly retentionMs: number | null;
    /** The pods of its own that it runs in; absent or `null` where it runs on a cluster that is there, or they are not known. */
    readonly pods?: readonly PodGroup[] | null;
    /** Slots of the job that compares it; absent or `null` where there is none. */
    readonly comparisonSlots?: number | null;
    /** The pods of its own that this one runs in. */
    readonly comparisonPods?: readonly PodGroup[] | null;
}

/** Pods that are alike. */
export interface PodGroup {
    readonly role: "JobManager" | "TaskManager";
    readonly count: number;
    /** Of each; `null` where the spec does not say. */
    readonly cpu: number | null;
    /** Of each, as the spec spells it; `null` where it does not say. */
    readonly memory: string | null;
}

export interface ClusterState {
    /** When each managed version was first seen here, as ISO time. */
    readonly declaredAt?: Readonly<Record<string, string>>;
}

/** Inputs that every resource of the provider half gets that looks at topics. */
interface CommonInputs {
    /** Name of the component. */
    readonly name: string;
    /** The version that the program asks to hold authority. */
    readonly authority: string;
    readonly versions: Readonly<Record<string, VersionInput>>;
    /** Digest of what the candidate's job runs; empty for a job that is not managed. */
    readonly candidateDigest: string;
    readonly bootstrapServers: readonly string[];
    readonly security?: KafkaSecurity;
    readonly routingTopic: string;
    readonly settings: CompareSettings;
}

/** The job that compares two versions on a Flink cluster. */
export interface EvidenceJob {
    /** `null` where it could not be started, or Flink's name for it is not known. */
    readonly jobId: string | null;
    /** Why it could not be started; `null` where it was. */
    readonly problem: string | null;
    /** URL of the REST API of the cluster that it runs on. */
    readonly restUrl: string | null;
    /** The topic that it writes to. */
    readonly topic: string;
    /** The version that it compares the candidate with. */
    readonly incumbent: { readonly version: string; readonly topic: string };
    readonly start: JobStart;
}

/** Where it began to read; `null` where a topic was not there. */
export interface JobStart {
    readonly incumbent: TopicStart | null;
    readonly candidate: TopicStart | null;
}

export interface TopicStart {
    /** The broker's id of that incarnation of the topic. */
    readonly topicId: string;
    /** Offsets as strings, by partition. */
    readonly offsets: Readonly<Record<string, string>>;
}

export interface EvidenceStartInputs {
    readonly bootstrapServers: readonly string[];
    readonly security?: KafkaSecurity;
    /** That of the job. */
    readonly group: string;
    readonly incumbent: string;
    readonly candidate: string;
    /** Where it begins on the incumbent's topic. */
    readonly from: "now" | "beginning";
}

export interface ComparisonInputs extends CommonInputs {
    /** The version under comparison. */
    readonly version: string;
    /** Where Flink can be asked about the job of each version; `null` where that is not known. */
    readonly jobs: Readonly<Record<string, JobAddress | null>>;
    readonly onFail: "report" | "error";
    /** How long after a promotion the version is still held against the one before it; absent is not at all. */
    readonly bakeSeconds?: number;
    /** The job that compares it, with the engine `"flink"`; absent or `null` where there is none. */
    readonly evidenceJob?: EvidenceJob | null;
}

/** Where the evidence of a verdict begins on both topics; offsets as strings by partition. */
export interface EvidenceRange {
    readonly incumbent: string;
    readonly incumbentTopicId: string;
    readonly incumbentFrom: Readonly<Record<string, string>>;
    readonly candidateTopicId: string;
    readonly candidateFrom: Readonly<Record<string, string>>;
}

export interface ComparisonState {
    /** `null` where nothing was compared: the version holds authority, or is what a rollback goes back to. */
    readonly verdict: Verdict | null;
    readonly range: EvidenceRange | null;
    /** What the next look need not read again; `null` or absent where that is nothing. */
    readonly kept?: Kept | null;
    /** What restarts and failed checkpoints of the jobs are counted from. */
    readonly jobs?: Baselines;
}

/** A move of authority that a program asks for. */
export interface AskedMove {
    /** The version that holds authority, or is about to. */
    readonly from: string;
    /** Whether a verdict is needed for it, replaced by somebody's word, or not asked for. */
    readonly by: "promotion" | "override" | "rollback";
}

export interface AuthorityInputs extends CommonInputs, ComparisonState {
    /** What Flink says of the job of the version that is asked for; `null` for a job that is not managed. */
    readonly jobStatus: string | null;
    /** organization/project/stack of the program: only it may move these consumers. */
    readonly owner: string;
    /** The group of every consumer on every version's topic: consumer, then version. */
    readonly consumers: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly transactionalId: string;
    readonly override: Override | null;
    /** Who is moved first, by consumer: lower ones, and equal ones together. */
    readonly orders: Readonly<Record<string, number>>;
    /** Most repeats that a move may announce, of the consumers that have such a limit. */
    readonly maxRepeats: Readonly<Record<string, number>>;
    readonly alignment: AlignmentSettings;
    /** Versions whose job is to be stopped for good. */
    readonly retire: readonly string[];
    /** Found by `check`, for policy packs, who see nothing but inputs; `null` where authority stays. */
    readonly move?: AskedMove | null;
}

export interface StartInputs {
    /** Name of the component. */
    readonly name: string;
    readonly version: string;
    readonly bootstrapServers: readonly string[];
    readonly security?: KafkaSecurity;
    /** The incumbent's consumer group; `null` where it is not known. */
    readonly group: string | null;
    /** Topics that the version reads. */
    readonly sources: readonly string[];
}

/** Offsets as strings: topic, then partition. */
export type StartOffsets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How a jar is run. */
export interface JarRun {
    /** sha256 of the jar. */
    readonly jarDigest: string;
    /** `null` for the one in the manifest. */
    readonly entryClass: string | null;
    readonly args: readonly string[];
    /** `null` for the cluster's. */
    readonly parallelism: number | null;
}

export interface SessionJobInputs {
    /** Name of the component. */
    readonly name: string;
    readonly version: string;
    /** What the job is called in Flink. */
    readonly jobName: string;
    /** URL of the SQL Gateway; `null` for a jar. */
    readonly gateway: string | null;
    /** URL of the cluster's REST API; `null` for the one that the gateway is configured with. */
    readonly rest: string | null;
    /** What is run: the SQL script, or a {@link JarRun} as JSON. */
    readonly script: string;
    /** Path of the jar where Pulumi runs; absent or `null` for a script. */
    readonly jar?: string | null;
    /** sha256 of the script. */
    readonly digest: string;
    /** Where to leave a savepoint when the job is stopped; `null` for none. */
    readonly savepointDirectory: string | null;
    readonly startTimeoutSeconds: number;
    /** Stops the job for good, with a savepoint where a directory is given; absent or `null` lets it run. */
    readonly retire?: { readonly savepoint: string | null } | null;
    /** What to do where it has ended for good; absent is to declare a new version. */
    readonly wayOut?: string;
}
