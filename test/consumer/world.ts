import {
    recordOffsets,
    type RoutingRecord,
} from "../../components/provider/cutover/routingRecord.js";
import {
    boundAtOnce,
    finishes,
    judge,
    newest,
    nextStep,
    type Step,
} from "../../components/consumer/plan.js";

/**
 * Kafka, two jobs, the provider and a group of followers, in memory. What the followers decide is the real thing
 * (`plan.ts`); the rest is as little as can go wrong: topics with different partition counts, written in different
 * orders, with control records in between; members that join, crash and rebalance; moves at any moment.
 */

/** An identity, or `null`: a control record, which takes an offset and is never delivered. */
type Entry = number | null;
type Partitions = number[];

export type Command =
    | { readonly do: "produce"; readonly count: number }
    | {
          readonly do: "emit";
          readonly version: number;
          readonly pick: number;
          readonly control: boolean;
      }
    | { readonly do: "move" }
    | { readonly do: "see"; readonly member: number; readonly all: boolean }
    | { readonly do: "act"; readonly member: number }
    | {
          readonly do: "read";
          readonly member: number;
          readonly partition: number;
          readonly count: number;
      }
    | { readonly do: "commit"; readonly member: number }
    | { readonly do: "crash"; readonly member: number }
    | { readonly do: "start"; readonly member: number }
    | { readonly do: "stop"; readonly member: number };

/** What a follower decides with; replaced by broken ones to show that the property notices. */
export interface Decisions {
    readonly nextStep: typeof nextStep;
    readonly judge: typeof judge;
    readonly startsAtEnd: boolean;
}

export const ours: Decisions = { nextStep, judge, startsAtEnd: false };

interface Member {
    readonly id: number;
    alive: boolean;
    seen: number;
    record: RoutingRecord | undefined;
    step: Step | undefined;
    finishedEpoch: number | undefined;
    /** Next offsets of the assigned partitions, as far as processed. */
    readonly positions: Map<number, number>;
}

export class World {
    readonly delivered = new Map<number, number>();
    produced = 0;
    moves = 0;
    private readonly topics: Record<string, Entry[][]>;
    private readonly pending: Record<string, number[]>;
    private readonly commits = new Map<string, Map<number, number>>();
    private readonly records: RoutingRecord[] = [];
    private readonly members: Member[];

    constructor(
        partitions: readonly [number, number],
        members: number,
        /** How many records a job may write out of order. */
        private readonly disorder: number,
        private readonly decisions: Decisions,
    ) {
        const empty = (count: number): Entry[][] => Array.from({ length: count }, () => []);
        this.topics = { "topic-v1": empty(partitions[0]), "topic-v2": empty(partitions[1]) };
        this.pending = { "topic-v1": [], "topic-v2": [] };
        this.members = Array.from({ length: members }, (_, id) => ({
            id,
            alive: false,
            seen: 0,
            record: undefined,
            step: undefined,
            finishedEpoch: undefined,
            positions: new Map<number, number>(),
        }));
        this.records.push(firstRecord());
    }

    run(commands: readonly Command[]): void {
        for (const command of commands) {
            this.obey(command);
        }
    }

    /** Everything is written, everybody is up, nothing more happens: until nobody has anything left to do. */
    settle(): void {
        for (const [topic, pending] of Object.entries(this.pending)) {
            while (pending.length > 0) {
                this.emit(topic, 0, false);
            }
        }
        this.members.forEach((member) => this.start(member));
        let before = "";
        for (let round = 0; before !== this.fingerprint(); round += 1) {
            if (round > 1000) {
                throw new Error("The followers do not come to rest.");
            }
            before = this.fingerprint();
            for (const member of this.members) {
                this.see(member, true);
                this.act(member);
                for (let at = 0; at < member.positions.size; at += 1) {
                    this.read(member, at, Infinity);
                }
                this.commit(member);
            }
        }
    }

    get skipped(): number[] {
        return Array.from({ length: this.produced }, (_, id) => id).filter(
            (id) => !this.delivered.has(id),
        );
    }

    get repeats(): number {
        return [...this.delivered.values()].reduce((sum, times) => sum + times - 1, 0);
    }

    /** Whether every member reads the topic that the last record names, as the group that it names. */
    get arrived(): boolean {
        const live = this.records.at(-1);
        return this.members.every(
            ({ step }) =>
                step?.kind === "consume" &&
                step.topic === live?.topic &&
                step.group === live.consumers.app?.group,
        );
    }

    private obey(command: Command): void {
        if ("member" in command) {
            const id = command.member % this.members.length;
            this.members
                .filter((member) => member.id === id)
                .forEach((member) => this.drive(member, command));
        } else if (command.do === "emit") {
            this.emit(`topic-v${command.version}`, command.pick, command.control);
        } else if (command.do === "move") {
            this.move();
        } else {
            for (let i = 0; i < command.count; i += 1) {
                Object.values(this.pending).forEach((pending) => pending.push(this.produced));
                this.produced += 1;
            }
        }
    }

