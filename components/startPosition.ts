import * as pulumi from "@pulumi/pulumi";
import type { StartInputs, StartOffsets } from "./provider/inputs.js";
import { show } from "./section.js";
import { shim, type Inputs } from "./shim.js";
import type { Problem } from "./versions.js";

/**
 * Where a version's job begins to read its `sources`. `"incumbent"` is what the incumbent's group has committed there when
 * the version is declared: looked up once and kept, so that the job is the same in every later run. A time is ISO, with its
 * zone, or milliseconds since the epoch. `"savepoint"`, for jobs of the Flink Kubernetes Operator, begins with a copy of the
 * incumbent's state: a savepoint that is taken once, of a job that runs on, and given to the new one as
 * `job.initialSavepointPath`.
 */
export type StartArgs =
    "incumbent" | "earliest" | "latest" | "savepoint" | { timestamp: string | number };

/** A version's start as its callback is handed it, in the two ways in which jobs take it. */
export interface StartPosition {
    /**
     * The options of a Flink SQL table over one of the sources, `'scan.startup.mode' = ...`, to stand among the others of its
     * WITH clause. Not known in the preview that declares an `"incumbent"` start: use `pulumi.interpolate`.
     */
    tableOptions(source: string): pulumi.Output<string>;
    /**
     * The same for the arguments of a program: `earliest`, `latest`, `timestamp:<milliseconds>`, or
     * `offsets:<partition>=<offset>,...`.
     */
    argument(source: string): pulumi.Output<string>;
}

/** What a version's own start needs to be known. */
export interface StartOptions {
    /**
     * Where the job begins to read; the callback is handed it as `start`. What the job reads before the incumbent's position
     * costs time and proves nothing more; what it begins in the middle of, windows that were open, is left out as warm-up
     * (`compare.warmUpSeconds`). Needs `sources` where it is `"incumbent"`. Defaults to what the job itself says.
     */
    start?: StartArgs;
}

/** A start with the means to tell it where the incumbent stood, once the resource that knows it is there. */
export interface DeclaredStart {
    readonly position: StartPosition;
    /** Present where the incumbent's commits are asked for. */
    readonly captured?: (offsets: pulumi.Output<StartOffsets>) => void;
}

export function declareStart(start: StartArgs): DeclaredStart {
    if (start === "incumbent") {
        const { promise, resolve } = Promise.withResolvers<pulumi.Output<StartOffsets>>();
        // Kept when the resource is there, which comes behind the callbacks.
        const offsetsOf = (source: string) =>
            pulumi.output(promise).apply((offsets: StartOffsets) => {
                const found = offsets[source];
                if (found === undefined) {
                    const known = Object.keys(offsets).join(", ");
                    throw new Error(`start: "${source}" is not in \`sources\` (${known}); add it.`);
                }
                return Object.entries(found).sort(([a], [b]) => Number(a) - Number(b));
            });
        return {
            captured: resolve,
            position: {
                tableOptions: (source) =>
                    offsetsOf(source).apply((offsets) => {
                        const list = offsets
                            .map(([partition, offset]) => `partition:${partition},offset:${offset}`)
                            .join(";");
                        return `'scan.startup.mode' = 'specific-offsets', 'scan.startup.specific-offsets' = '${list}'`;
                    }),
                argument: (source) =>
                    offsetsOf(source).apply(
                        (offsets) => `offsets:${offsets.map((pair) => pair.join("=")).join(",")}`,
                    ),
            },
        };
    }
    if (start === "savepoint") {
        const none = (): never => {
            throw new Error('start: is "savepoint": where the job reads on is in its state.');
        };
        return { position: { tableOptions: none, argument: none } };
    }
    const [table, argument] =
        typeof start === "string"
            ? [`'scan.startup.mode' = '${start}-offset'`, start]
            : [
                  `'scan.startup.mode' = 'timestamp', 'scan.startup.timestamp-millis' = '${millisecondsOf(start)}'`,
                  `timestamp:${millisecondsOf(start)}`,
              ];
    return {
        position: {
            tableOptions: () => pulumi.output(table),
            argument: () => pulumi.output(argument),
        },
    };
}

/** What is wrong with a version's start. */
export function startProblems(
    version: string,
    start: StartArgs | undefined,
    sources: readonly string[] | undefined,
): Problem[] {
    const refuse = (message: string) => [{ field: `versions.${version}.start`, message }];
    switch (start) {
        case undefined:
        case "earliest":
        case "latest":
        case "savepoint":
            return [];
        case "incumbent":
            return (sources ?? []).length > 0
                ? []
                : refuse(
                      'is "incumbent", which needs `sources`: name the topics that the job reads.',
                  );
    }
    const isObject = typeof start === "object" && start !== null;
    const isTime = isObject && Number.isFinite(millisecondsOf(start));
    return isTime
        ? []
        : refuse(
              `is ${isObject ? `{ timestamp: ${show(start.timestamp)} }` : show(start)}; give "incumbent", ` +
                  '"earliest", "latest", "savepoint" or { timestamp: "2026-11-23T04:00Z" }, with its zone.',
          );
}

function millisecondsOf({ timestamp }: { timestamp: string | number }): number {
    if (typeof timestamp === "number") {
        return Number.isSafeInteger(timestamp) && timestamp >= 0 ? timestamp : NaN;
    }
    const hasZone = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(String(timestamp));
    return hasZone ? Date.parse(timestamp) : NaN;
}

const provider = shim("start");

/** Where the incumbent stood when a version was declared. It stands for nothing else, and never changes. */
export class Start extends pulumi.dynamic.Resource {
    declare readonly offsets: pulumi.Output<StartOffsets>;

    constructor(name: string, inputs: Inputs<StartInputs>, opts: pulumi.CustomResourceOptions) {
        super(provider, name, { ...inputs, offsets: undefined }, opts, "shadow-flink", "Start");
    }
}
