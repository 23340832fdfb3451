import { isCode, type SqlStatement, sqlStatements, type SqlToken, sqlTokens } from "./sqlScript.js";

/** A `'key' = 'value'` of a script: a table's option, one of a hint, or a setting. */
export interface SqlOption {
    readonly key: string;
    readonly value: string;
    readonly line: number;
}

/** What an INSERT writes into, with the options that count there: the table's and those of the hint. */
export interface SqlSink {
    readonly table: string;
    readonly line: number;
    /** The last one of a key counts. Empty where the table was created elsewhere. */
    readonly options: readonly SqlOption[];
}

/** All options that stand in a script as literals, hints and SET included. */
export function sqlOptions(script: string): SqlOption[] {
    return sqlStatements(script).flatMap((statement) => [
        ...unquotedSetting(statement),
        ...optionsIn(statement.tokens),
    ]);
}

/** The tables that a script inserts into. */
export function sqlSinks(script: string): SqlSink[] {
    const statements = sqlStatements(script);
    const tables = new Map<string, readonly SqlOption[]>();
    for (const { tokens } of statements) {
        const code = tokens.filter(isCode);
        const at = code.findIndex((token) => isWord(token, "TABLE"));
        if (!isWord(code[0], "CREATE") || at === -1 || at > 4) {
            continue;
        }
        const named = code.slice(at + 1).filter((token) => !isWord(token, "IF", "NOT", "EXISTS"));
        const like = code.findLastIndex((token) => isWord(token, "LIKE"));
        const base = like === -1 ? [] : (tables.get(nameAt(code, like + 1)) ?? []);
        tables.set(nameAt(named, 0), [...base, ...optionsIn(tokens)]);
    }
    return statements.flatMap(({ tokens }) =>
        tokens.flatMap((token, index) => {
            const rest = tokens.slice(index + 1);
            const [next, ...target] = rest.filter(isCode);
            if (!isWord(token, "INSERT") || !isWord(next, "INTO", "OVERWRITE")) {
                return [];
            }
            const table = nameAt(target, 0);
            const end = rest.findIndex(
                (one) => one.text === ";" || isWord(one, "SELECT", "VALUES"),
            );
            const hints = rest
                .slice(0, end === -1 ? undefined : end)
                .filter(({ kind }) => kind === "hint");
            const options = [...(tables.get(table) ?? []), ...hints.flatMap(optionsOfHint)];
            return [{ table, line: token.line, options }];
        }),
    );
}

/** The last part of a name such as `catalog.database.table`. */
function nameAt(code: readonly SqlToken[], at: number): string {
    let end = at;
    while (code[end + 1]?.text === ".") {
        end += 2;
    }
    return code[end]?.value ?? "";
}

function isWord(token: SqlToken | undefined, ...words: string[]): boolean {
    return token?.kind === "word" && words.includes(token.text.toUpperCase());
}

function optionsIn(tokens: readonly SqlToken[]): SqlOption[] {
    const code = tokens.filter((token) => isCode(token) || token.kind === "hint");
    return code.flatMap((token, index) => {
        const [equals, value] = code.slice(index + 1, index + 3);
        if (token.kind === "hint") {
            return optionsOfHint(token);
        }
        return token.kind === "string" && equals?.text === "=" && value?.kind === "string"
            ? [{ key: token.value, value: value.value, line: token.line }]
            : [];
    });
}

function optionsOfHint(hint: SqlToken): SqlOption[] {
    return optionsIn(sqlTokens(hint.value)).map((option) => ({
        ...option,
        line: option.line + hint.line - 1,
    }));
}

/** Flink also takes `SET execution.checkpointing.dir = …` without quotes. */
function unquotedSetting({ text, line, tokens }: SqlStatement): SqlOption[] {
    const match = /^SET\s+([\w.$-]+)\s*=\s*(.+)$/is.exec(text);
    const [, key = "", value = ""] = match ?? [];
    return isWord(tokens[0], "SET") && match !== null
        ? [{ key, value: value.trim().replace(/^'(.*)'$/s, "$1"), line }]
        : [];
}
