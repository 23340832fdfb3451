import type { CompareArgs, CompareSettings, Format } from "./compare.js";
import { readFlink, refuseWhatFlinkCannot } from "./compareFlink.js";
import { readMetrics, readUrl } from "./compareMetrics.js";
import { readRules } from "./compareRules.js";
import { evidence, seconds, Section, share, show } from "./section.js";
import type { Problem } from "./versions.js";

/**
 * Fills in the defaults and collects everything that is wrong with the arguments, not only the first thing.
 * Where a value cannot be used its default stands in the settings, so look at the problems first.
 */
export function resolveCompare(args: CompareArgs): {
    settings: CompareSettings;
    problems: Problem[];
} {
    const problems: Problem[] = [];
    const root = new Section("compare", args, argumentKeys, problems);
    const identity = readIdentity(root);
    const windowSeconds = root.number("windowSeconds", { atLeast: 0.001, unit: "seconds" });
    const allowedLatenessSeconds = root.number("allowedLatenessSeconds", seconds(windowSeconds));
    const used = readFormats(root);
    const engine = root.oneOf("engine", ["embedded", "flink"], "embedded");
    const settings: CompareSettings = {
        identity,
        mode: root.oneOf("mode", ["append", "upsert"], "append"),
        formats: used,
        registry: readRegistry(root, used),
        eventTime: readEventTime(root),
        windowSeconds,
        allowedLatenessSeconds,
        warmUpSeconds: root.number("warmUpSeconds", seconds(windowSeconds)),
        minWindows: root.number("minWindows", evidence(3)),
        minRecords: root.number("minRecords", evidence(100)),
        waitSeconds: root.number("waitSeconds", seconds(60)),
        timeoutSeconds: root.number("timeoutSeconds", seconds(600)),
        settleSeconds: root.number("settleSeconds", seconds(2)),
        recheckAfterSeconds: root.number("recheckAfterSeconds", seconds(300)),
        maxVerdictAgeSeconds: root.number("maxVerdictAgeSeconds", seconds(3600)),
        memoryMiB: root.number("memoryMiB", {
            fallback: 512,
            // With less the engine cannot hold what it needs at one time to pair records.
            atLeast: 256,
            whole: true,
            unit: "MiB",
        }),
        sample: root.number("sample", {
            fallback: 1,
            atLeast: 0.000001,
            atMost: 1,
            unit: "as a share of the identities",
        }),
        samples: root.oneOf("samples", ["hashed", "raw"], "hashed"),
        report: root.text("report", "name a directory to write reports to."),
        fields: readFields(root, identity),
        // Twice what a window needs to be judged, since output comes in steps.
        rules: readRules(root, 2 * (windowSeconds + allowedLatenessSeconds)),
        metrics: readMetrics(root),
        control: root.text("control", "name a version that runs the incumbent's code."),
        engine,
        flink: readFlink(root, engine),
    };
    refuseWhatFlinkCannot(root, settings);
    if (settings.sample < 1 && settings.mode === "upsert") {
        root.refuse(
            "sample",
            `is ${settings.sample}, and compare.mode is "upsert": how many records count is known only once the last one of every ` +
                "identity is. Leave it out.",
        );
    }
    const { waitSeconds, settleSeconds, timeoutSeconds } = settings;
    const { recheckAfterSeconds, maxVerdictAgeSeconds } = settings;
    if (recheckAfterSeconds > maxVerdictAgeSeconds) {
        root.refuse(
            "recheckAfterSeconds",
            `is ${recheckAfterSeconds}: a verdict that is too old to promote (maxVerdictAgeSeconds, ` +
                `${maxVerdictAgeSeconds}) would be too young to be looked at again.`,
        );
    }
    if (waitSeconds + settleSeconds >= timeoutSeconds) {
        root.refuse(
            "timeoutSeconds",
            `is ${timeoutSeconds}, which leaves no time to read: it must be longer than waitSeconds ` +
                `and settleSeconds together (${waitSeconds} + ${settleSeconds} seconds).`,
        );
    }
    return { settings, problems };
}

