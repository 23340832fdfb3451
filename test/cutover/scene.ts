import {
    planMove,
    type MovePlan,
    type MoveRequest,
} from "../../components/provider/cutover/movePlan.js";
import type { DecodedPosition } from "../../components/provider/cutover/readPositions.js";
import {
    carryOut,
    writeInitial,
    type RoutingContext,
} from "../../components/provider/cutover/protocol.js";
import { type RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { readRoutingRecord } from "../../components/provider/cutover/routingStore.js";
import type { KafkaPort, LogRecord, Offsets } from "../../components/provider/kafka/port.js";
import { MemoryKafka, type MemoryTopic } from "./memoryKafka.js";

export type Verified = NonNullable<MoveRequest["verified"]>;

/** Records are `{ id, t }`: an identity and its event time. Everything else cannot be decoded. */
export function decode(record: LogRecord): DecodedPosition {
    try {
        const { id, t } = JSON.parse(String(record.value)) as { id: string; t: number };
        return { identity: id, eventTime: t, content: () => String(record.value) };
    } catch {
        return { identity: null, eventTime: null };
    }
}

export const record = (t: number) => ({ id: `id-${t}`, t });
export const at = (...offsets: number[]): Offsets => new Map(offsets.map((o, p) => [p, BigInt(o)]));
/** The group of the one consumer on each version's topic. */
export const asked = (version: string) => ({ dashboard: `dashboard-${version}` });

/** Versions v1 to v3 with a topic each, the routing topic, and one consumer, `dashboard`. */
export class Scene {
    readonly kafka = new MemoryKafka();
    readonly context: RoutingContext;
    /** Passes with every look at the clock. */
    tickSeconds = 1;
    readonly lines: string[] = [];
    #now = Date.UTC(2026, 10, 23, 12);

    constructor(partitions: Readonly<Record<string, number>>) {
        this.kafka.createTopic("routing", 1);
        for (const [version, count] of Object.entries(partitions)) {
            this.kafka.createTopic(`delays-${version}`, count);
        }
        this.context = {
            kafka: this.kafka,
            name: "delays",
            owner: "organization/project/stack",
            routingTopic: "routing",
            transactionalId: "shadow-route-delays",
            log: (line) => this.lines.push(line),
            now: () => {
                const now = new Date(this.#now);
                this.#now += this.tickSeconds * 1000;
                return now;
            },
        };
    }

    topic(version: string): MemoryTopic {
        return this.kafka.topics.get(`delays-${version}`)!;
    }

    /** The newest routing record. */
    live(): Promise<RoutingRecord | undefined> {
        return readRoutingRecord(this.kafka, "routing", "delays");
    }

    initial(): Promise<RoutingRecord> {
        return writeInitial(this.context, "v1", "delays-v1", asked("v1"));
    }

    request(
        live: RoutingRecord,
        version: string,
        verified: Verified | null = null,
        kafka: KafkaPort = this.kafka,
    ): MoveRequest {
        return {
            kafka,
            live,
            target: { version, topic: `delays-${version}` },
            groups: asked(version),
            decoder: { prepare: () => undefined, decode },
            verified,
            signal: new AbortController().signal,
        };
    }

    plan(live: RoutingRecord, version: string, verified: Verified | null = null) {
        return planMove(this.request(live, version, verified));
    }

    move(live: RoutingRecord, by: "promotion" | "override" | "rollback", plan: MovePlan) {
        return carryOut(this.context, live, () => Promise.resolve(plan), {
            by,
            verdict: null,
            override: null,
        });
    }
}
