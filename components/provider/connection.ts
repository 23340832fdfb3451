import { connectKafka } from "./kafka/kafkaPort.js";
import type { KafkaPort } from "./kafka/port.js";
import { refusalOf } from "./kafka/refusal.js";
import { CredentialsError, type KafkaSecurity } from "./kafka/security.js";
import { explain } from "./errors.js";

/** Where the cluster is, and how it is entered. */
export interface KafkaAddress {
    readonly bootstrapServers: readonly string[];
    readonly security?: KafkaSecurity;
}

/** Connects for one piece of work and closes behind it. */
export async function withKafka<T>(
    address: KafkaAddress,
    work: (kafka: KafkaPort) => Promise<T>,
): Promise<T> {
    const kafka = await connect(address);
    try {
        return await work(kafka);
    } finally {
        await kafka.close();
    }
}

async function connect({ bootstrapServers, security }: KafkaAddress): Promise<KafkaPort> {
    try {
        return await connectKafka({
            bootstrapServers,
            clientId: "shadow-flink",
            ...(security && { security }),
        });
    } catch (cause) {
        if (cause instanceof CredentialsError) {
            throw cause;
        }
        const refusal = refusalOf(cause, security);
        throw refusal === undefined
            ? new UnreachableError(bootstrapServers, cause)
            : new RefusedError(bootstrapServers, refusal);
    }
}

/** None of the bootstrap servers answered. */
export class UnreachableError extends Error {
    override readonly name = "UnreachableError";
    constructor(bootstrapServers: readonly string[], cause: unknown) {
        super(
            `None of ${bootstrapServers.join(", ")} answers (${explain(cause)}): check the addresses in ` +
                "kafka.bootstrapServers, and whether this machine may reach them.",
        );
    }
}

/** A bootstrap server answered, and would not have us. */
export class RefusedError extends Error {
    override readonly name = "RefusedError";
    constructor(bootstrapServers: readonly string[], refusal: string) {
        super(`${bootstrapServers.join(", ")}: ${refusal}`);
    }
}
