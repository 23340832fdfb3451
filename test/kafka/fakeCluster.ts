import * as net from "node:net";
import { Reader, Writer } from "@platformatic/kafka";

const fetchKey = 1;
const metadataKey = 3;
const apiVersionsKey = 18;

/** What a reader asked of a broker about one partition. */
export interface Asked {
    readonly broker: number;
    readonly partition: number;
    readonly leaderEpoch: number;
    readonly offset: bigint;
}

export interface Answered {
    readonly errorCode?: number;
    readonly logStart?: bigint;
    readonly log?: Buffer;
}

export interface LedBy {
    readonly broker: number;
    readonly epoch: number;
}

/** Brokers that answer as a test tells them to, for what a real one does only on a bad day. */
export class FakeCluster {
    readonly topicId = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    leaders: LedBy[] = [];
    newestFetch = 17;
    topicExists = true;
    /** Whether a broker hangs up instead of answering, now. */
    hangsUp: (broker: number) => boolean = () => false;
    answer: (asked: Asked) => Answered = () => ({});
    readonly asked: Asked[] = [];
    metadataRequests = 0;
    readonly #servers: net.Server[] = [];
    readonly #sockets = new Set<net.Socket>();

    static async start(brokers: number): Promise<FakeCluster> {
        const cluster = new FakeCluster();
        for (let broker = 0; broker < brokers; broker += 1) {
            const server = net.createServer((socket) => cluster.#serve(broker, socket));
            cluster.#servers.push(server);
            await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        }
        return cluster;
    }

    address(broker: number): string {
        return `127.0.0.1:${this.#port(broker)}`;
    }

    stop(): void {
        this.#servers.forEach((server) => server.close());
        this.#sockets.forEach((socket) => socket.destroy());
    }

    #port(broker: number): number {
        return (this.#servers[broker]!.address() as net.AddressInfo).port;
    }

    #serve(broker: number, socket: net.Socket): void {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        let received = Buffer.alloc(0);
        socket.on("data", (chunk) => {
            received = Buffer.concat([received, chunk]);
            while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
                const end = 4 + received.readInt32BE(0);
                const request = received.subarray(4, end);
                received = received.subarray(end);
                if (this.hangsUp(broker)) {
                    socket.destroy();
                    return;
                }
                socket.write(this.#respond(broker, request));
            }
        });
    }

    #respond(broker: number, request: Buffer): Buffer {
        const reader = Reader.from(request);
        const apiKey = reader.readInt16();
        reader.readInt16();
        const correlationId = reader.readInt32();
        reader.readNullableString(false);
        reader.readTaggedFields();
        const writer = Writer.create().appendInt32(correlationId);
        // The answer about versions has the oldest header, as who asks does not know yet.
        if (apiKey === apiVersionsKey) {
            this.#versions(writer);
        } else if (apiKey === metadataKey) {
            this.#metadata(writer.appendTaggedFields());
        } else {
            this.#fetch(broker, reader, writer.appendTaggedFields());
        }
        return writer.prependLength().buffer;
    }

    #versions(writer: Writer): void {
        writer
            .appendInt16(0)
            .appendArray(
                [{ key: fetchKey, newest: this.newestFetch }],
                (entry, { key, newest }) => {
                    entry.appendInt16(key).appendInt16(4).appendInt16(newest);
                },
            )
            .appendInt32(0)
            .appendTaggedFields();
    }

    #metadata(writer: Writer): void {
        this.metadataRequests += 1;
        const unknownTopicId = 100;
        writer
            .appendInt32(0)
            .appendArray([...this.#servers.keys()], (entry, broker) => {
                entry
                    .appendInt32(broker)
                    .appendString("127.0.0.1")
                    .appendInt32(this.#port(broker))
                    .appendString(null);
            })
            .appendString("cluster")
            .appendInt32(0)
            .appendArray([this.topicId], (entry, id) => {
                entry
                    .appendInt16(this.topicExists ? 0 : unknownTopicId)
                    .appendString(this.topicExists ? "delays" : null)
                    .appendUUID(id)
                    .appendBoolean(false)
                    .appendArray(
                        this.topicExists ? [...this.leaders.entries()] : [],
                        (p, leader) => {
                            const [partition, { broker, epoch }] = leader;
                            const leaderNotAvailable = 5;
                            p.appendInt16(broker < 0 ? leaderNotAvailable : 0)
                                .appendInt32(partition)
                                .appendInt32(broker)
                                .appendInt32(epoch);
                            for (let list = 0; list < 3; list += 1) {
                                p.appendArray([], () => undefined);
                            }
                        },
                    )
                    .appendInt32(0);
            })
            .appendTaggedFields();
    }

    #fetch(broker: number, reader: Reader, writer: Writer): void {
        // Replica, wait, least and most bytes, isolation, session and its epoch.
        reader.skip(4 + 4 + 4 + 4 + 1 + 4 + 4);
        const [topic] = reader.readArray((entry) => {
            const id = entry.readUUID();
            const partitions = entry.readArray((p) => {
                const partition = p.readInt32();
                const leaderEpoch = p.readInt32();
                const offset = p.readInt64();
                p.skip(4 + 8 + 4);
                return { broker, partition, leaderEpoch, offset };
            });
            return { id, partitions };
        });
        this.asked.push(...topic!.partitions);
        writer
            .appendInt32(0)
            .appendInt16(0)
            .appendInt32(0)
            .appendArray([topic!], (entry, { id, partitions }) => {
                entry.appendUUID(id).appendArray(partitions, (p, asked) => {
                    const {
                        errorCode = 0,
                        logStart = 0n,
                        log = Buffer.alloc(0),
                    } = this.answer(asked);
                    p.appendInt32(asked.partition)
                        .appendInt16(errorCode)
                        .appendInt64(100n)
                        .appendInt64(100n)
                        .appendInt64(logStart)
                        .appendArray([], () => undefined)
                        .appendInt32(-1)
                        .appendBytes(log);
                });
            })
            .appendTaggedFields();
    }
}
