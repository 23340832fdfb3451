import { readRoutingRecord } from "./cutover/routingStore.js";
import { several } from "./comparison/rules/wording.js";
import { explain } from "./errors.js";
import { request, urlOf } from "./flink/request.js";
import type { ClusterInputs, PodGroup, ShadowInput } from "./inputs.js";
import type { KafkaPort, Offsets } from "./kafka/port.js";
import type { Log } from "./log.js";

/** How much a topic gets, measured over its last hour. */
export interface Traffic {
    readonly recordsPerSecond: number;
    /** Of key and value, unpacked; `null` where there was no record to look at. */
    readonly bytesPerRecord: number | null;
}

const hourMilliseconds = 3_600_000;
const sampledPartitions = 4;
const sampledRecords = 50n;
const measureSeconds = 10;
const daySeconds = 86_400;
/** Kafka's own default, where the topic is not given another. */
const defaultRetentionMs = 7 * daySeconds * 1000;

/**
 * Says what versions that are new will take, before any of it is made. It looks at a few hundred records at most, and what
 * cannot be measured is said to be so: it is never a reason to stop.
 */
export async function tellCost(
    kafka: KafkaPort,
    inputs: ClusterInputs,
    newVersions: readonly string[],
    log: Log,
): Promise<void> {
    for (const version of newVersions) {
        const shadow = inputs.shadows?.[version];
        if (shadow === undefined) {
            continue;
        }
        try {
            const live = await readRoutingRecord(kafka, inputs.routingTopic, inputs.name);
            const topic = live?.topic ?? inputs.versions[inputs.authority ?? ""]?.topic;
            if (topic === undefined || topic === inputs.versions[version]?.topic) {
                continue;
            }
            const written = await measure(kafka, topic, Date.now());
            const sources = await Promise.all(
                shadow.sources.map((source) => measure(kafka, source, Date.now())),
            );
            for (const line of costLines(topic, written, sources, shadow)) {
                log(`${version} will take: ${line}`);
            }
        } catch (error) {
            log(`what ${version} will take of Kafka could not be measured: ${explain(error)}`);
        }
        for (const line of podLines(shadow)) {
            log(`${version} will take: ${line}`);
        }
        if (typeof shadow.rest === "string") {
            log(`${version} will take: ${await slotsLine(shadow)}`);
        }
    }
}

/** The same in words; of what is not known, that it is not. */
export function costLines(
    topic: string,
    written: Traffic,
    sources: readonly Traffic[],
    { retentionMs, comparisonSlots }: ShadowInput,
): string[] {
    const compared =
        typeof comparisonSlots === "number"
            ? [
                  `its comparison is a job of ${several(comparisonSlots, "slot")} more, and reads both topics: about ` +
                      `${perSecond([written, written])} more from Kafka`,
              ]
            : [];
    const read =
        sources.length === 0
            ? "its sources are not named (`sources`), so that what it reads is not known"
            : `reads about ${perSecond(sources)} more from Kafka`;
    if (written.recordsPerSecond === 0 || written.bytesPerRecord === null) {
        return [
            read,
            ...compared,
            `nothing was written to ${topic} in the last hour, so that its topic is not estimated`,
        ];
    }
    const perDay = written.recordsPerSecond * written.bytesPerRecord * daySeconds;
    const retention = retentionMs ?? defaultRetentionMs;
    const kept =
        retention < 0
            ? "which are kept for ever"
            : `${size((perDay * retention) / 1000 / daySeconds)} at most with ${days(retention)} of retention`;
    return [
        read,
        ...compared,
        `writes about ${size(perDay)} a day to its topic, as ${topic} gets, ${kept}; before compression, for each replica`,
    ];
}

/** Versions that have been beside the authority for too long, in words. */
export function expiredLines(
    declaredAt: Readonly<Record<string, string>>,
    expireAfterDays: number,
    settled: readonly string[],
    now: Date,
): string[] {
    return Object.entries(declaredAt).flatMap(([version, since]) => {
        const age = (now.getTime() - Date.parse(since)) / 1000 / daySeconds;
        return !(age > expireAfterDays) || settled.includes(version)
            ? []
            : [
                  `WARNING: ${version} has been a shadow for ${Math.floor(age)} days (expireAfterDays: ${expireAfterDays}). ` +
                      `Promote it, or remove it from \`versions\`: it goes on reading, writing and holding slots.`,
              ];
    });
}

