import assert from "node:assert/strict";
import { authorityVerbs } from "../components/provider/authority.js";
import { currentFingerprint } from "../components/provider/comparison/subject.js";
import type { Verdict } from "../components/provider/comparison/verdict.js";
import type { RoutingRecord } from "../components/provider/cutover/routingRecord.js";
import { readRoutingRecord } from "../components/provider/cutover/routingStore.js";
import { viewOf } from "../components/provider/cutover/view.js";
import { PartialFailure } from "../components/provider/errors.js";
import type { AuthorityInputs } from "../components/provider/inputs.js";
import { unknownValue, type Json } from "../components/provider/verbs.js";
import { delays, settingsOf } from "./comparison/world.js";
import { at } from "./cutover/scene.js";
import { MemoryKafka } from "./cutover/memoryKafka.js";

const settings = settingsOf({ maxVerdictAgeSeconds: 600 });
const lines: string[] = [];
const { log } = console;

/** v1 exists and is read up to the sixth hour; v2 began at the second one. */
class Stack {
    readonly kafka = new MemoryKafka();
    connections = 0;
    /** Happens once, just before the next fence holds. */
    beforeFence: (() => Promise<unknown>) | undefined;
    readonly verbs = authorityVerbs((_servers, work) => {
        this.connections += 1;
        const fence = async (id: string) => {
            const happens = this.beforeFence;
            this.beforeFence = undefined;
            await happens?.();
            return this.kafka.fence(id);
        };
        return work(
            new Proxy(this.kafka, {
                get: (kafka, name) => {
                    const value: unknown = name === "fence" ? fence : Reflect.get(kafka, name);
                    return typeof value === "function" ? (value.bind(kafka) as unknown) : value;
                },
            }),
        );
    });

    constructor() {
        this.kafka.createTopic("delays-routing", 1);
        const old = this.kafka.createTopic("delays", 2);
        delays().forEach((record, index) => old.append(index % 2, record));
        const fresh = this.kafka.createTopic("delays-v2", 3);
        const since = delays().slice(6);
        since.forEach((record, index) => fresh.append(index % 3, record));
    }

    async initial(): Promise<Stack> {
        await this.kafka.commitOffsets("dashboard", "delays", at(9, 9));
        await this.verbs.create(this.inputs());
        return this;
    }

    inputs(change: Partial<AuthorityInputs> & Json = {}): AuthorityInputs & Json {
        return {
            __provider: "the shim",
            name: "delays",
            authority: "v1",
            versions: {
                v1: { topic: "delays", managed: false },
                v2: { topic: "delays-v2", managed: true },
            },
            candidateDigest: "",
            bootstrapServers: ["one:9092", "two:9092"],
            routingTopic: "delays-routing",
            settings,
            owner: "organization/project/stack",
            consumers: { dashboard: { v1: "dashboard", v2: "dashboard-v2" } },
            transactionalId: "shadow-route-delays",
            jobStatus: null,
            verdict: null,
            range: null,
            override: null,
            orders: {},
            maxRepeats: {},
            alignment: { lookBackRecords: 1_000_000, disorderMilliseconds: null },
            retire: [],
            ...change,
        };
    }

    /** What is asked for a promotion of v2 on a verdict that passes now. */
    async promotion(change: Partial<Verdict> = {}): Promise<AuthorityInputs & Json> {
        const fingerprint = await currentFingerprint(this.kafka, {
            incumbent: { version: "v1", topic: "delays" },
            candidate: { version: "v2", topic: "delays-v2" },
            candidateDigest: "digest",
            settings,
        });
        return this.inputs({
            authority: "v2",
            candidateDigest: "digest",
            jobStatus: "RUNNING",
            verdict: {
                reportVersion: 1,
                outcome: "pass",
                incumbent: "v1",
                candidate: "v2",
                fingerprint: fingerprint!,
                comparedAt: new Date().toISOString(),
                coveredFrom: "2026-11-23T04:00:00.000Z",
                verifiedThrough: "2026-11-23T06:00:00.000Z",
                windows: 2,
                sample: null,
                records: {
                    incumbent: 6,
                    candidate: 6,
                    matched: 6,
                    changed: 0,
                    missing: 0,
                    extra: 0,
                },
                findings: [],
                gaps: [],
                samples: [],
                ...change,
            },
            range: {
                incumbent: "v1",
                incumbentTopicId: this.kafka.topics.get("delays")!.id,
                incumbentFrom: { 0: "0", 1: "0" },
                candidateTopicId: this.kafka.topics.get("delays-v2")!.id,
                candidateFrom: { 0: "0", 1: "0", 2: "0" },
            },
        });
    }

