import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { JobOutputs } from "../team/outputs.js";
import { EnvironmentFile } from "./environmentFile.js";

const config = new pulumi.Config();
const folder = config.require("folder");
const team = new pulumi.StackReference(config.require("team"));

const brokers = (team.requireOutput("brokers") as pulumi.Output<string[]>).apply((servers) =>
    servers.join(","),
);
const revenue = team.requireOutput("revenue") as pulumi.Output<JobOutputs>;
const refunds = team.requireOutput("refunds") as pulumi.Output<JobOutputs>;

/**
 * Reads what it is told, as any Kafka client can: a promotion changes its file with the next `pulumi up` here, and it is
 * restarted. Its new group stands where the old one has read to.
 */
export const dashboard = revenue.apply(({ consumers }) => {
    const reads = consumers["dashboard"];
    if (reads === undefined) {
        throw new Error('revenue has no consumer "dashboard".');
    }
    return reads;
});
new EnvironmentFile("dashboard", {
    path: path.join(folder, "dashboard.env"),
    values: {
        BOOTSTRAP_SERVERS: brokers,
        TOPIC: dashboard.topic,
        GROUP: dashboard.group,
    },
});

/** Follows by itself (`shadow-flink/consumer`): what it is told never changes, and nobody restarts it. */
export const alerts = { name: refunds.name, consumer: "alerts" };
new EnvironmentFile("alerts", {
    path: path.join(folder, "alerts.env"),
    values: {
        BOOTSTRAP_SERVERS: brokers,
        SHADOW_NAME: alerts.name,
        SHADOW_CONSUMER: alerts.consumer,
    },
});
