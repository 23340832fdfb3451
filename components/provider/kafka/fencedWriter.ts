import type { Kafka } from "kafkajs";
import { withDeadline } from "./deadline.js";
import { nameMissingPermission } from "./notAllowed.js";
import type { FencedWriter } from "./port.js";

const writeSeconds = 30;

/** A transactional producer that has taken the id over: kafkajs asks for the epoch with its first transaction. */
export async function openFencedWriter(
    kafka: Kafka,
    transactionalId: string,
): Promise<FencedWriter> {
    const producer = kafka.producer({
        transactionalId,
        idempotent: true,
        maxInFlightRequests: 1,
        transactionTimeout: 60_000,
        allowAutoTopicCreation: false,
        retry: { retries: 5 },
    });
    try {
        await producer.connect();
        const fencing = await producer.transaction();
        await fencing.abort();
    } catch (error) {
        await producer.disconnect().catch(() => undefined);
        throw error;
    }

    return {
        write: async (topic, records) => {
            const transaction = await producer.transaction();
            try {
                await withDeadline(
                    `Writing to ${topic}`,
                    writeSeconds,
                    transaction.send({
                        topic,
                        acks: -1,
                        messages: records.map((record) => ({ ...record, partition: 0 })),
                    }),
                );
                await withDeadline(`Committing to ${topic}`, writeSeconds, transaction.commit());
            } catch (error) {
                if (transaction.isActive()) {
                    await transaction.abort().catch(() => undefined);
                }
                throw nameMissingPermission(
                    `Writing to ${topic}`,
                    `Write on topic ${topic}`,
                    error,
                );
            }
        },
        close: () => producer.disconnect(),
    };
}
