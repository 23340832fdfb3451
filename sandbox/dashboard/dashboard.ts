import { parseArgs } from "node:util";
import { Kafka } from "kafkajs";
import { follow } from "../../components/consumer/index.js";
import { explain } from "../../components/provider/errors.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { identityOf } from "./audit.js";
import { Journal } from "./journal.js";

/**
 * The demo's application: reads the delays, wherever they are, and keeps a journal of every record it was given.
 * Run as a process of its own; SIGTERM or SIGINT ends it in good order.
 */
async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            "bootstrap-servers": { type: "string" },
            name: { type: "string", default: "delays" },
            consumer: { type: "string", default: "dashboard" },
            journal: { type: "string" },
            identity: { type: "string", default: "origin,window_start" },
        },
    });
    const { "bootstrap-servers": servers, journal: file, name, consumer } = values;
    if (servers === undefined || file === undefined) {
        throw new Error(
            "usage: dashboard --bootstrap-servers host:port[,host:port] --journal <file> " +
                "[--name delays] [--consumer dashboard] [--identity origin,window_start]",
        );
    }
    quietTimers();
    const say = (line: string): void => console.log(`${consumer}: ${line}`);
    const identity = values.identity.split(",");
    const journal = new Journal(file);
    const follower = follow({
        // What kafkajs logs as errors are retries; what it cannot recover from ends the follower.
        kafka: new Kafka({
            clientId: consumer,
            brokers: servers.split(","),
            logCreator: () => () => undefined,
        }),
        name,
        consumer,
        // A killed dashboard gives its partitions back after this time, and not after half a minute.
        consumerConfig: { sessionTimeout: 10_000, heartbeatInterval: 2_000 },
        eachMessage: ({ topic, partition, message, version, epoch }) => {
            journal.write({
                topic,
                partition,
                offset: message.offset,
                identity: identityOf(message.value, identity),
                version,
                epoch,
                at: new Date().toISOString(),
            });
            return Promise.resolve();
        },
        onMove: ({ from, to, epoch, drained, finished, seconds }) => {
            say(
                `moved from ${from.version} (${from.topic}) to ${to.version} (${to.topic}), epoch ${epoch}, ` +
                    `in ${seconds.toFixed(1)} s; ` +
                    (drained
                        ? `${from.topic} was finished, its last ${finished} records after the move`
                        : `${to.topic} is read from where its group was committed in advance`),
            );
        },
        onError: (error) => say(explain(error)),
    });
    const stop = (): void => void follower.stop();
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    say(`following ${name}`);
    try {
        await follower.running;
    } finally {
        journal.close();
    }
    say("stopped");
}

main().catch((error: unknown) => {
    console.error(`dashboard: ${explain(error)}`);
    process.exitCode = 1;
});
