import assert from "node:assert/strict";

import { describeStatement, parseJobScript } from "../../components/provider/flink/jobScript.js";
import { sqlStatements } from "../../components/jobs/sqlScript.js";

const table = "CREATE TABLE t (a INT, b AS a + 1) WITH ('connector' = 'print');";

function problemOf(script: string): string {
    const parsed = parseJobScript(script);
    assert.ok("problem" in parsed, "a problem was expected");
    return parsed.problem;
}

describe("the one job of a script", () => {
    it("is found among the statements that prepare it", () => {
        const parsed = parseJobScript(
            `SET 'a' = 'b';\n${table}\nINSERT INTO t SELECT 1; RESET 'a'`,
        );
        assert.ok(!("problem" in parsed), "it is one job");
        assert.equal(parsed.preparation.length, 2);
        assert.equal(parsed.submission, "INSERT INTO t SELECT 1");
        assert.equal(parsed.job.line, 3);
        assert.deepEqual(
            parsed.rest.map((statement) => statement.text),
            ["RESET 'a'"],
        );
    });

    it("may be a statement set in either spelling, sent as one statement", () => {
        for (const begin of ["BEGIN STATEMENT SET;", "EXECUTE STATEMENT SET BEGIN"]) {
            const parsed = parseJobScript(
                `${table} ${begin} INSERT INTO t SELECT CASE WHEN TRUE THEN 1 END; INSERT INTO t SELECT 2; END;`,
            );
            assert.ok(!("problem" in parsed), begin);
            assert.equal(
                parsed.submission,
                "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT CASE WHEN TRUE THEN 1 END; INSERT INTO t SELECT 2; END",
            );
        }
    });

    it("must be there, once", () => {
        assert.match(problemOf(""), /no statement/);
        assert.match(problemOf("-- only a comment;"), /no statement/);
        assert.match(problemOf(table), /no statement starts a job/);
        assert.match(
            problemOf(`${table}\nINSERT INTO t SELECT 1;\nINSERT INTO t SELECT 2;`),
            /2 statements start a job \(lines 2, 3\).*EXECUTE STATEMENT SET/,
        );
    });

    it("may be CREATE TABLE AS, which a computed column is not", () => {
        const ctas = "CREATE TABLE u WITH ('connector' = 'print') AS SELECT 1";
        assert.ok(!("problem" in parseJobScript(ctas)));
        assert.match(problemOf(`${ctas}; INSERT INTO u SELECT 2`), /2 statements/);
    });

    it("is not a query, whose result nobody would read", () => {
        assert.match(problemOf(`${table}\nSELECT * FROM t; INSERT INTO t SELECT 1`), /line 2/);
    });

    it("passes on where a quote does not end", () => {
        assert.match(problemOf("SET 'a' = 'b';\nSET 'c' = 'd;"), /line 2: the string/);
    });
});

describe("the name of a statement", () => {
    it("says what it is without any literal", () => {
        const names = sqlStatements(
            "CREATE TABLE flights (x INT);\nSET 'password' = 'secret'; INSERT INTO a.b SELECT 'x'",
        ).map(describeStatement);
        assert.deepEqual(names, [
            "line 1, CREATE TABLE flights",
            "line 2, SET",
            "line 2, INSERT INTO a . b SELECT",
        ]);
    });
});
