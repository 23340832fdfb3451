import * as readline from "node:readline";
import { type Consumer, Kafka, logLevel } from "kafkajs";
import { quietTimers } from "../components/provider/kafka/quietTimers.js";
import { identityOf } from "../sandbox/dashboard/audit.js";
import { Journal } from "../sandbox/dashboard/journal.js";

/**
 * An application of kafkajs that reads as a group and knows nothing of moves; see Member.java, which takes and gives the
 * same lines. Arguments: bootstrap servers, journal.
 */
async function main(): Promise<void> {
    quietTimers();
    const [, , servers = "", file = ""] = process.argv;
    const journal = new Journal(file);
    let reading: { readonly consumer: Consumer; leaves: boolean } | undefined;
    const leave = async (): Promise<void> => {
        if (reading !== undefined) {
            reading.leaves = true;
            await reading.consumer.disconnect();
            reading = undefined;
        }
    };
    for await (const line of readline.createInterface(process.stdin)) {
        await leave();
        const [command, topic = "", group = "", version = "", epoch = ""] = line.split(" ");
        if (command === "read") {
            // A new instance: kafkajs keeps the commits of a group per instance.
            const kafka = new Kafka({ brokers: [servers], logLevel: logLevel.NOTHING });
            const consumer = kafka.consumer({
                groupId: group,
                sessionTimeout: 6_000,
                heartbeatInterval: 1_000,
                maxWaitTimeInMs: 200,
                // Without this one that lost its broker comes back after it was told to leave.
                retry: { restartOnFailure: () => Promise.resolve(!now.leaves) },
            });
            const now = { consumer, leaves: false };
            reading = now;
            // A restart that was under way when it was told to leave is not called off by that.
            consumer.on(consumer.events.GROUP_JOIN, () => {
                if (now.leaves) {
                    void consumer.disconnect();
                }
            });
            await consumer.connect();
            await consumer.subscribe({ topics: [topic], fromBeginning: true });
            await consumer.run({
                autoCommitInterval: 500,
                eachMessage: ({ partition, message }) => {
                    if (now.leaves) {
                        return Promise.reject(new Error(`it no longer reads ${topic}`));
                    }
                    journal.write({
                        topic,
                        partition,
                        offset: message.offset,
                        identity: identityOf(message.value, ["id"]),
                        version,
                        epoch: Number(epoch),
                        at: new Date().toISOString(),
                    });
                    return Promise.resolve();
                },
            });
            console.log("reading");
        } else {
            console.log("resting");
        }
    }
    await leave();
    journal.close();
}

main().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
