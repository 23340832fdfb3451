import type { Problem } from "./versions.js";

export interface NumberLimits {
    /** What stands where nothing is given; without it the argument is required. */
    fallback?: number;
    atLeast: number;
    atMost?: number;
    whole?: boolean;
    unit?: string;
    why?: string;
}

export const seconds = (fallback: number): NumberLimits => ({
    fallback,
    atLeast: 0,
    unit: "seconds",
});
export const share: NumberLimits = { fallback: 0, atLeast: 0, atMost: 1, unit: "as a share" };
export const evidence = (fallback: number): NumberLimits => ({
    fallback,
    atLeast: 1,
    whole: true,
    why: "no evidence is never a pass",
});

/** One object among the arguments: reads its entries and notes what is wrong with them. */
export class Section {
    private readonly entries: Map<string, unknown>;

    constructor(
        readonly path: string,
        value: unknown,
        keys: readonly string[] | undefined,
        private readonly problems: Problem[],
    ) {
        const usable = typeof value === "object" && value !== null && !Array.isArray(value);
        // A Map, since a field may well be called __proto__ or constructor.
        this.entries = new Map(usable ? Object.entries(value) : []);
        if (!usable && value !== undefined) {
            problems.push({ field: path, message: `is ${show(value)}; give an object.` });
        }
        for (const key of keys === undefined ? [] : this.entries.keys()) {
            if (!keys?.includes(key)) {
                this.refuse(key, `is not an argument; ${suggest(key, keys ?? [])}`);
            }
        }
    }

    names(): string[] {
        return [...this.entries.keys()];
    }

    /** What is given; `null` is given too, and rarely of use. */
    get(key: string, fallback?: unknown): unknown {
        const value = this.entries.get(key);
        return value === undefined ? fallback : value;
    }

    section(key: string, keys?: readonly string[]): Section {
        return new Section(`${this.path}.${key}`, this.get(key), keys, this.problems);
    }

    number(key: string, limits: NumberLimits): number {
        const { fallback, atLeast, atMost } = limits;
        const value = this.get(key, fallback);
        const usable =
            typeof value === "number" &&
            Number.isFinite(value) &&
            value >= atLeast &&
            (atMost === undefined || value <= atMost) &&
            (!limits.whole || Number.isSafeInteger(value));
        if (usable) {
            return value;
        }
        const found = value === undefined ? "is missing" : `is ${show(value)}`;
        this.refuse(key, `${found}; give ${describeLimits(limits)}.`);
        return fallback ?? 1;
    }

    boolean(key: string, fallback: boolean): boolean {
        const value = this.get(key, fallback);
        if (typeof value !== "boolean") {
            this.refuse(key, `is ${show(value)}; give true or false.`);
        }
        return value === true;
    }

    oneOf<T extends string>(key: string, choices: readonly T[], fallback: T): T {
        const value = this.get(key, fallback);
        const found = choices.find((choice) => choice === value);
        if (found === undefined) {
            const list = choices.map((choice) => JSON.stringify(choice));
            this.refuse(
                key,
                `is ${show(value)}; give ${list.slice(0, -1).join(", ")} or ${list.at(-1)}.`,
            );
        }
        return found ?? fallback;
    }

    /** A text that is not empty; `null` where none is given. */
    text(key: string, wayOut: string): string | null {
        const value = this.get(key);
        if (value === undefined) {
            return null;
        }
        if (typeof value === "string" && value.trim() !== "") {
            return value;
        }
        this.refuse(key, `is ${show(value)}; ${wayOut}`);
        return null;
    }

    /** Distinct texts that are not empty; `fallback` where nothing is given. */
    texts(key: string, wayOut: string, fallback: readonly string[]): string[] {
        const value = this.get(key, fallback);
        if (!Array.isArray(value)) {
            this.refuse(key, `is ${show(value)}; ${wayOut}`);
            return [...fallback];
        }
        const texts = new Set<string>();
        value.forEach((text: unknown, index) => {
            if (typeof text !== "string" || text === "") {
                this.refuse(`${key}[${index}]`, `is ${show(text)}; ${wayOut}`);
            } else if (texts.has(text)) {
                this.refuse(`${key}[${index}]`, `is ${show(text)} a second time; remove it.`);
            } else {
                texts.add(text);
            }
        });
        return [...texts];
    }

    refuse(key: string, what: string): void {
        this.problems.push({ field: `${this.path}.${key}`, message: what });
    }
}

function describeLimits({ atLeast, atMost, whole, unit, why }: NumberLimits): string {
    const range =
        atMost === undefined ? `of at least ${atLeast}` : `between ${atLeast} and ${atMost}`;
    return [
        `a ${whole ? "whole " : ""}number ${range}`,
        unit === undefined ? "" : `, ${unit.startsWith("as") ? unit : `in ${unit}`}`,
        why === undefined ? "" : `: ${why}`,
    ].join("");
}

function suggest(key: string, keys: readonly string[]): string {
    const nearest = keys
        .map((name) => {
            // Leaving the unit out is no reason not to be understood.
            const spellings = [name, name.replace(/(Seconds|MiB)$/, "")];
            return { name, distance: Math.min(...spellings.map((to) => editDistance(key, to))) };
        })
        .reduce((best, next) => (next.distance < best.distance ? next : best));
    return nearest.distance <= Math.max(2, key.length / 3)
        ? `did you mean ${nearest.name}?`
        : `these are: ${keys.join(", ")}.`;
}

function editDistance(a: string, b: string): number {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) {
            const replaced =
                row[j - 1]! + (a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0 : 1);
            next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
        }
        row = next;
    }
    return row[b.length]!;
}

/** A value as it stands in a message: short, and never mistaken for another type. */
export function show(value: unknown): string {
    if (typeof value === "string") {
        return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    }
    if (value === null || ["number", "boolean", "undefined"].includes(typeof value)) {
        return String(value);
    }
    return Array.isArray(value) ? "an array" : `of type ${typeof value}`;
}
