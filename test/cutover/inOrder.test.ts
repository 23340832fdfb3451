import assert from "node:assert/strict";
import fc from "fast-check";
import {
    planMove,
    type MovePlan,
    type MoveRequest,
} from "../../components/provider/cutover/movePlan.js";
import { carryOut, writeInitial } from "../../components/provider/cutover/protocol.js";
import {
    parseOffsets,
    type RoutingRecord,
} from "../../components/provider/cutover/routingRecord.js";
import { viewOf, type View } from "../../components/provider/cutover/view.js";
import { nextWave } from "../../components/provider/cutover/waves.js";
import type { Offsets } from "../../components/provider/kafka/port.js";
import { decode, record, Scene } from "./scene.js";

const names = ["a", "b", "c"];

interface World {
    readonly seed: number;
    readonly partitions: readonly [number, number];
    readonly orders: readonly number[];
    /** Which version is asked for, one wave at a time: so a move may be taken back when it is half done. */
    readonly asked: readonly ("v1" | "v2")[];
}

const worlds: fc.Arbitrary<World> = fc.record({
    seed: fc.nat(),
    partitions: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    orders: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 }),
    asked: fc.array(fc.constantFrom("v1" as const, "v2" as const), { minLength: 2, maxLength: 12 }),
});

/** A consumer as a group that is restarted, or as a follower that finishes the old topic first. */
class Reader {
    readonly delivered = new Map<string, number>();
    announced = 0;
    position: Offsets = new Map();
    view: View | undefined;

    constructor(
        readonly name: string,
        readonly follows: boolean,
    ) {}

    get repeats(): number {
        return [...this.delivered.values()].reduce((sum, times) => sum + times - 1, 0);
    }
}

type Planner = (request: MoveRequest) => Promise<MovePlan>;

class Simulation {
    readonly scene: Scene;
    readonly readers = names.flatMap((name) => [new Reader(name, false), new Reader(name, true)]);
    readonly #pending: Record<string, number[]> = { v1: [], v2: [] };
    #produced = 0;
    #random: number;

    constructor(
        private readonly world: World,
        private readonly planner: Planner,
    ) {
        const [v1, v2] = world.partitions;
        this.scene = new Scene({ v1, v2 });
        this.#random = world.seed;
    }

