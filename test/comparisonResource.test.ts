import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { CompareArgs } from "../components/compare.js";
import { comparisonVerbs } from "../components/provider/comparison.js";
import type { Verdict } from "../components/provider/comparison/verdict.js";
import { UnreachableError } from "../components/provider/connection.js";
import type { RoutingRecord } from "../components/provider/cutover/routingRecord.js";
import { PartialFailure } from "../components/provider/errors.js";
import type { ComparisonInputs, ComparisonState } from "../components/provider/inputs.js";
import { unknownValue, type Json } from "../components/provider/verbs.js";
import { delays, settingsOf, type Delay } from "./comparison/world.js";
import { MemoryKafka, type MemoryTopic } from "./cutover/memoryKafka.js";
import { MetricsDouble } from "./flink/metricsDouble.js";

const settings = settingsOf({ waitSeconds: 0, settleSeconds: 0, recheckAfterSeconds: 60 });
const metricsOf = (metrics: CompareArgs["metrics"]) => ({
    metrics: settingsOf({ metrics }).metrics,
});
const lines: string[] = [];
const { log } = console;

/** v1 has written eight hours when v2 is first looked at, which has all of them too. */
class Stack {
    readonly kafka = new MemoryKafka();
    connections = 0;
    readonly verbs = comparisonVerbs((_servers, work) => {
        this.connections += 1;
        return work(this.kafka);
    });
    #hours = 8;

    constructor() {
        this.kafka.createTopic("delays-routing", 1);
        this.kafka.createTopic("delays", 2);
        this.kafka.createTopic("delays-v2", 3);
        this.write("delays", delays());
        this.write("delays-v2", delays());
    }

    get incumbent(): MemoryTopic {
        return this.kafka.topics.get("delays")!;
    }

    get candidate(): MemoryTopic {
        return this.kafka.topics.get("delays-v2")!;
    }

    write(name: string, records: readonly Delay[]): void {
        const topic = this.kafka.topics.get(name)!;
        records.forEach((record, index) => topic.append(index % topic.partitions.length, record));
    }