    private drive(member: Member, command: Extract<Command, { member: number }>): void {
        switch (command.do) {
            case "start":
                return this.start(member);
            case "see":
                return this.see(member, command.all);
            case "act":
                return this.act(member);
            case "read":
                return this.read(member, command.partition, command.count);
            case "commit":
                return this.commit(member);
            case "crash":
            case "stop":
                this.leave(member, command.do === "stop");
                member.alive = false;
                member.record = undefined;
                member.finishedEpoch = undefined;
        }
    }

    private emit(topic: string, pick: number, control: boolean): void {
        const pending = this.pending[topic] ?? [];
        const partitions = this.topics[topic] ?? [];
        if (control) {
            partitions[pick % partitions.length]?.push(null);
            return;
        }
        const [id] = pending.splice(pick % Math.max(1, Math.min(pending.length, this.disorder)), 1);
        if (id !== undefined) {
            partitions[(id * 7 + topic.length + (id % 3)) % partitions.length]?.push(id);
        }
    }

    private start(member: Member): void {
        if (!member.alive) {
            member.alive = true;
            // A fresh process reads the routing topic to its end before it acts.
            member.seen = this.records.length;
            member.record = this.records.at(-1);
            member.step = undefined;
        }
    }

    private see(member: Member, all: boolean): void {
        while (member.alive && member.seen < this.records.length) {
            const record = this.records[member.seen];
            member.seen += 1;
            member.record = record && newest(member.record, record);
            if (member.record !== undefined && member.step !== undefined) {
                member.step = boundAtOnce(member.record, "app", member.step) ?? member.step;
            }
            if (!all) {
                return;
            }
        }
    }

    private act(member: Member): void {
        const { record } = member;
        if (!member.alive || record === undefined) {
            return;
        }
        const settled = member.step?.kind === "consume" && member.step.epoch === record.epoch;
        if (settled) {
            return;
        }
        this.commit(member);
        const route = record.consumers.app;
        const previous =
            record.handOver === null || !route?.previousGroup
                ? undefined
                : {
                      committed: bigints(
                          this.committed(route.previousGroup, record.handOver.topic),
                      ),
                      earliest: new Map<number, bigint>(),
                  };
        const step = this.decisions.nextStep(record, "app", {
            previous,
            committed: bigints(this.committed(route?.group ?? "", record.topic)),
            reading: member.step,
            finishedEpoch: member.finishedEpoch,
        });
        if (step.topic !== member.step?.topic || step.group !== member.step.group) {
            this.leave(member, true);
            member.step = step;
            this.rebalance(step);
        }
        member.step = step;
        if (step.kind === "consume") {
            member.finishedEpoch = finishes(step, record, "app") ? record.epoch : undefined;
        }
    }

    private read(member: Member, at: number, count: number): void {
        const { step, positions } = member;
        const partition = [...positions.keys()][at % positions.size];
        if (!member.alive || step === undefined || partition === undefined) {
            return;
        }
        const entries = this.topics[step.topic]?.[partition] ?? [];
        for (let left = count; left > 0; left -= 1) {
            const position = positions.get(partition) ?? 0;
            const entry = entries[position];
            if (entry === undefined) {
                return;
            }
            if (entry !== null) {
                const what = this.decisions.judge(step, partition, BigInt(position));
                if (what === "hold") {
                    const until =
                        step.kind === "drain" ? Number(step.until.get(partition) ?? 0n) : 0;
                    positions.set(partition, Math.max(position, until));
                    return;
                }
                if (what === "deliver") {
                    this.delivered.set(entry, (this.delivered.get(entry) ?? 0) + 1);
                }
            }
            positions.set(partition, position + 1);
        }
    }

    private commit(member: Member): void {
        const { step } = member;
        if (member.alive && step !== undefined) {
            const committed = this.committed(step.group, step.topic);
            member.positions.forEach((position, partition) => {
                if (position > 0 || committed.has(partition)) {
                    committed.set(partition, position);
                }
            });
        }
    }

    private leave(member: Member, gracefully: boolean): void {
        const { step } = member;
        if (step === undefined) {
            return;
        }
        if (gracefully) {
            this.commit(member);
        }
        member.step = undefined;
        member.positions.clear();
        this.rebalance(step);
    }

    /** Every member begins anew from the commits: what was processed since is processed again. */
    private rebalance({ group, topic }: Step): void {
        const present = this.present(group, topic);
        const committed = this.committed(group, topic);
        present.forEach((member) => member.positions.clear());
        (this.topics[topic] ?? []).forEach((entries, partition) => {
            const member = present[partition % present.length];
            const start =
                member?.step?.kind === "drain" ? member.step.start : new Map<number, bigint>();
            const otherwise = this.decisions.startsAtEnd ? entries.length : 0;
            member?.positions.set(
                partition,
                committed.get(partition) ?? Number(start.get(partition) ?? otherwise),
            );
        });
    }

