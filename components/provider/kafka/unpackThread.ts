import { parentPort } from "node:worker_threads";
import { explain } from "../errors.js";
import { buffersOf } from "./columns.js";
import { unpackHere, type UnpackAnswer, type UnpackRequest } from "./unpacker.js";

/* What runs in the thread of an `Unpacker`: it knows bytes only, no broker and no topic. */

const port = parentPort!;

port.on("message", ({ id, packed, budget }: UnpackRequest) => {
    const before = budget.bytes;
    try {
        const unpacked = unpackHere(
            packed.map(({ fetched, ...rest }) => ({
                ...rest,
                // A buffer becomes a plain array on its way.
                fetched: { ...fetched, log: bufferOf(fetched.log) },
            })),
            budget,
        );
        const buffers = unpacked.flatMap(({ columns }) => buffersOf(columns));
        answer({ id, unpacked, spent: before - budget.bytes }, buffers);
    } catch (error) {
        answer({ id, failure: explain(error) });
    }
});
answer({ ready: true });

function answer(message: UnpackAnswer, buffers: ArrayBuffer[] = []): void {
    port.postMessage(message, buffers);
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
    return Buffer.from(buffer, byteOffset, byteLength);
}
