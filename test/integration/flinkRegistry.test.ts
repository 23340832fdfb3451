import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { Type } from "avsc";
import protobuf from "protobufjs";
import type { CompareArgs } from "../../components/compare.js";
import { registryJars } from "../../sandbox/jars.js";
import { startRegistry, type SandboxRegistry } from "../../sandbox/registry.js";
import { settingsOf } from "../comparison/world.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox } from "../sandboxFixture.js";
import { skipBecause } from "../skip.js";
import { Engines, type Message } from "./engines.js";

const hour = 3_600_000;
const began = Math.floor(Date.now() / hour) * hour - 48 * hour;
const hours = 12;

const airport = { type: "enum", name: "Airport", symbols: ["ATL", "DFW", "SEA", "JFK"] };
const fields = [
    { name: "origin", type: airport },
    { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
    { name: "delay", type: { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 } },
    { name: "note", type: ["null", "string"] },
] as const;
const older = { type: "record", name: "Delays", fields };
const gate = { name: "gate", type: ["null", "int"], default: null };
const younger = { ...older, fields: [...fields, gate] };

/** What is between a cluster and its registry, and may not let anybody through. */
class Door {
    isOpen = true;
    readonly #server: http.Server;

    constructor(registry: string) {
        this.#server = http.createServer((request, response) => {
            if (!this.isOpen) {
                request.socket.destroy();
                return;
            }
            void fetch(registry + request.url!).then(async (answer) => {
                response.writeHead(answer.status, { "content-type": "application/json" });
                response.end(await answer.text());
            });
        });
    }

    async listen(): Promise<string> {
        await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
        return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    }

    close(): void {
        this.#server.close();
        this.#server.closeAllConnections();
    }
}

