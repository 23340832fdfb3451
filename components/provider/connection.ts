import { connectKafka } from "./kafka/kafkaPort.js";
import type { KafkaPort } from "./kafka/port.js";
import { explain } from "./errors.js";

/** Connects for one piece of work and closes behind it. */
export async function withKafka<T>(
    bootstrapServers: readonly string[],
    work: (kafka: KafkaPort) => Promise<T>,
): Promise<T> {
    const kafka = await connect(bootstrapServers);
    try {
        return await work(kafka);
    } finally {
        await kafka.close();
    }
}

async function connect(bootstrapServers: readonly string[]): Promise<KafkaPort> {
    try {
        return await connectKafka({ bootstrapServers, clientId: "shadow-flink" });
    } catch (cause) {
        throw new UnreachableError(bootstrapServers, cause);
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
