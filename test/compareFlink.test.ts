import assert from "node:assert/strict";
import { resolveCompare } from "../components/compareSettings.js";
import { functions } from "./functions.js";

const minimal = {
    identity: ["origin"],
    eventTime: "at",
    windowSeconds: 60,
    engine: "flink" as const,
    flink: { functions },
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
            functions,
            registry: null,
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
            upserts: [
                { mode: "upsert" },
                "compare.mode",
                /cannot be "upsert" with .*: its state would hold every identity for ever; .*embedded/,
            ],
            "values in samples": [
                { samples: "raw" },
                "compare.samples",
                /values stay in their topics/,
            ],
            "a control": [{ control: "v0" }, "compare.control", /embedded/],
            "aggregates of a field whose values are not looked at": [
                {
                    fields: { delay: { ignore: "noise" } },
                    rules: { aggregates: { fields: { delay: {} } } },
                },
                "compare.fields.delay.ignore",
                /cannot be given with .*: compare.rules.aggregates names .*embedded/,
            ],
            "a registry that nothing is read with": [
                { flink: { ...minimal.flink, registry: "http://registry" } },
                "compare.flink.registry",
                /is not used: no format is "avro" or "protobuf"/,
            ],
            "a registry that Java cannot ask": [
                {
                    formats: { value: "avro" },
                    registry: { url: "http://schema_registry:8081" },
                },
                "compare.flink.registry",
                /would be "http:\/\/schema_registry:8081", whose host has a "_" in it/,
            ],
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

    it("name any field of any format, and compare it in any way", () => {
        const args = {
            identity: ["origin", "place.lat", "$key"],
            eventTime: "at.time",
            fields: {
                "place.lon": { absoluteTolerance: 1e-20 },
                "a\\.b": { ignore: "it comes and goes" },
                tags: { unordered: true },
            },
            rules: { aggregates: { fields: { "place.lat": {} }, groupBy: ["place", "$key"] } },
        };
        for (const key of ["bytes", "string", "json"]) {
            assert.deepEqual(problemsOf({ ...args, formats: { value: "json", key } }), {}, key);
        }
        const registered = {
            formats: { value: "avro", key: "protobuf" },
            registry: { url: "https://registry" },
            flink: { functions, registry: "http://registry.kafka.svc:8081" },
            rules: { ...args.rules, schema: { compatibility: "backward" } },
        };
        assert.deepEqual(problemsOf({ ...args, ...registered }), {});
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
        for (const secret of [
            "s3://me:hunter2@bucket",
            "s3://me:hunter/2@bucket",
            "S3://me:hunter2@b",
        ]) {
            assert.equal(
                messageOf(`${secret}/functions.jar`),
                "has a password in it, which would stand in the state; remove it.",
            );
        }
    });

    it("let a password come from the cluster", () => {
        const properties = { "ssl.key.password": "${file:/etc/kafka/client.properties:password}" };
        assert.deepEqual(problemsOf({ flink: { ...minimal.flink, properties } }), {});
    });
});
