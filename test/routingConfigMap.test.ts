import assert from "node:assert/strict";
import { configMapProblems, routedBy } from "../components/routingConfigMap.js";
import type { RoutingRecord } from "../components/index.js";

const route = {
    group: "dashboard-v2",
    committed: null,
    previousGroup: null,
    previousCommitted: null,
    repeatsAtMost: 0,
};
const record = {
    epoch: 4,
    authority: "v2",
    topic: "delays-v2",
    consumers: {
        dashboard: route,
        slow: { ...route, group: "slow", own: { epoch: 2, version: "v1", topic: "delays" } },
    },
} as unknown as RoutingRecord;

describe("what a consumer's pods are told", () => {
    it("is the record's authority, or its own where it was not moved with the others", () => {
        assert.deepEqual(routedBy(record, "dashboard"), {
            version: "v2",
            topic: "delays-v2",
            group: "dashboard-v2",
            epoch: 4,
        });
        assert.deepEqual(routedBy(record, "slow"), {
            version: "v1",
            topic: "delays",
            group: "slow",
            epoch: 2,
        });
        assert.equal(routedBy(record, "other"), null);
    });

    it("is refused where Kubernetes would refuse its name, or two share one", () => {
        const found = configMapProblems("delays", {
            dashBoard: { group: "a", configMap: { namespace: "Apps", rolls: { deployment: "" } } },
            b: { group: "b", configMap: { name: "same", namespace: "apps" } },
            c: { group: "c", configMap: { name: "same", namespace: "apps" } },
            d: { group: "d", configMap: { name: "same", namespace: "else" } },
            e: { group: "e" },
        }).map(({ field, message }) => `${field}: ${message}`);
        assert.equal(found.length, 4, found.join("\n"));
        assert.match(
            found[0]!,
            /^consumers\.dashBoard\.configMap\.name: is "delays-routing-dashBoard"/,
        );
        assert.match(found[1]!, /^consumers\.dashBoard\.configMap\.namespace: is "Apps"/);
        assert.match(found[2]!, /^consumers\.dashBoard\.configMap\.rolls\.deployment: is ""/);
        assert.match(
            found[3]!,
            /^consumers\.c\.configMap\.name: "same" is the ConfigMap of consumer b/,
        );
    });
});
