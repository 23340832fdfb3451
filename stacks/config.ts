import * as pulumi from "@pulumi/pulumi";

/** The stack's config, typed; every key once. Pulumi.yaml describes them. */
export interface FlightsConfig {
    readonly authority: string;
    readonly candidates: string[];
    readonly brokers: string[];
    readonly gateway: string;
    readonly checkpoints: string;
    readonly windowSeconds: number;
    readonly waitSeconds: number;
    readonly override: { version: string; reason: string; approvedBy: string } | undefined;
}

export function flightsConfig(config = new pulumi.Config()): FlightsConfig {
    const version = config.get("overrideVersion") ?? "";
    const reason = config.get("overrideReason") ?? "";
    const approvedBy = config.get("overrideApprovedBy") ?? "";
    return {
        authority: config.require("authority"),
        candidates: config.getObject<string[]>("candidates") ?? [],
        brokers: config.requireObject<string[]>("brokers"),
        gateway: config.require("gateway"),
        checkpoints: config.require("checkpoints"),
        windowSeconds: config.requireNumber("windowSeconds"),
        waitSeconds: config.requireNumber("waitSeconds"),
        override:
            version === "" && reason === "" && approvedBy === ""
                ? undefined
                : { version, reason, approvedBy },
    };
}
