import { type DefaultTreeAdapterTypes, parse } from "parse5";

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

/** A page as a browser would understand it. */
export class Page {
    readonly elements: readonly Element[];
    /** What the parser had to put up with; a browser says nothing of it, and may guess wrong. */
    readonly errors: string[] = [];

    constructor(html: string) {
        const document = parse(html, { onParseError: ({ code }) => this.errors.push(code) });
        this.elements = document.childNodes.flatMap(withDescendants);
    }

    all(tag: string): Element[] {
        return this.elements.filter(({ tagName }) => tagName === tag);
    }

    /** The names of all elements, each once. */
    get tags(): string[] {
        return [...new Set(this.elements.map(({ tagName }) => tagName))].sort();
    }

    /** The body of the table with this caption, as texts. */
    table(caption: string): string[][] {
        const found = this.all("table").find((table) =>
            withDescendants(table).some(
                (inner) => inner.tagName === "caption" && textOf(inner) === caption,
            ),
        );
        return withDescendants(found!)
            .filter(({ tagName }) => tagName === "tr")
            .map((row) => row.childNodes.filter(isElement).map(textOf));
    }

    /** Everything that a person reads, without the style. */
    get text(): string {
        return this.all("body").map(textOf).join("");
    }
}

export function attribute({ attrs }: Element, name: string): string | undefined {
    return attrs.find((attr) => attr.name === name)?.value;
}

/** What stands in an element, with spaces as a browser shows them. */
export function textOf(node: Node): string {
    return rawTextOf(node)
        .replace(/[ \n]+/g, " ")
        .trim();
}

function rawTextOf(node: Node): string {
    if ("value" in node) {
        return node.value;
    }
    return isElement(node) ? node.childNodes.map(rawTextOf).join("") : "";
}

function isElement(node: Node): node is Element {
    return "tagName" in node;
}

function withDescendants(node: Node): Element[] {
    return isElement(node) ? [node, ...node.childNodes.flatMap(withDescendants)] : [];
}
