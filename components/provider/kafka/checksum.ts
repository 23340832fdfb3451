import { createRequire } from "node:module";
import { crc32c as portable } from "@platformatic/wasm-utils";

type Checksum = (bytes: Buffer) => number;

/** CRC-32C of these bytes: by the processor's own instruction where its binding could be installed, else four times as slowly. */
export const crc32c: Checksum = load();

function load(): Checksum {
    try {
        const native = createRequire(__filename)("@node-rs/crc32") as { crc32c: Checksum };
        return native.crc32c;
    } catch {
        return portable;
    }
}
