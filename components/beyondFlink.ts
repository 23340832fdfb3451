import type { CompareSettings } from "./compare.js";
import { aggregatedFields } from "./compareRules.js";
import { show } from "./section.js";

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
    const { mode, samples, control } = settings;
    const found: Beyond[] = [];
    if (mode !== "append") {
        found.push({
            field: "mode",
            what: `cannot be ${show(mode)}`,
            why: "its state would hold every identity for ever",
        });
    }
    if (samples !== "hashed") {
        const what = `cannot be ${show(samples)}`;
        found.push({ field: "samples", what, why: "values stay in their topics" });
    }
    if (control !== null) {
        found.push({ field: "control", what: "cannot be given" });
    }
    const aggregated = aggregatedFields(settings.rules);
    for (const [field, { ignore }] of Object.entries(settings.fields)) {
        if (ignore !== null && aggregated.includes(field)) {
            found.push({
                field: `fields.${field}.ignore`,
                what: "cannot be given",
                why: "compare.rules.aggregates names the field too, and values of ignored fields are not looked at",
            });
        }
    }
    return found;
}
