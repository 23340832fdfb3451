import assert from "node:assert/strict";
import fc from "fast-check";
import { consumerGroup, nameProblems, versionNames } from "../components/versions.js";

const versionName = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);

describe("names of versions", () => {
    it("derives topic, group, prefix and checkpoint folder from component and version", () => {
        assert.deepEqual(versionNames("delays", "v2", "s3://bucket/checkpoints/"), {
            version: "v2",
            topic: "delays-v2",
            group: "delays-v2",
            transactionalIdPrefix: "delays-v2.",
            checkpoints: "s3://bucket/checkpoints/delays-v2",
        });
    });

    it("lets each one be overridden", () => {
        const overrides = {
            topic: "t",
            group: "g",
            transactionalIdPrefix: "p",
            checkpoints: "file:///c",
        };
        assert.deepEqual(versionNames("delays", "v2", undefined, overrides), {
            version: "v2",
            ...overrides,
        });
    });

    it("never derives a transactional-id prefix that another version's begins with", () => {
        fc.assert(
            fc.property(versionName, versionName, (a, b) => {
                fc.pre(a !== b);
                const [one, other] = [a, b].map(
                    (version) => versionNames("delays", version, undefined).transactionalIdPrefix,
                );
                assert.ok(!one!.startsWith(other!) && !other!.startsWith(one!));
            }),
        );
    });

    it("names the group of a consumer by version, except where the job was there before", () => {
        assert.equal(consumerGroup("dashboard", "v1", false), "dashboard");
        assert.equal(consumerGroup("dashboard", "v2", true), "dashboard-v2");
    });

    it("collects every problem, each with the field", () => {
        const versions = [
            versionNames("Delays!", "V2", undefined),
            versionNames("Delays!", "routing", undefined),
            versionNames("Delays!", "a", undefined, { topic: "x.y" }),
            versionNames("Delays!", "b", undefined, { topic: "x_y" }),
            versionNames("Delays!", "c", undefined, { topic: "__internal" }),
            versionNames("Delays!", "d", undefined, { topic: "t".repeat(250) }),
        ];
        assert.deepEqual(
            nameProblems("Delays!", versions).map(({ field }) => field),
            [
                "name",
                "versions.V2",
                "versions.V2.topic",
                "versions.routing",
                "versions.routing.topic",
                "versions.b.topic",
                "versions.c.topic",
                "versions.d.topic",
            ],
        );
    });

    it("refuses a number, which JavaScript would sort before the versions declared earlier", () => {
        const versions = ["v1", "10"].map((version) => versionNames("delays", version, undefined));
        const [problem, ...others] = nameProblems("delays", versions);
        assert.deepEqual(others, []);
        assert.equal(problem?.field, "versions.10");
        assert.match(problem.message, /call it "v10"/);
    });

    it("finds nothing wrong with sound names", () => {
        const versions = ["v1", "v2", "2026-11"].map((v) => versionNames("delays", v, undefined));
        assert.deepEqual(nameProblems("delays", versions), []);
    });
});
