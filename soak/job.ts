import { setTimeout as pause } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { resolveCompare } from "../components/compareSettings.js";
import { authorityVerbs } from "../components/provider/authority.js";
import { withKafka } from "../components/provider/connection.js";
import type { RoutingRecord } from "../components/provider/cutover/routingRecord.js";
import { readRoutingRecord } from "../components/provider/cutover/routingStore.js";
import type { AuthorityInputs } from "../components/provider/inputs.js";
import type { Json } from "../components/provider/verbs.js";

export type Version = "v1" | "v2";

/** The other one. */
export const opposite = (version: Version): Version => (version === "v1" ? "v2" : "v1");

/** What a run of the provider is told: the state as it was, and what is asked for. */
export interface Asked {
    readonly name: string;
    readonly olds: Json;
    readonly news: Json;
}

/** A job of two versions on real Kafka; its Authority is the package's, only Flink and the verdict are not there. */
export class MovableJob {
    readonly partitions = { v1: 3, v2: 4 };
    readonly topics: Record<Version, string>;
    readonly routingTopic: string;
    /** The last state that a run returned. */
    state: Json = {};

    constructor(
        readonly name: string,
        readonly bootstrapServers: string,
        readonly consumers: readonly string[],
    ) {
        this.topics = { v1: name, v2: `${name}-v2` };
        this.routingTopic = `${name}-routing`;
    }

    async createTopics(): Promise<void> {
        const admin = new Kafka({
            brokers: [this.bootstrapServers],
            logLevel: logLevel.NOTHING,
        }).admin();
        await admin.connect();
        try {
            const compacted = [{ name: "cleanup.policy", value: "compact" }];
            const outputs = (["v1", "v2"] as const).map((version) => ({
                topic: this.topics[version],
                numPartitions: this.partitions[version],
            }));
            const topics = [
                { topic: this.routingTopic, numPartitions: 1, configEntries: compacted },
                ...outputs,
            ];
            await admin.createTopics({ waitForLeaders: true, topics });
            for (const { topic } of topics) {
                await hasLeaders(admin, topic);
            }
        } finally {
            await admin.disconnect();
        }
    }

    group(consumer: string, version: Version): string {
        return version === "v1"
            ? `${this.name}-${consumer}`
            : `${this.name}-${consumer}-${version}`;
    }

    inputs(authority: Version): AuthorityInputs & Json {
        const { settings } = resolveCompare({
            identity: ["id"],
            eventTime: "at",
            windowSeconds: 10,
        });
        return {
            name: this.name,
            authority,
            versions: {
                v1: { topic: this.topics.v1, managed: false },
                v2: { topic: this.topics.v2, managed: false },
            },
            candidateDigest: "",
            bootstrapServers: [this.bootstrapServers],
            routingTopic: this.routingTopic,
            settings,
            owner: "organization/project/stack",
            consumers: Object.fromEntries(
                this.consumers.map((consumer) => [
                    consumer,
                    { v1: this.group(consumer, "v1"), v2: this.group(consumer, "v2") },
                ]),
            ),
            transactionalId: `shadow-route-${this.name}`,
            jobStatus: null,
            verdict: null,
            range: null,
            // There is no comparison here, so somebody answers for every promotion.
            override: { reason: "a test of moves", approvedBy: "the test" },
            orders: {},
            maxRepeats: {},
            alignment: { lookBackRecords: 1_000_000, disorderMilliseconds: null },
            retire: [],
        };
    }

    asks(authority: Version): Asked {
        return { name: this.name, olds: this.state, news: this.inputs(authority) };
    }

    /** The first `up`. */
    async create(): Promise<RoutingRecord> {
        const { outs } = await authorityVerbs(withKafka).create(this.inputs("v1"));
        this.state = outs;
        return outs["routing"] as RoutingRecord;
    }

    /** One `up`, without a process of its own. */
    async up(authority: Version): Promise<RoutingRecord> {
        const { name, olds, news } = this.asks(authority);
        const { outs } = await authorityVerbs(withKafka).update(name, olds, news);
        this.state = outs;
        return outs["routing"] as RoutingRecord;
    }

    async live(): Promise<RoutingRecord> {
        const record = await withKafka({ bootstrapServers: [this.bootstrapServers] }, (kafka) =>
            readRoutingRecord(kafka, this.routingTopic, this.name),
        );
        if (record === undefined) {
            throw new Error(`${this.routingTopic} holds no record`);
        }
        return record;
    }
}

/** A busy broker names leaders some time before they take themselves for it. */
async function hasLeaders(admin: Admin, topic: string): Promise<void> {
    for (const deadline = Date.now() + 30_000; ; await pause(100)) {
        try {
            await admin.fetchTopicOffsets(topic);
            return;
        } catch (error) {
            if (Date.now() > deadline) {
                throw error;
            }
        }
    }
}
