/**
 * Text that moves nothing: names and values come from topics, and what in them would move a cursor, colour, reorder or
 * hide text is shown as `\u{…}`.
 */
export function plain(text: string): string {
    return text.replace(
        /[\p{C}\p{Zl}\p{Zp}]/gu,
        (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
    );
}
