import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../sandbox/command.js";
import { kafkaJars } from "../sandbox/jars.js";
import { javaCommand, javaEnvironment, jdkCommand } from "../sandbox/java.js";
import { repository } from "../sandbox/paths.js";

/** Java programs beside us, compiled once: what the source launcher does anew for every start takes seconds. */
export class JavaPrograms {
    private constructor(
        private readonly classes: string,
        private readonly jars: string,
    ) {}

    static async compile(folder: string, sources: readonly string[]): Promise<JavaPrograms> {
        const classes = path.join(folder, "classes");
        fs.mkdirSync(classes, { recursive: true });
        const jars = path.join(await kafkaJars(), "*");
        const files = sources.map((source) => path.join(repository, source));
        await run(jdkCommand("javac"), ["-d", classes, "-cp", jars, ...files], {
            env: javaEnvironment(),
        });
        return new JavaPrograms(classes, jars);
    }

    private args(program: string, args: readonly string[], heap: string): string[] {
        const options = [`-Xmx${heap}`, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
        const classPath = [this.classes, this.jars].join(path.delimiter);
        return [...options, "-cp", classPath, program, ...args];
    }

    spawn(program: string, args: readonly string[], heap = "96m"): ChildProcess {
        return spawn(javaCommand(), this.args(program, args, heap), {
            env: javaEnvironment(),
            stdio: ["pipe", "pipe", "pipe"],
        });
    }

    /** Runs it to its end and returns what it printed. */
    run(program: string, args: readonly string[], heap = "512m"): Promise<string> {
        const options = { env: javaEnvironment(), timeoutSeconds: 300 };
        return run(javaCommand(), this.args(program, args, heap), options);
    }
}
