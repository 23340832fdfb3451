import * as pulumi from "@pulumi/pulumi";
import type { FlinkSettings } from "../compareFlink.js";
import { digestOf } from "../digest.js";
import type { OtherVersion } from "../isolation.js";
import type { OperatorJob } from "../jobs/flinkDeployment.js";
import { at, entriesOf, flatConfiguration, type Rendered } from "../jobs/flinkSpec.js";
import { jobLabels, operatorJob } from "../jobs/operatorJob.js";
import { renderSpec, specDigest } from "../jobs/operatorSpec.js";
import { specPlaces } from "../jobs/specPlaces.js";
import type { VersionJob } from "../jobs/versionJob.js";
import { loadKubernetes } from "../kubernetes.js";
import { hasOutputs, placeProblems } from "../operatorArguments.js";
import { foreignProblems } from "../specIsolation.js";
import type { Problem } from "../versions.js";

/** What the callback of a comparison's job is handed. */
export interface ComparisonNames {
    /** The version that it compares with the authority. */
    readonly version: string;
    /**
     * The SQL that compares: settings, tables, views, and one statement set behind them. A job on a session cluster has to be
     * handed it as an argument. Whoever runs it has to be able to read `compare.flink.functions`.
     */
    readonly script: string;
    /** The file in which the pods of a FlinkDeployment have it, for `job.args`. */
    readonly scriptFile: string;
    /** The ConfigMap that the file is mounted from. Where the spec names it, mounting it is left to the spec. */
    readonly configMap: string;
    /** The topic that it writes to. */
    readonly topic: string;
    /** Its own folder for checkpoints; `undefined` where the component was given no `checkpoints`. */
    readonly checkpoints: string | undefined;
    /** `compare.flink.parallelism`. */
    readonly parallelism: number;
}

/** A comparison's job as the operator runs it, all of which is known before anything is made. */
export interface OperatorComparison {
    readonly component: string;
    readonly version: string;
    readonly job: OperatorJob<ComparisonNames>;
    /** Tells it from every other one. */
    readonly digest: string;
    /** In the cluster. */
    readonly jobName: string;
    readonly names: ComparisonNames;
    /** As the callback gave it. */
    readonly given: Rendered;
    /** As it is sent. */
    readonly spec: Rendered;
}

/** What tells the job what to compare. */
export interface OperatorComparisonArgs {
    readonly component: string;
    readonly version: string;
    readonly job: OperatorJob<ComparisonNames>;
    readonly flink: FlinkSettings;
    /** The topic that it writes to, by its digest. */
    readonly topicOf: (digest: string) => string;
    readonly checkpointsOf: (topic: string) => string | undefined;
    readonly scriptOf: (topic: string) => string;
}

const scriptFolder = "/opt/flink/shadow-flink";
const scriptName = "comparison.sql";
const volume = "shadow-flink-comparison";
const mainContainer = "flink-main-container";

/**
 * The job with all of its names. Every one of them has a digest in it, of all that makes it another job: what an upgrade in
 * place would let go on with the counts of another rule, or count anew into the same topic, is another resource instead.
 */
export function declareOperatorComparison(args: OperatorComparisonArgs): OperatorComparison {
    const { kind, name, namespace } = args.job;
    const blank = render(args, "");
    const digest = digestOf(
        JSON.stringify([
            blank.names.script,
            args.flink.attempt,
            specDigest(kind, hasOutputs(blank.given) ? {} : blank.spec),
            [name, namespace],
        ]),
    ).slice(0, 8);
    return { component: args.component, version: args.version, digest, ...render(args, digest) };
}

