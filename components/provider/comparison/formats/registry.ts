import { setTimeout as delay } from "node:timers/promises";
import type { CompareSettings } from "../../../compare.js";
import { explain } from "../../errors.js";
import { readAtMost } from "../../readAtMost.js";

/** A schema as the registry has it. */
export interface RegisteredSchema {
    readonly type: "AVRO" | "PROTOBUF" | "JSON";
    readonly text: string;
    readonly references: readonly Reference[];
}

/** A schema that another one refers to, under the name by which it does. */
export interface Reference {
    readonly name: string;
    readonly subject: string;
    readonly version: number;
}

export interface SubjectVersion {
    readonly subject: string;
    readonly version: number;
}

/** What the registry says of a schema beside another one. */
export interface Compatibility {
    readonly compatible: boolean;
    /** Its own words, where it has any. */
    readonly messages: readonly string[];
}

/** Why the registry did not tell, in one line that names its address and no secret. */
export class RegistryError extends Error {
    override readonly name = "RegistryError";
    constructor(
        message: string,
        /** The HTTP status; `undefined` where nothing answered in time. */
        readonly status: number | undefined,
    ) {
        super(message);
    }
}

/** How patiently the registry is asked, in milliseconds. */
export interface Patience {
    /** All attempts of one question together. */
    readonly deadlineMilliseconds: number;
    /** Between one attempt and the next; there are as many more attempts as there are pauses. */
    readonly pausesMilliseconds: readonly number[];
}

const usualPatience: Patience = { deadlineMilliseconds: 10_000, pausesMilliseconds: [200, 1_000] };

const mostAtATime = 8;
/** Schemas are far smaller; an answer of this size is none. */
const longestAnswer = 16 * 1024 * 1024;
const acceptedTypes = "application/vnd.schemaregistry.v1+json, application/json";

/**
 * A schema registry with Confluent's REST API, for the time of one look. What it said once is not asked again; and a
 * registry that did not answer is not asked again either, so that a look ends although it is down.
 */
export class Registry {
    readonly #url: string;
    readonly #answers = new Map<string, Promise<unknown>>();
    readonly #waiting: (() => void)[] = [];
    #asking = 0;
    #gone: RegistryError | undefined;

    constructor(
        url: string,
        /** The header to send, and the name of the variable that it is from; `null` sends none. */
        private readonly authorization: { header: string; from: string } | null = null,
        private readonly patience = usualPatience,
    ) {
        this.#url = url.replace(/\/+$/, "");
    }

    /** From the settings; fails where the environment variable that they name is not there. */
    static of(settings: CompareSettings["registry"], env = process.env): Registry | null {
        if (settings === null) {
            return null;
        }
        const { url, authorizationFrom: from } = settings;
        if (from === null) {
            return new Registry(url);
        }
        const header = env[from]?.trim();
        if (header === undefined || header === "") {
            throw new Error(
                `The environment variable ${from}, named by compare.registry.authorizationFrom, is not set.`,
            );
        }
        return new Registry(url, { header, from });
    }

    get url(): string {
        return this.#url;
    }

    /** The schema with this id; `undefined` where the registry does not know it. */
    async schema(id: number): Promise<RegisteredSchema | undefined> {
        return this.#found(`/schemas/ids/${id}`, readSchema);
    }

    /** A version of a subject, as references name it. */
    async version(of: SubjectVersion): Promise<RegisteredSchema | undefined> {
        return this.#found(pathOf(of), readSchema);
    }

