import assert from "node:assert/strict";
import { resolveCompare } from "../../../components/compareSettings.js";
import { decoderOf } from "../../../components/provider/comparison/formats/format.js";
import { Registry } from "../../../components/provider/comparison/formats/registry.js";
import { Schemas } from "../../../components/provider/comparison/formats/schemas.js";
import { FakeRegistry, fieldsOf, framed, refusalOf } from "./double.js";

const schema = { type: "record", name: "R", fields: [{ name: "a", type: "int" }] };
const record = (id: number) => framed(id, Buffer.from([2]));

describe("the schema registry", () => {
    let fake: FakeRegistry;
    beforeEach(async () => {
        fake = await FakeRegistry.start();
    });
    afterEach(() => fake.stop());

    async function refusal(registry = fake.client(), id = 5): Promise<string> {
        const decoder = decoderOf("avro", "value", registry);
        await decoder.prepare([record(id)]);
        return refusalOf(decoder, record(id));
    }

    it("is asked once for each schema, and not where nothing is missing", async () => {
        fake.hold(5, "AVRO", schema);
        const decoder = decoderOf("avro", "value", fake.client());
        await Promise.all([
            decoder.prepare([record(5), record(6), record(5)]),
            decoder.prepare([record(5)]),
        ]);
        assert.equal(decoder.prepare([record(5), record(6), Buffer.from("{}")]), undefined);
        assert.deepEqual(decoder.decode(record(5)), {
            fields: new Map([["a", { type: "integer", text: "1" }]]),
            schemaId: 5,
        });
        assert.deepEqual(fake.asked.map(({ path }) => path).sort(), [
            "/schemas/ids/5",
            "/schemas/ids/6",
        ]);
    });

    it("is named where it does not know a schema, or has one of another kind", async () => {
        const unknown = `its schema id 5 is not known to the registry at ${fake.url}`;
        assert.equal(await refusal(), unknown);
        fake.hold(5, "PROTOBUF", 'syntax = "proto3";');
        assert.equal(await refusal(), "its schema id 5 is PROTOBUF, not AVRO");
        fake.hold(4294967295, "JSON", "{}");
        assert.equal(
            await refusal(fake.client(), 4294967295),
            "its schema id 4294967295 is JSON, not AVRO",
        );
    });

    it("is asked again after a failure that may pass, within its deadline", async () => {
        fake.answers.set("/schemas/ids/5", (attempt) =>
            attempt === 1
                ? { status: 503, body: "<html>" }
                : attempt === 2
                  ? "hang up"
                  : { body: { schema: JSON.stringify(schema) } },
        );
        const decoder = decoderOf("avro", "value", fake.client());
        await decoder.prepare([record(5)]);
        assert.deepEqual(fieldsOf(decoder, record(5)), { a: "integer 1" });
        assert.equal(fake.asked.length, 3);
    });

    it("is said to fail in one line, whatever it does", async () => {
        const had = "its schema id 5 could not be had: ";
        const at = `the registry at ${fake.url}`;
        const path = "/schemas/ids/5";
        for (const [answer, why] of [
            [{ status: 500, body: { message: "no\nstack" } }, `${at} answered 500: no`],
            [{ status: 502, body: "<html>\n<h1>" }, `${at} answered 502`],
            [{ status: 404, body: "<html>not here" }, `${at} answered 404`],
            [
                { body: "<html>log in" },
                `${at} answered 200 with something else than a registry's JSON`,
            ],
            [
                { body: { schema: 7 } },
                `${at} answered 200 with something else than a registry's JSON`,
            ],
            [
                { status: 401, body: { message: "Unauthorized" } },
                `${at} answered 401: Unauthorized (compare.registry.authorizationFrom names no header to send)`,
            ],
            ["never", `${at} did not answer within 0.4 s`],
        ] as const) {
            fake.answers.set(path, answer);
            const client = fake.client(answer === "never" ? 400 : undefined);
            assert.equal(await refusal(client), had + why);
        }
        await fake.stop();
        assert.match(await refusal(), /could not be reached: fetch failed \(.*ECONNREFUSED.*\)$/);
        fake = await FakeRegistry.start();
    });

    it("is not asked for every schema where it does not answer at all", async () => {
        const all = Array.from({ length: 50 }, (_, id) => record(id + 1));
        for (const record of all) {
            fake.answers.set(`/schemas/ids/${record[4]}`, "never");
        }
        const decoder = decoderOf("avro", "value", fake.client(400));
        await decoder.prepare(all);
        for (const later of [100, 101, 102, 103]) {
            await decoder.prepare([record(later)]);
            assert.match(refusalOf(decoder, record(later)), /did not answer within/);
        }
        // As many as are asked at one time.
        assert.equal(fake.asked.length, 8);
    });

    it("is not asked for any number of schemas that corrupt records name", async () => {
        const decoder = decoderOf("avro", "value", fake.client());
        const all = Array.from({ length: 1_200 }, (_, id) => record(id + 1));
        await decoder.prepare(all);
        assert.equal(fake.asked.length, 1_000);
        assert.match(refusalOf(decoder, record(1_200)), /not looked up, as 1000 others/);
    });

    it("gets the header from the environment, which no message shows", async () => {
        const settings = { url: fake.url, authorizationFrom: "REGISTRY_AUTH" };
        const secret = "Basic c2VjcmV0OnNlY3JldA==";
        const registry = Registry.of(settings, { REGISTRY_AUTH: ` ${secret}\n` });
        fake.answers.set("/schemas/ids/5", {
            status: 401,
            body: { message: `no ${secret} here, c2VjcmV0OnNlY3JldA== is wrong` },
        });
        const said = await refusal(registry!);
        assert.equal(fake.asked[0]!.authorization, secret);
        assert.doesNotMatch(said, /c2Vj/);
        assert.match(
            said,
            /401: no \(\$REGISTRY_AUTH\) here.*did not accept the header in REGISTRY_AUTH/,
        );
        assert.throws(() => Registry.of(settings, {}), /variable REGISTRY_AUTH, .* is not set/);
        assert.equal(Registry.of(null), null);
        const broken = Registry.of(settings, { REGISTRY_AUTH: "Basic s\u0000ecret" });
        const why = await refusal(broken!);
        assert.doesNotMatch(why, /ecret/);
        assert.match(why, /REGISTRY_AUTH cannot be sent/);
    });

    it("follows references, and says which one is missing", async () => {
        const outer = { type: "record", name: "O", fields: [{ name: "r", type: "ns.R" }] };
        fake.hold(5, "AVRO", outer, [{ name: "ns.R", subject: "of/R", version: 3 }]);
        assert.match(await refusal(), /refers to ns.R, version 3 of subject of\/R, which the/);
        fake.holdVersion("of/R", 3, JSON.stringify({ ...schema, namespace: "ns" }));
        const decoder = decoderOf("avro", "value", fake.client());
        await decoder.prepare([record(5)]);
        assert.deepEqual(fieldsOf(decoder, record(5)), { "r.a": "integer 1" });
    });

    it("says what a record has in place of a schema id", () => {
        const decoder = decoderOf("avro", "value", fake.client());
        const refused = (text: string) => refusalOf(decoder, Buffer.from(text));
        assert.match(refused('{"a": 1}'), /has no schema id: it begins like JSON/);
        assert.match(refused("hello"), /does not begin with the zero byte/);
        assert.match(refused(""), /only 0 bytes/);
        assert.match(refused("\0\0\0\0"), /only 4 bytes/);
    });
});

