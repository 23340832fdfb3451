import { knownArray, knownString, string } from "./jsonText.js";
import type { Member, RecordFields } from "./recordFields.js";

/*
 * Flink SQL over the text of JSON objects. The text is looked at as it was written, since what a parser makes of it
 * loses what the comparison is about: absent or null, 7 or 7.0 or "7", the digits of a number that no double can hold.
 * Only strings have quotes in them, and those have a backslash in front: so `"name"` is nothing but a whole string, and one
 * with a colon behind it is a key. Where another object has a key of that name, or an array may, the regex goes there from
 * an object that is the only one of its name, or from the beginning.
 */

/** Written in the only way in which it can be, so that equal values are equal texts. */
const canonical =
    '"(?:[^"\\\\]++|\\\\["\\\\bfnrt])*+"|true|false|null|0|-?[1-9][0-9]{0,29}|-?(?:0|[1-9][0-9]{0,14})\\.[0-9]{0,13}[1-9]';

/** A text as a literal. */
export function literal(text: string): string {
    return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an identifier. */
export function identifier(name: string): string {
    return `\`${name.replaceAll("`", "``")}\``;
}

/** A JSON object with these fields only, each at most once, in any order. */
export function isRecord(text: string, fields: RecordFields): string {
    const matches = `REGEXP(${text}, ${literal(fields.record)})`;
    if (!fields.hasArrays) {
        return matches;
    }
    const strings = (of: string) => `REGEXP_COUNT(${of}, ${literal(knownString)})`;
    // A parser tells what else is no JSON in arrays, and drops keys that are there twice.
    return `(${matches}
        AND COALESCE(${strings(text)} = ${strings(parsed(text))}, FALSE))`;
}

/** JSON as a parser writes it: without spaces, names in order, no escape but where there has to be one. Digits stay. */
function parsed(text: string): string {
    return `JSON_QUERY(${text}, '$')`;
}

/** What stands behind a field's key; NULL where the field is not there, or something else is. */
function behindKey(text: string, { key }: Member, what: string): string {
    // REGEXP_EXTRACT would read its regex anew for every record.
    return `REGEXP_EXTRACT_ALL(${text}, ${literal(`${key}${what}`)}, 1)[1]`;
}

/** The value of a field as it is written, quotes included; NULL where the field is not there. */
export function tokenOf(text: string, member: Member): string {
    const { isArray, isObject } = member;
    const token = [
        knownString,
        ...(isArray ? [knownArray] : []),
        ...(isObject ? ["\\{\\s*+\\}"] : []),
        isArray || isObject ? "[^,}\\s\\[{]++" : "[^,}\\s]++",
    ];
    return behindKey(text, member, `(${token.join("|")})`);
}

/** The same, and NULL too where the same value could be written in another way. */
export function canonicalTokenOf(text: string, member: Member): string {
    return behindKey(text, member, `(${canonical})(?=[\\s,}])`);
}

/** The text of an object in which a field has the same value in all objects where it has the same type. */
export function withTypeOnly(text: string, member: Member): string {
    const values = {
        '""': string,
        "0.5": "-?[0-9]++(?:\\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++)",
        "0": "-?[0-9]++(?![.eE0-9])",
        true: "(?:true|false)",
        ...(member.isArray && { "[]": knownArray }),
    };
    return Object.entries(values).reduce(
        (within, [instead, value]) => withValue(within, member, value, instead),
        text,
    );
}

/** The text of an object with another value in place of one that matches a regex. */
function withValue(text: string, { path, key, isDirect }: Member, value: string, instead: string) {
    if (isDirect) {
        const name = path.slice(path.lastIndexOf(".") + 1);
        return `REGEXP_REPLACE(${text}, ${literal(`${key}${value}`)}, ${literal(`"${name}":${instead}`)})`;
    }
    // In three parts, of which the value is the one that is not taken.
    const upTo = key.startsWith("\\A") ? key : `\\A.*?${key}`;
    const parts = `(?s)(?<=[:\\s])\\G${value}|(${upTo}(?=${value})|.++)`;
    return `ARRAY_JOIN(REGEXP_EXTRACT_ALL(${text}, ${literal(parts)}, 1), '', ${literal(instead)})`;
}

/** One letter for the type of a token. */
export const typeLetters = {
    "-": null,
    n: "null",
    s: "string",
    b: "boolean",
    i: "integer",
    d: "number",
    k: "bytes",
    "[": "array",
    "{": "object",
} as const;

/**
 * The text of a record with one value in place of all of its type, since records of a topic have few of those. Strings and
 * arrays are gone over from the first to the last, so that nothing in them is taken for a value.
 */
export function shapeOf(text: string, { hasArrays }: RecordFields): string {
    const inArray = knownArray.slice("\\[".length, -"\\]".length);
    const strings = hasArrays
        ? [
              [':\\s++(?=["\\[])', ":"],
              [`(?<=:)${knownString}|(?<=:\\[)${inArray}(?=\\])`, '""'],
          ]
        : [[`:\\s*+${knownString}`, ':""']];
    const numbers = [
        [":\\s*+-?[0-9]++(?:\\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++)", ":d"],
        [":\\s*+-?[0-9]++", ":0"],
    ];
    return [...strings, ...numbers].reduce(
        (within, [values = "", one = ""]) =>
            `REGEXP_REPLACE(${within}, ${literal(values)}, ${literal(one)})`,
        text,
    );
}

/** The type of a field as a letter of {@link typeLetters}, told from the shape of its record. */
export function typeIn(shape: string, member: Member): string {
    const { isArray, isObject } = member;
    const first = `["d0tfn]${isArray ? "|\\[" : ""}${isObject ? "|\\{(?=\\s*+\\})" : ""}`;
    return `COALESCE(TRANSLATE(${behindKey(shape, member, `(${first})`)}, '"0tf', 'sibb'), '-')`;
}

/**
 * Milliseconds since the epoch of a field: a number of seconds or milliseconds, told apart by their size, an ISO timestamp
 * or a SQL one, UTC where it names no zone. NULL for anything else.
 */
export function millisecondsOf(text: string, member: Member): string {
    const extract = (what: string) => behindKey(text, member, what);
    const milliseconds = `CAST(${extract("([0-9]{12,14})(?=[\\s,}])")} AS BIGINT)`;
    const number = `TRY_CAST(${extract('(-?[0-9][^,}\\s"]*+)')} AS DOUBLE)`;
    const [date, time, zone] = [
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[T ][0-9]{2}:[0-9]{2}",
        " ?(?:Z|[+-][0-9]{2}:?[0-9]{2})",
    ];
    const valid = `${date}(?:${time}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?(?:${zone})?)?"`;
    const said = extract(`"(?=${valid})(${date}(?:${time}(?::[0-9]{2}(?:\\.[0-9]{1,3})?)?)?)`);
    const whole = `OVERLAY('0000-00-00 00:00:00.000' PLACING REPLACE(${said}, 'T', ' ') FROM 1)`;
    const offset = `CAST(REPLACE(${extract('"[^"]*[0-9 ]([+-][0-9]{2}:?[0-9]{2})"')}, ':', '') AS INT)`;
    return `CASE
        -- milliseconds since the epoch, as most are written
        WHEN ${milliseconds} IS NOT NULL
            THEN ${milliseconds}
        -- seconds since the epoch
        WHEN ABS(${number}) < 1E11
            THEN CAST(FLOOR(${number} * 1000) AS BIGINT)
        -- milliseconds since the epoch
        WHEN ABS(${number}) < 1E14
            THEN CAST(FLOOR(${number}) AS BIGINT)
        -- a date that exists, with what is said of a time of day, and 0 for what is not
        WHEN CAST(TRY_CAST(${whole} AS TIMESTAMP(3)) AS STRING)
            = ${whole}
            THEN UNIX_TIMESTAMP(SUBSTRING(${whole}, 1, 19)) * 1000
                + CAST(SUBSTRING(${whole}, 21) AS BIGINT)
                -- less its zone, +hhmm
                - COALESCE((${offset} / 100 * 60
                    + MOD(${offset}, 100)) * 60000, 0)
    END`;
}

/** What a field may be besides a string, a number, a boolean or null. */
type Kinds = Pick<Member, "isArray" | "isObject">;

export interface Tolerance {
    readonly absoluteTolerance: number;
    readonly relativeTolerance: number;
}

/** At most 19 digits before and 17 behind the point: such numbers are compared exactly. */
const exact =
    "-?[0-9]{1,19}(?:\\.[0-9]{1,17})?|-?[0-9](?:\\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\\.[0-9]{1,8})?[eE]-[1-9]";
const decimal = (token: string) => `CAST(${token} AS DECIMAL(36, 17))`;
const double = (token: string) => `CAST(${token} AS DOUBLE)`;

const areExact = (a: string, b: string) =>
    `REGEXP(CONCAT(${a}, '|', ${b}), ${literal(`^(?:${exact})[|](?:${exact})$`)})`;
const areNumbers = (a: string, b: string) =>
    `REGEXP(CONCAT(${a}, '|', ${b}), '^[-0-9][^|]*[|][-0-9]')`;

/** Whether a token is a number. */
export function isNumber(token: string): string {
    return `REGEXP(${token}, '^[-0-9]')`;
}

/** The same with an exponent behind more digits. */
const scaled =
    "-?[0-9]{1,10}(?:\\.[0-9]{1,10})?[eE][+]?[0-9]|-?[0-9]{1,19}(?:\\.[0-9]{1,10})?[eE]-[1-7]";

/** A token's number, where it has so many digits at most; NULL for anything else. */
export function decimalOf(token: string): string {
    return `CASE WHEN REGEXP(${token}, ${literal(`^(?:${exact}|${scaled})$`)}) THEN ${decimal(token)} END`;
}

/**
 * How the tokens of two counterparts differ, as a letter: `.` not at all, or within the tolerance; `d` beyond it; `a` the
 * candidate alone has the field; `?` two numbers, or arrays, of which SQL cannot tell.
 */
export function differenceOf(
    a: string,
    b: string,
    tolerance: Tolerance,
    { isArray, isObject }: Kinds,
): string {
    return `CASE
            WHEN ${a} IS NOT DISTINCT FROM ${b} THEN '.'
            WHEN ${a} IS NULL THEN 'a'
            WHEN ${b} IS NULL THEN 'd'
            WHEN ${areExact(a, b)} THEN ${exactDifference(a, b, tolerance)}
            WHEN ${areNumbers(a, b)} THEN ${roundedDifference(a, b, tolerance)}
            WHEN ${a} LIKE '"%' AND ${b} LIKE '"%' AND REGEXP(CONCAT(${a}, ${b}), '[\\\\][u/]')
                AND JSON_UNQUOTE(${a}) = JSON_UNQUOTE(${b}) THEN '.'${isArray ? arrays(a, b) : ""}${isObject ? objects(a, b) : ""}
            ELSE 'd'
        END`;
}

function exactDifference(a: string, b: string, tolerance: Tolerance): string {
    const apart = `ABS(${decimal(a)} - ${decimal(b)})`;
    const { absoluteTolerance, relativeTolerance } = tolerance;
    const limits = [
        `CAST('${absoluteTolerance}' AS DECIMAL(24, 12))`,
        ...(relativeTolerance > 0
            ? [`CAST('${relativeTolerance}' AS DECIMAL(13, 12)) * ABS(${decimal(a)})`]
            : []),
    ];
    return `CASE WHEN ${limits.map((limit) => `${apart} <= ${limit}`).join(" OR ")} THEN '.' ELSE 'd' END`;
}

/** By doubles, whose error is taken into account: what that leaves open is said to be so. */
function roundedDifference(a: string, b: string, tolerance: Tolerance): string {
    const apart = `ABS(${double(a)} - ${double(b)})`;
    const error = `1E-14 * (ABS(${double(a)}) + ABS(${double(b)}))`;
    const limit = `GREATEST(CAST(${tolerance.absoluteTolerance} AS DOUBLE), ${tolerance.relativeTolerance} * ABS(${double(a)}))`;
    return `CASE
                WHEN ${apart} - ${error} > ${limit} * (1 + 1E-12) THEN 'd'
                WHEN ${apart} + ${error} <= ${limit} * (1 - 1E-12) THEN '.'
                ELSE '?'
            END`;
}

function arrays(a: string, b: string): string {
    return `
            WHEN ${a} LIKE '[%' AND ${b} LIKE '[%' THEN ${arrayDifference(parsed(a), parsed(b))}`;
}

/** The value of an object is that it has no members. */
function objects(a: string, b: string): string {
    return `
            WHEN ${a} LIKE '{%' AND ${b} LIKE '{%' THEN '.'`;
}

/** Goes over all strings without a zero in front of what may end a number, and finds the beginning of one that has it. */
const zerosInString = '\\A(?:[^"]++|"(?:[^"\\\\0]++|\\\\.|0(?![]},]))*+")*+"';

/**
 * Of arrays as a parser writes them, where numbers alone may be written in several ways: they are taken without the zeros at
 * their ends. Not told apart are those with an exponent and very long ones, nor where a string loses something like zeros.
 */
function arrayDifference(a: string, b: string): string {
    const shortened = (text: string) =>
        `REGEXP_REPLACE(${text}, '(?:[.]0++|(?<=[.][0-9]{0,99}[1-9])0++)(?=[]},])', '')`;
    return `CASE
                WHEN ${a} = ${b} THEN '.'
                WHEN REGEXP(CONCAT(${a}, ${b}), '[0-9]E[-+]?[0-9]|[.][0-9]{99}') THEN '?'
                WHEN ${shortened(a)} <> ${shortened(b)} THEN 'd'
                WHEN REGEXP(CONCAT(${a}, ${b}), ${literal(zerosInString)}) THEN '?'
                ELSE '.'
            END`;
}

/** How far two numbers are apart; NULL where they are not both numbers. */
export function distanceOf(a: string, b: string): string {
    return `CASE
            WHEN ${areExact(a, b)} THEN CAST(ABS(${decimal(a)} - ${decimal(b)}) AS DOUBLE)
            WHEN ${areNumbers(a, b)} THEN ABS(${double(a)} - ${double(b)})
        END`;
}