    async update(inputs: Json): Promise<RoutingRecord> {
        const { outs } = await this.verbs.update("delays", {}, inputs);
        assert.deepEqual(outs["routing"], await this.live());
        return outs["routing"] as RoutingRecord;
    }

    live(): Promise<RoutingRecord | undefined> {
        return readRoutingRecord(this.kafka, "delays-routing", "delays");
    }

    async failures(inputs: Json) {
        return (await this.verbs.check({}, inputs)).failures;
    }
}

const failed: Partial<Verdict> = {
    outcome: "fail",
    findings: [
        {
            rule: "values",
            field: "mean_delay",
            severity: "critical",
            outcome: "fail",
            incumbent: null,
            candidate: null,
            n: 12,
            threshold: "0",
            sentence: "mean_delay differs in 5 of 12 records.",
        },
    ],
};

describe("the authority resource", () => {
    let stack: Stack;
    beforeEach(() => {
        lines.length = 0;
        console.log = (line: string) => lines.push(line);
        stack = new Stack();
    });
    afterEach(() => {
        console.log = log;
    });

    describe("when its inputs are checked", () => {
        it("passes on an error of its connection", async () => {
            const verbs = authorityVerbs(() => Promise.reject(new Error("out of memory")));
            await assert.rejects(verbs.check({}, stack.inputs()), /out of memory/);
        });

        it("does not miss a topic that this program has yet to make", async () => {
            stack.kafka.topics.delete("delays-v2");
            assert.deepEqual(await stack.failures(stack.inputs()), []);
        });

        it("refuses a promotion, with the findings", async () => {
            await stack.initial();
            const [failure, ...others] = await stack.failures(await stack.promotion(failed));
            assert.deepEqual(others, []);
            assert.equal(failure?.property, "authority");
            assert.match(
                failure.reason,
                /^refused\. The verdict on v2 is fail\. Consumers stay on v1/,
            );
            assert.match(failure.reason, /values: mean_delay differs in 5 of 12 records/);
        });

        it("refuses another group for a consumer that reads already", async () => {
            await stack.initial();
            const inputs = stack.inputs({
                consumers: { dashboard: { v1: "renamed", v2: "renamed-v2" } },
            });
            const [failure] = await stack.failures(inputs);
            assert.equal(failure?.property, "consumers");
            assert.match(failure.reason, /reads delays as "dashboard", and would be "renamed" now/);
        });

        it("knows a stack that was renamed by its old inputs", async () => {
            await stack.initial();
            const inputs = stack.inputs({ owner: "organization/project/renamed" });
            const { failures } = await stack.verbs.check(stack.inputs(), inputs);
            assert.deepEqual(failures, []);
            const [stranger] = await stack.failures(inputs);
            assert.match(stranger?.reason ?? "", /belongs to organization\/project\/stack/);
        });

        it("refuses what would skip records that a group has yet to read", async () => {
            await stack.initial();
            const coveredFrom = "2099-01-01T00:00:00.000Z";
            const [failure] = await stack.failures(await stack.promotion({ coveredFrom }));
            assert.match(
                failure?.reason ?? "",
                /^refused\. dashboard \(group dashboard\) has not read 6 records of delays from before/,
            );
        });

        it("lets a passing promotion through", async () => {
            await stack.initial();
            assert.deepEqual(await stack.failures(await stack.promotion()), []);
        });

        it("says for policies which move is asked for, and of what kind", async () => {
            await stack.initial();
            const moveOf = async (inputs: Json) =>
                (await stack.verbs.check({}, inputs)).inputs["move"] as unknown;
            const promotion = await stack.promotion();
            const override = { reason: "v1 is wrong", approvedBy: "ada" };
            const unknown = { verdict: unknownValue };
            const asked = (by: string) => ({ from: "v1", by });
            assert.equal(await moveOf(stack.inputs()), null);
            assert.deepEqual(await moveOf(promotion), asked("promotion"));
            assert.deepEqual(await moveOf({ ...promotion, ...unknown }), asked("promotion"));
            assert.deepEqual(
                await moveOf({ ...promotion, ...unknown, override }),
                asked("override"),
            );
            // A promotion that needs no override is none by override.
            assert.deepEqual(await moveOf({ ...promotion, override }), asked("promotion"));
            const refused = await stack.promotion(failed);
            assert.equal(await moveOf(refused), null);
            assert.deepEqual(await moveOf({ ...refused, override }), asked("override"));
            assert.equal(await moveOf({ ...promotion, versions: unknownValue }), unknownValue);
            await stack.update(promotion);
            assert.equal(await moveOf(promotion), null);
            const back = { ...promotion, authority: "v1" };
            assert.deepEqual(await moveOf(back), { from: "v2", by: "rollback" });
        });

        it("does not look where it does not know where or for what", async () => {
            for (const unknown of ["bootstrapServers", "versions", "authority"]) {
                const inputs = stack.inputs({ [unknown]: unknownValue });
                assert.deepEqual(await stack.failures(inputs), [], unknown);
                assert.deepEqual(await stack.verbs.diff("delays", {}, inputs), { changes: true });
            }
            const nested = stack.inputs({ bootstrapServers: [unknownValue] });
            assert.deepEqual(await stack.failures(nested), []);
            assert.equal(stack.connections, 0);
        });

        it("leaves to the update what this preview cannot know", async () => {
            await stack.initial();
            for (const unknown of ["verdict", "range", "candidateDigest", "jobStatus"]) {
                const inputs = { ...(await stack.promotion()), [unknown]: unknownValue };
                assert.deepEqual(await stack.failures(inputs), [], unknown);
                const { changes } = await stack.verbs.diff("delays", {}, inputs);
                assert.equal(changes, true, unknown);
            }
            assert.match(
                lines.join("\n"),
                /depends on the verdict, which this `up` looks for first/,
            );
            assert.equal((await stack.live())?.epoch, 1);
        });
    });

    describe("in a preview", () => {
        const changes = async (olds: Json, news: Json) =>
            (await stack.verbs.diff("delays", olds, news)).changes;

        it("changes before the first record, and not once it is settled", async () => {
            const inputs = stack.inputs();
            assert.equal(await changes({}, inputs), true);
            const { outs } = await stack.verbs.create(inputs);
            assert.equal(await changes(outs, inputs), false);
            assert.deepEqual(lines, []);
        });

        it("changes when a consumer comes or goes", async () => {
            const { outs } = await stack.verbs.create(stack.inputs());
            const two = { dashboard: { v1: "dashboard" }, report: { v1: "report" } };
            assert.equal(await changes(outs, stack.inputs({ consumers: two })), true);
            assert.equal(await changes(outs, stack.inputs({ consumers: {} })), true);
        });

        it("refuses to begin anew where a record was and is gone", async () => {
            const { outs } = await stack.verbs.create(stack.inputs());
            stack.kafka.topics.delete("delays-routing");
            const lost =
                /routing record of delays is gone from delays-routing.*v1 \(delays\) at epoch 1/s;
            await assert.rejects(stack.verbs.diff("delays", outs, stack.inputs()), lost);
            await assert.rejects(stack.verbs.update("delays", outs, stack.inputs()), lost);
        });

        it("changes when the stack was renamed, and writes the new name", async () => {
            const { outs } = await stack.verbs.create(stack.inputs());
            const inputs = stack.inputs({ owner: "organization/project/renamed" });
            assert.equal(await changes(outs, inputs), true);
            await stack.verbs.update("delays", outs, inputs);
            const live = await stack.live();
            assert.deepEqual([live?.owner, live?.epoch], ["organization/project/renamed", 1]);
        });

        it("changes when the record is a newer one than the state says", async () => {
            const { outs } = await stack.verbs.create(stack.inputs());
            await stack.update(await stack.promotion());
            await stack.update(stack.inputs());
            assert.equal(await changes(outs, stack.inputs()), true);
        });

        it("says what a move would do, and moves nothing", async () => {
            await stack.initial();
            assert.deepEqual(await stack.failures(await stack.promotion()), []);
            assert.equal(await changes({}, await stack.promotion()), true);
            assert.deepEqual(lines, [
                "delays: promotion: authority moves from v1 (delays) to v2 (delays-v2)",
                "delays: promotion: consumer dashboard: from group dashboard (6 records unread) to group dashboard-v2, " +
                    "with at most 0 repeats",
                "delays: promotion: consumer dashboard: for how long a rollback stays possible is unknown " +
                    "(delays keeps records unknown, retention.bytes unknown; delays-v2 keeps records unknown, " +
                    "retention.bytes unknown)",
                "delays: promotion: followers finish delays first, then repeat at most 0 records",
            ]);
            assert.equal((await stack.live())?.epoch, 1);
            assert.equal((await stack.kafka.committedOffsets("dashboard-v2", "delays-v2")).size, 0);
        });
    });

    describe("in an update", () => {
        const refusal = async (inputs: Json, reason: RegExp) => {
            await assert.rejects(stack.verbs.update("delays", {}, inputs), reason);
            assert.equal((await stack.live())?.epoch, 1);
        };

        it("writes first what is true, and keeps its inputs beside it", async () => {
            const inputs = stack.inputs();
            const { id, outs } = await stack.verbs.create(inputs);
            assert.equal(id, "delays");
            assert.equal(outs["__provider"], "the shim");
            assert.deepEqual(outs["routing"], await stack.live());
            assert.equal((await stack.live())?.authority, "v1");
        });

        it("takes over what a run wrote that is killed while this one decides", async () => {
            await stack.initial();
            const inputs = await stack.promotion();
            stack.beforeFence = () => stack.verbs.update("delays", {}, inputs);
            const routing = await stack.update(inputs);
            assert.deepEqual(
                [routing.authority, routing.epoch, routing.history.length],
                ["v2", 2, 2],
            );
            assert.match(lines.join("\n"), /has changed meanwhile; deciding on what it says now/);
        });

        it("moves nobody where somebody else has meanwhile moved to a third version", async () => {
            await stack.initial();
            const inputs = await stack.promotion();
            const versions = { ...inputs.versions, v3: { topic: "delays-v3", managed: true } };
            const consumers = { dashboard: { v1: "dashboard", v2: "two", v3: "three" } };
            stack.kafka.createTopic("delays-v3", 1);
            const override = { reason: "A drill.", approvedBy: "A. Person" };
            const other = { ...inputs, versions, consumers, authority: "v3", override };
            stack.beforeFence = () => stack.verbs.update("delays", {}, other);
            await assert.rejects(
                stack.verbs.update("delays", {}, { ...inputs, versions, consumers }),
                /compares v2 with v1, but this would move from v3 to v2/,
            );
            const live = await stack.live();
            assert.deepEqual([live?.authority, live?.epoch], ["v3", 2]);
        });

        it("adopts the record of a run that was killed before it could say so", async () => {
            await stack.initial();
            await stack.update(await stack.promotion());
            const before = await stack.live();
            const { outs } = await stack.verbs.create(await stack.promotion());
            assert.deepEqual(outs["routing"], before);
            assert.deepEqual(await stack.live(), before);
        });

        it("moves on a pass, and goes back without one", async () => {
            await stack.initial();
            const promotion = await stack.promotion();
            const promoted = await stack.update(promotion);
            assert.equal(promoted.topic, "delays-v2");
            assert.equal(promoted.history.at(-1)?.by, "promotion");
            assert.equal(promoted.history.at(-1)?.verdict, promotion.verdict!.fingerprint);
            assert.deepEqual(promoted.handOver?.repeatsAtMost, 0);
            // What stands in the state of the comparison is of no concern on the way back.
            const back = await stack.update({ ...promotion, authority: "v1", jobStatus: "FAILED" });
            assert.equal(back.topic, "delays");
            assert.deepEqual(
                back.history.map(({ by, verdict }) => [by, verdict]),
                [
                    ["initial", null],
                    ["promotion", promotion.verdict!.fingerprint],
                    ["rollback", null],
                ],
            );
        });

        it("goes back though the candidate is gone but for its topic", async () => {
            await stack.initial();
            await stack.update(await stack.promotion());
            const inputs = stack.inputs({
                versions: { v1: { topic: "delays", managed: false } },
                consumers: { dashboard: { v1: "dashboard" } },
            });
            assert.equal((await stack.update(inputs)).authority, "v1");
        });

        it("promotes a version a second time only on a verdict from after the rollback", async () => {
            await stack.initial();
            const first = await stack.promotion();
            await stack.update(first);
            await stack.update(stack.inputs());
            await assert.rejects(
                stack.update(first),
                /verdict is from .*, before authority was taken back from v2/,
            );
            const comparedAt = new Date(Date.now() + 1).toISOString();
            const again = await stack.update(await stack.promotion({ comparedAt }));
            assert.equal(again.epoch, 4);
        });

        it("refuses a verdict on a topic that was made anew, or got partitions", async () => {
            await stack.initial();
            const inputs = await stack.promotion();
            const { partitions } = stack.kafka.topics.get("delays-v2")!;
            partitions.push([]);
            await refusal(inputs, /something else than what is there now/);
            partitions.pop();
            const topic = stack.kafka.topics.get("delays")!;
            const { id } = topic;
            topic.id = "another incarnation";
            await refusal(inputs, /something else than what is there now/);
            topic.id = id;
            assert.equal((await stack.update(inputs)).epoch, 2);
        });

        it("refuses a verdict on another build, on other rules, on other versions", async () => {
            await stack.initial();
            const inputs = await stack.promotion();
            await refusal({ ...inputs, candidateDigest: "another" }, /something else/);
            const other = settingsOf({ windowSeconds: 60 });
            await refusal({ ...inputs, settings: other }, /something else/);
            await refusal(await stack.promotion({ candidate: "v3" }), /compares v3 with v1/);
        });

        it("refuses an old verdict, a failed one, none, and a dead job", async () => {
            await stack.initial();
            const comparedAt = new Date(Date.now() - 601_000).toISOString();
            await refusal(await stack.promotion({ comparedAt }), /60\d s old; at most 600 s/);
            await refusal(await stack.promotion(failed), /verdict on v2 is fail/);
            const inputs = await stack.promotion();
            await refusal({ ...inputs, verdict: null }, /no verdict on v2/);
            await refusal({ ...inputs, verdict: unknownValue }, /is not known. Nothing was moved/);
            await refusal({ ...inputs, jobStatus: "FAILED" }, /job of v2 is FAILED/);
        });

        it("refuses to begin with a candidate beside an existing job", async () => {
            await assert.rejects(
                stack.verbs.create(await stack.promotion()),
                /v2 has never been compared with v1/,
            );
            assert.equal(await stack.live(), undefined);
        });

        it("refuses the record of another stack", async () => {
            await stack.initial();
            const owner = "organization/project/other";
            await refusal(stack.inputs({ owner }), /belongs to organization\/project\/stack/);
        });

        it("takes an override, and keeps it in the history", async () => {
            await stack.initial();
            const override = { reason: "v1 is wrong", approvedBy: "ada" };
            const inputs = { ...(await stack.promotion(failed)), override };
            const moved = await stack.update(inputs);
            const { by, verdict, override: recorded, since } = moved.history.at(-1)!;
            assert.deepEqual(
                { by, verdict, recorded },
                { by: "override", verdict: null, recorded: { ...override, at: since } },
            );
            const later = await stack.update({ ...inputs, override: null });
            assert.deepEqual(later.history.at(-1)?.override, recorded);
        });

        it("aligns an override by what is there, not by where an old verdict began", async () => {
            await stack.initial();
            const inputs = await stack.promotion(failed);
            const fresh = stack.kafka.createTopic("delays-v2", 1);
            delays().forEach((record) => fresh.append(0, record));
            const override = { reason: "v1 is wrong", approvedBy: "ada" };
            const range = { ...inputs.range!, candidateFrom: { 0: "1000" } };
            const moved = await stack.update({ ...inputs, override, range });
            assert.deepEqual(moved.consumers["dashboard"]?.committed, { 0: "18" });
        });

        it("takes a new consumer in, and leaves the others where they are", async () => {
            const stackOf = await stack.initial();
            const before = (await stackOf.live())!;
            const consumers = { dashboard: { v1: "dashboard" }, report: { v1: "report" } };
            const record = await stack.update(stack.inputs({ consumers }));
            assert.deepEqual(record.consumers["dashboard"], before.consumers["dashboard"]);
            assert.equal(record.consumers["report"]?.group, "report");
            assert.equal(record.epoch, 1);
        });

        it("moves a consumer that is listed only after a promotion from where it stands", async () => {
            await stack.initial();
            await stack.kafka.commitOffsets("report", "delays", at(10, 9));
            await stack.update(await stack.promotion());
            const consumers = {
                dashboard: { v1: "dashboard", v2: "dashboard-v2" },
                report: { v1: "report", v2: "report-v2" },
            };
            const inputs = stack.inputs({ authority: "v2", consumers });
            assert.deepEqual(await stack.failures(inputs), []);
            assert.match(
                lines.join("\n"),
                /new consumer: consumer report: from group report \(5 records unread\) to group report-v2/,
            );
            assert.equal((await stack.kafka.committedOffsets("report-v2", "delays-v2")).size, 0);
            const before = await stack.live();
            const record = await stack.update(inputs);
            const committed = await stack.kafka.committedOffsets("report-v2", "delays-v2");
            assert.equal(committed.size, 3);
            const { report, dashboard } = record.consumers;
            assert.deepEqual(
                [report?.previousGroup, report?.previousCommitted, report?.own?.handOver?.version],
                ["report", { 0: "10", 1: "9" }, "v1"],
            );
            assert.deepEqual(dashboard, before?.consumers["dashboard"]);
            // It reads on there: nothing is to be done a second time.
            const { outs } = await stack.verbs.update("delays", {}, inputs);
            assert.equal((await stack.verbs.diff("delays", outs, inputs)).changes, false);
            assert.deepEqual(outs["routing"], record);
        });

        it("says which consumer has no group on the version", async () => {
            await stack.initial();
            const inputs = await stack.promotion();
            await refusal(
                { ...inputs, consumers: { dashboard: { v1: "dashboard" } } },
                /Consumer dashboard has no group for v2/,
            );
        });

        it("leaves the record where it is when the resource is deleted", async () => {
            await stack.initial();
            await stack.verbs.delete("delays", stack.inputs());
            assert.equal((await stack.live())?.epoch, 1);
            assert.deepEqual(lines.slice(-1), [
                "delays: the routing record in delays-routing stays; consumers read on as they do",
            ]);
        });
    });

    describe("with consumers in an order", () => {
        const two = {
            consumers: {
                report: { v1: "report", v2: "report-v2" },
                dashboard: { v1: "dashboard", v2: "dashboard-v2" },
            },
            orders: { dashboard: 1, report: 2 },
        };
        /** Both read v1; the group of the second one on v2 is in use. */
        async function stuck(): Promise<Json> {
            await stack.kafka.commitOffsets("dashboard", "delays", at(9, 9));
            await stack.kafka.commitOffsets("report", "delays", at(9, 9));
            const { outs } = await stack.verbs.create(stack.inputs(two));
            const commitOffsets = stack.kafka.commitOffsets.bind(stack.kafka);
            stack.kafka.commitOffsets = (group, ...rest) =>
                group === "report-v2"
                    ? Promise.reject(new Error("GROUP_AUTHORIZATION_FAILED"))
                    : commitOffsets(group, ...rest);
            return outs;
        }
        const failure = async (olds: Json, inputs: Json): Promise<PartialFailure> => {
            try {
                await stack.verbs.update("delays", olds, inputs);
            } catch (error) {
                assert.ok(error instanceof PartialFailure, String(error));
                return error;
            }
            return assert.fail("It was updated.");
        };
        const repaired = () => Reflect.deleteProperty(stack.kafka, "commitOffsets");
        const readers = async () => {
            const live = (await stack.live())!;
            return Object.keys(live.consumers).map((name) => [name, viewOf(live, name).topic]);
        };

        it("says in a preview who goes first", async () => {
            await stuck();
            assert.deepEqual(await stack.failures({ ...(await stack.promotion()), ...two }), []);
            assert.match(
                lines.join("\n"),
                /promotion: one after the other: dashboard, then report/,
            );
        });

        it("stops at one that cannot be moved, says so, and goes on with the next up", async () => {
            const olds = await stuck();
            const inputs = { ...(await stack.promotion()), ...two };
            const failed = await failure(olds, inputs);
            assert.match(failed.reasons[0]!, /GROUP_AUTHORIZATION_FAILED/);
            assert.match(
                failed.reasons[1]!,
                /from v1 to v2 is half done: dashboard on v2 \(delays-v2\), report still on v1 \(delays\)/,
            );
            assert.deepEqual(await readers(), [
                ["report", "delays"],
                ["dashboard", "delays-v2"],
            ]);
            const half = (await stack.live())!;
            assert.deepEqual(failed.properties["routing"], half);
            assert.deepEqual(
                [half.recordVersion, half.epoch, half.authority, half.history.length],
                [2, 2, "v1", 1],
            );
            assert.equal(
                (await stack.verbs.diff("delays", failed.properties, inputs)).changes,
                true,
            );

            repaired();
            const done = await stack.update({ ...failed.properties, ...inputs });
            assert.deepEqual(await readers(), [
                ["report", "delays-v2"],
                ["dashboard", "delays-v2"],
            ]);
            assert.deepEqual([done.epoch, done.authority, done.moving], [3, "v2", undefined]);
            assert.deepEqual(
                done.history.map(({ epoch, version }) => [epoch, version]),
                [
                    [1, "v1"],
                    [3, "v2"],
                ],
            );
            // Who came first stays as it came, so that its followers do not begin again.
            assert.deepEqual(done.consumers["dashboard"], half.consumers["dashboard"]);
            assert.equal(done.consumers["report"]?.own, undefined);
        });

        it("takes back who was moved, without a verdict, and asks for a new one then", async () => {
            const olds = await stuck();
            const inputs = { ...(await stack.promotion()), ...two };
            const failed = await failure(olds, inputs);
            const back = stack.inputs(two);
            assert.deepEqual(await stack.failures(back), []);
            const { inputs: checked } = await stack.verbs.check({}, back);
            assert.deepEqual(checked["move"], { from: "v2", by: "rollback" });
            const { outs } = await stack.verbs.update("delays", failed.properties, back);
            const live = (await stack.live())!;
            assert.deepEqual(outs["routing"], live);
            assert.deepEqual(await readers(), [
                ["report", "delays"],
                ["dashboard", "delays"],
            ]);
            assert.deepEqual(
                live.history.map(({ version, by, consumers }) => [version, by, consumers]),
                [
                    ["v1", "initial", undefined],
                    ["v2", "promotion", ["dashboard"]],
                    ["v1", "rollback", undefined],
                ],
            );
            assert.equal(live.moving, undefined);
            repaired();
            await assert.rejects(
                stack.verbs.update("delays", outs, inputs),
                /before authority was taken back from v2/,
            );
        });

        it("refuses a third version in between", async () => {
            const olds = await stuck();
            await failure(olds, { ...(await stack.promotion()), ...two });
            const third = stack.inputs({
                authority: "v3",
                versions: { ...stack.inputs().versions, v3: { topic: "delays-v3", managed: true } },
            });
            const [refused] = await stack.failures(third);
            assert.match(
                refused?.reason ?? "",
                /half done.*Set authority to v2 to finish it, or to v1/,
            );
        });

        it("looks again between two consumers at what allowed the move", async () => {
            await stuck();
            repaired();
            const inputs = { ...(await stack.promotion()), ...two };
            const commitOffsets = stack.kafka.commitOffsets.bind(stack.kafka);
            stack.kafka.commitOffsets = async (...given) => {
                await commitOffsets(...given);
                stack.kafka.topics.get("delays-v2")!.partitions.push([]);
            };
            const failed = await failure({}, inputs);
            assert.match(failed.reasons[0]!, /something else than what is there now/);
            assert.match(failed.reasons[1]!, /half done: dashboard on v2/);
        });
    });

    describe("beside a state that says something else", () => {
        it("refuses to go where an older state asks, and takes over what is there", async () => {
            const { outs: old } = await stack.verbs.create(stack.inputs());
            const promotion = await stack.promotion();
            await stack.verbs.update("delays", old, promotion);
            const before = await stack.live();
            for (const verb of [
                stack.verbs.diff("delays", old, stack.inputs()),
                stack.verbs.update("delays", old, stack.inputs()),
            ]) {
                await assert.rejects(
                    verb,
                    /says v2 \(delays-v2\) at epoch 2, .*the state of this stack says v1 \(delays\) at epoch 1.*Set authority to v2/s,
                );
            }
            assert.deepEqual(await stack.live(), before);
            const { outs } = await stack.verbs.update("delays", old, promotion);
            assert.deepEqual(outs["routing"], before);
            assert.match(lines.join("\n"), /taking over what is there/);
            const { outs: back } = await stack.verbs.update("delays", outs, stack.inputs());
            assert.equal((back["routing"] as RoutingRecord).authority, "v1");
        });

        it("refuses a record that went back, or another one of the same epoch", async () => {
            const { outs: first } = await stack.verbs.create(stack.inputs());
            const record = first["routing"] as RoutingRecord;
            const later = { ...first, routing: { ...record, epoch: 5, authority: "v2" } };
            await assert.rejects(
                stack.verbs.update("delays", later, stack.inputs()),
                /at epoch 1.*says v2 \(delays\) at epoch 5.*never goes back/s,
            );
            const other = { ...first, routing: { ...record, authority: "v2" } };
            await assert.rejects(
                stack.verbs.diff("delays", other, stack.inputs()),
                /Two records of one epoch cannot be/,
            );
        });

        it("refuses to move what a state does not know at all", async () => {
            const { outs } = await stack.verbs.create(stack.inputs());
            await stack.verbs.update("delays", outs, await stack.promotion());
            await assert.rejects(
                stack.verbs.create(stack.inputs()),
                /of which the state of this stack knows nothing, and "v1" is asked for/,
            );
            assert.equal((await stack.live())?.authority, "v2");
        });
    });

    describe("that retires a version", () => {
        /** v2 holds authority, and the dashboard has begun to read it. */
        async function promoted(): Promise<Json> {
            await stack.initial();
            const { outs } = await stack.verbs.update("delays", {}, await stack.promotion());
            await stack.kafka.commitOffsets("dashboard-v2", "delays-v2", at(6, 6, 6));
            return outs;
        }
        const retiring = (change: Json = {}) =>
            stack.inputs({ authority: "v2", retire: ["v1"], ...change });

        it("writes it down for good, and never goes back there", async () => {
            const outs = await promoted();
            const inputs = retiring();
            assert.deepEqual(await stack.failures(inputs), []);
            assert.equal((await stack.verbs.diff("delays", outs, inputs)).changes, true);
            const after = (await stack.verbs.update("delays", outs, inputs)).outs;
            const record = after["routing"] as RoutingRecord;
            assert.deepEqual([record.retired, record.epoch], [["v1"], 2]);
            assert.equal((await stack.verbs.diff("delays", after, inputs)).changes, false);
            const later = stack.inputs({ authority: "v2" });
            assert.equal((await stack.verbs.diff("delays", after, later)).changes, false);
            const [refused] = await stack.failures(stack.inputs());
            assert.match(refused?.reason ?? "", /v1 was retired: its job is stopped for good/);
        });

        it("refuses while a consumer has records of it to finish, in the preview already", async () => {
            await stack.initial();
            const { outs } = await stack.verbs.update("delays", {}, await stack.promotion());
            const [failure] = await stack.failures(retiring());
            assert.match(
                failure?.reason ?? "",
                /retire\.v1: .*dashboard \(group dashboard\) has up to 6 records of delays still to read/,
            );
            await assert.rejects(
                stack.verbs.update("delays", outs, retiring()),
                /has not begun on delays-v2/,
            );
            assert.equal((await stack.live())?.retired, undefined);
            // A follower that has finished it is through.
            await stack.kafka.commitOffsets("dashboard", "delays", at(12, 12));
            assert.deepEqual(await stack.failures(retiring()), []);
        });

        it("refuses while a group on it has members", async () => {
            const outs = await promoted();
            stack.kafka.members.add("dashboard");
            assert.deepEqual(await stack.failures(retiring()), []);
            await assert.rejects(
                stack.verbs.update("delays", outs, retiring()),
                /dashboard \(group dashboard\) has members that read delays/,
            );
            stack.kafka.members.clear();
            await stack.verbs.update("delays", outs, retiring());
            assert.deepEqual((await stack.live())?.retired, ["v1"]);
        });

        it("refuses a version that consumers are routed to", async () => {
            const outs = await promoted();
            const inputs = retiring({ retire: ["v2"] });
            await assert.rejects(
                stack.verbs.update("delays", outs, inputs),
                /retire\.v2: .*consumer dashboard is routed to its topic/,
            );
        });
    });
});
