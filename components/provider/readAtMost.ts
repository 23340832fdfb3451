/** The text of an answer; `undefined`, and nothing more is read, where it is longer than so many bytes. */
export async function readAtMost(response: Response, bytes: number): Promise<string | undefined> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    // Chunk by chunk, since an answer need not say how long it is.
    for await (const chunk of response.body ?? []) {
        const read = chunk as Uint8Array;
        size += read.length;
        if (size > bytes) {
            return undefined;
        }
        chunks.push(read);
    }
    return Buffer.concat(chunks).toString("utf8");
}
