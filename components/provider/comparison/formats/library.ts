import type { Refused } from "../decode.js";
import { explain } from "../../errors.js";
import { avroReader } from "./avro.js";
import { protobufReader } from "./protobuf.js";
import type { Part, ReadFields } from "./reader.js";
import { type RegisteredSchema, type Registry, RegistryError } from "./registry.js";

/** Corrupt records may name any id; past so many different ones the registry is not asked for more. */
const mostSchemas = 1_000;
/** A schema that refers to more others than this is taken for broken. */
const mostReferences = 1_000;

/** The schemas of one part of the records, by id: each is fetched and made ready once. */
export class Library {
    readonly #ready = new Map<number, ReadFields | Refused>();
    readonly #coming = new Map<number, Promise<void>>();

    constructor(
        private readonly format: "avro" | "protobuf",
        private readonly part: Part,
        private readonly registry: Registry,
    ) {}

    has(id: number): boolean {
        return this.#ready.has(id);
    }

    /** How records with this schema are read, or why they cannot be. */
    get(id: number): ReadFields | Refused {
        return this.#ready.get(id) ?? { refused: `its schema id ${id} was not asked for` };
    }

    /** Makes these schemas ready, or finds out why they cannot be. Never rejects. */
    async fetch(ids: Iterable<number>): Promise<void> {
        await Promise.all([...ids].map((id) => this.#once(id)));
    }

    #once(id: number): Promise<void> {
        let coming = this.#coming.get(id);
        if (coming === undefined) {
            coming = this.#load(id).then((reader) => void this.#ready.set(id, reader));
            this.#coming.set(id, coming);
        }
        return coming;
    }

    async #load(id: number): Promise<ReadFields | Refused> {
        if (this.#coming.size >= mostSchemas) {
            return {
                refused: `its schema id ${id} was not looked up, as ${mostSchemas} others were before it`,
            };
        }
        try {
            const schema = await this.registry.schema(id);
            if (schema === undefined) {
                const { url } = this.registry;
                return { refused: `its schema id ${id} is not known to the registry at ${url}` };
            }
            const wanted = this.format.toUpperCase();
            return schema.type === wanted
                ? await this.#read(schema)
                : { refused: `its schema id ${id} is ${schema.type}, not ${wanted}` };
        } catch (error) {
            const [why] = explain(error).split("\n");
            return {
                refused:
                    error instanceof RegistryError
                        ? `its schema id ${id} could not be had: ${why}`
                        : `its schema id ${id} cannot be used: ${why}`,
            };
        }
    }

    async #read(schema: RegisteredSchema): Promise<ReadFields> {
        const referred = await this.#referencesOf(schema);
        return this.format === "avro"
            ? avroReader(schema.text, [...referred.values()], this.part)
            : protobufReader(schema.text, referred, this.part);
    }

    /** The schemas that one refers to, by name, each behind those that it refers to itself. */
    async #referencesOf(schema: RegisteredSchema): Promise<Map<string, string>> {
        const found = new Map<string, string>();
        const seen = new Set<string>();
        const visit = async ({ references }: RegisteredSchema): Promise<void> => {
            for (const { name, subject, version } of references) {
                if (seen.has(name)) {
                    continue;
                }
                seen.add(name);
                if (seen.size > mostReferences) {
                    throw new Error(`it refers to more than ${mostReferences} others`);
                }
                const referred = await this.registry.version({ subject, version });
                if (referred === undefined) {
                    throw new Error(
                        `it refers to ${name}, version ${version} of subject ${subject}, which the registry does not know`,
                    );
                }
                await visit(referred);
                found.set(name, referred.text);
            }
        };
        await visit(schema);
        return found;
    }
}
