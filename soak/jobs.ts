import type { ChildProcess } from "node:child_process";
import * as readline from "node:readline";
import type { MovableJob } from "./job.js";
import type { JavaPrograms } from "./javaPrograms.js";

type Outputs = Pick<MovableJob, "topics" | "partitions" | "bootstrapServers">;

/** What both versions of the job write: the same records, by a Java producer that outlives the broker's faults. */
export class Jobs {
    /** Records that both have taken in; the newest of them may still be out of order. */
    written = 0;
    private total: number | undefined;
    private printed = "";
    private readonly child: ChildProcess;

    constructor(java: JavaPrograms, job: Outputs, perSecond: number, seed: number) {
        const { topics, partitions, bootstrapServers } = job;
        this.child = java.spawn(
            "Producer",
            [
                bootstrapServers,
                ...[topics.v1, String(partitions.v1), topics.v2, String(partitions.v2)],
                ...[String(perSecond), String(seed)],
            ],
            "192m",
        );
        for (const stream of [this.child.stdout, this.child.stderr]) {
            if (stream !== null) {
                readline.createInterface(stream).on("line", (line) => this.hear(line));
            }
        }
    }

    private hear(line: string): void {
        this.printed = `${this.printed}${line}\n`.slice(-4_000);
        const [count, what] = line.split(" ");
        if (what === "written") {
            this.written = Number(count);
        } else if (what === "in") {
            this.total = Number(count);
        }
    }

    /** The second version's job dies in the middle of a transaction, and is back some seconds later. */
    killSecond(): void {
        this.child.stdin?.write("kill\n");
    }

    /** Writes out what lags, and returns how many records there are. */
    async end(): Promise<number> {
        this.child.stdin?.end();
        if (this.child.exitCode === null && this.child.signalCode === null) {
            await new Promise((resolve) => this.child.once("close", resolve));
        }
        if (this.total === undefined) {
            throw new Error(`the jobs ended before their time:\n${this.printed}`);
        }
        return this.total;
    }

    kill(): void {
        this.child.kill("SIGKILL");
    }
}
