import { setTimeout as delay } from "node:timers/promises";
import type { CompareSettings } from "../../../compare.js";
import { startAnew } from "../../../comparisonJob/startAnew.js";
import { parseOffsets } from "../../cutover/routingRecord.js";
import { explain } from "../../errors.js";
import { FlinkRest, isTerminal } from "../../flink/restClient.js";
import type { EvidenceJob } from "../../inputs.js";
import {
    EvidenceLostError,
    type KafkaPort,
    type Offsets,
    type TopicDescription,
    type TopicLog,
} from "../../kafka/port.js";
import { rangesOf, readRanges } from "../../kafka/readRanges.js";
import type { Log } from "../../log.js";
import { type Side, sides } from "../../../side.js";
import type { Evidence, SchemaEvidence } from "../evidence.js";
import type { Part } from "../formats/reader.js";
import { openRegistry } from "../formats/registry.js";
import { Schemas } from "../formats/schemas.js";
import { Gaps } from "../gaps.js";
import type { Clock } from "../gather.js";
import { Progress } from "../progress.js";
import { number, several } from "../rules/wording.js";
import { isEnough } from "../rules/sufficiency.js";
import { assembleRows, seal } from "./assembleRows.js";
import { EvidenceRows } from "./evidenceRows.js";

interface Version {
    readonly version: string;
    readonly topic: string;
}

export interface FlinkGatherRequest {
    readonly kafka: KafkaPort;
    readonly incumbent: Version;
    readonly candidate: Version;
    readonly settings: CompareSettings;
    /** The job that compares them; `null` where the component declares none for this version. */
    readonly job: EvidenceJob | null;
    readonly log: Log;
    readonly clock?: Clock;
}

const pollMilliseconds = 1_000;

/**
 * Looks at what the comparison's job has written: whether it runs, has read all that was on both topics when the look began,
 * and has compared enough of it. What it lacks is waited for as long as the settings say, and is a gap then; nothing is
 * thrown for it.
 */
export async function gatherFromFlink(request: FlinkGatherRequest): Promise<Evidence> {
    return new Look(request).run();
}

type Topics = Readonly<Record<Side | "evidence", TopicDescription>>;

class Look {
    readonly #gaps = new Gaps();
    readonly #rows: EvidenceRows;
    readonly #clock: Clock;
    readonly #signal: AbortSignal;
    readonly #progress: Progress;
    #position: Offsets = new Map();

    constructor(private readonly request: FlinkGatherRequest) {
        this.#clock = request.clock ?? realClock;
        this.#rows = newRows(request.settings);
        this.#progress = new Progress(request.log, () => this.#clock.now());
        this.#signal = AbortSignal.timeout(request.settings.timeoutSeconds * 1000);
    }

