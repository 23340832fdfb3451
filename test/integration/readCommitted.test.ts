import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import type {
    KafkaPort,
    LogRecord,
    Offsets,
    TopicLog,
} from "../../components/provider/kafka/port.js";
import { rangesOf, readRanges } from "../../components/provider/kafka/readRanges.js";
import { run } from "../../sandbox/command.js";
import { kafkaJars } from "../../sandbox/jars.js";
import { javaCommand, javaEnvironment } from "../../sandbox/java.js";
import { repository } from "../../sandbox/paths.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

const kinds = ["append-time", "compact", "packed-anew", "plain"];
const transactionsPerTopic = 100;
/** Another one gives other logs; this one is printed with a failure as the prefix of the topics. */
const seed = Number(process.env["SEED"] ?? 20261123);

/** What Java's consumer sees is what is committed: it wrote the rule. */
describe("reading what was committed", function () {
    this.timeout(240_000);
    let port: KafkaPort;
    let prefix: string;
    /** Lines as Java printed them, by `kind partition`, in offset order. */
    let seenByJava: Map<string, string[]>;
    const ends = new Map<string, Offsets>();

    before("let Java write and read", async function () {
        await needsJdk(this, "needs javac, to compare with what the Java client reads");
        const { bootstrapServers } = await sharedSandbox();
        prefix = `${uniqueName(`committed-${seed}`)}-`;
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-committed-"));
        try {
            const seen = path.join(folder, "seen");
            await run(
                javaCommand(),
                [
                    "-Xmx384m",
                    "-XX:+UseSerialGC",
                    ...["-cp", path.join(await kafkaJars(), "*")],
                    path.join(repository, "test", "integration", "java", "ReadCommitted.java"),
                    ...[bootstrapServers, prefix, String(seed), String(transactionsPerTopic), seen],
                ],
                { env: javaEnvironment(), timeoutSeconds: 200 },
            );
            seenByJava = byPartition(fs.readFileSync(seen, "utf8").trimEnd().split("\n"));
        } finally {
            fs.rmSync(folder, { recursive: true });
        }
        port = await connectKafka({ bootstrapServers: [bootstrapServers], clientId: "test" });
        for (const kind of kinds) {
            ends.set(kind, await port.lastStableOffsets(prefix + kind));
        }
    });
    after(() => port?.close());

    const open = async (kind: string): Promise<TopicLog> =>
        port.openLog((await port.describeTopic(prefix + kind))!);

    async function read(log: TopicLog, kind: string, from: Offsets, to: Offsets) {
        const lines: string[] = [];
        await readRanges(log, rangesOf(from, to), {
            signal: AbortSignal.timeout(60_000),
            onRecords: (records) => {
                lines.push(...records.map((record) => line(kind, record)));
            },
        });
        return byPartition(lines);
    }

    for (const kind of kinds) {
        it(`gives what Java gives, record by record: ${kind}`, async () => {
            const log = await open(kind);
            const to = ends.get(kind)!;
            const seen = await read(log, kind, new Map(), to);
            await log.close();
            let records = 0;
            for (const partition of to.keys()) {
                const place = `${kind} ${partition}`;
                const expected = seenByJava.get(place)!;
                assert.ok(expected.length > 4, `${place} holds ${expected.length} records`);
                assertSame(seen.get(place) ?? [], expected);
                records += expected.length;
            }
            const offsets = [...to.values()].reduce((sum, end) => sum + end, 0n);
            assert.ok(records < Number(offsets), "nothing was aborted");
        });

        it(`gives the same wherever a range begins and ends: ${kind}`, async () => {
            const log = await open(kind);
            const random = randomOf(seed);
            for (let i = 0; i < 100; i += 1) {
                const partition = random(3);
                const end = Number(ends.get(kind)!.get(partition)!);
                const from = random(end);
                const to = from + 1 + random(end - from);
                const place = `${kind} ${partition}`;
                const expected = seenByJava.get(place)!.filter((text) => {
                    const offset = Number(text.split(" ")[2]);
                    return offset >= from && offset < to;
                });
                const range = [from, to].map((offset) => new Map([[partition, BigInt(offset)]]));
                const seen = await read(log, kind, range[0]!, range[1]!);
                assertSame(seen.get(place) ?? [], expected, `[${from}, ${to})`);
            }
            await log.close();
        });
    }

    it("goes on though compaction has emptied every batch of a range", async () => {
        const log = await open("compact");
        const range = new Map([[0, { from: 0n, to: 50n }]]);
        const fetched = await log.fetch(range, AbortSignal.timeout(10_000));
        assert.deepEqual(
            fetched.map(({ partition, records, next }) => [partition, [...records], next]),
            [[0, [], 50n]],
        );
        await log.close();
    });

    it("waits for a broker that is restarted, and misses nothing", async () => {
        const { broker } = await sharedSandbox();
        const log = await open("plain");
        const lines: string[] = [];
        let restarted: Promise<void> | undefined;
        await readRanges(log, rangesOf(new Map(), ends.get("plain")!), {
            signal: AbortSignal.timeout(90_000),
            onRecords: async (records) => {
                lines.push(...records.map((record) => line("plain", record)));
                if (restarted === undefined) {
                    await broker.kill();
                    restarted = broker.start();
                }
            },
        });
        await restarted;
        await log.close();
        const seen = byPartition(lines);
        for (const partition of ends.get("plain")!.keys()) {
            assertSame(seen.get(`plain ${partition}`)!, seenByJava.get(`plain ${partition}`)!);
        }
    });

    /** Says the first line that differs; all of them would be megabytes. */
    function assertSame(actual: readonly string[], expected: readonly string[], where = ""): void {
        const first = expected.findIndex((text, i) => text !== actual[i]);
        const message = `${prefix} ${where} record ${first}`;
        assert.equal(actual[first], expected[first], message);
        assert.equal(actual.length, expected.length, `${prefix} ${where}`);
    }
});

function byPartition(lines: readonly string[]): Map<string, string[]> {
    return Map.groupBy(lines, (text) => text.split(" ", 2).join(" "));
}

function line(kind: string, { partition, offset, timestamp, key, value }: LogRecord): string {
    return [kind, partition, offset, timestamp, text(key), text(value)].join(" ");
}

function text(bytes: Buffer | null): string {
    if (bytes === null) {
        return "-";
    }
    return bytes.length <= 1000
        ? `x${bytes.toString("hex")}`
        : `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Integers below a bound, the same ones for the same seed. */
function randomOf(start: number): (below: number) => number {
    let state = start;
    return (below) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
    };
}
