import { createHash } from "node:crypto";
import { hashBytes } from "../kafka/hashBytes.js";

/** How an identity is shown where payload must not be: the first 12 hex digits of its SHA-256. */
export function hashIdentity(identity: string): string {
    return createHash("sha256").update(identity).digest("hex").slice(0, 12);
}

/** 52 bits of the bytes up to `end`, and of a whole number, as a whole number. */
export function hashWith(bytes: DataView, end: number, whole: number): number {
    const low = hashBytes(bytes, 0, end, whole | 0);
    const high = hashBytes(bytes, 0, end, ~low ^ Math.floor(whole / 0x1_0000_0000));
    return (high >>> 12) * 0x1_0000_0000 + (low >>> 0);
}

/** 52 bits of a text, as a whole number: the same in every process. What is kept between looks holds some. */
export function hash52(ascii: Uint8Array, start: number, end: number): number {
    let low = 0x9e3779b9;
    let high = 0x85ebca6b | 0;
    for (let i = start; i < end; i++) {
        const code = ascii[i]!;
        low = Math.imul(low ^ code, 0x5bd1e995);
        low ^= low >>> 15;
        high = Math.imul(high ^ code, 0x1b873593);
        high ^= high >>> 13;
    }
    low = mix(low ^ (end - start));
    high = mix(high ^ low);
    return (high >>> 12) * 0x1_0000_0000 + (low >>> 0);
}

function mix(value: number): number {
    let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
}
