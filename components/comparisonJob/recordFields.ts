import { colon, knownArray, knownString, scalars, space } from "./jsonText.js";

/** What `compare.flink.fields` may have in it: names that no text between two quotes can be taken for. */
const name = "[A-Za-z_][A-Za-z0-9_ -]*";
const declaration = new RegExp(`^${name}(?:\\.${name})*(?:\\[\\])?$`);
const arraySign = "[]";

/** Whether `compare.flink.fields` may name this. */
export function isDeclaration(text: string): boolean {
    return declaration.test(text);
}

/** The path by which rules name a field: as it is declared, without the sign of an array. */
export function pathOf(declared: string): string {
    return declared.endsWith(arraySign) ? declared.slice(0, -arraySign.length) : declared;
}

/** A field of a record, and how a regex finds it in the record's text. */
export interface Member {
    readonly path: string;
    /** A regex without groups that ends in front of the field's value. */
    readonly key: string;
    /** The key is nothing but the field's name: no other object has one of this name. */
    readonly isDirect: boolean;
    /** The value may be an array, … */
    readonly isArray: boolean;
    /** … or an object, which is a value where it has no members. */
    readonly isObject: boolean;
}

/** A key of a record: its value is a field, or has fields in it, or both. */
interface Branch {
    readonly members: Map<string, Branch>;
    isField: boolean;
    isArray: boolean;
}

/**
 * The fields of a record that are declared: flat ones by name, members of objects by path (`place.lat`), and with `[]`
 * behind it what may be an array. An object that may have no members, or be null, is a field too (`place`).
 */
export class RecordFields {
    /** A record without fields is one too. */
    readonly #root: Branch = { ...newBranch(), isField: true };
    /** How many objects have a key of this name. */
    readonly #times = new Map<string, number>();
    /** Whether arrays have to be looked at in another way too. */
    readonly hasArrays: boolean;

    constructor(declared: readonly string[]) {
        for (const text of declared) {
            let branch = this.#root;
            for (const key of pathOf(text).split(".")) {
                let member = branch.members.get(key);
                if (member === undefined) {
                    branch.members.set(key, (member = newBranch()));
                    this.#times.set(key, (this.#times.get(key) ?? 0) + 1);
                }
                branch = member;
            }
            branch.isField = true;
            branch.isArray = text.endsWith(arraySign);
        }
        this.hasArrays = hasArrays(this.#root);
    }

    /**
     * A regex for a record with these fields only, each at most once, in any order. Of arrays it asks no more than that they
     * end.
     */
    get record(): string {
        const inUtf8 = this.hasArrays ? " (?![^\\uFFFD]*+\\uFFFD)" : "";
        const object = new ObjectRegex().of(this.#root, " ".repeat(8));
        return `(?x) \\A${inUtf8} ${anySpace} ${object} ${anySpace} \\z`;
    }

    /** Of a rule that names a field which is not declared nothing has to be found: it is refused. */
    member(path: string): Member {
        const names = path.split(".");
        const branches = names.reduce<Branch[]>(
            (above, key) => [...above, above.at(-1)!.members.get(key) ?? newBranch()],
            [this.#root],
        );
        const { isArray, members } = branches.at(-1)!;
        const isDirect = !this.hasArrays && this.#times.get(names.at(-1)!) === 1;
        return {
            path,
            key: isDirect ? keyOf(names.at(-1)!) : this.#walk(names, branches),
            isDirect,
            isArray,
            isObject: members.size > 0,
        };
    }

    /**
     * From the deepest object whose name no other one has, or else from the beginning, to a key: over all that stands before
     * it, a value at a time. In arrays there may be keys of any name, so where there are some it starts at the beginning.
     */
    #walk(names: readonly string[], branches: readonly Branch[]): string {
        const start = names.findLastIndex((key) => this.#times.get(key) === 1);
        const inside = names
            .slice(start + 1)
            .map((key, place) => `\\{${before(key, branches[start + 1 + place]!)}${keyOf(key)}`);
        if (start < 0) {
            return `\\A\\s*+${inside.join("")}`;
        }
        const first = names[start]!;
        const upTo = this.hasArrays
            ? `\\A(?:[^"\\[]++|(?!${keyOf(first)})${knownString}|${knownArray})*+`
            : "";
        return [upTo, keyOf(first), ...inside].join("");
    }
}

function newBranch(): Branch {
    return { members: new Map<string, Branch>(), isField: false, isArray: false };
}

const hasArrays = ({ members, isArray }: Branch): boolean =>
    isArray || [...members.values()].some(hasArrays);
/** How many objects stand in one another, this one included. */
const depthOf = ({ members }: Branch): number =>
    members.size === 0 ? 0 : 1 + Math.max(...[...members.values()].map(depthOf));

const keyOf = (key: string) => `"${key}"${colon}`;

/** All members of an object that stand in front of one. */
function before(key: string, object: Branch): string {
    const depth = depthOf(object) - 1;
    const others = [
        // No brace, so that in what is no JSON it ends where it could begin anew.
        `[^"{}${hasArrays(object) ? "\\[" : ""}]++`,
        `(?!${keyOf(key)})${knownString}`,
        ...(hasArrays(object) ? [knownArray] : []),
        ...(depth > 0 ? [wholeObject(depth, hasArrays(object))] : []),
    ];
    return `(?:${others.join("|")})*+`;
}

function wholeObject(depth: number, withArrays: boolean): string {
    const inside = [
        `[^"{}${withArrays ? "\\[" : ""}]++`,
        knownString,
        ...(withArrays ? [knownArray] : []),
        ...(depth > 1 ? [wholeObject(depth - 1, withArrays)] : []),
    ];
    return `\\{(?:${inside.join("|")})*+\\}`;
}

/**
 * A regex for an object with the members of a branch, a line for each (as `(?x)` allows). A group behind each key matches
 * nothing, and only the first time: it fails where it has matched before.
 */
class ObjectRegex {
    #groups = 0;

    of({ members, isField }: Branch, indent: string): string {
        const keysOfKind = Map.groupBy(members, ([key, branch]) => kindOf(key, branch));
        const alternatives = [...keysOfKind.values()].map((alike) => {
            const keys = alike.map(
                ([key]) => `${key.replaceAll(" ", "\\x20")}"((?!\\${++this.#groups}))`,
            );
            const key = keys.length === 1 ? keys[0]! : `(?:${keys.join(" | ")})`;
            const [[, branch]] = alike as [[string, Branch]];
            return `${key} ${anySpace}:${anySpace} (?: ${this.#valueOf(branch, `${indent}    `)} )`;
        });
        // Without members an object is a value: that of a field which has to be declared.
        const some = isField ? "" : ' (?=")';
        return `\\{ ${anySpace}${some} (?: " (?:
${indent}    ${alternatives.join(`\n${indent}  | `)}
${indent}) ${anySpace} (?: , ${anySpace} (?=") | (?=\\}) ) )*+ \\}`;
    }

    #valueOf(branch: Branch, indent: string): string {
        return [
            ...(branch.isField ? [scalars] : []),
            ...(branch.isArray ? [knownArray] : []),
            ...(branch.members.size > 0 ? [this.of(branch, indent)] : []),
        ].join(" | ");
    }
}

/** {@link space} where a space itself is none. */
const anySpace = space.replace(" ", "\\x20");

/** Of keys of the same kind, any value is written once for all. */
function kindOf(key: string, { members, isArray }: Branch): string {
    return members.size > 0 ? key : isArray ? "[]" : "";
}
