import { type ChildProcess, fork } from "node:child_process";
import * as path from "node:path";
import type { Asked } from "./job.js";
import type { Point, ProviderSays, ProviderTask } from "./provider.js";

/** Longer than every deadline of the provider itself. */
const patienceSeconds = 150;

/** One run of the provider in a process of its own. */
export class ProviderRun {
    private readonly child: ChildProcess;
    private readonly heard: ProviderSays[] = [];
    private listener: () => void = () => undefined;
    private ended = false;
    printed = "";

    /** Started ahead of its task, since loading the package takes most of the time. */
    constructor() {
        this.child = fork(path.join(__dirname, "provider.js"), {
            stdio: ["ignore", "pipe", "pipe", "ipc"],
        });
        for (const stream of [this.child.stdout, this.child.stderr]) {
            stream?.on("data", (chunk: Buffer) => (this.printed += chunk.toString()));
        }
        this.child.on("message", (says) => {
            this.heard.push(says as ProviderSays);
            this.listener();
        });
        this.child.once("close", () => {
            this.ended = true;
            this.listener();
        });
    }

    begin(asked: Asked, holdAt?: Point): void {
        const task: ProviderTask = { asked, holdAt };
        this.child.send(task);
    }

    /** Resolves when it stands at the point; where it ended instead, the test was about nothing. */
    async held(): Promise<void> {
        const says = await this.next();
        if (says?.kind !== "held") {
            const how = says?.kind === "failed" ? says.reason : says?.kind;
            throw new Error(`the run was never held; it was ${how}\n${this.printed}`);
        }
    }

    goOn(): void {
        this.child.send("go on");
    }

    async kill(): Promise<void> {
        this.child.kill("SIGKILL");
        await this.untilEnded();
    }

    /** The state that it returned, or why it failed. */
    async result(): Promise<Exclude<ProviderSays, { kind: "held" }>> {
        const says = await this.next();
        if (says === undefined || says.kind === "held") {
            throw new Error(`the run ended without a word:\n${this.printed}`);
        }
        await this.untilEnded();
        return says;
    }

    private async next(): Promise<ProviderSays | undefined> {
        await this.until(() => this.heard.length > 0 || this.ended);
        return this.heard.shift();
    }

    private untilEnded(): Promise<void> {
        return this.until(() => this.ended);
    }

    private until(done: () => boolean): Promise<void> {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                this.child.kill("SIGKILL");
                reject(new Error(`the run did not end in ${patienceSeconds} s:\n${this.printed}`));
            }, patienceSeconds * 1000);
            const look = (): void => {
                if (done()) {
                    clearTimeout(timer);
                    resolve();
                }
            };
            this.listener = look;
            look();
        });
    }
}
