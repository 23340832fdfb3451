import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import {
    fingerprint,
    type FingerprintInput,
} from "../../components/provider/comparison/fingerprint.js";
import { settingsOf } from "./world.js";

const version = (name: string) => ({
    version: name,
    topic: `delays-${name}`,
    topicId: `id-${name}`,
    partitions: 4,
});

const input = (args: Partial<CompareArgs> = {}): FingerprintInput => ({
    incumbent: version("v1"),
    candidate: version("v2"),
    candidateDigest: "d",
    settings: settingsOf(args),
});

describe("the fingerprint", () => {
    it("is the same for the same subject, in whatever order its keys come back", () => {
        const { settings, ...rest } = input();
        const reversed = Object.fromEntries(Object.entries(settings).reverse());
        const again = { settings: reversed as unknown as typeof settings, ...rest };
        assert.match(fingerprint(input()), /^[0-9a-f]{64}$/);
        assert.equal(fingerprint(again), fingerprint(input()));
    });

    it("is another one for another candidate, topic, partition count or rule", () => {
        const others: FingerprintInput[] = [
            { ...input(), candidateDigest: "e" },
            { ...input(), candidate: { ...version("v2"), version: "v3" } },
            { ...input(), candidate: { ...version("v2"), topicId: "again" } },
            { ...input(), incumbent: { ...version("v1"), partitions: 5 } },
            { ...input(), incumbent: version("v2"), candidate: version("v1") },
            input({ windowSeconds: 60 }),
            input({ identity: ["origin"] }),
            input({ minRecords: 7 }),
            input({ settleSeconds: 3 }),
            input({ fields: { flights: { ignore: "noise" } } }),
            input({ rules: { values: { maxDifferentShare: 0.1 } } }),
        ];
        const all = new Set([input(), ...others].map(fingerprint));
        assert.equal(all.size, others.length + 1);
    });

    it("does not depend on how long, how often, in how much memory is looked and where it is shown", () => {
        const patient = input({
            waitSeconds: 20,
            timeoutSeconds: 1200,
            recheckAfterSeconds: 1,
            maxVerdictAgeSeconds: 1,
            memoryMiB: 1024,
            report: "reports",
        });
        assert.equal(fingerprint(patient), fingerprint(input()));
    });
});
