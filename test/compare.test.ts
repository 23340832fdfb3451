import assert from "node:assert/strict";
import type { CompareArgs } from "../components/compare.js";
import { resolveCompare } from "../components/compareSettings.js";

const minimal: CompareArgs = { identity: ["origin"], windowSeconds: 60 };

/** The problems of arguments as they may come from a program that no compiler saw. */
function problemsOf(args: Record<string, unknown>): Record<string, string> {
    const { problems } = resolveCompare({ ...minimal, ...args });
    return Object.fromEntries(problems.map(({ field, message }) => [field, message]));
}

describe("the arguments of a comparison", () => {
    it("get their defaults", () => {
        const { settings, problems } = resolveCompare(minimal);
        assert.deepEqual(problems, []);
        assert.deepEqual(settings, {
            identity: ["origin"],
            mode: "append",
            formats: { key: "bytes", value: "json" },
            registry: null,
            eventTime: null,
            windowSeconds: 60,
            allowedLatenessSeconds: 60,
            warmUpSeconds: 60,
            minWindows: 3,
            minRecords: 100,
            waitSeconds: 60,
            timeoutSeconds: 600,
            settleSeconds: 2,
            recheckAfterSeconds: 300,
            maxVerdictAgeSeconds: 3600,
            memoryMiB: 512,
            sample: 1,
            samples: "hashed",
            report: null,
            fields: {},
            rules: {
                counts: { severity: "critical", minRecords: 1, maxRelativeDifference: 0 },
                keyCoverage: {
                    severity: "critical",
                    minRecords: 1,
                    maxMissingShare: 0,
                    maxExtraShare: 0,
                    maxDuplicatedShare: 0,
                },
                values: { severity: "critical", minRecords: 1, maxDifferentShare: 0 },
                nullRates: { severity: "critical", minRecords: 1, maxDifference: 0 },
                schema: {
                    severity: "critical",
                    minRecords: 1,
                    allowAddedFields: false,
                    compatibility: "none",
                },
                decoding: { severity: "critical", minRecords: 1 },
                aggregates: {
                    severity: "critical",
                    minRecords: 1,
                    fields: {},
                    groupBy: [],
                    quantiles: [0.5, 0.95, 0.99],
                },
                lateness: {
                    severity: "critical",
                    minRecords: 1,
                    maxLateShare: 0.001,
                    maxDroppedShare: 0,
                },
                watermarks: { severity: "required", minRecords: 1, maxLagSeconds: 240 },
                jobHealth: {
                    severity: "required",
                    minRecords: 1,
                    maxRestarts: 0,
                    maxFailedCheckpoints: 0,
                    maxBackpressure: 0.5,
                },
            },
            metrics: {},
            control: null,
            engine: "embedded",
            flink: null,
        });
    });

    it("are all reported when they are wrong, each by its name, with its value and the way out", () => {
        assert.deepEqual(
            problemsOf({
                identity: ["origin", "", "origin"],
                windowSeconds: 0,
                minRecords: 0,
                minWindows: "6",
                samples: "all",
                warmUpp: 5,
                rules: { values: { maxDifferentShare: 1.5 }, count: {} },
                fields: { origin: { absoluteTolerance: 1 }, delay: { ignore: " " } },
            }),
            {
                "compare.warmUpp": "is not an argument; did you mean warmUpSeconds?",
                "compare.identity[1]":
                    'is ""; name the fields that make a record the counterpart of another, ["origin", "window_start"] say.',
                "compare.identity[2]": 'is "origin" a second time; remove it.',
                "compare.windowSeconds": "is 0; give a number of at least 0.001, in seconds.",
                "compare.minWindows":
                    'is "6"; give a whole number of at least 1: no evidence is never a pass.',
                "compare.minRecords":
                    "is 0; give a whole number of at least 1: no evidence is never a pass.",
                "compare.samples": 'is "all"; give "hashed" or "raw".',
                "compare.fields.origin":
                    "belongs to the identity, which must be equal for two records to be counterparts; " +
                    "remove it here or from compare.identity.",
                "compare.fields.delay.ignore":
                    'is " "; say why the field may differ, the reason stands in the report.',
                "compare.rules.count": "is not an argument; did you mean counts?",
                "compare.rules.values.maxDifferentShare":
                    "is 1.5; give a number between 0 and 1, as a share.",
            },
        );
    });

    it("are refused one by one", () => {
        const cases: [string, Record<string, unknown>][] = [
            ["compare.identity", { identity: [] }],
            ["compare.identity", { identity: undefined }],
            ["compare.identity", { identity: "origin" }],
            ["compare.identity[0]", { identity: [7] }],
            ["compare.eventTime", { eventTime: "" }],
            ["compare.eventTime", { eventTime: 5 }],
            ["compare.windowSeconds", { windowSeconds: undefined }],
            ["compare.windowSeconds", { windowSeconds: Infinity }],
            ["compare.windowSeconds", { windowSeconds: -5 }],
            ["compare.windowSeconds", { windowSeconds: "5 minutes" }],
            ["compare.warmUpSeconds", { warmUpSeconds: -1 }],
            ["compare.allowedLatenessSeconds", { allowedLatenessSeconds: NaN }],
            ["compare.minRecords", { minRecords: 1.5 }],
            ["compare.minRecords", { minRecords: null }],
            ["compare.memoryMiB", { memoryMiB: 1 }],
            ["compare.report", { report: "" }],
            ["compare.timeoutSeconds", { waitSeconds: 600 }],
            ["compare.timeoutSeconds", { timeoutSeconds: 61 }],
            ["compare.recheckAfterSeconds", { recheckAfterSeconds: 3601 }],
            ["compare.recheckAfterSeconds", { maxVerdictAgeSeconds: 299 }],
            ["compare.fields", { fields: ["delay"] }],
            ["compare.fields.delay", { fields: { delay: undefined } }],
            ["compare.fields.delay", { fields: { delay: 5 } }],
            [
                "compare.fields.delay.absoluteTolerance",
                { fields: { delay: { absoluteTolerance: NaN } } },
            ],
            [
                "compare.fields.delay.relativeTolerance",
                { fields: { delay: { relativeTolerance: "5%" } } },
            ],
            ["compare.fields.delay.ignore", { fields: { delay: { ignore: true } } }],
            ["compare.fields.delay.tolerance", { fields: { delay: { tolerance: 1 } } }],
            [
                "compare.rules.counts.maxRelativeDifference",
                { rules: { counts: { maxRelativeDifference: -0.1 } } },
            ],
            [
                "compare.rules.schema.allowAddedFields",
                { rules: { schema: { allowAddedFields: "yes" } } },
            ],
            ["compare.rules.schema", { rules: { schema: null } }],
        ];
        for (const [field, args] of cases) {
            const problems = problemsOf(args);
            assert.deepEqual(Object.keys(problems), [field], JSON.stringify(args));
            assert.doesNotMatch(problems[field]!, /\[object/);
        }
    });

    it("take any name of a field as plain data", () => {
        const fields = JSON.parse(
            '{"__proto__":{"absoluteTolerance":1},"constructor":{"ignore":"a name like any other"}}',
        ) as CompareArgs["fields"];
        const { settings, problems } = resolveCompare({ ...minimal, fields });
        assert.deepEqual(problems, []);
        assert.deepEqual(Object.keys(settings.fields), ["__proto__", "constructor"]);
        assert.equal(Object.getPrototypeOf(settings.fields), Object.prototype);
        assert.equal(({} as Record<string, unknown>)["absoluteTolerance"], undefined);
    });
});
