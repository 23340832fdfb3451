import type { CompareSettings } from "../../../compare.js";
import type { Side } from "../../../side.js";
import type { SchemaEvidence } from "../evidence.js";
import type { Part } from "./reader.js";
import { type Registry, RegistryError, type SubjectVersion } from "./registry.js";

type Level = CompareSettings["rules"]["schema"]["compatibility"];
type Direction = "backward" | "forward";

/** What the registry said of two schemas; `null` where it could not say. */
interface Answer {
    readonly compatible: boolean | null;
    readonly message: string | null;
}

/** A schema with which records were written, and where the registry has it. */
interface Used {
    readonly part: Part;
    readonly id: number;
    readonly incumbent: number;
    readonly candidate: number;
    /** `null` where the registry does not tell. */
    readonly at: SubjectVersion | null;
    /** Why it does not; `null` where it just knows none. */
    readonly problem: string | null;
}

/** Counts the schemas that records of both versions were written with, and asks the registry of them at the end. */
export class Schemas {
    readonly #counts = new Map<string, Record<Side, number>>();

    constructor(
        private readonly registry: Registry | null,
        /** What the settings ask of the candidate's schemas. */
        private readonly level: Level,
        private readonly topics: Readonly<Record<Side, string>>,
    ) {}

    /** Notes that so many records of a version were written with this schema. */
    count(side: Side, part: Part, id: number, records = 1): void {
        const key = `${part} ${id}`;
        let counts = this.#counts.get(key);
        if (counts === undefined) {
            this.#counts.set(key, (counts = { incumbent: 0, candidate: 0 }));
        }
        counts[side] += records;
    }

    /** By part and id. Never rejects: what the registry does not say is `null`, with a message where it was needed. */
    async evidence(): Promise<SchemaEvidence[]> {
        const all = await Promise.all(
            [...this.#counts].map(async ([key, { incumbent, candidate }]): Promise<Used> => {
                const [part, id] = key.split(" ") as [Part, string];
                const subject = await this.#subjectOf(part, Number(id), incumbent > 0);
                return { part, id: Number(id), incumbent, candidate, ...subject };
            }),
        );
        all.sort((a, b) => (a.part === b.part ? a.id - b.id : a.part < b.part ? -1 : 1));
        return Promise.all(
            all.map(async (used) => {
                const newest = all
                    .filter(({ part, incumbent }) => part === used.part && incumbent > 0)
                    .at(-1);
                return {
                    part: used.part,
                    id: used.id,
                    subject: used.at?.subject ?? null,
                    version: used.at?.version ?? null,
                    incumbentRecords: used.incumbent,
                    candidateRecords: used.candidate,
                    ...(await this.#judge(used, newest)),
                };
            }),
        );
    }

    /** A schema that the incumbent writes too needs no leave. */
    async #judge(used: Used, incumbent: Used | undefined): Promise<Answer> {
        if (this.level === "none" || used.incumbent > 0 || incumbent === undefined) {
            return { compatible: null, message: null };
        }
        try {
            const directions: Direction[] =
                this.level === "full" ? ["backward", "forward"] : [this.level];
            return merge(await Promise.all(directions.map((of) => this.#ask(of, used, incumbent))));
        } catch (error) {
            return { compatible: null, message: describe(error) };
        }
    }

    /**
     * A registry checks by the rule of the subject that it is asked of, and by no other: where that one does not answer
     * the question, the same question from the other side may, since to read old data with a new schema is to read the
     * new schema's predecessor's.
     */
    async #ask(direction: Direction, candidate: Used, incumbent: Used): Promise<Answer> {
        const opposite = direction === "backward" ? "forward" : "backward";
        const questions = [
            { of: candidate, at: incumbent.at, rule: direction },
            { of: incumbent, at: candidate.at, rule: opposite },
        ] as const;
        const rules: string[] = [];
        for (const { of, at, rule } of questions) {
            if (at === null) {
                continue;
            }
            const level = (await this.#registry.levelOf(at.subject)) ?? "NONE";
            rules.push(`that of ${at.subject} is ${level}`);
            if (level.startsWith(rule.toUpperCase()) || level.startsWith("FULL")) {
                const schema = await this.#registry.schema(of.id);
                if (schema !== undefined) {
                    const { compatible, messages } = await this.#registry.check(schema, at);
                    return { compatible, message: compatible ? null : oneLine(messages) };
                }
            }
        }
        const why =
            rules.length === 0
                ? (candidate.problem ??
                  incumbent.problem ??
                  "it does not tell under which subjects the schemas are")
                : `it checks by the rule of a subject, and ${[...new Set(rules)].join(", ")}`;
        return {
            compatible: null,
            message: `the registry cannot say whether it is ${direction} compatible: ${why}`,
        };
    }

    /** The subject that is named for the topic where there are several, else the first one. */
    async #subjectOf(
        part: Part,
        id: number,
        ofIncumbent: boolean,
    ): Promise<Pick<Used, "at" | "problem">> {
        try {
            const found = [...(await this.#registry.versionsOf(id))].sort((a, b) =>
                a.subject === b.subject ? b.version - a.version : a.subject < b.subject ? -1 : 1,
            );
            const topic = this.topics[ofIncumbent ? "incumbent" : "candidate"];
            const named = found.find(({ subject }) => subject === `${topic}-${part}`);
            return { at: named ?? found[0] ?? null, problem: null };
        } catch (error) {
            // Said where a check needs it: the names alone do not matter to the verdict.
            return { at: null, problem: describe(error) };
        }
    }

    get #registry(): Registry {
        if (this.registry === null) {
            throw new RegistryError("there is no registry to ask", undefined);
        }
        return this.registry;
    }
}

/** Compatible in both directions, or not, or not known. */
function merge(answers: readonly Answer[]): Answer {
    return (
        answers.find(({ compatible }) => compatible === false) ??
        answers.find(({ compatible }) => compatible === null) ??
        answers[0]!
    );
}

const oneLine = (messages: readonly string[]) =>
    messages.length === 0
        ? "the registry gives no reason"
        : messages.join("; ").replace(/\s+/g, " ").slice(0, 1_000);

function describe(error: unknown): string {
    return error instanceof RegistryError ? error.message : "the registry could not be asked";
}
