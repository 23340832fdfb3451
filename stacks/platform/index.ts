import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

export const brokers = config.requireObject<string[]>("brokers");
export const gateway = config.require("gateway");
export const checkpoints = config.require("checkpoints");
export const namespace = config.get("namespace") ?? "";

const provider = new kafka.Provider("brokers", { bootstrapServers: brokers, tlsEnabled: false });
const source = new kafka.Topic(
    "orders",
    { name: "orders", partitions: 2, replicationFactor: config.requireNumber("replicas") },
    // Several teams read it.
    { provider, protect: true },
);

/** The topic with the orders. */
export const orders = source.name;