describe("strings and bytes", () => {
    it("are one field, exact to the byte", () => {
        const string = decoderOf("string", "key", null);
        const bytes = decoderOf("bytes", "value", null);
        assert.deepEqual(fieldsOf(string, Buffer.from('a"\n\ufeff')), {
            $key: 'string "a\\"\\n\ufeff"',
        });
        assert.deepEqual(fieldsOf(string, Buffer.alloc(0)), { $key: 'string ""' });
        assert.deepEqual(fieldsOf(bytes, Buffer.from([0, 254, 255])), { $value: 'bytes "00feff"' });
        assert.deepEqual(fieldsOf(bytes, new Uint8Array()), { $value: 'bytes ""' });
        for (const invalid of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
            assert.equal(refusalOf(string, Buffer.from(invalid)), "it is not valid UTF-8");
        }
    });

    it("are beside JSON, whose fields in a key are named as such", () => {
        const json = Buffer.from('{"a":{"b":1}}');
        assert.deepEqual(fieldsOf(decoderOf("json", "value", null), json), { "a.b": "integer 1" });
        assert.deepEqual(fieldsOf(decoderOf("json", "key", null), json), {
            "$key.a.b": "integer 1",
        });
        assert.throws(() => decoderOf("avro", "value", null), /needs a schema registry/);
    });
});

