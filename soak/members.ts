import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";
import type { RoutingRecord } from "../components/provider/cutover/routingRecord.js";
import type { JavaPrograms } from "./javaPrograms.js";

/** Nobody would end them behind a run that was interrupted. */
const running = new Set<ChildProcess>();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A consumer in a process of its own, which can be killed. */
export abstract class Application {
    private child: ChildProcess | undefined;
    protected printed = "";
    private lines: string[] = [];
    private wake: () => void = () => undefined;

    constructor(
        readonly consumer: string,
        readonly journal: string,
    ) {
        fs.appendFileSync(journal, "");
    }

    protected abstract launch(): ChildProcess;

    start(): void {
        const child = this.launch();
        this.child = child;
        this.lines = [];
        for (const stream of [child.stdout, child.stderr]) {
            if (stream !== null) {
                readline.createInterface(stream).on("line", (line) => {
                    this.printed = `${this.printed}${line}\n`.slice(-4_000);
                    this.lines.push(line);
                    this.wake();
                });
            }
        }
        running.add(child);
        child.once("close", () => {
            running.delete(child);
            this.wake();
        });
        // Of a process that was killed nobody reads what is written to it.
        child.stdin?.on("error", () => undefined);
    }

    get isRunning(): boolean {
        const { child } = this;
        return child !== undefined && child.exitCode === null && child.signalCode === null;
    }

    protected tell(line: string): void {
        this.child?.stdin?.write(`${line}\n`);
    }

    /** Waits for a line that it prints; fails where it ends first. */
    protected async says(wanted: string, seconds = 90): Promise<void> {
        const deadline = Date.now() + seconds * 1000;
        for (;;) {
            const at = this.lines.indexOf(wanted);
            if (at !== -1) {
                this.lines.splice(0, at + 1);
                return;
            }
            if (!this.isRunning || Date.now() > deadline) {
                throw new Error(`${this.consumer} did not say "${wanted}":\n${this.printed}`);
            }
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, 1000);
                this.wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
    }

    async kill(): Promise<void> {
        this.child?.kill("SIGKILL");
        await this.ended();
    }

    async end(): Promise<void> {
        this.child?.kill("SIGTERM");
        this.child?.stdin?.end();
        await this.ended();
    }

    private async ended(): Promise<void> {
        const { child } = this;
        if (child !== undefined && this.isRunning) {
            await new Promise((resolve) => child.once("close", resolve));
        }
    }
}

/** One that follows the routing record by itself. */
export class Following extends Application {
    constructor(
        consumer: string,
        journal: string,
        private readonly command: () => ChildProcess,
    ) {
        super(consumer, journal);
    }

    protected launch(): ChildProcess {
        return this.command();
    }

    /** The package's own follower, in the demo's application. */
    static ofPackage(servers: string, name: string, consumer: string, journal: string): Following {
        const program = path.join(__dirname, "../sandbox/dashboard/dashboard.js");
        const args = ["--bootstrap-servers", servers, "--name", name, "--consumer", consumer];
        args.push("--journal", journal, "--identity", "id");
        return new Following(consumer, journal, () =>
            spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "pipe"] }),
        );
    }
}

export type GroupKind = "kafkajs" | "classic" | "consumer" | "static";

/** One that reads as a group and is told topic and group, as a pod is by its ConfigMap. */
export class Member extends Application {
    constructor(
        consumer: string,
        journal: string,
        private readonly kind: GroupKind,
        private readonly servers: string,
        private readonly java: JavaPrograms | undefined,
    ) {
        super(consumer, journal);
    }

    protected launch(): ChildProcess {
        const args = [this.servers, this.journal];
        if (this.kind === "kafkajs") {
            const program = path.join(__dirname, "kafkajsMember.js");
            return spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "pipe"] });
        }
        if (this.java === undefined) {
            throw new Error("a Java member needs Java");
        }
        return this.java.spawn("Member", [...args, this.kind]);
    }

    async read({ authority, topic, epoch, consumers }: RoutingRecord): Promise<void> {
        this.tell(`read ${topic} ${consumers[this.consumer]?.group} ${authority} ${epoch}`);
        await this.says("reading");
    }

    async rest(): Promise<void> {
        this.tell("rest");
        await this.says("resting");
    }
}
