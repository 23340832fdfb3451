import * as pulumi from "@pulumi/pulumi";

/** The stack's config, typed; every key once. Pulumi.yaml describes them. */
export interface FlightsConfig {
    readonly authority: string;
    readonly candidates: string[];
    readonly brokers: string[];
    /** Where candidates run: on the session cluster of this SQL Gateway, or as FlinkDeployments of this image. */
    readonly runtime:
        | { readonly kind: "session"; readonly gateway: string }
        | { readonly kind: "kubernetes"; readonly namespace: string; readonly image: string };
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
        runtime: runtimeOf(config),
        checkpoints: config.require("checkpoints"),
        windowSeconds: config.requireNumber("windowSeconds"),
        waitSeconds: config.requireNumber("waitSeconds"),
        override:
            version === "" && reason === "" && approvedBy === ""
                ? undefined
                : { version, reason, approvedBy },
    };
}

function runtimeOf(config: pulumi.Config): FlightsConfig["runtime"] {
    const kind = config.get("runtime") ?? "session";
    const needed = (key: string): string => {
        const value = config.get(key) ?? "";
        if (value === "") {
            throw new Error(`${key}: is missing, and needed with the runtime "${kind}".`);
        }
        return value;
    };
    switch (kind) {
        case "session":
            return { kind, gateway: needed("gateway") };
        case "kubernetes":
            return { kind, namespace: needed("namespace"), image: needed("image") };
        default:
            throw new Error(`runtime: is "${kind}"; give "session" or "kubernetes".`);
    }
}
