import { at, entriesOf, flatConfiguration, type Rendered } from "./flinkSpec.js";

/** One text in a spec from which a job may learn a name. */
export interface Place {
    /** `job.args[3]`. */
    readonly where: string;
    /** What it is a value for, `--group-id` say; empty where that does not show. */
    readonly key: string;
    readonly value: string;
}

/**
 * All texts of a spec that a job can read: its arguments, the environment of its pods and what their containers are
 * started with, and Flink's configuration. Not images, jars, classes and labels, in which a name means nothing.
 */
export function specPlaces(spec: Rendered): Place[] {
    const templates: [string, unknown][] = [
        ["podTemplate", at(spec, "podTemplate")],
        ["jobManager.podTemplate", at(spec, "jobManager", "podTemplate")],
        ["taskManager.podTemplate", at(spec, "taskManager", "podTemplate")],
    ];
    const configuration = Object.entries(flatConfiguration(spec["flinkConfiguration"]));
    return [
        ...argumentPlaces("job.args", at(spec, "job", "args")),
        ...templates.flatMap(([where, template]) => podPlaces(where, template)),
        ...configuration.map(([key, value]) => ({
            where: `flinkConfiguration.${key}`,
            key,
            value,
        })),
    ];
}

/** `--key value`, `--key=value`, `key=value`, or a value alone. */
function argumentPlaces(where: string, args: unknown): Place[] {
    const texts = listOf(args).map((text) => (typeof text === "string" ? text : ""));
    return texts.map((text, index) => {
        const place = { where: `${where}[${index}]` };
        const assigned = /^(-{0,2}[\w.-]+)=(.*)$/s.exec(text);
        if (assigned !== null) {
            return { ...place, key: assigned[1] ?? "", value: assigned[2] ?? "" };
        }
        const before = texts[index - 1] ?? "";
        const isKeyed = /^--?[a-z][\w.-]*$/i.test(before) && !text.startsWith("-");
        return { ...place, key: isKeyed ? before : "", value: text };
    });
}

function podPlaces(where: string, template: unknown): Place[] {
    return ["containers", "initContainers"].flatMap((group) =>
        listOf(at(template, "spec", group)).flatMap((container, index) => {
            const path = `${where}.spec.${group}[${index}]`;
            const env = listOf(at(container, "env")).flatMap((variable) => {
                const [key, value] = [at(variable, "name"), at(variable, "value")];
                return typeof key === "string" && typeof value === "string"
                    ? [{ where: `${path}.env.${key}`, key, value }]
                    : [];
            });
            return [
                ...env,
                ...["args", "command"].flatMap((field) =>
                    argumentPlaces(`${path}.${field}`, at(container, field)),
                ),
            ];
        }),
    );
}

function listOf(value: unknown): unknown[] {
    return Array.isArray(value) ? value : entriesOf(value).length > 0 ? [value] : [];
}
