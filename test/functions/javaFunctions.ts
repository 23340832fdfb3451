import { type ChildProcessByStdio, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as readline from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { DifferingPairs } from "../../components/comparisonJob/evidenceRows.js";
import { run } from "../../sandbox/command.js";
import { functionsJar } from "../../sandbox/functionsJar.js";
import { flinkJars } from "../../sandbox/jars.js";
import { javaCommand, javaEnvironment, jdkCommand } from "../../sandbox/java.js";
import { repository } from "../../sandbox/paths.js";

/** What `read_record` says of a record. */
export interface Read {
    readonly problem: string | null;
    readonly eventTime: number | null;
    readonly identity: string | null;
    readonly content: string | null;
    readonly types: string | null;
    readonly schemas: string | null;
}

/** What `counterparts` says of what is left. */
export interface Paired {
    readonly incumbents: number;
    readonly candidates: number;
    readonly differences: readonly DifferingPairs[];
    readonly distances: readonly (number | null)[];
}

type Answer<T> = T | { readonly failed: string };

/** The functions of a comparison's job in a JVM of their own, called without Flink around them. */
export class JavaFunctions {
    readonly #waiting: {
        readonly resolve: (answer: unknown) => void;
        readonly reject: (why: Error) => void;
    }[] = [];

    private constructor(
        private readonly folder: string,
        private readonly process: ChildProcessByStdio<Writable, Readable, null>,
    ) {
        readline
            .createInterface({ input: process.stdout })
            .on("line", (line) => this.#waiting.shift()?.resolve(JSON.parse(line)))
            .on("close", () => {
                const why = new Error("the JVM with the functions has ended");
                this.#waiting.splice(0).forEach(({ reject }) => reject(why));
            });
    }

    /** With these variables in the JVM's environment, and these options of its own. */
    static async start(
        environment: NodeJS.ProcessEnv = {},
        more: readonly string[] = [],
    ): Promise<JavaFunctions> {
        const jars = [await functionsJar(), path.join(await flinkJars(), "lib", "*")];
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-functions-"));
        const env = javaEnvironment(environment);
        const source = path.join(repository, "test", "functions", "java", "Ask.java");
        const classPath = [folder, ...jars].join(path.delimiter);
        await run(jdkCommand("javac"), ["-d", folder, "-cp", classPath, source], { env });
        const options = ["-Xmx512m", "-XX:+UseSerialGC", ...more, "-cp", classPath];
        const stdio = ["pipe", "pipe", "inherit"] as const;
        const child = spawn(javaCommand(), [...options, "Ask"], { env, stdio: [...stdio] });
        return new JavaFunctions(folder, child);
    }

    read(
        { key, value, timestamp }: { key: Buffer | null; value: Buffer | null; timestamp: number },
        settings: string,
    ): Promise<Answer<Read>> {
        const [ofKey, record] = [key, value].map((bytes) => bytes?.toString("base64") ?? null);
        return this.#ask({ ask: "read", key: ofKey, record, written: timestamp, settings });
    }

    /** Of contents, and how many more of each the incumbent has. */
    counterparts(rest: ReadonlyMap<string, number>, settings: string): Promise<Answer<Paired>> {
        return this.#ask({ ask: "counterparts", rest: [...rest], settings });
    }

    field(content: string, of: string): Promise<Answer<{ field: string | null }>> {
        return this.#ask({ ask: "field", content, path: of });
    }

    async stop(): Promise<void> {
        if (this.process.exitCode === null) {
            const ended = new Promise((resolve) => this.process.once("exit", resolve));
            this.process.stdin.end();
            await ended;
        }
        fs.rmSync(this.folder, { recursive: true, force: true });
    }

    #ask<T>(question: object): Promise<T> {
        return new Promise((resolve, reject) => {
            this.#waiting.push({ resolve: resolve as (answer: unknown) => void, reject });
            this.process.stdin.write(`${JSON.stringify(question)}\n`);
        });
    }
}
