/** Flink SQL as far as it takes to find where statements end, and what stands in their literals. */

/** One piece of a script. The texts of all tokens, joined, are the script again. */
export interface SqlToken {
    /** `hint` is a comment that Flink acts on: `OPTIONS(…)` behind a plus sign. */
    readonly kind: "space" | "comment" | "hint" | "string" | "identifier" | "word" | "symbol";
    readonly text: string;
    /** The text without its quotes (`string`, `identifier`) or its comment marks (`hint`). */
    readonly value: string;
    /** Of the first character, from 1. */
    readonly line: number;
}

/** One statement, without the semicolon that ends it. */
export interface SqlStatement {
    /** As written, from the first word to the last, hints and comments in between included. */
    readonly text: string;
    readonly line: number;
    readonly tokens: readonly SqlToken[];
}

/** A script that cannot be taken apart, and where. */
export class SqlScriptError extends Error {
    override readonly name = "SqlScriptError";
    constructor(
        message: string,
        readonly line: number,
    ) {
        super(`line ${line}: ${message}`);
    }
}

/** Takes a script apart into tokens; fails where a quote or a comment never ends. */
export function sqlTokens(script: string): SqlToken[] {
    const tokens: SqlToken[] = [];
    let at = 0;
    let line = 1;
    while (at < script.length) {
        const token = nextToken(script, at, line);
        tokens.push(token);
        at += token.text.length;
        line += token.text.split("\n").length - 1;
    }
    return tokens;
}

/**
 * Splits a script at the semicolons that end statements. The inserts of a statement set stay together, since
 * they are one job. Empty statements are left out.
 */
export function sqlStatements(script: string): SqlStatement[] {
    const statements: SqlStatement[] = [];
    let current: SqlToken[] = [];
    let lastLine = 1;
    const finish = () => {
        const statement = trimmed(current);
        if (statement !== undefined) {
            statements.push(statement);
        }
        current = [];
    };
    for (const token of sqlTokens(script)) {
        lastLine = token.line;
        if (token.kind === "symbol" && token.text === ";" && !insideStatementSet(current)) {
            finish();
        } else {
            current.push(token);
        }
    }
    if (insideStatementSet(current)) {
        const begin = trimmed(current)?.line ?? lastLine;
        throw new SqlScriptError("the statement set that begins here has no END.", begin);
    }
    finish();
    return statements;
}

/** The statement's first words in capitals, comments and hints skipped. */
export function leadingWords(tokens: readonly SqlToken[], count: number): string[] {
    return tokens
        .filter(isCode)
        .slice(0, count)
        .map((token) => token.text.toUpperCase());
}

/** True for what neither comments nor spaces out the code. */
export function isCode(token: SqlToken): boolean {
    return token.kind !== "space" && token.kind !== "comment" && token.kind !== "hint";
}

function nextToken(script: string, at: number, line: number): SqlToken {
    const rest = script.slice(at, at + 3);
    const token = (kind: SqlToken["kind"], end: number, value?: string): SqlToken => {
        const text = script.slice(at, end);
        return { kind, text, value: value ?? text, line };
    };
    // SET takes URLs without quotes too.
    const slashes = rest.startsWith("//") && script.charAt(at - 1) !== ":";
    if (rest.startsWith("--") || slashes) {
        const end = script.indexOf("\n", at);
        return token("comment", end === -1 ? script.length : end);
    }
    if (rest.startsWith("/*")) {
        const end = script.indexOf("*/", at + 2);
        if (end === -1) {
            throw new SqlScriptError("the comment /* that begins here has no */.", line);
        }
        return rest === "/*+"
            ? token("hint", end + 2, script.slice(at + 3, end))
            : token("comment", end + 2);
    }
    const first = rest.charAt(0);
    if (first === "'" || first === "`") {
        const end = endOfQuoted(script, at, first, line);
        const value = script.slice(at + 1, end - 1).replaceAll(first + first, first);
        return token(first === "'" ? "string" : "identifier", end, value);
    }
    const space = matchAt(/\s+/y, script, at);
    if (space !== undefined) {
        return token("space", at + space.length);
    }
    const word = matchAt(/[\p{L}\p{N}_$]+/uy, script, at);
    return word === undefined ? token("symbol", at + 1) : token("word", at + word.length);
}

/** A doubled quote inside stands for itself. */
function endOfQuoted(script: string, at: number, quote: string, line: number): number {
    let end = at + 1;
    for (;;) {
        end = script.indexOf(quote, end);
        if (end === -1) {
            const what = quote === "'" ? "string" : "identifier";
            throw new SqlScriptError(
                `the ${what} that begins with ${quote} here never ends.`,
                line,
            );
        }
        if (script.charAt(end + 1) !== quote) {
            return end + 1;
        }
        end += 2;
    }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
}

/**
 * A set opens with its first words and is closed by an END that stands where a statement would: `CASE … END`
 * inside an insert closes nothing.
 */
function insideStatementSet(tokens: readonly SqlToken[]): boolean {
    const code = tokens.filter(isCode).map((token) => token.text.toUpperCase());
    const opened =
        code.slice(0, 3).join(" ") === "BEGIN STATEMENT SET" ||
        code.slice(0, 4).join(" ") === "EXECUTE STATEMENT SET BEGIN";
    return opened && !(code.at(-1) === "END" && [";", "BEGIN", "SET"].includes(code.at(-2) ?? ""));
}

function trimmed(tokens: readonly SqlToken[]): SqlStatement | undefined {
    const first = tokens.findIndex(isCode);
    if (first === -1) {
        return undefined;
    }
    const kept = tokens.slice(first, tokens.findLastIndex(isCode) + 1);
    return {
        text: kept.map((token) => token.text).join(""),
        line: kept[0]?.line ?? 1,
        tokens: kept,
    };
}