describe("a comparison as a Flink job, of records with schemas", function () {
    this.timeout(600_000);
    let engines: Engines;
    let registry: SandboxRegistry;
    let door: Door;
    let address: string;

    before(async function () {
        await needsJdk(this);
        await registryJars().catch((error: unknown) =>
            skipBecause(this, `Apicurio Registry could not be had: ${String(error)}`),
        );
        const sandbox = await sharedSandbox();
        engines = await Engines.connect(sandbox);
        registry = await startRegistry(sandbox);
        door = new Door(registry.url);
        address = await door.listen();
    });
    after(async () => {
        door?.close();
        await engines?.close();
        await registry?.part.stop();
    });

    /** Registers a schema, and returns what stands in front of its records. */
    async function headerOf(
        subject: string,
        schemaType: "AVRO" | "PROTOBUF",
        schema: string,
    ): Promise<Buffer> {
        const answer = await fetch(`${registry.url}/subjects/${subject}/versions`, {
            method: "POST",
            headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
            body: JSON.stringify({ schemaType, schema }),
        });
        const { id } = (await answer.json()) as { id: number };
        const header = Buffer.alloc(5);
        header.writeUInt32BE(id, 1);
        return header;
    }

    /** How a schema's records are written, once it is registered. */
    async function writerOf(subject: string, schema: object): Promise<(row: Row) => Buffer> {
        const header = await headerOf(subject, "AVRO", JSON.stringify(schema));
        const type = Type.forSchema(schema as never, { wrapUnions: true });
        return ({ origin, at, delay, note, gate }) => {
            const value = {
                origin,
                at,
                delay: Buffer.from([delay >> 8, delay & 0xff]),
                note: note === null ? null : { string: note },
                gate: gate === undefined ? null : { int: gate },
            };
            return Buffer.concat([header, type.toBuffer(value)]);
        };
    }

    interface Row {
        readonly origin: string;
        readonly at: number;
        /** In hundredths. */
        readonly delay: number;
        readonly note: string | null;
        readonly gate?: number;
    }
    const rowsOf = (n: number): Row[] =>
        airport.symbols.map((origin, place) => ({
            origin,
            at: began + n * hour + place,
            delay: 300 * n + place - 700,
            note: place === 1 ? null : `é "${place}"`,
        }));
    const messagesOf = (rows: readonly Row[], write: (row: Row) => Buffer): Message[] =>
        rows.map((row, place) => ({
            partition: place % 2,
            key: Buffer.from(row.origin),
            value: write(row),
            timestamp: row.at,
        }));
    const all = Array.from({ length: hours }, (_, n) => n);

    const args = (): Partial<CompareArgs> => ({
        identity: ["origin", "at"],
        eventTime: "at",
        formats: { value: "avro", key: "string" },
        windowSeconds: 3600,
        allowedLatenessSeconds: 3600,
        waitSeconds: 120,
        minRecords: 8,
        minWindows: hours - 4,
        fields: { delay: { absoluteTolerance: 0.01 } },
        registry: { url: registry.url },
    });

    it("finds what the embedded engine finds, also with schemas of different versions, and where a registry forbids one", async () => {
        const rules: CompareArgs["rules"] = {
            schema: { compatibility: "full", allowAddedFields: true },
            aggregates: { fields: { delay: {} }, groupBy: ["origin"] },
        };
        const settings = settingsOf({ ...args(), rules, engine: "flink", flink: scene });
        const pair = await engines.start("avro", settings);
        const old = await writerOf(`${pair.incumbent.topic}-value`, older);
        const young = await writerOf(`${pair.candidate.topic}-value`, younger);
        const changed = (row: Row, n: number): Row[] => {
            const isFirst = row.origin === "ATL";
            if (isFirst && n === 4) return [{ ...row, delay: row.delay + 1 }];
            if (isFirst && n === 5) return [{ ...row, delay: row.delay + 2, gate: 7 }];
            if (isFirst && n === 6) return [{ ...row, note: null }];
            if (isFirst && n === 7) return [];
            return [row];
        };
        await engines.send(
            pair.incumbent.topic,
            all.flatMap((n) => messagesOf(rowsOf(n), old)),
        );
        await engines.send(
            pair.candidate.topic,
            all.flatMap((n) =>
                messagesOf(
                    rowsOf(n).flatMap((row) => changed(row, n)),
                    n < 3 ? old : young,
                ),
            ),
        );
        const ours = await engines.byFlink(pair, settings);
        const theirs = await engines.embedded(
            pair,
            settingsOf({ ...args(), rules, settleSeconds: 0 }),
        );
        assert.deepEqual(ours.evidence, theirs.evidence);
        assert.deepEqual(ours.verdict, theirs.verdict);
        assert.equal(ours.verdict.outcome, "fail");
        assert.deepEqual(
            ours.evidence.schemas.map(({ incumbentRecords, candidateRecords }) => [
                incumbentRecords,
                candidateRecords,
            ]),
            [
                [48, 12],
                [0, 35],
            ],
        );
        const hoursWith = (what: "changed" | "missing") =>
            ours.evidence.windows
                .filter((window) => window[what] === 1)
                .map(({ start }) => (start - began) / hour);
        assert.deepEqual(hoursWith("changed"), [5, 6]);
        assert.deepEqual(hoursWith("missing"), [7]);
        await engines.stop(pair);
    });

    const scene = { from: "beginning", checkpointSeconds: 1 } as const;

    it("reads keys and values in Protobuf", async () => {
        const formats = { value: "protobuf", key: "protobuf" } as const;
        const byKey = { ...args(), formats, identity: ["$key.origin", "at"], fields: {} };
        const settings = settingsOf({ ...byKey, engine: "flink", flink: scene });
        const pair = await engines.start("protobuf", settings);
        const schema = `syntax = "proto3";
            message Origin { string origin = 1; }
            message Delay { int64 at = 1; sint32 delay = 2; optional string note = 3; repeated int32 gates = 4; }`;
        const { root } = protobuf.parse(schema);
        const header = await headerOf(`${pair.incumbent.topic}-value`, "PROTOBUF", schema);
        const framed = (name: string, indexes: readonly number[], value: object) => {
            const type = root.lookupType(name);
            const message = type.encode(type.fromObject(value)).finish();
            return Buffer.concat([header, Buffer.from(indexes), message]);
        };
        const messages = (isCandidate: boolean) =>
            all.flatMap((n) =>
                rowsOf(n).map(({ origin, at, delay, note }, place): Message => {
                    const isOther = isCandidate && n === 5 && place === 2;
                    const value = {
                        at,
                        delay,
                        gates: [n, isOther ? -1 : place],
                        ...(note && { note }),
                    };
                    return {
                        partition: place % 2,
                        timestamp: at,
                        // The first message of a schema is a zero, any other one the length of its path and that.
                        key: framed("Origin", [0], { origin }),
                        value: framed("Delay", [2, 2], value),
                    };
                }),
            );
        await engines.send(pair.incumbent.topic, messages(false));
        await engines.send(pair.candidate.topic, messages(true));
        const ours = await engines.byFlink(pair, settings);
        const theirs = await engines.embedded(pair, settingsOf({ ...byKey, settleSeconds: 0 }));
        assert.deepEqual(ours.evidence, theirs.evidence);
        assert.equal(ours.verdict.outcome, "fail");
        assert.deepEqual(
            ours.evidence.fields.map(({ field, different }) => [field, different]),
            [
                ["$key.origin", 0],
                ["at", 0],
                ["delay", 0],
                ["gates", 1],
                ["note", 0],
            ],
        );
        await engines.stop(pair);
    });

    it("waits for a registry that does not answer, and reads on when it does", async () => {
        const settings = settingsOf({
            ...args(),
            engine: "flink",
            flink: { ...scene, registry: address },
        });
        const pair = await engines.start("waits", settings);
        const old = await writerOf(`${pair.incumbent.topic}-value`, older);
        const young = await writerOf(`${pair.candidate.topic}-value`, younger);
        const send = async (of: readonly number[], write: typeof old) => {
            for (const { topic } of [pair.incumbent, pair.candidate]) {
                await engines.send(
                    topic,
                    of.flatMap((n) => messagesOf(rowsOf(n), write)),
                );
            }
        };
        const passes = async (minWindows: number) => {
            const ours = await engines.byFlink(pair, { ...settings, minWindows });
            const theirs = await engines.embedded(
                pair,
                settingsOf({ ...args(), minWindows, settleSeconds: 0 }),
            );
            assert.deepEqual(ours.evidence, theirs.evidence);
            assert.equal(ours.verdict.outcome, "pass", ours.verdict.gaps.join());
        };
        await send(all.slice(0, 6), old);
        await passes(2);
        door.isOpen = false;
        await send(all.slice(6), young);
        const shut = await engines.byFlink(pair, { ...settings, waitSeconds: 5 });
        assert.equal(shut.verdict.outcome, "inconclusive");
        assert.match(shut.verdict.gaps.join("\n"), /comparison's job/);
        door.isOpen = true;
        await passes(hours - 4);
    });
});
