import { authorityVerbs } from "../components/provider/authority.js";
import { withKafka } from "../components/provider/connection.js";
import { explain } from "../components/provider/errors.js";
import type { KafkaPort } from "../components/provider/kafka/port.js";
import { quietTimers } from "../components/provider/kafka/quietTimers.js";
import type { Asked } from "./job.js";

/** A call to Kafka at which a run is held: the n-th with this label behind the fence. */
export interface Point {
    readonly label: string;
    readonly nth: number;
    /** Before it is sent, or behind its effect with the answer still unused. */
    readonly when: "before" | "after";
}

export interface ProviderTask {
    readonly asked: Asked;
    readonly holdAt: Point | undefined;
}

export type ProviderSays =
    | { readonly kind: "held" }
    | { readonly kind: "done"; readonly outs: Record<string, unknown> }
    | { readonly kind: "failed"; readonly reason: string };

/**
 * The provider process of one `up`: the package's own Authority on real Kafka. At one call it stands still and says so,
 * until whoever started it has done something to it, or to others.
 */
async function main(): Promise<void> {
    quietTimers();
    const { asked, holdAt } = await message<ProviderTask>();
    const verbs = authorityVerbs((address, work) =>
        withKafka(address, (kafka) => work(heldAt(kafka, holdAt))),
    );
    try {
        const { outs } = await verbs.update(asked.name, asked.olds, asked.news);
        say({ kind: "done", outs });
    } catch (error) {
        say({ kind: "failed", reason: explain(error) });
    }
    process.disconnect();
}

function heldAt(kafka: KafkaPort, holdAt: Point | undefined): KafkaPort {
    const counts = new Map<string, number>();
    let fenced = false;
    const through = async <T>(label: string, call: () => Promise<T>): Promise<T> => {
        fenced ||= label === "fence";
        const nth = (counts.get(label) ?? 0) + 1;
        if (fenced) {
            counts.set(label, nth);
        }
        const isHere = fenced && holdAt?.label === label && holdAt.nth === nth;
        if (isHere && holdAt.when === "before") {
            await hold();
        }
        try {
            return await call();
        } finally {
            if (isHere && holdAt.when === "after") {
                await hold();
            }
        }
    };
    return {
        describeTopic: (topic) => kafka.describeTopic(topic),
        earliestOffsets: (topic) => kafka.earliestOffsets(topic),
        offsetsAt: (topic, timestamp) => kafka.offsetsAt(topic, timestamp),
        openTransactions: (topic) => kafka.openTransactions(topic),
        openLog: (topic) => kafka.openLog(topic),
        lastStableOffsets: (topic) => through(`end ${topic}`, () => kafka.lastStableOffsets(topic)),
        read: (topic, from, to, options) =>
            through(`read ${topic}`, () => kafka.read(topic, from, to, options)),
        committedOffsets: (group, topic) =>
            through(`committed ${group}`, () => kafka.committedOffsets(group, topic)),
        commitOffsets: (group, topic, offsets) =>
            through(`commit ${group}`, () => kafka.commitOffsets(group, topic, offsets)),
        fence: (transactionalId) =>
            through("fence", async () => {
                const writer = await kafka.fence(transactionalId);
                return {
                    write: (topic, records) => through("write", () => writer.write(topic, records)),
                    close: () => writer.close(),
                };
            }),
        close: () => kafka.close(),
    };
}

async function hold(): Promise<void> {
    say({ kind: "held" });
    await message();
}

function say(what: ProviderSays): void {
    process.send?.(what);
}

function message<T>(): Promise<T> {
    return new Promise((resolve) => process.once("message", (sent) => resolve(sent as T)));
}

main().catch((error: unknown) => {
    say({ kind: "failed", reason: explain(error) });
    process.exitCode = 1;
});