    async run(): Promise<void> {
        const groups = (version: string) =>
            Object.fromEntries(names.map((name) => [name, `${name}-${version}`]));
        let live = await writeInitial(this.scene.context, "v1", "delays-v1", groups("v1"));
        this.#see(live);
        const orders = Object.fromEntries(names.map((name, i) => [name, this.world.orders[i]!]));
        this.#work(20);
        await this.#consume(live);
        for (const target of this.world.asked) {
            this.#work(this.#die(6));
            if (live.authority !== target || live.moving !== undefined) {
                const wave = nextWave(live, target, orders);
                const all = groups(target);
                const request = {
                    ...this.scene.request(live, target),
                    source: wave.source,
                    groups: Object.fromEntries(wave.consumers.map((name) => [name, all[name]!])),
                };
                const by = target === "v1" ? ("rollback" as const) : ("override" as const);
                live = await carryOut(
                    this.scene.context,
                    live,
                    () => this.planner(request),
                    { by, verdict: null, override: null },
                    wave,
                );
                this.#see(live);
            }
            this.#work(this.#die(6));
            await this.#consume(live);
        }
        for (const [version, pending] of Object.entries(this.#pending)) {
            while (pending.length > 0) {
                this.#emit(version, pending);
            }
        }
        this.readers.forEach((reader) =>
            this.#read(reader, this.scene.topic(reader.view!.version).end),
        );
    }

    skipped(reader: Reader): number[] {
        return Array.from({ length: this.#produced }, (_, t) => t).filter(
            (t) => !reader.delivered.has(record(t).id),
        );
    }

    #see(live: RoutingRecord): void {
        for (const reader of this.readers) {
            const view = viewOf(live, reader.name);
            if (view.epoch === reader.view?.epoch || view.version === reader.view?.version) {
                // Other consumers' moves must not change what this one reads.
                assert.equal(view.version, reader.view.version);
                reader.view = view;
                continue;
            }
            const route = live.consumers[reader.name]!;
            if (view.handOver !== null) {
                if (reader.follows) {
                    this.#read(reader, parseOffsets(view.handOver.until));
                    reader.announced += view.handOver.repeatsAtMost;
                } else {
                    reader.announced += route.repeatsAtMost;
                }
                reader.position = parseOffsets(
                    reader.follows ? view.handOver.from : (route.committed ?? {}),
                );
            }
            reader.view = view;
        }
    }

    async #consume(live: RoutingRecord): Promise<void> {
        for (const reader of this.readers) {
            const { version, topic } = reader.view!;
            const to = [...this.scene.topic(version).end].map(([p, end]) => {
                const start = reader.position.get(p) ?? 0n;
                const left = end > start ? Number(end - start) : 0;
                return [p, start + BigInt(this.#die(left))] as const;
            });
            this.#read(reader, new Map(to));
            if (!reader.follows) {
                const { group } = live.consumers[reader.name]!;
                await this.scene.kafka.commitOffsets(group, topic, reader.position);
            }
        }
    }

    #read(reader: Reader, to: Offsets): void {
        const topic = this.scene.topic(reader.view!.version);
        reader.position = new Map(
            [...to].map(([partition, end]) => {
                const start = reader.position.get(partition) ?? 0n;
                for (const found of topic.from(partition, start)) {
                    const { identity } = decode(found);
                    if (found.offset < end && identity !== null) {
                        reader.delivered.set(identity, (reader.delivered.get(identity) ?? 0) + 1);
                    }
                }
                return [partition, start > end ? start : end];
            }),
        );
    }

    #work(count: number): void {
        for (let i = 0; i < count; i += 1) {
            Object.values(this.#pending).forEach((pending) => pending.push(this.#produced));
            this.#produced += 1;
            for (const [version, pending] of Object.entries(this.#pending)) {
                while (pending.length > this.#die(6) + 3) {
                    this.#emit(version, pending);
                }
            }
        }
    }

    #emit(version: string, pending: number[]): void {
        const [t] = pending.splice(this.#die(Math.min(2, pending.length - 1)), 1);
        const topic = this.scene.topic(version);
        const partition = (t! * 7 + version.charCodeAt(1)) % topic.partitions.length;
        if (this.#die(8) === 0) {
            topic.skip(partition);
        }
        topic.append(partition, record(t!));
    }

    #die(max: number): number {
        this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) | 0;
        return ((this.#random >>> 8) % (max + 1)) | 0;
    }
}

function moves(planner: Planner): fc.IAsyncPropertyWithHooks<[World]> {
    return fc.asyncProperty(worlds, async (world) => {
        const simulation = new Simulation(world, planner);
        await simulation.run();
        for (const reader of simulation.readers) {
            const who = `${reader.follows ? "follower" : "group"} ${reader.name}`;
            assert.deepEqual(simulation.skipped(reader), [], `skipped by ${who}`);
            assert.ok(
                reader.repeats <= reader.announced,
                `${who} saw ${reader.repeats} repeats, at most ${reader.announced} were announced`,
            );
        }
    });
}

describe("consumers that are moved one after the other", () => {
    it("miss nothing and repeat no more than was announced, also where they are taken back", async function () {
        this.timeout(60_000);
        await fc.assert(moves(planMove), { numRuns: 600 });
    });

    it("know that they go back to a version, also where nobody else ever came there", async () => {
        const asked = ["v2", "v2", "v1", "v2"] as const;
        const world: World = { seed: 7, partitions: [1, 2], orders: [0, 1, 2], asked };
        const seen: boolean[] = [];
        const simulation = new Simulation(world, async (request) => {
            const plan = await planMove(request);
            seen.push(...Object.keys(plan.consumers).map((name) => name === "a"));
            return plan;
        });
        await simulation.run();
        assert.deepEqual(seen, [true, false, true, true]);
        const live = (await simulation.scene.live())!;
        assert.equal(live.moving?.version, "v2");
        const { version, goesBack, epoch, previousEpoch } = viewOf(live, "a");
        assert.deepEqual([version, goesBack, epoch, previousEpoch], ["v2", true, 5, 4]);
        assert.equal(viewOf(live, "b").goesBack, false);
        assert.equal(viewOf(live, "c").version, "v1");
    });

    const broken: Record<string, Planner> = {
        "takes all for those that came together": async (request) => {
            const plan = await planMove(request);
            const consumers = Object.fromEntries(
                Object.entries(plan.consumers).map(([name, move]) => [
                    name,
                    { ...move, handOver: plan.handOver },
                ]),
            );
            return { ...plan, consumers };
        },
        "begins one record too late": async (request) => {
            const plan = await planMove(request);
            const late = (offsets: Offsets) =>
                new Map([...offsets].map(([p, offset]) => [p, offset + 1n]));
            return { ...plan, handOver: { ...plan.handOver, from: late(plan.handOver.from) } };
        },
    };
    for (const [what, planner] of Object.entries(broken)) {
        it(`would notice a plan that ${what}`, async function () {
            this.timeout(60_000);
            const result = await fc.check(moves(planner), { numRuns: 3_000, endOnFailure: true });
            assert.ok(result.failed, `${result.numRuns} worlds and nothing noticed`);
        });
    }
});
