import assert from "node:assert/strict";
import * as fc from "fast-check";
import { writeContent } from "../../components/provider/comparison/content.js";
import {
    decodeValue,
    type Fields,
    type Leaf,
} from "../../components/provider/comparison/decode.js";
import { Glance } from "../../components/provider/comparison/glance.js";
import { type Measured, MeasuredPlaces } from "../../components/provider/comparison/measured.js";
import { Quantity } from "../../components/provider/comparison/quantity.js";
import { Shapes } from "../../components/provider/comparison/shape.js";

const wanted = ["origin", "at", "n"];

/** A glance that has learned from these records, in their order. */
function taught(shapes: Shapes, ...texts: string[]): Glance {
    const glance = new Glance(wanted, (fields) =>
        shapes.of(fields.map(([path, type]) => [path, { type }] as const)),
    );
    for (const text of texts) {
        const decoded = decodeValue(Buffer.from(text));
        if ("fields" in decoded) {
            glance.learn(decoded.fields);
        }
    }
    return glance;
}

const typesOf = (fields: Fields) => [...fields].map(([path, { type }]) => [path, type]);

/** How many contents were compared with those of the decoder. */
let contents = 0;

/** What a decoder says, or that it refuses: what a glance must agree with if it says anything. */
function agrees(glance: Glance, text: string): boolean {
    const bytes = Buffer.from(text);
    const glanced = glance.at(bytes, 0, bytes.length, false);
    if (glanced === undefined) {
        return false;
    }
    const decoded = decodeValue(Buffer.from(text));
    assert.ok("fields" in decoded, `a glance at what is refused: ${text}`);
    assert.deepEqual([...Shapes.fieldsOf(glanced.shape)].reverse(), typesOf(decoded.fields));
    assert.deepEqual(
        wanted.map((_, field) => glanced.leaf(field)),
        wanted.map((path) => decoded.fields.get(path)),
    );
    for (const [field, path] of wanted.entries()) {
        const leaf: Leaf | undefined = decoded.fields.get(path);
        const isShort: boolean = leaf?.type === "integer" && /^\d{1,15}$/.test(leaf.text);
        assert.equal(glanced.whole(field), isShort ? Number(leaf?.text) : NaN);
        const measured: Measured = new MeasuredPlaces(null, bytes, 0, glanced.places([field], 0));
        assert.deepEqual(measured.quantity(0), leaf && Quantity.of(leaf.text));
        assert.equal(glanced.has(field), leaf !== undefined);
        if (leaf !== undefined) {
            const copy = Buffer.alloc(leaf.text.length);
            assert.equal(glanced.copy(field, copy, 0), copy.length);
            assert.equal(copy.toString("latin1"), leaf.text);
        }
    }
    const key: Leaf = { type: "bytes", text: '"c3bc"' };
    const content = glanced.content(key.text);
    if (content !== undefined) {
        const fields = new Map([...decoded.fields, ["$key", key]]);
        assert.equal(content, writeContent(fields, new Set()));
        assert.equal(glanced.content(undefined), writeContent(decoded.fields, new Set()));
    }
    contents += content === undefined ? 0 : 1;
    return true;
}

const plain = '{"origin":"ATL","at":1795000000000,"n":1.5,"late":true,"note":null}';

describe("a glance at a record", () => {
    it("tells what is wanted, and the types of all, of records written alike", () => {
        const glance = taught(new Shapes(), plain);
        assert.ok(agrees(glance, plain));
        assert.ok(agrees(glance, plain.replace("ATL", "")));
        assert.ok(agrees(glance, plain.replace("1.5", "-0.250")));
        assert.ok(agrees(glance, plain.replace("null", '"said"')));
        assert.ok(agrees(glance, plain.replace("true", "17")));
    });

    it("leaves to the decoder whatever is unusual", () => {
        const glance = taught(new Shapes(), plain);
        for (const text of [
            plain.replace("ATL", "A\\u0054L"),
            plain.replace("ATL", "Zürich"),
            plain.replace("1.5", "15e-1"),
            plain.replace("1.5", "01.5"),
            plain.replace("1.5", "-0"),
            plain.replace("1.5", "1."),
            plain.replace("1.5", "-"),
            plain.replace("1.5", "[1.5]"),
            plain.replace("1.5", "{}"),
            plain.replace(",", " ,"),
            plain.replace("late", "LATE"),
            plain.slice(0, -1),
            `${plain} `,
            `${plain}}`,
            plain.replace("}", ',"more":1}'),
            "",
        ]) {
            assert.equal(agrees(glance, text), false, text);
        }
    });

    it("tells records of several forms apart", () => {
        const without = '{"origin":"ATL","n":3}';
        const glance = taught(new Shapes(), plain, without);
        assert.ok(agrees(glance, plain));
        assert.ok(agrees(glance, without));
        assert.ok(agrees(glance, plain));
        assert.equal(agrees(glance, '{"n":3,"origin":"ATL"}'), false);
    });

    it("never says anything else than the decoder", () => {
        const name = fc.constantFrom(
            "origin",
            "at",
            "n",
            "a.b",
            'q"',
            "ü",
            "__proto__",
            "x",
            "x!",
            "x y",
            "#",
            "%",
        );
        const value = fc.oneof(
            fc.json({ maxDepth: 1 }),
            fc.constantFrom(
                "0",
                "-0",
                "-1",
                "00",
                "0.10",
                "1e3",
                "1E3",
                "1.",
                ".5",
                "-",
                "+1",
                "NaN",
            ),
            fc.constantFrom(
                "tru",
                "nul",
                "true",
                "false",
                "null",
                '"',
                '"\\"',
                '"\\\\"',
                '"\u0001"',
            ),
            fc.double().map((n) => String(n)),
            fc.string().map((text) => JSON.stringify(text)),
        );
        const record = fc
            .array(fc.tuple(name, value), { maxLength: 6 })
            .map((all) => `{${all.map(([key, v]) => `${JSON.stringify(key)}:${v}`).join(",")}}`);
        let glances = 0;
        fc.assert(
            fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (texts) => {
                const glance = taught(new Shapes(), ...texts);
                for (const text of [...texts, ...texts]) {
                    glances += agrees(glance, text) ? 1 : 0;
                }
            }),
            { numRuns: 3_000 },
        );
        assert.ok(glances > 500, `${glances} glances`);
        assert.ok(contents > 500, `${contents} contents`);
    });
});
