import { apiVersionsV3, Connection, metadataV12, ResponseError } from "@platformatic/kafka";
import { explain } from "../errors.js";
import { withDeadline } from "./deadline.js";
import { fetchKey, fetchVersion } from "./fetchRequest.js";
import { TopicReplacedError, type TopicDescription } from "./port.js";
import type { ClientSecurity } from "./security.js";

/** The broker that has the records of a partition, in a term of its office. */
export interface Leader {
    /** `host:port`. */
    readonly address: string;
    readonly epoch: number;
}

type Metadata = metadataV12.MetadataResponse;

const connectSeconds = 5;
const requestSeconds = 30;
const unknownTopicId = 100;
const noLeader = -1;

/** Who leads the partitions of one incarnation of a topic, and a connection to each of them. */
export class Leaders {
    readonly #connections = new Map<string, Promise<Connection>>();
    #leaders = new Map<number, Leader>();
    /** Those that the last answer told of; none before there is one. */
    #cluster: readonly string[] = [];
    /** Whom to ask next. */
    #brokers: readonly string[];

    constructor(
        private readonly bootstrapServers: readonly string[],
        private readonly clientId: string,
        private readonly topic: TopicDescription,
        private readonly secured: ClientSecurity["platformatic"] = {},
    ) {
        this.#brokers = bootstrapServers;
    }

    /** `undefined` while nobody is elected, and where there is no such partition. */
    of(partition: number): Leader | undefined {
        return this.#leaders.get(partition);
    }

    /** The brokers of the cluster, as the last answer told them. */
    get brokers(): readonly string[] {
        return this.#cluster;
    }

    /** Asks anew. Fails with {@link TopicReplacedError} where the broker does not know this incarnation. */
    async refresh(): Promise<void> {
        const { brokers, topics } = await this.#metadata();
        const addresses = new Map(
            brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]),
        );
        this.#cluster = [...new Set(addresses.values())];
        this.#brokers = [...new Set([...this.#cluster, ...this.bootstrapServers])];
        const [topic] = topics;
        if (topic === undefined || topic.errorCode === unknownTopicId) {
            throw new TopicReplacedError(this.topic);
        }
        this.#leaders = new Map();
        for (const { partitionIndex, leaderId, leaderEpoch } of topic.partitions) {
            const address = addresses.get(leaderId);
            if (leaderId !== noLeader && address !== undefined) {
                this.#leaders.set(partitionIndex, { address, epoch: leaderEpoch });
            }
        }
    }

    /** The connection to a broker, opened if there is none. */
    connection(address: string): Promise<Connection> {
        let connection = this.#connections.get(address);
        if (connection === undefined) {
            const opening = this.#connect(address);
            const forget = () => this.#forget(address, opening);
            opening.then((open) => open.on("close", forget)).catch(forget);
            this.#connections.set(address, opening);
            connection = opening;
        }
        return connection;
    }

    /** Gives up a connection on which something went wrong. */
    drop(address: string): void {
        const connection = this.#connections.get(address);
        this.#forget(address, connection);
        connection?.then((open) => open.close()).catch(() => undefined);
    }

    async close(): Promise<void> {
        const connections = [...this.#connections.values()];
        this.#connections.clear();
        await Promise.allSettled(
            connections.map(async (connection) =>
                withDeadline(
                    "Closing a connection",
                    connectSeconds,
                    Promise.resolve((await connection).close()),
                ),
            ),
        );
    }

    #forget(address: string, connection: Promise<Connection> | undefined): void {
        if (this.#connections.get(address) === connection) {
            this.#connections.delete(address);
        }
    }

    /** From the first broker that answers. */
    async #metadata(): Promise<Metadata> {
        const failures: string[] = [];
        for (const address of this.#brokers) {
            try {
                const connection = await this.connection(address);
                return await withDeadline(
                    `Asking ${address} about ${this.topic.name}`,
                    requestSeconds,
                    metadataV12.api.async(connection, [{ topicId: this.topic.id }], false, false),
                );
            } catch (error) {
                // An answer all the same: that a partition has no leader, or the topic is unknown.
                if (error instanceof ResponseError) {
                    return error["response"] as Metadata;
                }
                if (error instanceof UnsupportedBrokerError) {
                    throw error;
                }
                this.drop(address);
                failures.push(`${address}: ${explain(error)}`);
            }
        }
        throw new Error(`no broker answers (${failures.join("; ")})`);
    }

    async #connect(address: string): Promise<Connection> {
        const connection = new Connection(this.clientId, {
            ...this.secured,
            connectTimeout: connectSeconds * 1000,
            requestTimeout: requestSeconds * 1000,
        });
        // Whoever waits for an answer is told; an event that nobody hears would end the process.
        connection.on("error", () => undefined);
        const colon = address.lastIndexOf(":");
        try {
            await withDeadline(
                `Connecting to ${address}`,
                connectSeconds + 1,
                Promise.resolve(
                    connection.connect(address.slice(0, colon), Number(address.slice(colon + 1))),
                ),
            );
            await this.#refuseOld(connection, address);
            return connection;
        } catch (error) {
            void connection.close();
            throw error;
        }
    }

    /** A broker that does not speak a version closes the connection without saying why. */
    async #refuseOld(connection: Connection, address: string): Promise<void> {
        const { apiKeys } = await withDeadline(
            `Asking ${address} what it speaks`,
            requestSeconds,
            apiVersionsV3.api.async(connection, "shadow-flink", "1"),
        );
        const fetch = apiKeys.find(({ apiKey }) => apiKey === fetchKey);
        if (fetch === undefined || fetch.maxVersion < fetchVersion) {
            throw new UnsupportedBrokerError(
                `The broker at ${address} answers fetches up to version ${fetch?.maxVersion ?? "none"}, and version ` +
                    `${fetchVersion} is needed to tell a topic from another one of the same name: Kafka 3.1 or later.`,
            );
        }
    }
}

export class UnsupportedBrokerError extends Error {
    override readonly name = "UnsupportedBrokerError";
}
