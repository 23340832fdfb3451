import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ShadowFlinkJob, type ShadowFlinkJobArgs } from "../components/index.js";

/** A resource that a program registered, as the engine would see it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
    /** Of a resource that is read and not managed. */
    readonly id?: string;
}

/** What the provider half would answer, for the outputs that other resources take. */
export const answers: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>> =
    {
        "kafka:index/topic:Topic": (inputs) => ({
            partitions: 4,
            replicationFactor: 3,
            config: {
                "cleanup.policy": "delete",
                "max.message.bytes": "2097152",
                "retention.ms": "1000",
            },
            ...inputs,
        }),
        "pulumi-nodejs:dynamic/shadow-flink:SessionJob": () => ({
            jobId: "job-id",
            restUrl: "http://flink:8081",
            status: "RUNNING",
            startedAt: "2026-11-23T10:00:00Z",
        }),
        "pulumi-nodejs:dynamic/shadow-flink:ComparisonJob": () => ({
            jobId: "job-id",
            problem: null,
            restUrl: "http://flink:8081",
        }),
        "pulumi-nodejs:dynamic/shadow-flink:EvidenceStart": () => ({
            start: { incumbent: null, candidate: null },
        }),
        "pulumi-nodejs:dynamic/shadow-flink:Comparison": (inputs) => ({
            verdict: { reportVersion: 1, outcome: "pass", candidate: inputs["version"] },
            range: { incumbent: "v1" },
        }),
        "pulumi-nodejs:dynamic/shadow-flink:Authority": (inputs) => ({
            routing: {
                epoch: 7,
                authority: inputs["authority"],
                topic: `topic-of-${String(inputs["authority"])}`,
                history: [{ version: "v1" }],
                consumers: { dashboard: { group: "dashboard" } },
            },
        }),
    };

/** Runs a program against mocks and returns what it registered, in the order of their names. */
export async function graphOf(
    dryRun: boolean,
    program: () => pulumi.ComponentResource | Promise<pulumi.ComponentResource>,
): Promise<Registered[]> {
    const registered: Registered[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs, id }) => {
                const plain = inputs as Record<string, unknown>;
                registered.push({ type, name, inputs: plain, ...(id && { id }) });
                return { id: `${name}-id`, state: { ...plain, ...answers[type]?.(plain) } };
            },
            call: () => ({}),
        },
        "project",
        "stack",
        dryRun,
        "organization",
    );
    await program();
    // Registration goes on behind the constructor: wait for the last one.
    await pulumi.runtime.disconnect();
    return registered.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The value of an output. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
    return new Promise((resolve) => output.apply((value) => resolve(value)));
}

/** What a component is refused with; built outside a deployment, since that is before anything is registered. */
export function refusalOf(args: ShadowFlinkJobArgs, name = "delays"): string {
    try {
        new ShadowFlinkJob(name, args);
    } catch (error) {
        assert.ok(error instanceof pulumi.ResourceError, String(error));
        return error.message;
    }
    return assert.fail("It was built.");
}
