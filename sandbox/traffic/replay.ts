import { parseArgs } from "node:util";

import { Kafka, logLevel, type Message, Partitioners } from "kafkajs";

import { createReadyTopics } from "../createReadyTopics.js";
import { readSample } from "./sample.js";
import { eventClock, flightsFrom, type ReportedFlight } from "./schedule.js";

/**
 * The live traffic of the sandbox, a process of its own: real flights, replayed into a topic until SIGTERM.
 *
 *     node bin/sandbox/traffic/replay.js --bootstrap-servers 127.0.0.1:9092 [--topic flights]
 *         [--speed 1200] [--start 2026-11-01T00:00:00Z] [--partitions 4] [--seed 1]
 *
 * `--speed 1200` is an hour of flights in three seconds. `--start` defaults to 30 days ago, which are 36 minutes at that
 * speed; having caught up with the clock it goes on in real time.
 */
const { values } = parseArgs({
    options: {
        "bootstrap-servers": { type: "string" },
        topic: { type: "string", default: "flights" },
        speed: { type: "string", default: "1200" },
        start: { type: "string" },
        partitions: { type: "string", default: "4" },
        seed: { type: "string", default: "1" },
    },
});

const tickMilliseconds = 100;
const statusMilliseconds = 10_000;
/** Of one request: what piles up during a pause does not make it too large. */
const maxBatch = 2000;

async function main(): Promise<void> {
    const brokers = (values["bootstrap-servers"] ?? "")
        .split(",")
        .filter((broker) => broker !== "");
    const wallStart = Date.now();
    const start =
        values.start === undefined ? wallStart - 30 * 24 * 3_600_000 : Date.parse(values.start);
    const speed = positive("--speed", values.speed);
    const partitions = positive("--partitions", values.partitions);
    const seed = positive("--seed", values.seed);
    if (brokers.length === 0) {
        throw new Error("--bootstrap-servers is missing: give host:port of the broker.");
    }
    if (!(start <= wallStart)) {
        throw new Error(`--start is "${values.start}": give an ISO time that has passed.`);
    }
    const { topic } = values;
    const kafka = new Kafka({ clientId: "flights-replay", brokers, logLevel: logLevel.NOTHING });
    await ensureTopic(kafka, topic, partitions);
    const producer = kafka.producer({
        createPartitioner: Partitioners.DefaultPartitioner,
        allowAutoTopicCreation: false,
        // Kept in order: one request at a time, repeated without duplicates.
        idempotent: true,
        maxInFlightRequests: 1,
    });
    await producer.connect();

    let stopping = false;
    const stop = () => (stopping = true);
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);

    const flights = flightsFrom(readSample(), start, seed);
    let next = flights.next().value as ReportedFlight;
    let sent = 0;
    let statusAt = wallStart;
    while (!stopping) {
        const now = eventClock(start, speed, wallStart, Date.now());
        const messages: Message[] = [];
        while (next.reportedAt <= now && messages.length < maxBatch) {
            messages.push(messageOf(next));
            next = flights.next().value as ReportedFlight;
        }
        if (messages.length > 0) {
            await producer.send({ topic, messages, acks: -1 });
            sent += messages.length;
        }
        if (Date.now() >= statusAt) {
            console.log(
                `${sent} flights sent to ${topic}, event time ${new Date(now).toISOString()}`,
            );
            statusAt = Date.now() + statusMilliseconds;
        }
        if (messages.length < maxBatch) {
            await new Promise((resolve) => setTimeout(resolve, tickMilliseconds));
        }
    }
    await producer.disconnect();
    console.log(`stopped after ${sent} flights`);
}

/** Its records lie in the past, and retention goes by their time: nothing may be deleted by age. */
async function ensureTopic(kafka: Kafka, topic: string, numPartitions: number): Promise<void> {
    const admin = kafka.admin();
    await admin.connect();
    try {
        await createReadyTopics(admin, [
            {
                topic,
                numPartitions,
                configEntries: [
                    { name: "retention.ms", value: "-1" },
                    { name: "message.timestamp.type", value: "CreateTime" },
                ],
            },
        ]);
    } finally {
        await admin.disconnect();
    }
}

/** By id, so that an origin's flights are spread over all partitions, as real sources do. */
function messageOf({ flight }: ReportedFlight): Message {
    return {
        key: flight.id,
        value: JSON.stringify(flight),
        timestamp: String(flight.departure),
    };
}

function positive(option: string, text: string): number {
    const number = Number(text);
    if (!(number > 0 && Number.isFinite(number))) {
        throw new Error(`${option} is "${text}": give a number above 0.`);
    }
    return number;
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
});
