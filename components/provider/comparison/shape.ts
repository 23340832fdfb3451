import type { JsonType } from "./decode.js";

/**
 * The fields of a record and their types, without the values: most records of a topic share a few. One object for each,
 * so that counting a record is counting its shape.
 */
export class Shape {
    #last: Shape | undefined;
    readonly #next = new Map<string, Map<JsonType, Shape>>();

    /** Its number: the order in which shapes were first seen. */
    readonly id: number;

    constructor(
        private readonly all: Shape[],
        readonly before: Shape | undefined,
        readonly path: string,
        readonly type: JsonType,
    ) {
        this.id = all.push(this) - 1;
    }

    /** This shape with one more field. */
    with(path: string, type: JsonType): Shape {
        const last = this.#last;
        if (last !== undefined && last.type === type && last.path === path) {
            return last;
        }
        let types = this.#next.get(path);
        if (types === undefined) {
            this.#next.set(path, (types = new Map<JsonType, Shape>()));
        }
        let next = types.get(type);
        if (next === undefined) {
            types.set(type, (next = new Shape(this.all, this, path, type)));
        }
        this.#last = next;
        return next;
    }
}

/** More in two topics than can be told apart in memory; an id as a field's name is the usual cause. */
export const mostShapes = 200_000;

/** All shapes of a look. */
export class Shapes {
    readonly #all: Shape[] = [];
    readonly #root = new Shape(this.#all, undefined, "", "null");

    /** Shapes, and beginnings of shapes, that were seen. */
    get count(): number {
        return this.#all.length;
    }

    /** Past the most that there may be, every other one is that of a record without fields. */
    of(fields: Iterable<readonly [path: string, type: { readonly type: JsonType }]>): Shape {
        let shape = this.#root;
        for (const [path, { type }] of fields) {
            shape = shape.with(path, type);
            if (this.count > mostShapes) {
                return this.#root;
            }
        }
        return shape;
    }

    /** The fields of a shape, the last one first. */
    static *fieldsOf(of: Shape): Generator<readonly [path: string, type: JsonType]> {
        // The root has no field.
        for (let shape = of; shape.before !== undefined; shape = shape.before) {
            yield [shape.path, shape.type];
        }
    }

    byId(id: number): Shape {
        return this.#all[id]!;
    }
}