    /** Both jobs go on for so many hours; the candidate's records as they are changed. */
    goOn(hours: number, change: (record: Delay) => Delay = (record) => record): void {
        const records = delays(this.#hours + hours).slice(3 * this.#hours);
        this.#hours += hours;
        this.write("delays", records);
        this.write("delays-v2", records.map(change));
    }

    inputs(change: Partial<ComparisonInputs> = {}): ComparisonInputs & Json {
        return {
            __provider: "the shim",
            name: "delays",
            version: "v2",
            authority: "v1",
            versions: {
                v1: { topic: "delays", managed: false },
                v2: { topic: "delays-v2", managed: true },
            },
            candidateDigest: "digest",
            bootstrapServers: ["one:9092"],
            routingTopic: "delays-routing",
            settings,
            jobs: { v1: null, v2: null },
            onFail: "report",
            ...change,
        };
    }

    /** Writes a routing record; the last of the versions holds authority. */
    route(...versions: string[]): void {
        const topics: Record<string, string> = { v1: "delays", v2: "delays-v2", v0: "delays-v0" };
        const authority = versions.at(-1)!;
        const now = new Date().toISOString();
        const record: RoutingRecord = {
            recordVersion: 1,
            name: "delays",
            owner: "organization/project/stack",
            epoch: versions.length,
            authority,
            topic: topics[authority]!,
            topicId: "an id",
            writtenAt: now,
            consumers: {},
            handOver: null,
            history: versions.map((version, index) => ({
                epoch: index + 1,
                version,
                topic: topics[version]!,
                topicId: this.kafka.topics.get(topics[version]!)?.id ?? "gone",
                since: now,
                until: index === versions.length - 1 ? null : now,
                by: index === 0 ? "initial" : "override",
                verdict: null,
                override: null,
            })),
        };
        this.kafka.topics.get("delays-routing")!.write(0, "delays", record);
    }

    async create(inputs: Json = this.inputs()): Promise<ComparisonState & Json> {
        const { id, outs } = await this.verbs.create(inputs);
        assert.equal(id, "delays-v2");
        return outs as ComparisonState & Json;
    }

    async update(olds: Json, news: Json = this.inputs()): Promise<ComparisonState & Json> {
        return (await this.verbs.update("delays-v2", olds, news)).outs as ComparisonState & Json;
    }

    async changes(olds: Json, news: Json = this.inputs()): Promise<boolean> {
        return (await this.verbs.diff("delays-v2", olds, news)).changes;
    }

    /** The state after a look that passes. */
    async passed(): Promise<ComparisonState & Json> {
        const first = await this.create();
        this.goOn(8);
        const state = await this.update(first);
        assert.equal(state.verdict?.outcome, "pass", lines.join("\n"));
        return state;
    }
}

const aged = (state: ComparisonState, seconds: number): Json => ({
    ...state,
    verdict: {
        ...state.verdict,
        comparedAt: new Date(Date.now() - 1000 * seconds).toISOString(),
    } satisfies Partial<Verdict>,
});

describe("the comparison resource", () => {
    let stack: Stack;
    beforeEach(() => {
        lines.length = 0;
        console.log = (line: string) => lines.push(line);
        stack = new Stack();
    });
    afterEach(() => {
        console.log = log;
    });

    describe("looks", () => {
        it("from the first look on, at all that the candidate wrote", async () => {
            const first = await stack.create();
            assert.equal(first.verdict?.outcome, "inconclusive");
            assert.deepEqual(first.range, {
                incumbent: "v1",
                incumbentTopicId: "delays-2",
                incumbentFrom: { 0: "12", 1: "12" },
                candidateTopicId: "delays-v2-3",
                candidateFrom: { 0: "0", 1: "0", 2: "0" },
            });
            stack.goOn(8);
            const { verdict, range, __provider } = await stack.update(first);
            assert.equal(verdict?.outcome, "pass");
            // Hour 8 is the first one seen of v1; one hour of warm-up and one of lateness.
            assert.equal(verdict?.coveredFrom, "2026-11-23T10:00:00.000Z");
            assert.deepEqual(range, first.range);
            assert.equal(__provider, "the shim");
            assert.match(lines.join("\n"), /^delays-v2: PASS: v2 says the same as v1/m);
        });

        it("and leaves a report of every look where that is asked for", async () => {
            const directory = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-look-"));
            try {
                const inputs = stack.inputs({ settings: { ...settings, report: directory } });
                const { verdict } = await stack.create(inputs);
                const names = ["delays-v2.html", "delays-v2.json"];
                assert.deepEqual(fs.readdirSync(directory), names);
                const json = fs.readFileSync(path.join(directory, "delays-v2.json"), "utf8");
                assert.deepEqual((JSON.parse(json) as ComparisonState).verdict, verdict);
                assert.match(lines.join("\n"), /^delays-v2: report: .*\/delays-v2\.html$/m);
            } finally {
                fs.rmSync(directory, { recursive: true });
            }
        });

        it("and says in findings what fails, which is no error", async () => {
            const first = await stack.create();
            stack.goOn(8, (record) => ({ ...record, flights: record.flights + 1 }));
            const { verdict } = await stack.update(first);
            assert.equal(verdict?.outcome, "fail");
            assert.ok(verdict.findings.some(({ field }) => field === "flights"));
        });

        it("and fails where that is asked for, but keeps what it saw", async () => {
            const inputs = stack.inputs({ onFail: "error" });
            const first = await stack.create(inputs);
            assert.equal(first.verdict?.outcome, "inconclusive", "which is no error");
            stack.goOn(8, (record) => ({ ...record, flights: record.flights + 1 }));
            await assert.rejects(stack.update(first, inputs), (error) => {
                assert.ok(error instanceof PartialFailure);
                assert.equal(error.id, "delays-v2");
                const { __provider, verdict, range, settings } = error.properties;
                assert.equal(__provider, "the shim");
                assert.equal((verdict as Verdict).outcome, "fail");
                assert.deepEqual(range, first.range);
                assert.deepEqual(settings, inputs.settings);
                assert.match(error.reasons[0]!, /verdict on v2 is fail; consumers stay on v1/);
                assert.match(error.reasons[1]!, /^values: .*flights/);
                return true;
            });
        });

        it("at nothing where the version holds authority, or can get it back", async () => {
            for (const versions of [["v2"], ["v1", "v2"], ["v2", "v1"]]) {
                stack.route(...versions);
                const { verdict, range } = await stack.create();
                assert.deepEqual({ verdict, range }, { verdict: null, range: null });
            }
            assert.match(lines[0]!, /nothing to compare/);
        });

        it("beside what the program says holds authority, before there is a record", async () => {
            assert.equal((await stack.create()).verdict?.incumbent, "v1");
            const { verdict } = await stack.create(stack.inputs({ authority: "v2" }));
            assert.equal(verdict, null);
        });

        it("and names the topic that is missing", async () => {
            stack.kafka.topics.delete("delays-v2");
            const { verdict } = await stack.create();
            assert.equal(verdict?.outcome, "inconclusive");
            assert.deepEqual(verdict.gaps, [
                "There is no topic delays-v2. Is the job that writes it running?",
            ]);
        });
    });

    describe("asks elsewhere too", () => {
        const metric = { incumbent: "http://127.0.0.1:65/a", candidate: "http://127.0.0.1:65/b" };

        it("and does not pass where nobody answers", async () => {
            const jobs = {
                v1: null,
                v2: { rest: "http://127.0.0.1:65", jobId: "c0ffee", jobName: null },
            };
            const asked = stack.inputs({
                jobs,
                settings: { ...settings, ...metricsOf({ revenue: { json: metric } }) },
            });
            const passed = await stack.passed();
            const state = await stack.update(passed, asked);
            assert.equal(state.verdict?.outcome, "inconclusive");
            const lacking = state.verdict.findings.filter(({ outcome }) => outcome !== "pass");
            assert.deepEqual(
                lacking.map(({ rule }) => rule),
                ["metrics", "jobHealth"],
            );
            assert.match(lacking[1]!.sentence, /job c0ffee: Could not look at job c0ffee: /);
        });

        it("and counts restarts from the first look on, until that begins anew", async function () {
            // Every look lets Flink fetch for two seconds.
            this.timeout(60_000);
            const flink = await new MetricsDouble().start();
            Object.assign(flink, { fetchedAt: 0, backpressures: [0.1] });
            try {
                const address = { rest: flink.url, jobId: "j", jobName: null };
                const asked = stack.inputs({ jobs: { v1: null, v2: address } });
                const first = await stack.create(asked);
                stack.goOn(8);
                const second = await stack.update(first, asked);
                assert.equal(second.verdict?.outcome, "pass", lines.join("\n"));
                assert.deepEqual(second.jobs, first.jobs);
                flink.restarts += 1;
                stack.goOn(1);
                const third = await stack.update(second, asked);
                assert.equal(third.verdict?.outcome, "inconclusive");
                assert.match(third.verdict.findings[0]!.sentence, /job j was restarted once/);
                stack.kafka.createTopic("delays-v2", 3);
                const anew = await stack.update(third, asked);
                assert.equal(anew.jobs?.["v2"]?.restarts, flink.restarts);
            } finally {
                await flink.stop();
            }
        });
    });

    describe("begins anew", () => {
        it("when another version holds authority", async () => {
            const state = await stack.passed();
            stack.kafka.createTopic("delays-v0", 1).append(0, ...delays());
            stack.route("v1", "v0");
            const inputs = stack.inputs();
            const { range, verdict } = await stack.update(state, {
                ...inputs,
                versions: { ...inputs.versions, v0: { topic: "delays-v0", managed: true } },
            });
            assert.equal(verdict?.incumbent, "v0");
            assert.deepEqual(range?.incumbentFrom, { 0: "24" });
            assert.equal(range.incumbent, "v0");
        });

        it("when one of the topics was made anew", async () => {
            const state = await stack.passed();
            stack.kafka.createTopic("delays-v2", 1).append(0, ...delays());
            const { range } = await stack.update(state);
            assert.deepEqual(range?.incumbentFrom, { 0: "24", 1: "24" });
            assert.deepEqual(range.candidateFrom, { 0: "0" });
            stack.kafka.createTopic("delays", 1);
            assert.deepEqual((await stack.update({ range })).range?.incumbentFrom, { 0: "0" });
        });

        it("when its beginning was deleted, and does not stay without evidence for good", async () => {
            const state = await stack.passed();
            stack.incumbent.firstOffset = 13n;
            stack.candidate.firstOffset = 16n;
            const next = await stack.update(state);
            assert.equal(next.verdict?.outcome, "inconclusive");
            assert.deepEqual(next.range?.incumbentFrom, { 0: "24", 1: "24" });
            assert.deepEqual(next.range.candidateFrom, { 0: "16", 1: "16", 2: "16" });
            assert.match(lines.join("\n"), /delays-v2: begins anew: records .* are gone/);
            stack.goOn(8);
            assert.equal((await stack.update(next)).verdict?.outcome, "pass");
        });

        it("when a topic got partitions", async () => {
            const state = await stack.passed();
            stack.candidate.partitions.push([]);
            const next = await stack.update(state);
            assert.equal(Object.keys(next.range!.candidateFrom).length, 4);
            stack.goOn(8);
            assert.equal((await stack.update(next)).verdict?.outcome, "pass");
        });
    });

    describe("in a preview", () => {
        it("has nothing to do, and does not look, once the version is settled", async () => {
            const looked: string[] = [];
            stack.kafka.onLook = (topic) => looked.push(topic);
            for (const versions of [
                ["v1", "v2"],
                ["v2", "v1"],
            ]) {
                stack.route(...versions);
                assert.equal(await stack.changes({ verdict: null, range: null }), false);
            }
            assert.deepEqual([...new Set(looked)], ["delays-routing"]);
            assert.deepEqual(lines, []);
        });

        it("has nothing to do at one though where the job runs is not known yet", async () => {
            const passed = await stack.passed();
            const unknownJob = { rest: unknownValue, jobId: unknownValue, jobName: null };
            const inputs = stack.inputs({ jobs: { v1: null, v2: unknownJob } });
            assert.equal(await stack.changes(passed, inputs), false);
        });

        it("has nothing to do at a young verdict, whichever it is", async () => {
            const state = await stack.passed();
            assert.equal(await stack.changes(state), false);
            assert.equal(await stack.changes(aged(state, 59)), false);
            const failing = { ...state, verdict: { ...state.verdict, outcome: "fail" } };
            assert.equal(await stack.changes(failing), false);
        });

        it("looks again at one that is old, inconclusive, or about something else", async () => {
            const state = await stack.passed();
            assert.equal(await stack.changes(aged(state, 61)), true);
            const unsure = { ...state, verdict: { ...state.verdict, outcome: "inconclusive" } };
            assert.equal(await stack.changes(unsure), true);
            assert.equal(await stack.changes({}), true);
            assert.equal(await stack.changes({ verdict: null }), true);
            const rebuilt = stack.inputs({ candidateDigest: "another" });
            assert.equal(await stack.changes(state, rebuilt), true);
            const stricter = settingsOf({ windowSeconds: 60 });
            assert.equal(await stack.changes(state, stack.inputs({ settings: stricter })), true);
            stack.candidate.id = "another incarnation";
            assert.equal(await stack.changes(state), true);
        });

        it("looks again at a version that authority was taken back from meanwhile", async () => {
            const state = await stack.passed();
            stack.route("v1", "v2", "v1");
            assert.equal(await stack.changes(aged(state, 1)), true);
            assert.equal(await stack.changes(aged(state, -1)), false);
        });

        it("looks again where it cannot know", async () => {
            const state = await stack.passed();
            const before = stack.connections;
            const unknown = stack.inputs({ candidateDigest: unknownValue });
            assert.equal(await stack.changes(state, unknown), true);
            assert.equal(stack.connections, before);

            const away = comparisonVerbs(({ bootstrapServers }) =>
                Promise.reject(new UnreachableError(bootstrapServers, new Error("ECONNREFUSED"))),
            );
            const { changes } = await away.diff("delays-v2", state, stack.inputs());
            assert.equal(changes, true);
            assert.match(
                lines.at(-1)!,
                /delays-v2: cannot be looked at in advance: None of one:9092/,
            );
        });
    });

    describe("goes on", () => {
        it("behind what was verified, which it does not read again", async () => {
            const state = await stack.passed();
            assert.equal(state.kept?.windows.length, state.verdict?.windows);
            // Of the verified windows nothing is left: whoever read them again would miss it.
            const { incumbent, candidate } = state.kept!;
            stack.incumbent.firstOffset = BigInt(
                Math.min(...Object.values(incumbent.from).map(Number)),
            );
            stack.candidate.firstOffset = BigInt(
                Math.min(...Object.values(candidate.from).map(Number)),
            );
            stack.goOn(4);
            const next = await stack.update(state);
            assert.equal(next.verdict?.outcome, "pass", lines.join("\n"));
            assert.equal(next.verdict?.windows, state.verdict!.windows + 4);
            assert.equal(next.verdict?.coveredFrom, state.verdict?.coveredFrom);
        });

        it("from the beginning where another rule, or a record of a verified window, asks for it", async () => {
            const state = await stack.passed();
            stack.goOn(4);
            const rules = { rules: { values: { maxDifferentShare: 0.5 } } };
            const other = await stack.update(state, stack.inputs({ settings: settingsOf(rules) }));
            assert.equal(other.verdict?.windows, state.verdict!.windows + 4);
            const late = delays(16)[33]!;
            stack.write("delays", [late]);
            stack.write("delays-v2", [late]);
            const again = await stack.update(state);
            assert.match(lines.join("\n"), /records came for windows that were verified before/);
            assert.equal(again.verdict?.records.incumbent, other.verdict.records.incumbent + 1);
        });
    });

    it("takes off what a control differs from the incumbent", async () => {
        stack.kafka.createTopic("delays-v0", 1);
        const noisy = (by: number) => (record: Delay) => ({
            ...record,
            mean_delay: (record.mean_delay ?? 0) + by,
        });
        const versions = { ...stack.inputs().versions, v0: { topic: "delays-v0", managed: true } };
        const look = async (control: string | undefined) => {
            const settings = settingsOf({
                control,
                rules: { lateness: { severity: "informational" } },
            });
            const { verdict } = await stack.update(first, stack.inputs({ settings, versions }));
            return verdict!;
        };
        const first = await stack.create();
        stack.goOn(8, noisy(1));
        stack.write("delays-v0", delays(16).slice(24).map(noisy(2)));
        assert.equal((await look(undefined)).outcome, "fail");
        const beside = await look("v0");
        assert.equal(beside.outcome, "pass", JSON.stringify(beside.findings[0]));
        assert.match(JSON.stringify(beside.findings), /The control v0 differs by 100 %/);
        assert.equal((await look("v9")).outcome, "inconclusive");
    });

    it("takes any inputs, and deletes nothing", async () => {
        const inputs = stack.inputs();
        assert.deepEqual(await stack.verbs.check({}, inputs), { inputs, failures: [] });
        await stack.verbs.delete("delays-v2", inputs);
        assert.equal(stack.connections, 0);
    });

    describe("behind a promotion", () => {
        const baking = { authority: "v2", bakeSeconds: 600 };
        /** v2 passed, and was promoted. */
        async function promoted(): Promise<ComparisonState & Json> {
            const before = await stack.create();
            stack.goOn(8);
            const passed = await stack.update(before);
            assert.equal(passed.verdict?.outcome, "pass");
            stack.route("v1", "v2");
            return passed;
        }

        it("looks no more, unless it is asked to for a while", async () => {
            const state = await promoted();
            const changes = async (change: Partial<ComparisonInputs>) =>
                (await stack.verbs.diff("delays-v2", state, stack.inputs(change))).changes;
            assert.equal(await changes({ authority: "v2" }), false);
            const stale = { ...state, verdict: { ...state.verdict!, comparedAt: "2026-01-01" } };
            const { changes: again } = await stack.verbs.diff(
                "delays-v2",
                stale,
                stack.inputs(baking),
            );
            assert.equal(again, true);
            // Nothing stands in the way of a rollback that is asked for.
            const back = stack.inputs({ ...baking, authority: "v1" });
            assert.equal((await stack.verbs.diff("delays-v2", stale, back)).changes, false);
            // Of the same millisecond as the promotion it would not be over.
            await new Promise((resolve) => setTimeout(resolve, 5));
            const over = stack.inputs({ ...baking, bakeSeconds: 1e-9 });
            assert.equal((await stack.verbs.diff("delays-v2", stale, over)).changes, false);
        });

        it("recommends a rollback where they differ, and never fails the update for it", async () => {
            const state = await promoted();
            stack.goOn(4, (record) => ({ ...record, mean_delay: (record.mean_delay ?? 0) + 1 }));
            const news = stack.inputs({ ...baking, onFail: "error" });
            const { verdict } = await stack.update(state, news);
            assert.deepEqual(
                [verdict?.outcome, verdict?.candidate, verdict?.incumbent],
                ["fail", "v2", "v1"],
            );
            assert.match(
                lines.join("\n"),
                /rollback recommended: v2 holds authority and no longer says the same as v1\. Nothing was moved/,
            );
        });
    });

    describe("with a job that compares", () => {
        const flink = settingsOf({
            waitSeconds: 0,
            engine: "flink",
            flink: {},
        });
        const begun = (topic: string) => ({
            topicId: new Stack().kafka.topics.get(topic)?.id ?? "",
            offsets: {},
        });
        const evidenceJob = {
            jobId: "job",
            restUrl: "http://127.0.0.1:9",
            topic: "delays-v2-evidence",
            incumbent: { version: "v1", topic: "delays" },
            problem: null,
            start: { incumbent: begun("delays"), candidate: begun("delays-v2") },
        };
        const gapsOf = ({ verdict }: ComparisonState) => verdict?.gaps.join("\n") ?? "";

        it("reads its evidence in place of the topics", async () => {
            const stack = new Stack();
            stack.kafka.createTopic("delays-v2-evidence", 1);
            const inputs = stack.inputs({ settings: flink, evidenceJob });
            const first = await stack.create(inputs);
            assert.equal(first.verdict?.outcome, "inconclusive");
            assert.match(gapsOf(first), /Whether the comparison's job runs \(job\) is not known/);
            assert.equal(first.verdict?.records.incumbent, 0);

            stack.kafka.topics.delete("delays-v2-evidence");
            const gone = await stack.update(first, inputs);
            assert.match(gapsOf(gone), /delays-v2-evidence does not exist/);
        });

        it("is inconclusive where another version holds authority than it compares with", async () => {
            const stack = new Stack();
            stack.kafka.createTopic("delays-v0", 1);
            stack.route("v0");
            const state = await stack.create(stack.inputs({ settings: flink, evidenceJob }));
            assert.equal(state.verdict?.outcome, "inconclusive");
            assert.match(gapsOf(state), /compares v2 with v1, and v0 holds authority/);
        });

        it("needs one", async () => {
            const stack = new Stack();
            const state = await stack.create(stack.inputs({ settings: flink, evidenceJob: null }));
            assert.equal(state.verdict?.outcome, "inconclusive");
            assert.match(gapsOf(state), /No job compares v2/);
        });
    });
});
