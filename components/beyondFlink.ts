import type { CompareSettings, Format } from "./compare.js";
import { show } from "./section.js";

/** Why a job in Flink SQL cannot compare values of a format. */
const unread: Readonly<Record<Exclude<Format, "json">, string>> = {
    avro:
        "Flink leaves out tombstones and fields that its table does not name, and takes bytes that are left behind a record " +
        "for the next one, without a word",
    protobuf: "Flink reads messages of compiled classes only, and none with a registry's schema id",
    string: "it compares fields, and a string has none",
    bytes: "it compares fields, and bytes have none",
};

/** A setting that a job in Flink SQL cannot do. */
interface Beyond {
    /** The argument. */
    readonly field: string;
    /** `cannot be "upsert"`. */
    readonly what: string;
    readonly why?: string;
}

/** All settings that a job in Flink SQL cannot do, whatever its own are. */
export function beyondFlink(settings: CompareSettings): Beyond[] {
    const { mode, formats, samples, control, rules } = settings;
    const found: Beyond[] = [];
    if (mode !== "append") {
        found.push({ field: "mode", what: `cannot be ${show(mode)}` });
    }
    if (formats.value !== "json") {
        const what = `cannot be ${show(formats.value)}`;
        found.push({ field: "formats.value", what, why: unread[formats.value] });
    }
    if (formats.key !== "bytes") {
        const what = `cannot be ${show(formats.key)}`;
        found.push({ field: "formats.key", what, why: "it takes keys as bytes" });
    }
    if (samples !== "hashed") {
        const what = `cannot be ${show(samples)}`;
        found.push({ field: "samples", what, why: "values stay in their topics" });
    }
    if (control !== null) {
        found.push({ field: "control", what: "cannot be given" });
    }
    if (rules.schema.compatibility !== "none") {
        found.push({
            field: "rules.schema.compatibility",
            what: "cannot be asked of a registry",
        });
    }
    const aggregated = aggregatedFields(settings);
    for (const [field, { ignore, unordered }] of Object.entries(settings.fields)) {
        if (ignore !== null && aggregated.includes(field)) {
            found.push({
                field: `fields.${field}.ignore`,
                what: "cannot be given",
                why: "compare.rules.aggregates names the field too, and values of ignored fields are not looked at",
            });
        }
        if (unordered) {
            found.push({ field: `fields.${field}.unordered`, what: "cannot be given" });
        }
    }
    return found;
}

/** The fields of which there are aggregates, and those that group them. */
export function aggregatedFields({ rules }: CompareSettings): string[] {
    return [...Object.keys(rules.aggregates.fields), ...rules.aggregates.groupBy];
}