    private present(group: string, topic: string): Member[] {
        return this.members.filter(({ step }) => step?.group === group && step.topic === topic);
    }

    private committed(group: string, topic: string): Map<number, number> {
        const key = `${group}@${topic}`;
        const known = this.commits.get(key) ?? new Map<number, number>();
        this.commits.set(key, known);
        return known;
    }

    /** As the provider does it: align by identity, commit the new group, write the record. */
    private move(): void {
        const live = this.records.at(-1);
        const route = live?.consumers.app;
        if (live === undefined || route === undefined) {
            return;
        }
        const version = live.authority === "v1" ? "v2" : "v1";
        const topic = `topic-${version}`;
        const group = `app-${version}`;
        if (this.present(group, topic).length > 0) {
            // The broker refuses to commit for a group that has members; the provider then moves nothing.
            return;
        }
        const old = this.topics[live.topic] ?? [];
        const until = old.map((entries) => entries.length);
        const held = this.committed(route.group, live.topic);
        const position =
            held.size === 0 ? null : old.map((_, partition) => held.get(partition) ?? 0);
        const back = live.handOver?.version === version;
        const starts =
            live.handOver === null
                ? [old.map(() => 0)]
                : [live.handOver.from, route.committed].map((offsets) => list(offsets, old.length));
        const oldFrom = old.map((_, p) =>
            Math.min(...[...starts, position ?? until].map((offsets) => offsets[p] ?? 0)),
        );
        const from = this.align(
            live.topic,
            oldFrom,
            until,
            until,
            topic,
            back ? live.handOver?.until : {},
        );
        const committed =
            position === null
                ? (this.topics[topic] ?? []).map(() => 0)
                : this.align(
                      live.topic,
                      oldFrom,
                      position,
                      until,
                      topic,
                      back ? route.previousCommitted : {},
                  );
        committed.forEach((offset, p) => this.committed(group, topic).set(p, offset));
        this.moves += 1;
        this.records.push({
            ...live,
            epoch: live.epoch + 1,
            authority: version,
            topic,
            consumers: {
                app: {
                    group,
                    committed: strings(committed),
                    previousGroup: route.group,
                    previousCommitted: position && strings(position),
                    repeatsAtMost: 0,
                },
            },
            handOver: {
                version: live.authority,
                topic: live.topic,
                topicId: "id",
                until: strings(until),
                from: strings(from),
                repeatsAtMost: 0,
            },
            history: [...live.history, tenure(live.epoch + 1, version)],
        });
    }

    private align(
        oldTopic: string,
        oldFrom: Partitions,
        position: Partitions,
        until: Partitions,
        newTopic: string,
        readBefore: Record<string, string> | null | undefined,
    ): Partitions {
        const read = new Set<Entry>();
        const unread = new Set<Entry>();
        (this.topics[oldTopic] ?? []).forEach((entries, p) => {
            entries.slice(oldFrom[p], position[p]).forEach((id) => read.add(id));
            entries.slice(position[p], until[p]).forEach((id) => unread.add(id));
        });
        return (this.topics[newTopic] ?? []).map((entries, p) => {
            const start = Number(readBefore?.[String(p)] ?? 0);
            const first = entries.findIndex(
                (id, offset) =>
                    offset >= start && id !== null && !(read.has(id) && !unread.has(id)),
            );
            return first === -1 ? entries.length : first;
        });
    }

    private fingerprint(): string {
        return JSON.stringify([
            [...this.delivered.values()],
            this.members.map(({ step, positions }) => [step?.kind, step?.topic, [...positions]]),
            [...this.commits].map(([key, offsets]) => [key, [...offsets]]),
        ]);
    }
}

function firstRecord(): RoutingRecord {
    return {
        recordVersion: 1,
        name: "delays",
        owner: "a test",
        epoch: 1,
        authority: "v1",
        topic: "topic-v1",
        topicId: "id",
        writtenAt: "",
        consumers: {
            app: {
                group: "app-v1",
                committed: null,
                previousGroup: null,
                previousCommitted: null,
                repeatsAtMost: 0,
            },
        },
        handOver: null,
        history: [tenure(1, "v1")],
    };
}

function tenure(epoch: number, version: string): RoutingRecord["history"][number] {
    const topic = `topic-${version}`;
    return {
        epoch,
        version,
        topic,
        topicId: "id",
        since: "",
        until: null,
        by: "override",
        verdict: null,
        override: null,
    };
}

function strings(offsets: Partitions): Record<string, string> {
    return recordOffsets(new Map(offsets.map((offset, p) => [p, BigInt(offset)])));
}

function list(offsets: Record<string, string> | null, partitions: number): Partitions {
    return Array.from({ length: partitions }, (_, p) => Number(offsets?.[String(p)] ?? 0));
}

function bigints(offsets: ReadonlyMap<number, number>): Map<number, bigint> {
    return new Map([...offsets].map(([partition, offset]) => [partition, BigInt(offset)]));
}
