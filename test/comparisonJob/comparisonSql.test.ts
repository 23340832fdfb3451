import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { CompareArgs } from "../../components/compare.js";
import { resolveCompare } from "../../components/compareSettings.js";
import { comparisonSql } from "../../components/comparisonJob/comparisonSql.js";
import { parseJobScript } from "../../components/provider/flink/jobScript.js";
import { functions } from "../functions.js";

/** The compiler leaves it where it is, beside the source. */
const goldenOf = (name: string) =>
    path.join(__dirname, name).replace(/([\\/])bin[\\/](test[\\/])/, "$1$2");

/** What of the script is about aggregates: views and statements, without its tables. */
function aggregatesOf(sql: string): string {
    const [, views = ""] = /\n(-- What the aggregated[^]*?)\n\n-- Where all goes/.exec(sql) ?? [];
    const [, inserts = ""] = /\n(INSERT INTO aggregates[^]*)\n\nEND;/.exec(sql) ?? [];
    return [views, inserts].filter((part) => part !== "").join("\n\n");
}

const names = {
    incumbent: { version: "v1", topic: "delays" },
    candidate: { version: "v2", topic: "delays-v2" },
    evidence: "delays-v2-evidence-0a1b2c3d",
    brokers: "one:9092,two:9092",
    checkpoints: "s3://state/delays-v2-evidence-0a1b2c3d",
};

function sqlOf(args: Partial<CompareArgs> = {}): string {
    const { settings, problems } = resolveCompare({
        identity: ["origin", "window_start"],
        eventTime: "window_start",
        windowSeconds: 3600,
        engine: "flink",
        flink: {
            functions,
        },
        fields: {
            mean_delay: { absoluteTolerance: 0.5, relativeTolerance: 0.01 },
            written: { ignore: "when it was written" },
        },
        ...args,
    });
    assert.deepEqual(problems, []);
    return comparisonSql({ ...settings, flink: settings.flink! }, names);
}

describe("the SQL of a comparison", () => {
    it("is what a person reads in comparison.sql", () => {
        assert.equal(sqlOf(), fs.readFileSync(goldenOf("comparison.sql"), "utf8"));
    });

    it("is one job, as the SQL of any version is", () => {
        const parsed = parseJobScript(sqlOf());
        assert.ok(!("problem" in parsed), JSON.stringify(parsed));
        assert.deepEqual(parsed.rest, []);
    });

    it("begins where its group is set, and never skips what is gone", () => {
        const options = (key: string) =>
            [...sqlOf().matchAll(new RegExp(`'${key}' = '([a-z-]+)'`, "g"))].map(([, is]) => is);
        assert.deepEqual(options("scan.startup.mode"), ["group-offsets"]);
        assert.deepEqual(options("properties.auto.offset.reset"), ["none"]);
    });

    it("gives every sink transactional ids of its own, that no version has", () => {
        const prefixes = [...sqlOf().matchAll(/'sink.transactional-id-prefix' = '([^']+)'/g)].map(
            ([, prefix]) => prefix,
        );
        assert.equal(prefixes.length, 4);
        assert.equal(new Set(prefixes).size, 4);
        assert.ok(prefixes.every((prefix) => prefix!.startsWith(`${names.evidence}.`)));
    });

    it("keeps what a name or a setting says from being taken for SQL", () => {
        const sql = sqlOf({
            flink: {
                functions,
                properties: { "client.id": "it's; DROP" },
            },
        });
        assert.match(sql, /'properties.client.id' = 'it''s; DROP'/);
        assert.ok(!("problem" in parseJobScript(sql)));
    });

    it("joins a sample only, and counts everything", () => {
        const lines = (sql: string) => new Set(sql.split("\n"));
        const all = lines(sqlOf());
        const added = [...lines(sqlOf({ sample: 0.1 }))].filter((line) => !all.has(line));
        const window = "said.event_ms - MOD(MOD(said.event_ms, 3600000) + 3600000, 3600000)";
        const isSampled = `MD5(CONCAT(said.record_identity, CAST(${window} AS STRING))) < '1999999a'`;
        assert.equal(added.length, 7, added.join("\n"));
        assert.ok(added.includes(`    ${isSampled} AS in_sample`));
        assert.ok(added.includes("WHERE problem IS NULL AND in_sample;"));
    });

    it("tells the functions what the settings say of records, and nothing else", () => {
        const sql = sqlOf({
            identity: ["it's", "$key"],
            formats: { key: "json" },
            fields: {
                tags: { unordered: true },
                delay: { relativeTolerance: 0.01 },
                'a "b"\\.c': { ignore: "x" },
            },
        });
        const told = (of: RegExp) =>
            [...sql.matchAll(of)].map(
                ([, text]) => JSON.parse(text!.replaceAll("''", "'")) as unknown,
            );
        const read = {
            key: "json",
            value: "json",
            identity: ["it's", "$key"],
            eventTime: "window_start",
            ignore: ['a "b"\\.c'],
        };
        assert.deepEqual(told(/read_record\(record_key, record, written, '(\{.*\})'\)/g), [
            read,
            read,
            read,
        ]);
        assert.deepEqual(told(/counterparts\(rest, '(\{.*\})'\)/g), [
            {
                fields: {
                    tags: { unordered: true },
                    delay: { relativeTolerance: 0.01 },
                    'a "b"\\.c': {},
                },
            },
        ]);
        assert.ok(!("problem" in parseJobScript(sql)));
    });

    it("aggregates what a person reads in aggregates.sql", () => {
        const aggregates = {
            fields: { flights: {}, mean_delay: { maxRelativeDifference: 0.01 } },
            groupBy: ["origin"],
        };
        const sql = sqlOf({ rules: { aggregates } });
        assert.equal(`${aggregatesOf(sql)}\n`, fs.readFileSync(goldenOf("aggregates.sql"), "utf8"));
        assert.equal(aggregatesOf(sqlOf()), "");
        assert.equal(sql.match(/'sink.transactional-id-prefix'/g)?.length, 6);
        const ungrouped = sqlOf({ rules: { aggregates: { fields: { flights: {} } } } });
        assert.match(
            ungrouped,
            /CAST\('flights' AS STRING\) AS field,\s+CAST\(NULL AS STRING\) AS record_group/,
        );
        // Thresholds are applied to what it wrote.
        const lenient = {
            ...aggregates,
            fields: { flights: { maxRelativeDifference: 1 }, mean_delay: {} },
        };
        assert.equal(sqlOf({ rules: { aggregates: lenient } }), sql);
    });

    it("is another one where a rule is, so that another job runs", () => {
        const all = [
            sqlOf(),
            sqlOf({ windowSeconds: 60 }),
            sqlOf({ allowedLatenessSeconds: 5 }),
            sqlOf({ identity: ["origin"] }),
            sqlOf({ fields: {} }),
            sqlOf({ formats: { key: "string" } }),
            sqlOf({ flink: { functions: "s3://jars/shadow-flink-functions.jar" } }),
            sqlOf({ sample: 0.5 }),
            sqlOf({ rules: { aggregates: { fields: { flights: {} } } } }),
            sqlOf({ rules: { aggregates: { fields: { flights: {} }, groupBy: ["origin"] } } }),
        ];
        assert.equal(new Set(all).size, all.length);
    });
});