    async run(): Promise<Evidence> {
        const topics = await this.#describe();
        if (topics !== undefined) {
            try {
                await this.#follow(topics);
            } catch (error) {
                this.#gaps.note(
                    `What the comparison's job wrote could not be read: ${explain(error)}`,
                );
            }
        }
        const schemas = await this.#schemas();
        const evidence = { ...this.#assemble(topics), schemas };
        if (topics !== undefined) {
            this.request.log(this.#state(evidence));
        }
        return evidence;
    }

    /** The three topics; what is not there, or not the one that it was, is a gap. */
    async #describe(): Promise<Topics | undefined> {
        const { kafka, job, incumbent, candidate } = this.request;
        if (job === null) {
            this.#gaps.note(
                `No job compares ${candidate.version}: one is declared for the versions behind authority in \`versions\`. ` +
                    'Declare it behind the version that it is compared with, or set compare.engine to "embedded".',
            );
            return undefined;
        }
        if (job.incumbent.topic !== incumbent.topic) {
            this.#gaps.note(
                `The comparison's job compares ${candidate.version} with ${job.incumbent.version}, and ${incumbent.version} ` +
                    `holds authority: set authority to ${incumbent.version} until there is a verdict on ${candidate.version}.`,
            );
            return undefined;
        }
        try {
            const [old, young, evidence] = await Promise.all(
                [incumbent.topic, candidate.topic, job.topic].map((topic) =>
                    kafka.describeTopic(topic),
                ),
            );
            const missing = Object.entries({
                [incumbent.topic]: old,
                [candidate.topic]: young,
                [job.topic]: evidence,
            }).filter(([, topic]) => topic === undefined);
            for (const [topic] of missing) {
                const why = topic === job.topic ? startAnew : "Does its job run?";
                this.#gaps.note(`The topic ${topic} does not exist. ${why}`);
            }
            if (old === undefined || young === undefined || evidence === undefined) {
                return undefined;
            }
            for (const side of sides) {
                const { name, id } = side === "incumbent" ? old : young;
                if (id !== job.start[side]?.topicId) {
                    this.#gaps.note(
                        `The topic ${name} was made anew since the comparison's job began to read it. ${startAnew}`,
                    );
                }
            }
            return { incumbent: old, candidate: young, evidence };
        } catch (error) {
            this.#gaps.note(`The topics could not be looked up: ${explain(error)}`);
            return undefined;
        }
    }

    /** Reads on until there is enough, and the job has come to where the topics ended; or the time is over. */
    async #follow(topics: Topics): Promise<void> {
        const { kafka, settings } = this.request;
        const [incumbent, candidate] = await Promise.all(
            sides.map((side) => kafka.lastStableOffsets(topics[side].name)),
        );
        const ends = { incumbent: incumbent!, candidate: candidate! };
        const log = await kafka.openLog(topics.evidence);
        try {
            const until = this.#clock.now() + settings.waitSeconds * 1000;
            for (;;) {
                // What it says of itself before what it wrote: it may end in between, and not the other way round.
                const unwell = await this.#unwell();
                await this.#read(log, topics.evidence);
                this.#noteRepeated(topics);
                const behind = (await this.#behind(topics, ends)) ?? this.#untold(topics);
                if (unwell === undefined && behind === undefined && this.#isEnough(topics)) {
                    return;
                }
                const left = until - this.#clock.now();
                if (unwell?.isFinal === true || this.#gaps.any || left <= 0) {
                    [unwell?.reason, behind].forEach((reason) => {
                        if (reason !== undefined) {
                            this.#gaps.note(reason);
                        }
                    });
                    return;
                }
                await this.#clock.sleep(Math.min(pollMilliseconds, left), this.#signal);
            }
        } finally {
            await log.close();
        }
    }

    /** Why the job cannot be relied on now, and whether that will not change. */
    async #unwell(): Promise<{ reason: string; isFinal: boolean } | undefined> {
        const { jobId, restUrl, problem, topic } = this.request.job!;
        if (jobId === null || restUrl === null) {
            return {
                reason:
                    problem === null
                        ? `Whether the job that writes to ${topic} runs is not known: the cluster has not said what Flink calls ` +
                          "it. `pulumi refresh` asks again."
                        : `The comparison's job could not be started; the next \`pulumi up\` tries again: ${problem}`,
                isFinal: true,
            };
        }
        try {
            const job = await new FlinkRest(restUrl, 5_000).job(jobId);
            if (job?.state === "RUNNING" && job.allTasksRunning) {
                return undefined;
            }
            const state =
                job === undefined
                    ? "is not known to the cluster"
                    : job.state === "RUNNING"
                      ? `does not run with all its tasks (${job.tasks})`
                      : `is ${job.state}`;
            const isFinal = job === undefined || isTerminal(job.state);
            const wayOut = isFinal ? startAnew : "Look at its exceptions in Flink.";
            return {
                reason: `The comparison's job (${jobId} at ${restUrl}) ${state}. ${wayOut}`,
                isFinal,
            };
        } catch (error) {
            return {
                reason: `Whether the comparison's job runs (${jobId}) is not known: ${explain(error)}`,
                isFinal: false,
            };
        }
    }

    async #read(log: TopicLog, { name }: TopicDescription): Promise<void> {
        const { kafka } = this.request;
        const [first, end] = await Promise.all([
            kafka.earliestOffsets(name),
            kafka.lastStableOffsets(name),
        ]);
        if (this.#position.size === 0) {
            this.#position = first;
        }
        await readRanges(log, rangesOf(this.#position, end), {
            signal: this.#signal,
            onRecords: (records) => records.forEach(({ value }) => this.#rows.add(value)),
        });
        this.#position = end;
    }

    /** What of both topics the job has not read yet, of what was there when the look began. */
    async #behind(topics: Topics, ends: Record<Side, Offsets>): Promise<string | undefined> {
        for (const side of sides) {
            const { name } = topics[side];
            try {
                const from = this.#positionOf(side, ends[side]);
                const to = new Map(
                    [...ends[side]].filter(([partition, end]) => from.get(partition)! < end),
                );
                if (to.size > 0 && (await this.#hasRecords(name, from, to))) {
                    const left = [...to].reduce(
                        (sum, [partition, end]) => sum + Number(end - from.get(partition)!),
                        0,
                    );
                    return (
                        `The comparison's job has not come to where ${name} ended when the look began: about ` +
                        `${several(left, "record")} are left. Raise compare.flink.parallelism where it does not keep up, or ` +
                        "compare.waitSeconds."
                    );
                }
            } catch (error) {
                if (!(error instanceof EvidenceLostError)) {
                    throw error;
                }
                this.#gaps.note(
                    `The comparison's job was overtaken by retention, and has not read all of ${name}: ${error.message} ` +
                        `Raise compare.flink.parallelism. ${startAnew}`,
                );
            }
        }
        return undefined;
    }

    /** A job that lost its state, and was started again where nobody looked, counts twice from then on. */
    #noteRepeated({ evidence }: Topics): void {
        const repeated = sides.reduce((sum, side) => sum + this.#rows.read[side].repeated, 0);
        if (repeated > 0) {
            this.#gaps.note(
                `${evidence.name} has ${several(repeated, "record")} counted twice: the comparison's job has begun anew without ` +
                    `its state. ${startAnew}`,
            );
        }
    }

    /** What the job has read, and has not written of; all of it is needed, since it may be what cannot be compared. */
    #untold({ evidence }: Topics): string | undefined {
        const untold = sides.reduce((sum, side) => sum + this.#rows.read[side].untold, 0);
        return untold === 0
            ? undefined
            : `Of ${several(untold, "record")} that the comparison's job has read it is not there what it found, in ` +
                  `${evidence.name}: the topic was deleted and made anew, or has lost records. ${startAnew}`;
    }

    /** Where the job goes on; a partition that came later it reads from its beginning. */
    #positionOf(side: Side, ends: Offsets): Offsets {
        const start = parseOffsets(this.request.job!.start[side]?.offsets ?? {});
        const read = this.#rows.read[side].position;
        return new Map(
            [...ends.keys()].map((partition) => [
                partition,
                read.get(partition) ?? start.get(partition) ?? 0n,
            ]),
        );
    }

    /** Whether there is a record: offsets are also taken by what ends a transaction. */
    async #hasRecords(topic: string, from: Offsets, to: Offsets): Promise<boolean> {
        const found = new AbortController();
        try {
            await this.request.kafka.read(topic, from, to, {
                signal: AbortSignal.any([this.#signal, found.signal]),
                onRecords: (records) => {
                    if (records.length > 0) {
                        found.abort();
                    }
                },
            });
        } catch (error) {
            if (!found.signal.aborted) {
                throw error;
            }
        }
        return found.signal.aborted;
    }

    #isEnough(topics: Topics): boolean {
        const evidence = assembleRows(
            this.#rows,
            this.request.settings,
            this.#versions(topics),
            new Gaps(),
        );
        const { settings } = this.request;
        this.#progress.tick(() => this.#state(evidence));
        return isEnough(evidence, settings) && seal(this.#rows, settings).incomplete.length === 0;
    }

    #state({ incumbent, candidate, windows }: Evidence): string {
        return (
            `${this.request.job!.topic}: ${number(incumbent.records)} and ${number(candidate.records)} records read by the ` +
            `job, ${windows.length} windows can be judged (${this.request.settings.minWindows} needed)`
        );
    }

    /** What the registry says of the schemas that the job has seen. */
    async #schemas(): Promise<SchemaEvidence[]> {
        const { settings, incumbent, candidate } = this.request;
        const { registry, problem } = openRegistry(settings.registry);
        if (problem !== null) {
            this.#gaps.note(problem);
        }
        const topics = { incumbent: incumbent.topic, candidate: candidate.topic };
        const schemas = new Schemas(registry, settings.rules.schema.compatibility, topics);
        for (const side of sides) {
            for (const [used, records] of this.#rows.read[side].schemas) {
                for (const [, part, id] of used.matchAll(/(key|value) (\d+)/g)) {
                    schemas.count(side, part as Part, Number(id), records);
                }
            }
        }
        return schemas.evidence();
    }

    #assemble(topics: Topics | undefined): Evidence {
        return assembleRows(
            topics === undefined ? newRows(this.request.settings) : this.#rows,
            this.request.settings,
            this.#versions(topics),
            this.#gaps,
        );
    }

    #versions(topics: Topics | undefined) {
        const version = (side: Side) => ({
            ...this.request[side],
            partitions: topics?.[side].partitions ?? 0,
        });
        return { incumbent: version("incumbent"), candidate: version("candidate") };
    }
}

const newRows = ({ rules }: CompareSettings) =>
    new EvidenceRows(Object.keys(rules.aggregates.fields));

const realClock: Clock = {
    now: () => Date.now(),
    sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};
