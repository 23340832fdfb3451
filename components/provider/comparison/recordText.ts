import type { LogRecord } from "../kafka/port.js";

/*
 * A record's key and value as one text, a character for each byte: their lengths as in Kafka's own format (a zigzag
 * varint, -1 for null), each in front of its bytes. So records have one text only where both are equal, byte for byte.
 */

/** The text of a record. */
export function textOfRecord(record: LogRecord): string {
    return record.text ?? part(record.key) + part(record.value);
}

/** The key and the value that a text was made of. */
export function bytesOfText(text: string): Pick<LogRecord, "key" | "value"> {
    const key = span(text, 0);
    const value = span(text, key.end);
    return { key: cut(text, key), value: cut(text, value) };
}

/** A part of a text: where its bytes are; `length` is -1 for null. */
export interface Span {
    readonly start: number;
    readonly end: number;
    readonly length: number;
}

/** The part whose length stands at `at`. */
export function span(text: string, at: number): Span {
    let zigzag = 0;
    let factor = 1;
    for (let i = at; ; i++) {
        const byte = text.charCodeAt(i);
        zigzag += (byte & 0x7f) * factor;
        factor *= 128;
        if (byte < 0x80) {
            const length = zigzag % 2 === 0 ? zigzag / 2 : -1;
            return { start: i + 1, end: i + 1 + Math.max(0, length), length };
        }
    }
}

function cut(text: string, { start, end, length }: Span): Buffer | null {
    return length < 0 ? null : Buffer.from(text.slice(start, end), "latin1");
}

function part(bytes: Buffer | null): string {
    return bytes === null ? varint(1) : varint(2 * bytes.length) + bytes.toString("latin1");
}

function varint(zigzag: number): string {
    let text = "";
    let rest = zigzag;
    while (rest >= 0x80) {
        text += String.fromCharCode((rest % 0x80) | 0x80);
        rest = Math.floor(rest / 0x80);
    }
    return text + String.fromCharCode(rest);
}
