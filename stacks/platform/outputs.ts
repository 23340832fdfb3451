import * as pulumi from "@pulumi/pulumi";

/** What the platform stack exports. */
export interface PlatformOutputs {
    readonly brokers: string[];
    readonly gateway: string;
    readonly checkpoints: string;
    readonly namespace: string;
    readonly orders: string;
}

const names = ["brokers", "gateway", "checkpoints", "namespace", "orders"] as const;

/**
 * The outputs of the platform stack `organization/project/stack` as plain values: they decide which resources there are,
 * and what isolation is proved of, so that a preview has to know them.
 */
export async function platformOutputs(stack: string): Promise<PlatformOutputs> {
    const reference = new pulumi.StackReference(stack);
    const found = await Promise.all(
        names.map(async (name) => {
            const value: unknown = (await reference.getOutputDetails(name)).value;
            return [name, value] as const;
        }),
    );
    const missing = found.filter(([, value]) => value === undefined || value === null);
    if (missing.length > 0) {
        const list = missing.map(([name]) => name).join(", ");
        throw new pulumi.RunError(`${stack} has no output ${list}: run \`pulumi up\` there first.`);
    }
    return Object.fromEntries(found) as unknown as PlatformOutputs;
}
