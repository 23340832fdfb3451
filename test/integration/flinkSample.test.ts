import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { settingsOf } from "../comparison/world.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox } from "../sandboxFixture.js";
import { Engines, type Look } from "./engines.js";

const args: Partial<CompareArgs> = {
    // A key that is no text, and a text with all that has to be escaped.
    identity: ["$key", "note"],
    windowSeconds: 3600,
    allowedLatenessSeconds: 3600,
    waitSeconds: 180,
    minRecords: 12,
    minWindows: 20,
    sample: 0.5,
};
const hours = 24;
const began = Math.floor(Date.now() / 3_600_000 - 48) * 3_600_000;
const note = (place: number) => `é "q" ${place}\n\u{1F6EB}`;

/** The records of an hour, as the candidate writes them or not: one of each is another, and of every other hour one is lost. */
const hour = (n: number, isCandidate: boolean) =>
    Array.from({ length: 6 }, (_, place) => ({
        key: Buffer.from([0xff, 0x22, place]),
        value: JSON.stringify({
            origin: ["ATL", "DFW", "SEA"][place % 3],
            window_start: new Date(began + n * 3_600_000).toISOString(),
            flights: isCandidate && place === 2 ? 999 : n,
            note: note(place),
        }),
        partition: place % 2,
    })).filter((_, place) => !isCandidate || n % 2 === 0 || place !== n % 6);

describe("a sample, drawn by a Flink job", function () {
    this.timeout(600_000);
    let engines: Engines;
    before(async function () {
        await needsJdk(this);
        engines = await Engines.connect(await sharedSandbox());
    });
    after(() => engines?.close());

    it("is that of the embedded engine, which finds the same in it", async () => {
        const settings = settingsOf({
            ...args,
            engine: "flink",
            flink: { from: "beginning", checkpointSeconds: 1, parallelism: 2 },
        });
        const pair = await engines.start("sample", settings);
        for (const { topic } of [pair.incumbent, pair.candidate]) {
            const producer = engines.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
            await producer.connect();
            const messages = Array.from({ length: hours }, (_, n) => n).flatMap((n) =>
                hour(n, topic === pair.candidate.topic),
            );
            await producer.send({ topic, messages });
            await producer.disconnect();
        }
        const ours = await engines.byFlink(pair, settings);
        const theirs = await engines.embedded(pair, settingsOf({ ...args, settleSeconds: 0 }));
        const hidden = ({ evidence }: Look) => ({
            ...evidence,
            // Bytes in an identity have another text in SQL, and so another hash.
            samples: evidence.samples.map((sample) => ({ ...sample, identity: "" })),
        });
        assert.deepEqual(hidden(ours), hidden(theirs));
        assert.deepEqual(ours.verdict.findings, theirs.verdict.findings);
        assert.deepEqual(ours.verdict.sample, theirs.verdict.sample);
        const { sample, records, outcome } = ours.verdict;
        assert.equal(outcome, "fail");
        assert.ok(sample!.identities > 30 && sample!.identities < records.incumbent - 30);
        assert.ok(records.changed > 0 && records.missing > 0, JSON.stringify(records));
    });
});
