import assert from "node:assert/strict";
import * as fc from "fast-check";

import { sqlStatements, sqlTokens } from "../../components/jobs/sqlScript.js";

const texts = (script: string) => sqlStatements(script).map((statement) => statement.text);

/** Parts of a statement in which a semicolon ends nothing. */
const inert = fc.oneof(
    fc.string().map((text) => `'${text.replaceAll("'", "''")}'`),
    fc.string().map((text) => `\`${text.replaceAll("`", "``")}\``),
    fc.string().map((text) => `--${text.replace(/[\r\n]/g, " ")}\n`),
    fc.string().map((text) => `/*${text.replaceAll("*/", "")} */`),
    fc.constantFrom(" ", "\n", "\t", "(", ")", "=", ",", ".", "x", "ünïcode", "42", "END", "a-b"),
);
const statement = fc.array(inert).map((parts) => `SELECT ${parts.join(" ")} FROM t`);

describe("the splitter", () => {
    it("gives back what was joined with semicolons", () => {
        fc.assert(
            fc.property(fc.array(statement), (statements) => {
                assert.deepEqual(texts(statements.join(";\n")), statements);
            }),
        );
    });

    it("loses no character of a script that it can take apart", () => {
        fc.assert(
            fc.property(fc.array(statement), (statements) => {
                const script = statements.join(" ; ");
                const tokens = sqlTokens(script);
                assert.equal(tokens.map((token) => token.text).join(""), script);
                for (let index = 0, at = 0; index < tokens.length; index++) {
                    const token = tokens[index];
                    assert.equal(token?.line, script.slice(0, at).split("\n").length);
                    at += token?.text.length ?? 0;
                }
            }),
        );
    });

    it("either takes any text apart without loss or names a line of it", () => {
        const pieces = fc.constantFrom(
            "'",
            "`",
            "--",
            "/*",
            "*/",
            "/*+",
            ";",
            "\n",
            "a",
            " ",
            "//",
        );
        fc.assert(
            fc.property(fc.array(pieces), (parts) => {
                const script = parts.join("");
                try {
                    const joined = sqlTokens(script).map((token) => token.text);
                    assert.equal(joined.join(""), script);
                } catch (error) {
                    assert.ok(
                        error instanceof Error && error.name === "SqlScriptError",
                        String(error),
                    );
                    const line = Number(/^line (\d+): /.exec(error.message)?.[1]);
                    assert.ok(line >= 1 && line <= script.split("\n").length, error.message);
                }
            }),
        );
    });

    it("keeps a statement set together, with its CASE … END", () => {
        const set = [
            "BEGIN STATEMENT SET;",
            "  INSERT INTO a SELECT CASE WHEN x = ';' THEN 1 END FROM s;",
            "  INSERT INTO b SELECT 2;",
            "END",
        ].join("\n");
        assert.deepEqual(texts(`SET 'a' = 'b'; ${set}; DROP TABLE a`), [
            "SET 'a' = 'b'",
            set,
            "DROP TABLE a",
        ]);
    });

    it("knows the doubled quote, the comment marks in strings and the quote marks in comments", () => {
        assert.deepEqual(texts("a 'it''s; -- /*'; b -- don't;\n; c /* ` ' ; */ d"), [
            "a 'it''s; -- /*'",
            "b",
            "c /* ` ' ; */ d",
        ]);
        assert.deepEqual(texts("SET a = s3://b; c // d; e\n; f"), ["SET a = s3://b", "c", "f"]);
        assert.equal(sqlTokens("'it''s'")[0]?.value, "it's");
        assert.equal(sqlTokens("/*+ OPTIONS('a'='b') */")[0]?.kind, "hint");
    });

    it("says where what never ends begins", () => {
        assert.throws(() => sqlStatements("a;\nb 'c"), /^SqlScriptError: line 2: the string/);
        assert.throws(() => sqlStatements("a;\n\n`b"), /line 3: the identifier/);
        assert.throws(() => sqlStatements("a\n/* b"), /line 2: the comment/);
        assert.throws(
            () => sqlStatements("a;\n BEGIN STATEMENT SET; INSERT INTO a SELECT 1;"),
            /line 2: the statement set/,
        );
    });
});