describe("the schemas that records were written with", () => {
    let fake: FakeRegistry;
    beforeEach(async () => {
        fake = await FakeRegistry.start();
        for (const [id, subject] of [
            [1, "old-value"],
            [2, "old-value"],
            [3, "new-value"],
        ] as const) {
            fake.hold(id, "AVRO", { ...schema, name: `R${id}` });
            fake.answers.set(`/schemas/ids/${id}/versions`, {
                body: [
                    { subject: "another", version: 9 },
                    { subject, version: id },
                ],
            });
        }
        level("old-value", "NONE");
        level("new-value", "NONE");
    });
    afterEach(() => fake.stop());

    const topics = { incumbent: "old", candidate: "new" };
    const level = (subject: string, compatibilityLevel: string) =>
        fake.answers.set(`/config/${subject}?defaultToGlobal=true`, {
            body: { compatibilityLevel },
        });
    const check = (subject: string, version: number, answer: object) =>
        fake.answers.set(`/compatibility/subjects/${subject}/versions/${version}?verbose=true`, {
            body: answer,
        });

    function counted(asked: "none" | "backward" | "forward" | "full", registry = fake.client()) {
        const schemas = new Schemas(registry, asked, topics);
        schemas.count("incumbent", "value", 1, 5);
        schemas.count("candidate", "value", 3);
        schemas.count("candidate", "value", 3, 4);
        schemas.count("incumbent", "value", 2);
        return schemas.evidence();
    }

    it("are counted by side, with subject and version, and nothing is asked without a level", async () => {
        const nothing = { compatible: null, message: null };
        const value = { part: "value", ...nothing };
        assert.deepEqual(await counted("none"), [
            {
                ...value,
                id: 1,
                subject: "old-value",
                version: 1,
                incumbentRecords: 5,
                candidateRecords: 0,
            },
            {
                ...value,
                id: 2,
                subject: "old-value",
                version: 2,
                incumbentRecords: 1,
                candidateRecords: 0,
            },
            {
                ...value,
                id: 3,
                subject: "new-value",
                version: 3,
                incumbentRecords: 0,
                candidateRecords: 5,
            },
        ]);
        assert.ok(fake.asked.every(({ path }) => path.endsWith("/versions")));
    });

    it("are checked against the incumbent's newest one, by its subject's rule", async () => {
        level("old-value", "BACKWARD_TRANSITIVE");
        check("old-value", 2, { is_compatible: false, messages: ["reader\nlacks", "b"] });
        const [, , candidate] = await counted("backward");
        assert.equal(candidate?.compatible, false);
        assert.equal(candidate.message, "reader lacks; b");
        const posted = fake.asked.find(({ body }) => body !== "")!;
        assert.deepEqual(JSON.parse(posted.body), {
            schema: JSON.stringify({ ...schema, name: "R3" }),
            schemaType: "AVRO",
            references: [],
        });
        check("old-value", 2, { is_compatible: true });
        assert.equal((await counted("backward"))[2]?.compatible, true);
    });

    it("are checked from the other side where only that one's rule answers the question", async () => {
        level("new-value", "BACKWARD");
        check("new-value", 3, { is_compatible: false });
        const [, , candidate] = await counted("forward");
        assert.equal(candidate?.compatible, false);
        assert.equal(candidate.message, "the registry gives no reason");
        level("old-value", "BACKWARD");
        check("old-value", 2, { is_compatible: true });
        check("new-value", 3, { is_compatible: true });
        assert.equal((await counted("full"))[2]?.compatible, true);
    });

    it("are not said to be compatible where the registry cannot tell", async () => {
        const [, , candidate] = await counted("backward");
        assert.deepEqual(
            [candidate?.compatible, candidate?.message],
            [
                null,
                "the registry cannot say whether it is backward compatible: it checks by the rule of a subject, " +
                    "and that of old-value is NONE, that of new-value is NONE",
            ],
        );
        await fake.stop();
        const [, , silent] = await counted("backward", fake.client());
        assert.equal(silent?.compatible, null);
        assert.match(silent.message ?? "", /./);
        fake = await FakeRegistry.start();
    });

    it("are asked for by what the settings say", () => {
        const { settings } = resolveCompare({
            identity: ["id"],
            windowSeconds: 60,
            formats: { value: "avro" },
            registry: { url: fake.url },
            rules: { schema: { compatibility: "full" } },
        });
        assert.equal(settings.rules.schema.compatibility, "full");
        assert.equal(Registry.of(settings.registry)?.url, fake.url);
    });
});