    /** Under which subjects and versions a schema is registered. */
    async versionsOf(id: number): Promise<readonly SubjectVersion[]> {
        const read = (answer: unknown) =>
            Array.isArray(answer) && answer.every(isSubjectVersion) ? answer : undefined;
        return (await this.#found(`/schemas/ids/${id}/versions`, read)) ?? [];
    }

    /** The rule by which the registry checks the schemas of a subject, as it spells it: `BACKWARD`, `NONE`… */
    async levelOf(subject: string): Promise<string | undefined> {
        const path = `/config/${encodeURIComponent(subject)}?defaultToGlobal=true`;
        return this.#found(path, (answer) => textIn(answer, "compatibilityLevel"));
    }

    /** Whether a schema could follow this version, by the subject's own rule. */
    async check(schema: RegisteredSchema, against: SubjectVersion): Promise<Compatibility> {
        const path = `/compatibility${pathOf(against)}?verbose=true`;
        const { type: schemaType, text, references } = schema;
        const body = JSON.stringify({ schema: text, schemaType, references });
        return this.#ask(path, readCompatibility, body);
    }

    async #found<T>(path: string, read: (answer: unknown) => T | undefined) {
        const known = this.#answers.get(path) as Promise<T | undefined> | undefined;
        if (known !== undefined) {
            return known;
        }
        const asked = this.#ask(path, read).catch((error: unknown) => {
            if (error instanceof RegistryError && error.status === 404 && isOwn404(error)) {
                return undefined;
            }
            throw error;
        });
        this.#answers.set(path, asked);
        return asked;
    }

    /** One of a few questions at a time: corrupt records may name a thousand schemas. */
    async #ask<T>(
        path: string,
        read: (answer: unknown) => T | undefined,
        body?: string,
    ): Promise<T> {
        if (this.#asking === mostAtATime) {
            await new Promise<void>((resolve) => this.#waiting.push(resolve));
        } else {
            this.#asking++;
        }
        try {
            return await this.#askUntilAnswered(path, read, body);
        } finally {
            const next = this.#waiting.shift();
            if (next === undefined) {
                this.#asking--;
            } else {
                next();
            }
        }
    }

    async #askUntilAnswered<T>(
        path: string,
        read: (answer: unknown) => T | undefined,
        body: string | undefined,
    ): Promise<T> {
        const { deadlineMilliseconds, pausesMilliseconds } = this.patience;
        const signal = AbortSignal.timeout(deadlineMilliseconds);
        for (let attempt = 0; ; attempt++) {
            if (this.#gone !== undefined) {
                throw this.#gone;
            }
            try {
                return await this.#askOnce(path, read, body, signal);
            } catch (error) {
                const pause = pausesMilliseconds[attempt];
                if (!(error instanceof RegistryError) || !mayPass(error) || pause === undefined) {
                    throw this.#remember(error);
                }
                await delay(pause, undefined, { signal }).catch(() => {
                    throw this.#remember(error);
                });
            }
        }
    }

    /** What is wrong with every question is not tried out with each. */
    #remember(error: unknown): unknown {
        if (error instanceof RegistryError && everywhere.has(error.status)) {
            this.#gone ??= error;
        }
        return error;
    }

    async #askOnce<T>(
        path: string,
        read: (answer: unknown) => T | undefined,
        body: string | undefined,
        signal: AbortSignal,
    ): Promise<T> {
        let status: number;
        let text: string | undefined;
        try {
            const response = await fetch(`${this.#url}${path}`, {
                signal,
                headers: {
                    accept: acceptedTypes,
                    ...(this.authorization && { authorization: this.authorization.header }),
                    ...(body !== undefined && { "content-type": "application/json" }),
                },
                ...(body !== undefined && { method: "POST", body }),
            });
            status = response.status;
            text = await readAtMost(response, longestAnswer);
            if (text === undefined) {
                throw new Error("its answer does not end");
            }
        } catch (error) {
            throw new RegistryError(this.#describeSilence(error), undefined);
        }
        const answer = parseAnswer(text);
        if (status < 200 || status > 299) {
            throw new RefusalError(this.#describeStatus(status, answer), status, answer);
        }
        const found = read(answer);
        if (found === undefined) {
            throw new RegistryError(
                `the registry at ${this.#url} answered ${status} with something else than a registry's JSON`,
                status,
            );
        }
        return found;
    }

    #describeSilence(error: unknown): string {
        if (error instanceof Error && error.name === "TimeoutError") {
            const seconds = this.patience.deadlineMilliseconds / 1000;
            return `the registry at ${this.#url} did not answer within ${seconds} s`;
        }
        if (error instanceof TypeError && error.message.includes("header")) {
            // Such a message quotes the header.
            return `the value of ${this.authorization?.from ?? "a header"} cannot be sent as a header`;
        }
        return `the registry at ${this.#url} could not be reached: ${firstLine(explain(error))}`;
    }

    #describeStatus(status: number, answer: unknown): string {
        const said = textIn(answer, "message");
        const words = said === undefined ? "" : `: ${this.#withoutSecret(firstLine(said))}`;
        const base = `the registry at ${this.#url} answered ${status}${words}`;
        if (status !== 401 && status !== 403) {
            return base;
        }
        return this.authorization === null
            ? `${base} (compare.registry.authorizationFrom names no header to send)`
            : `${base} (it did not accept the header in ${this.authorization.from})`;
    }

    #withoutSecret(text: string): string {
        if (this.authorization === null) {
            return text;
        }
        const { header, from } = this.authorization;
        // Somebody may quote the header, or what is behind its scheme.
        return [header, ...header.split(/\s+/)]
            .filter((part) => part.length > 5)
            .reduce((rest, part) => rest.replaceAll(part, `($${from})`), text);
    }
}

