/**
 * A hash of bytes in 32 bits: the same in every process. Two lanes of multiply and xor, after MurmurHash3, since a
 * cryptographic hash costs more than all else that is done with a record.
 */
export function hashBytes(bytes: DataView, start: number, end: number, seed = 0): number {
    let one = 0x9e3779b9 ^ (end - start);
    let other = 0x85ebca6b ^ seed;
    let at = start;
    for (; at + 8 <= end; at += 8) {
        one = Math.imul(one ^ bytes.getInt32(at, true), 0xcc9e2d51);
        other = Math.imul(other ^ bytes.getInt32(at + 4, true), 0x1b873593);
        one ^= one >>> 15;
        other ^= other >>> 13;
    }
    for (; at < end; at++) {
        one = Math.imul(one ^ bytes.getUint8(at), 0x01000193);
    }
    one = Math.imul(one ^ other ^ (one >>> 16), 0x85ebca6b);
    one = Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
    return one ^ (one >>> 16);
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
    return new DataView(buffer, byteOffset, byteLength);
}
