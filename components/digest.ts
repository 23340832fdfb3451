import { createHash } from "node:crypto";

/** SHA-256, in hex: what tells one content from another. */
export function digestOf(content: string | Uint8Array): string {
    return createHash("sha256").update(content).digest("hex");
}