/** Two look-ups of offsets, and the last records of a few partitions. */
export async function measure(kafka: KafkaPort, topic: string, now: number): Promise<Traffic> {
    const [end, hourAgo, earliest] = await Promise.all([
        kafka.lastStableOffsets(topic),
        kafka.offsetsAt(topic, now - hourMilliseconds),
        kafka.earliestOffsets(topic),
    ]);
    let written = 0n;
    for (const [partition, last] of end) {
        written += last - (hourAgo.get(partition) ?? last);
    }
    const from = new Map<number, bigint>();
    const to = new Map<number, bigint>();
    const busy = [...end].filter(([partition, last]) => last > (earliest.get(partition) ?? 0n));
    for (const [partition, last] of busy.slice(0, sampledPartitions)) {
        const low = earliest.get(partition) ?? 0n;
        from.set(partition, last - sampledRecords > low ? last - sampledRecords : low);
        to.set(partition, last);
    }
    return {
        recordsPerSecond: Number(written) / (hourMilliseconds / 1000),
        bytesPerRecord: await averageBytes(kafka, topic, from, to),
    };
}

async function averageBytes(
    kafka: KafkaPort,
    topic: string,
    from: Offsets,
    to: Offsets,
): Promise<number | null> {
    let [records, bytes] = [0, 0];
    await kafka.read(topic, from, to, {
        signal: AbortSignal.timeout(measureSeconds * 1000),
        onRecords: (found) => {
            for (const { key, value } of found) {
                records += 1;
                bytes += (key?.length ?? 0) + (value?.length ?? 0);
            }
        },
    });
    return records === 0 ? null : bytes / records;
}

/** The pods of its own, and of its comparison's, that a version gets on Kubernetes; what neither spec says is the operator's. */
export function podLines({ slots, pods, comparisonPods }: ShadowInput): string[] {
    return [
        ...(pods ? [`${several(slots ?? 1, "slot")}: ${podsText(pods)}`] : []),
        ...(comparisonPods ? [`for its comparison: ${podsText(comparisonPods)}`] : []),
    ];
}

function podsText(pods: readonly PodGroup[]): string {
    const groups = pods.map(
        ({ role, count, cpu, memory }) =>
            `${several(count, role)} of ${cpu ?? "the default"} CPU and ${memory ?? "default"} memory`,
    );
    const cpu = pods.reduce((sum, { count, cpu }) => sum + count * (cpu ?? NaN), 0);
    const memory = pods.reduce((sum, { count, memory }) => sum + count * bytesOf(memory), 0);
    const total = [
        ...(Number.isNaN(cpu) ? [] : [`${Number(cpu.toFixed(2))} CPU`]),
        ...(Number.isNaN(memory) ? [] : [`${Number((memory / 2 ** 30).toFixed(2))} GiB`]),
    ];
    return `${groups.join(", ")}${total.length === 0 ? "" : `; ${total.join(" and ")} in all`}`;
}

/** As Flink spells sizes: `2g` and `2 gb` and `2gi` are the same; NaN for anything else. */
function bytesOf(memory: string | null): number {
    const found = /^(\d+(?:\.\d+)?) ?([kmgt])?(?:i|b|ib|bytes)?$/i.exec(memory?.trim() ?? "");
    const unit = " kmgt".indexOf((found?.[2] ?? " ").toLowerCase());
    return found === null ? NaN : Number(found[1]) * 1024 ** unit;
}

async function slotsLine({ rest, slots }: ShadowInput): Promise<string> {
    const needed = slots === null ? "as many slots as its parallelism" : `${slots} slots`;
    try {
        const overview = await request({
            method: "GET",
            url: urlOf(rest ?? "", "overview"),
            asked: "ask how many slots are free",
            deadlineMilliseconds: 3000,
        });
        const free = Number(overview["slots-available"]);
        const short = slots !== null && free < slots ? ": NOT ENOUGH, it will wait for more" : "";
        return `${needed} of ${free} that are free at ${rest} (${String(overview["slots-total"])} in all)${short}`;
    } catch (error) {
        return `${needed}; how many are free is not known: ${explain(error)}`;
    }
}

function perSecond(traffic: readonly Traffic[]): string {
    const bytes = traffic.reduce(
        (sum, { recordsPerSecond, bytesPerRecord }) =>
            sum + recordsPerSecond * (bytesPerRecord ?? 0),
        0,
    );
    return `${size(bytes)}/s`;
}

function size(bytes: number): string {
    const units = ["B", "kB", "MB", "GB", "TB"];
    const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
    return `${Number((bytes / 1000 ** unit).toPrecision(2))} ${units[unit]}`;
}

function days(milliseconds: number): string {
    const count = milliseconds / 1000 / daySeconds;
    return `${Number(count.toPrecision(2))} ${count === 1 ? "day" : "days"}`;
}
