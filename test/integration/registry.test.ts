import assert from "node:assert/strict";
import { Type } from "avsc";
import { Kafka, logLevel, type Admin, type Producer } from "kafkajs";
import type { Context } from "mocha";
import protobuf from "protobufjs";
import type { Format } from "../../components/compare.js";
import { parseEventTime } from "../../components/provider/comparison/eventTime.js";
import { type Decoded, decoderOf } from "../../components/provider/comparison/formats/format.js";
import { Registry } from "../../components/provider/comparison/formats/registry.js";
import { Schemas } from "../../components/provider/comparison/formats/schemas.js";
import type { Leaf, Refused } from "../../components/provider/comparison/decode.js";
import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import type { KafkaPort } from "../../components/provider/kafka/port.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { registryJars } from "../../sandbox/jars.js";
import { hasJdk } from "../../sandbox/javaJar.js";
import { type SandboxRegistry, startRegistry } from "../../sandbox/registry.js";
import { settingsOf } from "../comparison/world.js";
import { JavaFunctions } from "../functions/javaFunctions.js";
import { assertSame, recordOf } from "../functions/sameReading.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";
import { skipBecause } from "../skip.js";

describe("a real schema registry", function () {
    this.timeout(300_000);
    let unavailable: string | undefined;
    let registry: SandboxRegistry;
    let kafka: KafkaPort;
    let admin: Admin;
    let producer: Producer;

    before(async () => {
        try {
            await registryJars();
        } catch (error) {
            const [why] = (error instanceof Error ? error.message : String(error)).split("\n");
            unavailable = `Apicurio Registry could not be had: ${why}`;
            return;
        }
        const sandbox = await sharedSandbox();
        registry = await startRegistry(sandbox);
        const bootstrapServers = [sandbox.bootstrapServers];
        kafka = await connectKafka({ bootstrapServers, clientId: "test" });
        const client = new Kafka({ brokers: bootstrapServers, logLevel: logLevel.NOTHING });
        admin = client.admin();
        producer = client.producer();
        await Promise.all([admin.connect(), producer.connect()]);
    });
    /** A registry that cannot be downloaded is no failure of ours. */
    function needsRegistry(context: Context): void {
        if (unavailable !== undefined) {
            skipBecause(context, unavailable);
        }
    }
    after(async () => {
        await Promise.all([admin?.disconnect(), producer?.disconnect(), kafka?.close()]);
        await registry?.part.stop();
    });

    async function call<T>(method: string, path: string, body: object): Promise<T> {
        const response = await fetch(registry.url + path, {
            method,
            headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
            body: JSON.stringify(body),
            signal: AbortSignal.timeout(20_000),
        });
        const text = await response.text();
        assert.ok(response.ok, `${method} ${path} answered ${response.status}: ${text}`);
        return JSON.parse(text) as T;
    }

    /** Registers a schema, and returns its id. */
    async function register(
        subject: string,
        schemaType: string,
        schema: unknown,
        references: object[] = [],
    ): Promise<number> {
        const text = typeof schema === "string" ? schema : JSON.stringify(schema);
        const path = `/subjects/${encodeURIComponent(subject)}/versions`;
        const body = { schemaType, schema: text, references };
        return (await call<{ id: number }>("POST", path, body)).id;
    }

    const setRule = (subject: string, compatibility: string) =>
        call("PUT", `/config/${encodeURIComponent(subject)}`, { compatibility });

    function framed(id: number, record: Uint8Array, indexes: readonly number[] = []): Buffer {
        const header = Buffer.alloc(5);
        header.writeUInt32BE(id, 1);
        return Buffer.concat([header, Buffer.from(indexes), record]);
    }

    /** Writes values to a new topic, reads them from there, and decodes them. */
    async function throughKafka(
        format: Format,
        client: Registry,
        values: readonly Buffer[],
    ): Promise<(Decoded | Refused)[]> {
        const topic = uniqueName("registry");
        await createReadyTopics(admin, [{ topic, numPartitions: 1 }]);
        await producer.send({ topic, messages: values.map((value) => ({ value })) });
        const decoder = decoderOf(format, "value", client);
        const decoded: (Decoded | Refused)[] = [];
        await kafka.read(topic, new Map([[0, 0n]]), new Map([[0, BigInt(values.length)]]), {
            signal: AbortSignal.timeout(60_000),
            onRecords: async (records) => {
                const found = records.map(({ value }) => value!);
                await decoder.prepare(found);
                decoded.push(...found.map((value) => decoder.decode(value)));
            },
        });
        return decoded;
    }

    const shown = (decoded: Decoded | Refused | undefined) => {
        assert.ok(decoded !== undefined && "fields" in decoded, JSON.stringify(decoded));
        return Object.fromEntries(
            [...decoded.fields].map(([path, { type, text }]) => [path, `${type} ${text}`]),
        );
    };

    it("tells how Avro records are read, in two versions and with references", async function () {
        needsRegistry(this);
        const subject = uniqueName("avro");
        const airport = {
            type: "record",
            name: "Airport",
            namespace: "flights",
            fields: [{ name: "code", type: "string" }],
        };
        await register(`${subject}-airport`, "AVRO", airport);
        const fields = [
            { name: "origin", type: "flights.Airport" },
            { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
        ];
        const flight = { type: "record", name: "Flight", namespace: "flights", fields };
        const references = [{ name: "flights.Airport", subject: `${subject}-airport`, version: 1 }];
        const older = await register(`${subject}-value`, "AVRO", flight, references);
        const late = { name: "late", type: ["null", "long"], default: null };
        const second = { ...flight, fields: [late, ...fields] };
        const newer = await register(`${subject}-value`, "AVRO", second, references);
        assert.notEqual(older, newer);
        const encode = (schema: object, value: object) => {
            const types = {};
            Type.forSchema(airport as never, { registry: types });
            return Type.forSchema(schema as never, { registry: types }).toBuffer(value);
        };
        const at = Date.UTC(2026, 10, 23, 10);
        const decoded = await throughKafka("avro", new Registry(registry.url), [
            framed(older, encode(flight, { origin: { code: "ATL" }, at })),
            framed(newer, encode(second, { late: 7, origin: { code: "JFK" }, at })),
            framed(987_654, Buffer.alloc(3)),
        ]);
        assert.deepEqual(shown(decoded[0]), {
            "origin.code": 'string "ATL"',
            at: `integer ${at}`,
        });
        assert.deepEqual(shown(decoded[1]), {
            late: "integer 7",
            "origin.code": 'string "JFK"',
            at: `integer ${at}`,
        });
        assert.deepEqual(
            decoded.slice(0, 2).map((of) => "schemaId" in of && of.schemaId),
            [older, newer],
        );
        assert.deepEqual(decoded[2], {
            refused: `its schema id 987654 is not known to the registry at ${registry.url}`,
        });
    });

    it("tells it to the functions of a comparison's job too", async function () {
        needsRegistry(this);
        if (!(await hasJdk())) skipBecause(this, "needs javac and jar");
        const subject = uniqueName("functions");
        const place = { type: "enum", name: "Place", symbols: ["ATL", "JFK"] };
        await register(`${subject}-place`, "AVRO", place);
        const fields = [
            { name: "place", type: "Place" },
            { name: "flights", type: "long" },
        ];
        const flight = { type: "record", name: "Flights", fields };
        const references = [{ name: "Place", subject: `${subject}-place`, version: 1 }];
        const id = await register(`${subject}-value`, "AVRO", flight, references);
        const java = await JavaFunctions.start();
        try {
            const counts = await assertSame(
                java,
                [
                    recordOf(framed(id, Buffer.from([2, 14]))),
                    recordOf(framed(id, Buffer.from([4, 14]))),
                    recordOf(framed(987_654, Buffer.alloc(3))),
                ],
                settingsOf({
                    identity: ["place"],
                    eventTime: undefined,
                    formats: { value: "avro" },
                    registry: { url: registry.url },
                }),
            );
            assert.deepEqual(counts, { read: 1, refused: 2 });
        } finally {
            await java.stop();
        }
    });

    it("tells how Protobuf records are read, also nested and imported messages", async function () {
        needsRegistry(this);
        const subject = uniqueName("proto");
        const airport = 'syntax = "proto3"; package flights; message Airport { string code = 1; }';
        await register(`${subject}-airport`, "PROTOBUF", airport);
        const flight = `syntax = "proto3";
package flights;
import "airport.proto";
import "google/protobuf/timestamp.proto";
message Ignored { int32 a = 1; }
message Flight {
  Airport origin = 1;
  google.protobuf.Timestamp at = 2;
  int64 distance = 3;
  message Leg { uint64 number = 1; }
}
`;
        const references = [{ name: "airport.proto", subject: `${subject}-airport`, version: 1 }];
        const id = await register(`${subject}-value`, "PROTOBUF", flight, references);
        const root = new protobuf.Root();
        root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")!.nested!);
        protobuf.parse(airport, root);
        protobuf.parse(flight, root);
        const encode = (name: string, value: object) => {
            const type = root.lookupType(name);
            return type.encode(type.fromObject(value)).finish();
        };
        const one = encode("flights.Flight", {
            origin: { code: "ATL" },
            at: { seconds: 1795428000, nanos: 5_000_000 },
            distance: "9007199254740993",
        });
        const leg = encode("flights.Flight.Leg", { number: "18446744073709551615" });
        const decoded = await throughKafka("protobuf", new Registry(registry.url), [
            framed(id, one, [2, 2]),
            framed(id, leg, [4, 2, 0]),
            framed(id, Buffer.from([8, 1]), [0]),
        ]);
        assert.deepEqual(decoded.map(shown), [
            {
                "origin.code": 'string "ATL"',
                at: 'string "2026-11-23T10:00:00.005Z"',
                distance: "integer 9007199254740993",
            },
            { number: "integer 18446744073709551615" },
            { a: "integer 1" },
        ]);
        const { at } = Object.fromEntries((decoded[0] as Decoded).fields) as Record<string, Leaf>;
        assert.equal(parseEventTime(at!), 1795428000005);
    });

    it("says which schemas may follow the incumbent's, and which may not", async function () {
        needsRegistry(this);
        const topics = { incumbent: uniqueName("old"), candidate: uniqueName("new") };
        const record = (...fields: object[]) => ({ type: "record", name: "F", fields });
        const a = { name: "a", type: "long" };
        const required = { name: "b", type: "string" };
        const old = await register(`${topics.incumbent}-value`, "AVRO", record(a));
        const good = await register(
            `${topics.candidate}-value`,
            "AVRO",
            record(a, { ...required, default: "" }),
        );
        const bad = await register(`${topics.candidate}-value`, "AVRO", record(a, required));
        const ask = async (level: "backward" | "forward" | "full") => {
            const schemas = new Schemas(new Registry(registry.url), level, topics);
            schemas.count("incumbent", "value", old, 3);
            schemas.count("candidate", "value", good, 2);
            schemas.count("candidate", "value", bad);
            const evidence = await schemas.evidence();
            return Object.fromEntries(evidence.map((of) => [of.id, of]));
        };
        const untold = await ask("backward");
        assert.equal(untold[bad]?.compatible, null);
        assert.match(untold[bad].message ?? "", /checks by the rule of a subject, and .* is NONE/);

        await setRule(`${topics.incumbent}-value`, "BACKWARD");
        const told = await ask("backward");
        assert.deepEqual(told[old], {
            part: "value",
            id: old,
            subject: `${topics.incumbent}-value`,
            version: 1,
            incumbentRecords: 3,
            candidateRecords: 0,
            compatible: null,
            message: null,
        });
        assert.deepEqual([told[good]?.compatible, told[good]?.version], [true, 1]);
        assert.deepEqual([told[bad]?.compatible, told[bad]?.version], [false, 2]);
        assert.ok((told[bad]?.message ?? "").length > 0);

        // Old readers do not miss a field that they do not know.
        await setRule(`${topics.incumbent}-value`, "FORWARD");
        assert.equal((await ask("forward"))[bad]?.compatible, true);
        await setRule(`${topics.incumbent}-value`, "FULL");
        const full = await ask("full");
        assert.deepEqual([full[good]?.compatible, full[bad]?.compatible], [true, false]);
    });

    it("is missed with a reason, and without a hang, once it is killed", async function () {
        needsRegistry(this);
        const subject = uniqueName("killed");
        const id = await register(`${subject}-value`, "AVRO", '"long"');
        const client = new Registry(registry.url);
        const before = await throughKafka("avro", client, [framed(id, Buffer.from([2]))]);
        assert.deepEqual(before.map(shown), [{ $value: "integer 1" }]);
        await registry.part.kill();
        const began = Date.now();
        const values = [id, id + 1, id + 2].map((of) => framed(of, Buffer.from([2])));
        const decoded = await throughKafka("avro", new Registry(registry.url), values);
        for (const one of decoded) {
            assert.match(
                "refused" in one ? one.refused : "",
                /^its schema id \d+ could not be had: the registry at \S+ could not be reached: .*ECONNREFUSED/,
            );
        }
        const schemas = new Schemas(client, "backward", { incumbent: "a", candidate: "b" });
        schemas.count("incumbent", "value", id);
        schemas.count("candidate", "value", id + 1);
        const evidence = await schemas.evidence();
        assert.deepEqual(
            evidence.map(({ compatible, subject: of }) => [compatible, of]),
            [
                [null, null],
                [null, null],
            ],
        );
        assert.match(evidence[1]?.message ?? "", /could not be reached/);
        assert.ok(Date.now() - began < 20_000);
    });
});