function render(
    { component, version, job, flink, topicOf, checkpointsOf, scriptOf }: OperatorComparisonArgs,
    digest: string,
): Pick<OperatorComparison, "job" | "jobName" | "names" | "given" | "spec"> {
    const jobName = `${job.name ?? `${component}-${version}-comparison`}-${digest}`;
    const topic = topicOf(digest);
    const names: ComparisonNames = {
        version,
        script: scriptOf(topic),
        scriptFile: `${scriptFolder}/${scriptName}`,
        configMap: `${jobName}-sql`,
        topic,
        checkpoints: checkpointsOf(topic),
        parallelism: flink.parallelism,
    };
    const given = job.build(names) as unknown as Rendered;
    const usable = typeof given === "object" && given !== null && !hasOutputs(given);
    const own = usable ? renderSpec(names, job, withDefaults(job.kind, names, given), jobName) : {};
    return { job, jobName, names, given, spec: usable ? mounted(job.kind, names, own) : own };
}

/**
 * What lets it go on where its JobManager dies: from its last checkpoint, and not anew, which would count twice. A session
 * cluster has that in its own configuration.
 */
function withDefaults(
    kind: OperatorJob["kind"],
    { checkpoints, parallelism }: ComparisonNames,
    spec: Rendered,
): Rendered {
    const survives = kind === "flinkDeployment" && checkpoints !== undefined;
    const flat = flatConfiguration(spec["flinkConfiguration"]);
    const hasOwn = ["high-availability.type", "high-availability"].some((key) =>
        Object.hasOwn(flat, key),
    );
    return {
        ...spec,
        ...(survives &&
            !hasOwn && {
                flinkConfiguration: {
                    ...Object.fromEntries(entriesOf(spec["flinkConfiguration"])),
                    "high-availability.type": "kubernetes",
                },
            }),
        job: {
            parallelism,
            ...(survives && !hasOwn && { upgradeMode: "last-state" }),
            ...Object.fromEntries(entriesOf(spec["job"])),
        },
    };
}

/** The spec with the script as a file in its pods, where it does not mount that itself. */
function mounted(kind: OperatorJob["kind"], names: ComparisonNames, spec: Rendered): Rendered {
    if (kind !== "flinkDeployment" || mountsItself(spec, names)) {
        return spec;
    }
    const jobManager = at(spec, "jobManager");
    const template = at(jobManager, "podTemplate");
    return template === undefined
        ? { ...spec, podTemplate: withVolume(at(spec, "podTemplate"), names) }
        : {
              ...spec,
              jobManager: {
                  ...Object.fromEntries(entriesOf(jobManager)),
                  podTemplate: withVolume(template, names),
              },
          };
}

function mountsItself(spec: Rendered, { configMap }: ComparisonNames): boolean {
    return JSON.stringify(spec).includes(JSON.stringify(configMap));
}

function withVolume(template: unknown, { configMap }: ComparisonNames): Rendered {
    const pod = Object.fromEntries(entriesOf(at(template, "spec")));
    const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
    const containers = list(pod["containers"]);
    const isMain = (container: unknown) => at(container, "name") === mainContainer;
    const main = containers.find(isMain) ?? { name: mainContainer };
    const withMount = {
        ...Object.fromEntries(entriesOf(main)),
        volumeMounts: [
            ...list(at(main, "volumeMounts")),
            { name: volume, mountPath: scriptFolder, readOnly: true },
        ],
    };
    return {
        ...Object.fromEntries(entriesOf(template)),
        spec: {
            ...pod,
            containers: containers.some(isMain)
                ? containers.map((container) => (isMain(container) ? withMount : container))
                : [...containers, withMount],
            volumes: [...list(pod["volumes"]), { name: volume, configMap: { name: configMap } }],
        },
    };
}

/** What a version has options for, and a comparison has no use. */
const optionsOfVersions = [
    "topic",
    "group",
    "transactionalIdPrefix",
    "checkpoints",
    "principal",
    "sources",
    "quota",
    "start",
    "unused",
] as const;

