import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Format } from "../../../components/compare.js";
import { type Decoder, decoderOf } from "../../../components/provider/comparison/formats/format.js";
import type { Part } from "../../../components/provider/comparison/formats/reader.js";
import { Registry } from "../../../components/provider/comparison/formats/registry.js";

type Answer = { status?: number; body: unknown } | "never" | "hang up";

/** A schema registry in a few lines: what it answers by path, and what it was asked. */
export class FakeRegistry {
    readonly answers = new Map<string, Answer | ((attempt: number) => Answer)>();
    readonly asked: { path: string; authorization: string | undefined; body: string }[] = [];
    url = "";
    readonly #server = http.createServer((request, response) => {
        const path = request.url ?? "";
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
            this.asked.push({ path, authorization: request.headers.authorization, body });
            const attempt = this.asked.filter((one) => one.path === path).length;
            const found = this.answers.get(path) ?? unknown;
            const answer = typeof found === "function" ? found(attempt) : found;
            if (answer === "hang up") return void request.socket.destroy();
            if (answer === "never") return;
            response.writeHead(answer.status ?? 200);
            const text = typeof answer.body === "string";
            response.end(text ? answer.body : JSON.stringify(answer.body));
        });
    });

    static async start(): Promise<FakeRegistry> {
        const fake = new FakeRegistry();
        await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
        fake.url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`;
        return fake;
    }

    /** Holds a schema under an id. */
    hold(id: number, schemaType: string, schema: unknown, references: object[] = []): void {
        const text = typeof schema === "string" ? schema : JSON.stringify(schema);
        this.answers.set(`/schemas/ids/${id}`, { body: { schemaType, schema: text, references } });
    }

    /** Holds a schema that others refer to. */
    holdVersion(subject: string, version: number, schema: string, references: object[] = []): void {
        const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
        this.answers.set(path, { body: { subject, version, id: 1, schema, references } });
    }

    /** A client that waits longer than a busy machine needs. */
    client(deadlineMilliseconds = 10_000): Registry {
        return new Registry(this.url, null, { deadlineMilliseconds, pausesMilliseconds: [5, 10] });
    }

    async stop(): Promise<void> {
        this.#server.closeAllConnections();
        await new Promise((resolve) => this.#server.close(resolve));
    }
}

const unknown: Answer = { status: 404, body: { error_code: 40403, message: "Schema not found" } };

/** A record in Confluent's wire format; `indexes` is Protobuf's list of message indexes. */
export function framed(id: number, record: Uint8Array, indexes: readonly number[] = []): Buffer {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(id, 1);
    return Buffer.concat([header, Buffer.from(indexes), record]);
}

/** A decoder of one schema without a registry behind it. */
export async function decoderFor(
    format: Format,
    schema: unknown,
    part: Part = "value",
): Promise<Decoder> {
    const text = typeof schema === "string" ? schema : JSON.stringify(schema);
    const registry = {
        url: "http://registry",
        schema: (id: number) =>
            Promise.resolve(
                id === 1 ? { type: format.toUpperCase(), text, references: [] } : undefined,
            ),
    } as unknown as Registry;
    const decoder = decoderOf(format, part, registry);
    await decoder.prepare([framed(1, Buffer.alloc(0))]);
    return decoder;
}

/** The fields as `type text`. */
export function fieldsOf(decoder: Decoder, bytes: Uint8Array): Record<string, string> {
    const decoded = decoder.decode(bytes);
    assert.ok("fields" in decoded, "refused" in decoded ? decoded.refused : "");
    return Object.fromEntries(
        [...decoded.fields].map(([path, leaf]) => [path, `${leaf.type} ${leaf.text}`]),
    );
}

export function refusalOf(decoder: Decoder, bytes: Uint8Array): string {
    const decoded = decoder.decode(bytes);
    assert.ok("refused" in decoded, "was decoded");
    return decoded.refused;
}