/** The registry that the settings name, if they name one; or why it cannot be asked, as a sentence. */
export function openRegistry(settings: CompareSettings["registry"]): {
    readonly registry: Registry | null;
    readonly problem: string | null;
} {
    try {
        return { registry: Registry.of(settings), problem: null };
    } catch (error) {
        return { registry: null, problem: explain(error) };
    }
}

/** An answer that is no success. */
class RefusalError extends RegistryError {
    constructor(
        message: string,
        status: number,
        readonly answer: unknown,
    ) {
        super(message, status);
    }
}

/** A registry that does not know something says so in its own JSON; another server at that address does not. */
function isOwn404(error: RegistryError): boolean {
    return (
        error instanceof RefusalError &&
        typeof error.answer === "object" &&
        error.answer !== null &&
        "error_code" in error.answer
    );
}

/** Failures that the next attempt may not have. */
function mayPass({ status }: RegistryError): boolean {
    return status === undefined || status >= 500 || status === 429;
}

/** Failures that any other question would have too. */
const everywhere: ReadonlySet<number | undefined> = new Set([undefined, 401, 403]);

function parseAnswer(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

const pathOf = ({ subject, version }: SubjectVersion) =>
    `/subjects/${encodeURIComponent(subject)}/versions/${version}`;

const firstLine = (text: string) => text.trim().split("\n")[0]!.slice(0, 300);

function memberOf(answer: unknown, name: string): unknown {
    return typeof answer === "object" && answer !== null
        ? (answer as Record<string, unknown>)[name]
        : undefined;
}

function textIn(answer: unknown, name: string): string | undefined {
    const text = memberOf(answer, name);
    return typeof text === "string" ? text : undefined;
}

function isSubjectVersion(answer: unknown): answer is SubjectVersion {
    return textIn(answer, "subject") !== undefined && Number.isInteger(memberOf(answer, "version"));
}

function isReference(answer: unknown): answer is Reference {
    return isSubjectVersion(answer) && textIn(answer, "name") !== undefined;
}

function readSchema(answer: unknown): RegisteredSchema | undefined {
    const text = textIn(answer, "schema");
    const references = memberOf(answer, "references") ?? [];
    // A schema without a type is Avro: there was nothing else at first.
    const type = memberOf(answer, "schemaType") ?? "AVRO";
    if (
        text === undefined ||
        (type !== "AVRO" && type !== "PROTOBUF" && type !== "JSON") ||
        !Array.isArray(references) ||
        !references.every(isReference)
    ) {
        return undefined;
    }
    return { text, type, references };
}

function readCompatibility(answer: unknown): Compatibility | undefined {
    const compatible = memberOf(answer, "is_compatible");
    const messages = memberOf(answer, "messages");
    return typeof compatible === "boolean"
        ? { compatible, messages: Array.isArray(messages) ? messages.map(String) : [] }
        : undefined;
}
