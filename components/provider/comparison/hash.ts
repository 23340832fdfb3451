import { createHash } from "node:crypto";

/** How an identity is shown where payload must not be: the first 12 hex digits of its SHA-256. */
export function hashIdentity(identity: string): string {
    return createHash("sha256").update(identity).digest("hex").slice(0, 12);
}
