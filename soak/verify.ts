import * as fs from "node:fs";
import * as path from "node:path";
import type { RoutingRecord } from "../components/provider/cutover/routingRecord.js";
import type { JavaPrograms } from "./javaPrograms.js";
import type { MovableJob } from "./job.js";

/** What came of one move for one consumer. */
export interface MoveAudit {
    readonly epoch: number;
    /** Records given again that the move knew to be finished. */
    readonly again: number;
    /** Records given again that were finished only after it was planned, or were never committed. */
    readonly readOn: number;
    readonly announcedToGroup: number;
    readonly announcedToFollowers: number;
}

export interface ConsumerAudit {
    readonly delivered: number;
    readonly skipped: number;
    readonly someSkipped: readonly string[];
    /** Records that no reader may see. */
    readonly foreign: number;
    /** The same record of the same topic again within one epoch, as after a kill. */
    readonly redelivered: number;
    /** Deliveries under a lower epoch than one before. */
    readonly backwards: number;
    readonly moves: readonly MoveAudit[];
}

export interface Verified {
    readonly records: number;
    /** Records that only one of the topics has: then the jobs are at fault, and not the moves. */
    readonly onlyOnOne: number;
    readonly consumers: Readonly<Record<string, ConsumerAudit>>;
}

/** Has the separate verifier hold journals against the log. */
export async function verify(
    java: JavaPrograms,
    folder: string,
    job: MovableJob,
    records: readonly RoutingRecord[],
    journals: Readonly<Record<string, string>>,
): Promise<Verified> {
    const file = path.join(folder, "moves.jsonl");
    fs.writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    const named = Object.entries(journals).map(([consumer, journal]) => `${consumer}=${journal}`);
    const topics = Object.values(job.topics).join(",");
    const printed = await java.run(
        "Verifier",
        [job.bootstrapServers, file, topics, ...named],
        "3g",
    );
    const line = printed.split("\n").findLast((one) => one.startsWith("{"));
    return JSON.parse(line ?? "") as Verified;
}

/**
 * Repeats beyond what was announced, in words; what a record read on costs was announced by nobody. Those of a move may
 * come only under a later one, where nobody read what it led to, so that all moves up to one are taken together.
 */
export function excesses(consumer: string, { moves }: ConsumerAudit): string[] {
    let seen = 0;
    let announced = 0;
    return moves.flatMap(({ epoch, again, announcedToGroup, announcedToFollowers }) => {
        seen += again;
        announced += Math.max(announcedToGroup, announcedToFollowers);
        return seen > announced
            ? [
                  `${consumer} was given ${seen} records again by the moves up to epoch ${epoch}, and at most ` +
                      `${announced} were announced`,
              ]
            : [];
    });
}

/** Waits until journals grow no more. */
export async function settle(journals: readonly string[], seconds = 6): Promise<void> {
    const sizes = (): string => journals.map((file) => fs.statSync(file).size).join(" ");
    let before = sizes();
    for (let quiet = 0; quiet < seconds; quiet += 0.5) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        const now = sizes();
        quiet = now === before ? quiet : 0;
        before = now;
    }
}
