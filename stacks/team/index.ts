import * as pulumi from "@pulumi/pulumi";
import { ShadowFlinkJob, sqlJob, type OverrideArgs } from "shadow-flink";
import { platformOutputs, type PlatformOutputs } from "../platform/outputs.js";
import type { JobOutputs } from "./outputs.js";
import { reportScript, type Report } from "./script.js";

const config = new pulumi.Config();

/** Pulumi calls it; what it returns are the stack's outputs. */
async function team() {
    const platform = await platformOutputs(config.require("platform"));
    return {
        brokers: platform.brokers,
        revenue: report("revenue", "dashboard", platform, overrideOfRevenue()),
        refunds: report("refunds", "alerts", platform),
    };
}

/** One of the team's jobs, with the one consumer that it has. */
function report(
    name: Report,
    consumer: string,
    { brokers, gateway, checkpoints, namespace, orders }: PlatformOutputs,
    override?: OverrideArgs,
) {
    const build = (version: string) =>
        sqlJob(
            (names) => ({
                gateway,
                script: reportScript(name, version, {
                    ...names,
                    brokers,
                    orders,
                    checkpoints: names.checkpoints ?? checkpoints,
                }),
            }),
            { sources: [orders] },
        );
    const versions = config.requireObject<string[]>(`${name}Versions`);
    const job = new ShadowFlinkJob(name, {
        authority: config.require(`${name}Authority`),
        kafka: { bootstrapServers: brokers },
        versions: Object.fromEntries(versions.map((version) => [version, build(version)])),
        compare: {
            identity: ["shop", "window_start"],
            eventTime: "window_start",
            windowSeconds: 60,
        },
        consumers: {
            [consumer]: {
                group: `shop-${consumer}`,
                ...(namespace !== "" && { configMap: { namespace } }),
            },
        },
        checkpoints,
        override,
    });
    return pulumi
        .all([job.topic, job.consumers, job.authority, job.verdict])
        .apply(([topic, consumers, authority, verdict]): JobOutputs => ({
            name,
            topic,
            consumers,
            authority,
            outcome: verdict?.outcome ?? null,
        }));
}

function overrideOfRevenue(): OverrideArgs | undefined {
    const version = config.get("overrideVersion") ?? "";
    return version === ""
        ? undefined
        : {
              version,
              reason: config.get("overrideReason") ?? "",
              approvedBy: config.get("overrideApprovedBy") ?? "",
          };
}

export = team;
