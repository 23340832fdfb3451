import {
    existingJob,
    flinkDeployment,
    ShadowFlinkJob,
    sqlJob,
    type HandedNames,
} from "shadow-flink";
import { flightsConfig } from "./config.js";
import { delaysScript, type DelaysVersion } from "./flights/script.js";

const config = flightsConfig();

/** The builds that there are of the job; v1 was started before there was a stack. */
const scripts: Record<string, DelaysVersion> = { v2: "delaysV2", v3: "delaysV3" };

function candidate(version: string) {
    const script = scripts[version];
    if (script === undefined) {
        throw new Error(
            `candidates: there is no script for "${version}", only for ${Object.keys(scripts).join(", ")}.`,
        );
    }
    const render = ({ topic, group, transactionalIdPrefix, checkpoints = "" }: HandedNames) =>
        delaysScript(script, {
            brokers: config.brokers.join(","),
            flights: "flights",
            topic,
            group,
            transactionalIdPrefix,
            checkpoints,
        });
    if (config.runtime.kind === "session") {
        const { gateway } = config.runtime;
        return sqlJob((names) => ({ gateway, script: render(names) }));
    }
    const { namespace, image } = config.runtime;
    return flinkDeployment(
        (names) => ({
            image,
            flinkVersion: "v2_2",
            jobManager: { resource: { cpu: 1, memory: "1g" } },
            taskManager: { resource: { cpu: 1, memory: "2g" } },
            job: {
                // The program in it is that of test/kubernetes/image, which runs the SQL that it is handed.
                jarURI: "local:///opt/flink/usrlib/sql-runner.jar",
                entryClass: "SqlRunner",
                args: [render(names)],
                upgradeMode: "stateless",
            },
        }),
        { namespace, serviceAccount: true },
    );
}

const delays = new ShadowFlinkJob("delays", {
    authority: config.authority,
    kafka: { bootstrapServers: config.brokers },
    versions: {
        // Already running, and never touched from here.
        v1: existingJob({ topic: "delays", group: "delays", transactionalIdPrefix: "delays." }),
        ...Object.fromEntries(config.candidates.map((version) => [version, candidate(version)])),
    },
    compare: {
        identity: ["origin", "window_start"],
        eventTime: "window_start",
        windowSeconds: config.windowSeconds,
        waitSeconds: config.waitSeconds,
        // Flights are public: verdicts may show them.
        samples: "raw",
    },
    consumers: { dashboard: { group: "dashboard" } },
    checkpoints: config.checkpoints,
    override: config.override,
});

/** What consumers read; other stacks take it by StackReference. */
export const topic = delays.topic;
export const authority = delays.authority;
/** In short; `delays.verdict` has all of it. */
export const verdict = delays.verdict.apply(
    (full) =>
        full && {
            candidate: full.candidate,
            outcome: full.outcome,
            verifiedThrough: full.verifiedThrough,
            why: full.findings
                .filter(({ outcome }) => outcome !== "pass")
                .map(({ sentence }) => sentence),
        },
);
export const versions = delays.versions;
export const routing = delays.routing;
