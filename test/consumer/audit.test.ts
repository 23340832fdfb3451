import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
    audit,
    identityOf,
    readJournal,
    type JournalEntry,
} from "../../sandbox/dashboard/audit.js";
import { Journal } from "../../sandbox/dashboard/journal.js";

describe("identityOf", () => {
    const fields = ["origin", "window_start"];
    const of = (value: string | null) =>
        identityOf(value === null ? null : Buffer.from(value), fields);

    it("is the values of the fields, whatever else stands in the record", () => {
        assert.equal(of('{"window_start":"10:00","origin":"ATL","n":1}'), '["ATL","10:00"]');
    });
    it("does not confuse values that look alike when glued together", () => {
        assert.notEqual(
            of('{"origin":"A,B","window_start":"C"}'),
            of('{"origin":"A","window_start":"B,C"}'),
        );
    });
    it("is null for a tombstone, for what is not JSON, and where a field is missing", () => {
        for (const value of [null, "nonsense", "[]", "7", "null", '{"origin":"ATL"}']) {
            assert.equal(of(value), null);
        }
    });
});

describe("audit", () => {
    it("counts what was skipped, repeated, redelivered and not expected", () => {
        const entries = [
            entry("a", "delays", "0"),
            entry("b", "delays", "1"),
            entry("b", "delays", "1"),
            entry("b", "delays-v2", "7"),
            entry("z", "delays-v2", "8"),
            entry(null, "delays-v2", "9"),
        ];
        assert.deepEqual(audit(entries, ["a", "b", "c"]), {
            expected: 3,
            delivered: 6,
            skipped: ["c"],
            repeated: 2,
            redelivered: 1,
            repeatedIdentities: ["b"],
            others: 1,
            unidentified: 1,
        });
    });
});

describe("a journal", () => {
    it("is read without the line that a kill cut short, and goes on behind it", () => {
        const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "journal-")), "journal");
        const first = new Journal(file);
        first.write(entry("a", "delays", "0"));
        first.close();
        fs.appendFileSync(file, '{"topic":"delays","part');
        const second = new Journal(file);
        second.write(entry("b", "delays", "1"));
        second.close();
        assert.deepEqual(
            readJournal(file).map(({ identity }) => identity),
            ["a", "b"],
        );
    });
});

function entry(identity: string | null, topic: string, offset: string): JournalEntry {
    return { topic, partition: 0, offset, identity, version: "v1", epoch: 1, at: "" };
}
