import type { Json } from "./verbs.js";

/**
 * Makes a value fit for the state: strings, finite numbers, booleans, null, arrays and objects of these.
 * Anything else (undefined in an array, bigint, NaN, Date, Map, Buffer) is refused with its path, since the
 * engine would drop or mangle it after the work is done. Undefined properties are left out.
 */
export function toState(value: object): Json {
    return convert(value, "state") as Json;
}

function convert(value: unknown, path: string): unknown {
    if (value === null || typeof value === "string" || typeof value === "boolean") {
        return value;
    }
    if (typeof value === "number" && Number.isFinite(value)) {
        return value;
    }
    if (Array.isArray(value)) {
        // Unlike map, from does not pass over holes.
        return Array.from(value, (item, index) => convert(item, `${path}[${index}]`));
    }
    if (typeof value === "object") {
        const prototype: unknown = Object.getPrototypeOf(value);
        if (prototype === Object.prototype || prototype === null) {
            return Object.fromEntries(
                Object.entries(value)
                    .filter(([, item]) => item !== undefined)
                    .map(([key, item]) => [key, convert(item, `${path}.${key}`)]),
            );
        }
    }
    throw new TypeError(
        `${path} cannot be kept in the state: ${describe(value)} is not plain JSON.`,
    );
}

function describe(value: unknown): string {
    if (typeof value === "object" && value !== null) {
        const { constructor } = value as { constructor?: { name: string } };
        return `a ${constructor?.name ?? "object of no known class"}`;
    }
    return typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
}