const argumentKeys = [
    "identity",
    "mode",
    "formats",
    "registry",
    "eventTime",
    "windowSeconds",
    "allowedLatenessSeconds",
    "warmUpSeconds",
    "minWindows",
    "minRecords",
    "waitSeconds",
    "timeoutSeconds",
    "settleSeconds",
    "recheckAfterSeconds",
    "maxVerdictAgeSeconds",
    "memoryMiB",
    "sample",
    "samples",
    "report",
    "fields",
    "rules",
    "metrics",
    "control",
    "engine",
    "flink",
] as const satisfies readonly (keyof CompareArgs)[];

function readIdentity(root: Section): string[] {
    const value = root.get("identity");
    const wayOut =
        'name the fields that make a record the counterpart of another, ["origin", "window_start"] say.';
    if (!Array.isArray(value) || value.length === 0) {
        const found =
            value === undefined ? "missing" : Array.isArray(value) ? "empty" : show(value);
        root.refuse("identity", `is ${found}; ${wayOut}`);
        return [];
    }
    const names = new Set<string>();
    value.forEach((name: unknown, index) => {
        if (typeof name !== "string" || name === "") {
            root.refuse(`identity[${index}]`, `is ${show(name)}; ${wayOut}`);
        } else if (names.has(name)) {
            root.refuse(`identity[${index}]`, `is ${show(name)} a second time; remove it.`);
        } else {
            names.add(name);
        }
    });
    return [...names];
}

function readEventTime(root: Section): string | null {
    const value = root.get("eventTime");
    if (value === undefined) {
        return null;
    }
    if (typeof value === "string" && value !== "") {
        return value;
    }
    root.refuse(
        "eventTime",
        `is ${show(value)}; name the field with the event time, or leave it out to use the record's own timestamp.`,
    );
    return null;
}

const formats: readonly Format[] = ["json", "avro", "protobuf", "string", "bytes"];

function readFormats(root: Section): CompareSettings["formats"] {
    const section = root.section("formats", ["key", "value"]);
    return {
        key: section.oneOf("key", formats, "bytes"),
        value: section.oneOf("value", formats, "json"),
    };
}

function readRegistry(
    root: Section,
    used: CompareSettings["formats"],
): CompareSettings["registry"] {
    const needed = Object.entries(used).filter(([, format]) => needsRegistry.has(format));
    if (root.get("registry") === undefined) {
        for (const [part, format] of needed) {
            root.refuse(
                "registry",
                `is missing: formats.${part} is ${show(format)}, give its url.`,
            );
        }
        return null;
    }
    const section = root.section("registry", ["url", "authorizationFrom"]);
    if (needed.length === 0) {
        root.refuse("registry", 'is not used: no format is "avro" or "protobuf"; remove it.');
    }
    return {
        url: readUrl(section, "url").replace(/\/+$/, ""),
        authorizationFrom: section.text(
            "authorizationFrom",
            "name an environment variable; the header itself must not stand here.",
        ),
    };
}

const needsRegistry: ReadonlySet<string> = new Set<Format>(["avro", "protobuf"]);

function readFields(root: Section, identity: readonly string[]): CompareSettings["fields"] {
    const fields = root.section("fields");
    const keys = ["absoluteTolerance", "relativeTolerance", "unordered", "ignore"];
    const entries = fields.names().map((name) => {
        const field = fields.section(name, keys);
        if (fields.get(name) === undefined) {
            fields.refuse(name, "is undefined; say how far the field may differ, or remove it.");
        }
        if (identity.includes(name)) {
            fields.refuse(
                name,
                "belongs to the identity, which must be equal for two records to be counterparts; " +
                    "remove it here or from compare.identity.",
            );
        }
        const tolerance = {
            absoluteTolerance: field.number("absoluteTolerance", { fallback: 0, atLeast: 0 }),
            relativeTolerance: field.number("relativeTolerance", share),
            unordered: field.boolean("unordered", false),
            ignore: readReason(field),
        };
        return [name, tolerance] as const;
    });
    // fromEntries defines __proto__ as a plain property, which an assignment would not.
    return Object.fromEntries(entries);
}

function readReason(field: Section): string | null {
    const value = field.get("ignore");
    if (value === undefined) {
        return null;
    }
    if (typeof value === "string" && value.trim() !== "") {
        return value;
    }
    field.refuse(
        "ignore",
        `is ${show(value)}; say why the field may differ, the reason stands in the report.`,
    );
    return null;
}
