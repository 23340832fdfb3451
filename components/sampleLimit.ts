/**
 * What the hashes of a share of all identities are below, in hex, which sorts as the numbers do. An identity in a window is in
 * the sample where the MD5 of its text, with the window's first millisecond behind it, is: a hash that SQL has too, so
 * that both engines draw the same sample, and the same for all records of an identity, on both topics.
 */
export function sampleLimit(share: number): string {
    return Math.min(2 ** 32 - 1, Math.round(share * 2 ** 32))
        .toString(16)
        .padStart(8, "0");
}
