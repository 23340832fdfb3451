import assert from "node:assert/strict";
import { Leaders } from "../../components/provider/kafka/leaders.js";
import {
    EvidenceLostError,
    TopicReplacedError,
    type Fetched,
    type TopicLog,
} from "../../components/provider/kafka/port.js";
import { openTopicLog } from "../../components/provider/kafka/topicLog.js";
import { Unpacker } from "../../components/provider/kafka/unpacker.js";
import { batchOf } from "./batches.js";
import { FakeCluster, type Asked } from "./fakeCluster.js";

const notLeader = 6;
const offsetOutOfRange = 1;
const corrupt = 2;
const fenced = 74;
const unknownTopicId = 100;

const signal = () => AbortSignal.timeout(10_000);

/** One record at the offset asked for, which says who gave it. */
const giving = ({ broker, partition, offset }: Asked) => ({
    log: batchOf({
        baseOffset: Number(offset),
        records: [
            {
                offsetDelta: 0,
                timestamp: 1,
                key: null,
                value: Buffer.from(`${partition} from broker ${broker}`),
            },
        ],
    }),
});

const shown = (fetched: readonly Fetched[]) =>
    fetched
        .flatMap(({ records }) =>
            [...records].map(({ offset, value }) => `${offset}: ${String(value)}`),
        )
        .sort();

describe("a topic's log", () => {
    let cluster: FakeCluster;
    const opened: TopicLog[] = [];

    beforeEach(async () => {
        cluster = await FakeCluster.start(3);
        cluster.leaders = [
            { broker: 0, epoch: 5 },
            { broker: 1, epoch: 7 },
        ];
        cluster.answer = giving;
    });
    afterEach(async () => {
        await Promise.all(opened.splice(0).map((log) => log.close()));
        cluster.stop();
    });

    async function open(): Promise<TopicLog> {
        const topic = {
            name: "delays",
            id: cluster.topicId,
            partitions: 2,
            cleanupPolicy: "delete",
            timestampType: "CreateTime",
        };
        const log = await openTopicLog({
            topic,
            leaders: new Leaders([cluster.address(2)], "test", topic),
            unpacker: new Unpacker(),
            endsOf: () => Promise.resolve({ earliest: 40n, end: 90n }),
        });
        opened.push(log);
        return log;
    }

    const ranges = (...partitions: number[]) =>
        new Map(partitions.map((partition) => [partition, { from: 3n, to: 9n }]));

    it("is read from the leader of each partition, in its term", async () => {
        const log = await open();
        assert.deepEqual(shown(await log.fetch(ranges(0, 1), signal())), [
            "3: 0 from broker 0",
            "3: 1 from broker 1",
        ]);
        const asked = cluster.asked.map(({ broker, leaderEpoch }) => [broker, leaderEpoch]);
        assert.deepEqual(asked.sort(), [
            [0, 5],
            [1, 7],
        ]);
        await log.fetch(ranges(0, 1), signal());
        assert.equal(cluster.metadataRequests, 1);
    });

    for (const errorCode of [notLeader, fenced, unknownTopicId]) {
        it(`finds the new leader after error ${errorCode}`, async () => {
            const log = await open();
            await log.fetch(ranges(0), signal());
            cluster.leaders[0] = { broker: 2, epoch: 6 };
            cluster.answer = (asked) => (asked.broker === 2 ? giving(asked) : { errorCode });
            assert.deepEqual(shown(await log.fetch(ranges(0), signal())), ["3: 0 from broker 2"]);
            assert.equal(cluster.asked.at(-1)!.leaderEpoch, 6);
        });
    }

    it("gives what one leader has while another one is gone", async () => {
        const log = await open();
        cluster.hangsUp = (broker) => broker === 1;
        assert.deepEqual(shown(await log.fetch(ranges(0, 1), signal())), ["3: 0 from broker 0"]);
        cluster.leaders[1] = { broker: 2, epoch: 8 };
        assert.deepEqual(shown(await log.fetch(ranges(0, 1), signal())), [
            "3: 0 from broker 0",
            "3: 1 from broker 2",
        ]);
    });

    it("gives what it can while a partition has no leader", async () => {
        cluster.leaders[1] = { broker: -1, epoch: 7 };
        const log = await open();
        assert.deepEqual(shown(await log.fetch(ranges(0, 1), signal())), ["3: 0 from broker 0"]);
    });

    it("waits until a partition has a leader, and until a broker answers again", async () => {
        const log = await open();
        cluster.leaders[0] = { broker: -1, epoch: 5 };
        cluster.answer = (asked) => (asked.broker === 0 ? { errorCode: notLeader } : giving(asked));
        setTimeout(() => (cluster.leaders[0] = { broker: 1, epoch: 6 }), 400);
        assert.deepEqual(shown(await log.fetch(ranges(0), signal())), ["3: 0 from broker 1"]);
        cluster.hangsUp = () => true;
        setTimeout(() => (cluster.hangsUp = () => false), 400);
        assert.deepEqual(shown(await log.fetch(ranges(0), signal())), ["3: 0 from broker 1"]);
    });

    it("asks first for what was not served last", async () => {
        cluster.leaders[1] = { broker: 0, epoch: 5 };
        cluster.answer = (asked) => (asked.partition === 0 ? giving(asked) : {});
        const log = await open();
        await log.fetch(ranges(0, 1), signal());
        await log.fetch(ranges(0, 1), signal());
        const order = cluster.asked.map(({ partition }) => partition);
        assert.deepEqual(order, [0, 1, 1, 0]);
    });

    it("is refused where it was deleted", async () => {
        const log = await open();
        cluster.topicExists = false;
        cluster.answer = () => ({ errorCode: unknownTopicId });
        await assert.rejects(log.fetch(ranges(0), signal()), TopicReplacedError);
        await assert.rejects(open(), TopicReplacedError);
    }).timeout(20_000);

    it("is lost where it begins later, or ends before", async () => {
        const log = await open();
        cluster.answer = () => ({ errorCode: offsetOutOfRange, logStart: -1n });
        const lost = (from: bigint, available: bigint) =>
            assert.rejects(log.fetch(new Map([[0, { from, to: 95n }]]), signal()), {
                name: "EvidenceLostError",
                // Not the error itself: mocha never ends where it has to show one with bigints in it.
                message: new EvidenceLostError("delays", 0, from, available).message,
            });
        await lost(3n, 40n);
        await lost(93n, 90n);
        // Deleted between the broker's look at the offset and its answer.
        cluster.answer = (asked) => ({ ...giving({ ...asked, offset: 5n }), logStart: 5n });
        await lost(3n, 5n);
    });

    it("cannot be read where the broker says that it is damaged", async () => {
        const log = await open();
        cluster.answer = () => ({ errorCode: corrupt });
        await assert.rejects(log.fetch(ranges(1), signal()), {
            message: "delays, partition 1 could not be read at offset 3: CORRUPT_MESSAGE.",
        });
    });

    it("is refused by name of the version where a broker is too old", async () => {
        cluster.newestFetch = 11;
        await assert.rejects(
            open(),
            /fetches up to version 11, and version 13 is needed .* Kafka 3\.1/,
        );
    });

    it("ends at once when it is told to, while it waits for a leader", async () => {
        const log = await open();
        cluster.hangsUp = () => true;
        const controller = new AbortController();
        const reason = new Error("that was enough");
        setTimeout(() => controller.abort(reason), 200);
        await assert.rejects(log.fetch(ranges(0), controller.signal), reason);
    });
});