/** What stands against it; fields are those of `compare.flink.job`. */
export function operatorComparisonProblems(
    { job, jobName, names, given, spec }: OperatorComparison,
    others: readonly OtherVersion[],
): Problem[] {
    const problems: Problem[] = [...placeProblems(jobName, job, given)];
    const refuse = (field: string, message: string) => problems.push({ field, message });
    for (const option of optionsOfVersions) {
        if (job[option] !== undefined) {
            refuse(option, "is not used by a comparison; remove it.");
        }
    }
    if (job.rest === undefined) {
        refuse(
            "rest",
            "is missing: whether the job runs has to be asked in every look, and no verdict would pass. Give the URL by which " +
                'Pulumi reaches it, with "{{name}}" for its name, or "service" for a Pulumi that runs in the cluster.',
        );
    }
    if (hasOutputs(given)) {
        refuse(
            "spec",
            "has an output in it. The job is named for all that is in it, so that another one never goes on with its counts: " +
                "give plain values; those of another stack come with `getOutputDetails`.",
        );
        return problems;
    }
    if (typeof given !== "object" || given === null) {
        return problems;
    }
    const texts = specPlaces(spec).map(({ value }) => value);
    const handedOn = texts.some(
        (text) =>
            text.includes(names.script) ||
            (job.kind === "flinkDeployment" && text.includes(names.scriptFile)),
    );
    if (!handedOn) {
        refuse(
            "spec",
            job.kind === "flinkDeployment"
                ? "does not hand the SQL on, so that it would compare nothing: give `scriptFile` or `script` to the program that " +
                      "runs it, in `job.args`."
                : "does not hand the SQL on, so that it would compare nothing: give `script` to the program that runs it, in " +
                      "`job.args`. Pods of a session cluster do not have it as a file.",
        );
    }
    const parallelism = at(spec, "job", "parallelism");
    if (parallelism !== names.parallelism) {
        refuse(
            "spec",
            `job.parallelism is ${JSON.stringify(parallelism)}, and compare.flink.parallelism ${names.parallelism}: leave it out ` +
                "here.",
        );
    }
    if (at(spec, "job", "state") === "suspended") {
        refuse("spec", 'job.state is "suspended": it would never run. Leave it out.');
    }
    if (at(spec, "job", "initialSavepointPath") !== undefined) {
        refuse(
            "spec",
            "job.initialSavepointPath is given: a comparison begins anew, with a topic of its own. Leave it out.",
        );
    }
    if (
        job.kind === "flinkDeployment" &&
        at(given, "podTemplate") !== undefined &&
        at(given, "jobManager", "podTemplate") !== undefined &&
        !mountsItself(given, names)
    ) {
        refuse(
            "spec",
            "has two templates for the JobManager's pod (podTemplate, jobManager.podTemplate), whose lists the operator lays over " +
                `each other: mount the ConfigMap that the callback is handed there yourself, at "${scriptFolder}".`,
        );
    }
    const isolated = {
        version: names.version,
        topic: names.topic,
        group: names.topic,
        transactionalIdPrefix: `${names.topic}.`,
        checkpoints: names.checkpoints,
    };
    // What the script reads and writes is ours.
    const places = specPlaces(spec).filter(({ value }) => !value.includes(names.script));
    return [...problems, ...foreignProblems(isolated, jobName, spec, places, others)];
}

/** The resources: the script, and the job that runs it. */
export function operatorComparisonJob(
    resourceName: string,
    { component, version, job, jobName, names, spec }: OperatorComparison,
    opts: pulumi.CustomResourceOptions,
): VersionJob {
    const labels = { "app.kubernetes.io/component": "comparison", ...job.labels };
    const scripts =
        job.kind === "flinkDeployment"
            ? [
                  new (loadKubernetes().core.v1.ConfigMap)(
                      `${resourceName}-sql`,
                      {
                          metadata: {
                              name: names.configMap,
                              ...(job.namespace && { namespace: job.namespace }),
                              labels: jobLabels(component, version, jobName, labels),
                          },
                          immutable: true,
                          data: { [scriptName]: names.script },
                      },
                      opts,
                  ),
              ]
            : [];
    return operatorJob(
        resourceName,
        component,
        { version },
        { ...job, labels },
        jobName,
        pulumi.output(spec) as unknown as pulumi.Output<Rendered>,
        pulumi.mergeOptions(opts, { dependsOn: scripts }),
    );
}
