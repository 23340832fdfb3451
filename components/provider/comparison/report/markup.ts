import { number } from "../rules/wording.js";
import { plain } from "../plain.js";

/** Text that is HTML already. Made only by {@link html}, {@link joined} and the charts. */
export class Markup {
    constructor(readonly text: string) {}

    toString(): string {
        return this.text;
    }
}

export type Shown = string | number | null | Markup | readonly Markup[];

/** Longest text that is shown of one value, in characters. */
const longest = 1_000;

/**
 * HTML with values in it: what is not {@link Markup} is text, and whatever it holds stays text, between tags and in
 * quoted attributes alike. `null` is nothing.
 */
export function html(literals: TemplateStringsArray, ...values: readonly Shown[]): Markup {
    const parts = literals.map((literal, index) =>
        index === 0 ? literal : rendered(values[index - 1]!) + literal,
    );
    return new Markup(parts.join(""));
}

export function joined(parts: readonly Markup[], between = ""): Markup {
    return new Markup(parts.map(({ text }) => text).join(between));
}

function rendered(value: Shown): string {
    if (value instanceof Markup) {
        return value.text;
    }
    if (value === null) {
        return "";
    }
    if (typeof value === "object") {
        return joined(value).text;
    }
    return escape(plain(cut(typeof value === "number" ? number(value) : value, longest)));
}

/** A text that is longer than `limit` characters, with how long it was. */
export function cut(text: string, limit: number): string {
    if (text.length <= limit) {
        return text;
    }
    // Not between the halves of a character.
    const half = /[\ud800-\udbff]/.test(text[limit - 1]!);
    return `${text.slice(0, half ? limit - 1 : limit)}… (${number(text.length)} characters)`;
}

const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
};

function escape(text: string): string {
    return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
