import assert from "node:assert/strict";
import { rollbackOutlook } from "../../components/provider/cutover/outlook.js";

const now = new Date("2026-11-23T12:00:00Z");
const day = 86_400_000;
const topic = (change: object = {}) => ({
    name: "delays",
    id: "id",
    partitions: 1,
    cleanupPolicy: "delete",
    timestampType: "CreateTime",
    retentionMs: 7 * day,
    retentionBytes: -1,
    ...change,
});
const fresh = { missing: 0, oldestUnread: null, alignedAt: null };
const outlook = (
    from: object = {},
    to: object = {},
    of = fresh as Parameters<typeof rollbackOutlook>[2],
) => rollbackOutlook(topic(from), topic({ name: "delays-v2", ...to }), of, now);

describe("how long a rollback stays possible", () => {
    it("is what retention leaves of the younger topic", () => {
        assert.equal(
            outlook({}, { retentionMs: 3 * day }),
            "a rollback stays possible for about 3 days, and repeats more after that " +
                "(delays keeps records 7 days; delays-v2 keeps records 3 days)",
        );
    });

    it("is less by the age of the records at which readers stand", () => {
        const of = { ...fresh, oldestUnread: now.getTime() - 5 * day, alignedAt: now.getTime() };
        assert.match(outlook({}, {}, of), /for about 2 days/);
        const late = { ...fresh, alignedAt: now.getTime() - 8 * day };
        assert.match(
            outlook({}, {}, late),
            /retention has reached the records about the hand-over/,
        );
    });

    it("is without limit where neither topic is deleted from", () => {
        assert.match(
            outlook({ retentionMs: -1 }, { cleanupPolicy: "compact" }),
            /without limit \(delays keeps records unlimited; delays-v2 is compacted\)/,
        );
    });

    it("is not known where a size decides, a setting is not told, or a record has no time", () => {
        assert.match(outlook({ retentionBytes: 1_000 }), /is unknown \(.*retention.bytes 1000;/);
        assert.match(outlook({ retentionMs: undefined }), /is unknown/);
        assert.match(outlook({}, {}, { ...fresh, alignedAt: -1 }), /is unknown/);
    });
});
