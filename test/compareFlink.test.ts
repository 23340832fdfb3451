import assert from "node:assert/strict";
import { resolveCompare } from "../components/compareSettings.js";
import { functions } from "./functions.js";

const minimal = {
    identity: ["origin"],
    eventTime: "at",
    windowSeconds: 60,
    engine: "flink" as const,
    flink: { functions, fields: ["origin", "at", "delay"] },
};

/** The problems of arguments as they may come from a program that no compiler saw. */
function problemsOf(args: Record<string, unknown>): Record<string, string> {
    const { problems } = resolveCompare({ ...minimal, ...args });
    return Object.fromEntries(problems.map(({ field, message }) => [field, message]));
}

describe("the arguments of a comparison as a Flink job", () => {
    it("get their defaults", () => {
        const { settings, problems } = resolveCompare(minimal);
        assert.deepEqual(problems, []);
        assert.deepEqual(settings.flink, {
            fields: ["origin", "at", "delay"],
            functions,
            gateway: null,
            rest: null,
            parallelism: 1,
            checkpointSeconds: 10,
            idleSeconds: 300,
            from: "now",
            attempt: 1,
            properties: {},
        });
        assert.deepEqual(
            resolveCompare({ identity: ["origin"], windowSeconds: 60 }).settings.flink,
            null,
        );
    });

    const refused: Record<string, [args: Record<string, unknown>, field: string, message: RegExp]> =
        {
            upserts: [{ mode: "upsert" }, "compare.mode", /cannot be "upsert" with .*embedded/],
            Avro: [
                { formats: { value: "avro" }, registry: { url: "http://registry" } },
                "compare.formats.value",
                /cannot be "avro" with .* leaves out tombstones .*embedded/,
            ],
            Protobuf: [
                { formats: { value: "protobuf" }, registry: { url: "http://registry" } },
                "compare.formats.value",
                /cannot be "protobuf" with .* compiled classes only.*embedded/,
            ],
            "values without fields": [
                { formats: { value: "string" } },
                "compare.formats.value",
                /cannot be "string" with .* a string has none; .*embedded/,
            ],
            "keys with fields": [
                { formats: { key: "json" } },
                "compare.formats.key",
                /takes keys as bytes/,
            ],
            "values in samples": [
                { samples: "raw" },
                "compare.samples",
                /values stay in their topics/,
            ],
            "a control": [{ control: "v0" }, "compare.control", /embedded/],
            "aggregates of a field that is not named": [
                { rules: { aggregates: { fields: { delya: {} } } } },
                "compare.rules.aggregates",
                /names "delya", which is not in compare.flink.fields/,
            ],
            "groups by a key": [
                { rules: { aggregates: { fields: { delay: {} }, groupBy: ["$key"] } } },
                "compare.rules.aggregates",
                /names "\$key", which is not .*: keys are bytes/,
            ],
            "aggregates of a field whose values are not looked at": [
                {
                    fields: { delay: { ignore: "noise" } },
                    rules: { aggregates: { fields: { delay: {} } } },
                },
                "compare.fields.delay.ignore",
                /cannot be given with .*: compare.rules.aggregates names .*embedded/,
            ],
            "arrays as multisets": [
                { fields: { delay: { unordered: true } } },
                "compare.fields.delay.unordered",
                /cannot be given .*embedded/,
            ],
            "a tolerance that no decimal has": [
                { fields: { delay: { absoluteTolerance: 1e-20 } } },
                "compare.fields.delay.absoluteTolerance",
                /is 1e-20; .* at most 12 digits/,
            ],
            "a field that is not named": [
                { fields: { delya: { absoluteTolerance: 1 } } },
                "compare.fields.delya",
                /not in compare.flink.fields/,
            ],
            "an identity that is not named": [
                { identity: ["carrier"] },
                "compare.identity[0]",
                /"carrier", which is not in compare.flink.fields/,
            ],
            "an event time that is not named": [
                { eventTime: "when" },
                "compare.eventTime",
                /"when", which is not/,
            ],
            "a name with a dot in it": [
                { flink: { fields: ["origin", "at", "a\\.b"] } },
                "compare.flink.fields",
                /has "a\\\\.b" in it: .*"place.lat" for a member.*embedded/,
            ],
            "a path that ends nowhere": [
                { flink: { fields: ["origin", "at", "a."] } },
                "compare.flink.fields",
                /has "a\." in it/,
            ],
            "members of an array": [
                { flink: { fields: ["origin", "at", "tags[].name"] } },
                "compare.flink.fields",
                /has "tags\[\].name" in it: .*"tags\[\]" for an array/,
            ],
            "a field as itself and as an array": [
                { flink: { fields: ["origin", "at", "tags", "tags[]"] } },
                "compare.flink.fields",
                /has both "tags" and "tags\[\]" in it: remove the first/,
            ],
            "an identity that may be an array": [
                { identity: ["tags"], flink: { fields: ["at", "tags[]"] } },
                "compare.identity[0]",
                /cannot be "tags", which may be an array, .*embedded/,
            ],
            "a member that is not named": [
                { fields: { "place.lat": { absoluteTolerance: 1 } } },
                "compare.fields.place.lat",
                /not in compare.flink.fields/,
            ],
            "no fields": [{ flink: {} }, "compare.flink.fields", /is missing; name all fields/],
            "memory of the other engine": [{ memoryMiB: 512 }, "compare.memoryMiB", /is not used/],
            "a password": [
                { flink: { ...minimal.flink, properties: { "ssl.key.password": "hunter2" } } },
                "compare.flink.properties.ssl.key.password",
                /would stand in the state/,
            ],
            "a password in a URL": [
                { flink: { ...minimal.flink, gateway: "http://me:hunter2@gateway" } },
                "compare.flink.gateway",
                /would stand in the state/,
            ],
            "another address": [
                { flink: { ...minimal.flink, rest: "gateway:8083" } },
                "compare.flink.rest",
                /give an http or https URL/,
            ],
            "its settings for the other engine": [
                { engine: "embedded" },
                "compare.flink",
                /is not used/,
            ],
            "another engine": [{ engine: "spark" }, "compare.engine", /give "embedded" or "flink"/],
        };
    for (const [what, [args, field, message]] of Object.entries(refused)) {
        it(`refuse ${what} by name`, () => {
            const problems = problemsOf(args);
            assert.match(problems[field] ?? "nothing", message);
            assert.ok(!JSON.stringify(problems).includes("hunter2"));
        });
    }

    it("name members of objects by path, and arrays by themselves", () => {
        const args = {
            identity: ["origin", "place.lat"],
            eventTime: "at.time",
            flink: {
                functions,
                fields: ["origin", "at.time", "place", "place.lat", "place.lon", "tags[]"],
            },
            fields: {
                "place.lon": { absoluteTolerance: 1 },
                tags: { ignore: "it comes and goes" },
            },
            rules: { aggregates: { fields: { "place.lat": {} }, groupBy: ["place"] } },
        };
        assert.deepEqual(problemsOf(args), {});
    });

    it("name the jar of functions as Flink reads it", () => {
        for (const functions of [
            "file:/opt/flink/usrlib/shadow-flink-functions.jar",
            "file:///opt/my jars/functions 1.jar",
            "s3://bucket/functions.jar",
            "abfss://container@account.dfs.core.windows.net/functions.jar",
            "https://jars.example/functions.jar",
        ]) {
            assert.deepEqual(problemsOf({ flink: { ...minimal.flink, functions } }), {}, functions);
        }
        const bring =
            "bring node_modules/shadow-flink/bin/components/comparisonJob/shadow-flink-functions.jar to where";
        const url =
            'and give its URL there, "file:///opt/flink/usrlib/shadow-flink-functions.jar" say.';
        const wayOut = `${bring} the SQL Gateway can read it, ${url}`;
        const messageOf = (functions: unknown, more: object = {}) =>
            problemsOf({ flink: { ...minimal.flink, ...more, functions } })[
                "compare.flink.functions"
            ];
        assert.equal(messageOf(undefined), `is missing; ${wayOut}`);
        assert.equal(
            messageOf(undefined, { job: { kind: "flinkDeployment", build: () => ({}) } }),
            `is missing; ${bring} the job's JobManager can read it, into its image say, ${url}`,
        );
        assert.equal(messageOf(" "), `is " "; ${wayOut}`);
        assert.equal(messageOf(7), `is 7; ${wayOut}`);
        for (const path of [
            "/opt/functions.jar",
            "functions.jar",
            "C:\\functions.jar",
            "S3://b/f.jar",
        ]) {
            assert.equal(messageOf(path), `is ${JSON.stringify(path)}, which is no URL; ${wayOut}`);
        }
        assert.equal(
            messageOf("s3://bucket/functions.zip"),
            `is "s3://bucket/functions.zip", which does not end in ".jar"; ${wayOut}`,
        );
        assert.equal(
            messageOf("local:///opt/functions.jar"),
            'is "local:///opt/functions.jar": "local:" is the operator\'s word for its own jars; Flink calls it "file:".',
        );
        assert.equal(
            messageOf("file://opt/functions.jar"),
            'is "file://opt/functions.jar", where Flink takes "opt" for a host; give three slashes, "file:///…".',
        );
        assert.equal(
            messageOf("s3://me:hunter2@bucket/functions.jar"),
            "has a password in it, which would stand in the state; remove it.",
        );
    });

    it("let a password come from the cluster", () => {
        const properties = { "ssl.key.password": "${file:/etc/kafka/client.properties:password}" };
        assert.deepEqual(problemsOf({ flink: { ...minimal.flink, properties } }), {});
    });
});
