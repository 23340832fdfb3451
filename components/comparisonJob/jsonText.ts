/*
 * Parts of regexes over JSON. Nothing in them gives back what it has taken (possessive quantifiers): a text is gone through
 * once, whatever stands in it, and loops need no stack.
 */

export const space = "[ \\t\\r\\n]*+";
/** The same inside of an object that is known to have no other space, around a colon. */
export const colon = "\\s*+:\\s*+";
/** A string, without what stands for bytes that are no UTF-8. */
export const string = '"(?:[^"\\\\\\x00-\\x1F\\uFFFD]++|\\\\["\\\\/bfnrt]|\\\\u[0-9A-Fa-f]{4})*+"';
const number = "-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?:[eE][+-]?[0-9]++)?";
/** A value that is no array and no object. */
export const scalars = `${string}|${number}|true|false|null`;
/** A string in a text that is known to be JSON. */
export const knownString = '"(?:[^"\\\\]++|\\\\.)*+"';

/** So many arrays may stand within one another. */
export const deepestArray = 4;

/** An array in a text that is known to be JSON; objects in it are nothing but text. */
export const knownArray = arrayOf(deepestArray);

function arrayOf(depth: number): string {
    const inner = depth > 1 ? `|${arrayOf(depth - 1)}` : "";
    return `\\[(?:[^"\\[\\]]++|${knownString}${inner})*+\\]`;
}
