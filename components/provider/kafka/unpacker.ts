import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import {
    fetchedColumns,
    type Budget,
    type FetchedColumns,
    type FetchedLog,
} from "./fetchedColumns.js";
import type { LogRange } from "./port.js";
import type { Place } from "./recordBatch.js";

/** What a broker answered about one partition, and the part of it that is wanted. */
export interface Packed {
    readonly fetched: FetchedLog;
    readonly place: Place;
    readonly range: LogRange;
}

/** What the thread is asked. */
export interface UnpackRequest {
    readonly id: number;
    readonly packed: readonly Packed[];
    readonly budget: Budget;
}

/** Its answer, or its first word, that it is there. */
export type UnpackAnswer =
    | { readonly ready: true }
    | { readonly id: number; readonly unpacked: FetchedColumns[]; readonly spent: number }
    | { readonly id: number; readonly failure: string };

/** Of less than this much log a thread would not pay. */
const leastBytes = 8 * 1024 * 1024;

/** Takes fetched pieces of log apart: once there is much to read in a thread of its own, beside what is done with the records. */
export class Unpacker {
    #bytes = 0;
    #thread: Worker | undefined;
    #isReady = false;
    #isClosed = false;
    #requests = 0;
    readonly #pending = new Map<number, PromiseWithResolvers<Answered | undefined>>();

    constructor(
        /** How much log is taken apart without a thread. */
        private readonly startsAt = leastBytes,
    ) {}

    /** Whether it has one now. */
    get hasThread(): boolean {
        return this.#isReady;
    }

    async unpack(packed: readonly Packed[], budget: Budget): Promise<FetchedColumns[]> {
        this.#bytes += packed.reduce((sum, { fetched }) => sum + fetched.log.length, 0);
        if (this.#bytes > this.startsAt && !this.#isClosed && availableParallelism() > 1) {
            this.#thread ??= this.#start();
        }
        const answered = this.#isReady ? await this.#ask(packed, budget) : undefined;
        if (answered === undefined) {
            return unpackHere(packed, budget);
        }
        if ("failure" in answered) {
            throw new Error(answered.failure);
        }
        budget.bytes -= answered.spent;
        return answered.unpacked;
    }

    async close(): Promise<void> {
        this.#isClosed = true;
        await this.#thread?.terminate();
    }

    #start(): Worker {
        const thread = new Worker(join(__dirname, "unpackThread.js"));
        thread.unref();
        thread.on("message", (answer: UnpackAnswer) => {
            if ("ready" in answer) {
                this.#isReady = true;
            } else {
                this.#settle(answer.id, answer);
            }
        });
        // Without it the same is done here; that it failed is nothing that anybody has to know.
        const onEnd = () => {
            this.#isReady = false;
            [...this.#pending.keys()].forEach((id) => this.#settle(id, undefined));
        };
        thread.on("error", onEnd);
        thread.on("exit", onEnd);
        return thread;
    }

    /** `undefined` where the thread is no more. */
    #ask(packed: readonly Packed[], budget: Budget): Promise<Answered | undefined> {
        const id = this.#requests++;
        // Copied, since what was fetched shares its memory with more that was.
        const copies = packed.map(({ fetched, ...rest }) => ({
            ...rest,
            fetched: { aborted: fetched.aborted, log: new Uint8Array(fetched.log) },
        }));
        const answered = Promise.withResolvers<Answered | undefined>();
        this.#pending.set(id, answered);
        this.#thread!.ref();
        this.#thread!.postMessage(
            { id, packed: copies, budget },
            copies.map(({ fetched }) => fetched.log.buffer),
        );
        return answered.promise;
    }

    #settle(id: number, answer: Answered | undefined): void {
        const pending = this.#pending.get(id);
        this.#pending.delete(id);
        if (this.#pending.size === 0) {
            this.#thread!.unref();
        }
        pending?.resolve(answer);
    }
}

type Answered = Exclude<UnpackAnswer, { readonly ready: true }>;

/** Takes them apart in this thread, one after the other, within one budget. */
export function unpackHere(packed: readonly Packed[], budget: Budget): FetchedColumns[] {
    return packed.map(({ fetched, place, range }) => fetchedColumns(fetched, place, range, budget));
}
