import {
    leadingWords,
    type SqlStatement,
    SqlScriptError,
    isCode,
    sqlStatements,
} from "../../jobs/sqlScript.js";

/** A script that is one version: statements that prepare, and exactly one that starts a job. */
export interface JobScript {
    /** Run before the job, in order: SET, CREATE and the like. */
    readonly preparation: readonly SqlStatement[];
    readonly job: SqlStatement;
    /** What the gateway is sent for the job: one statement, whichever way the set was written. */
    readonly submission: string;
    /** Run after the job was submitted. */
    readonly rest: readonly SqlStatement[];
}

/** Parses a version's script, or says why it cannot be one. */
export function parseJobScript(script: string): JobScript | { problem: string } {
    let statements: SqlStatement[];
    try {
        statements = sqlStatements(script);
    } catch (error) {
        if (error instanceof SqlScriptError) {
            return { problem: `${error.message} Close it.` };
        }
        throw error;
    }
    if (statements.length === 0) {
        return { problem: "it has no statement. Give CREATE TABLE statements and one INSERT." };
    }
    const query = statements.find(isQuery);
    if (query !== undefined) {
        return {
            problem:
                `the query in line ${query.line} would start a job whose result nobody reads. ` +
                "Take it out, or write INSERT INTO … in front of it.",
        };
    }
    const jobs = statements.filter(startsJob);
    const [job] = jobs;
    if (job === undefined) {
        return { problem: "no statement starts a job. A version is exactly one: add an INSERT." };
    }
    if (jobs.length > 1) {
        const lines = jobs.map((statement) => statement.line).join(", ");
        return {
            problem:
                `${jobs.length} statements start a job (lines ${lines}), but a version is exactly one. ` +
                "Put the inserts into one EXECUTE STATEMENT SET BEGIN … END.",
        };
    }
    const at = statements.indexOf(job);
    return {
        preparation: statements.slice(0, at),
        job,
        submission: submissionOf(job),
        rest: statements.slice(at + 1),
    };
}

/** Names a statement in a message without its literals, which may be secret: `line 3, CREATE TABLE flights`. */
export function describeStatement(statement: SqlStatement): string {
    const code = statement.tokens.filter(isCode);
    const end = code.findIndex(
        ({ kind, text }) => kind === "string" || text === "(" || text.includes("="),
    );
    const head = code.slice(0, Math.min(end === -1 ? code.length : end, 6));
    return `line ${statement.line}, ${head.map((token) => token.text).join(" ")}`;
}

const jobBeginnings = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "EXECUTE STATEMENT SET",
    "BEGIN STATEMENT SET",
    "EXECUTE INSERT",
    "EXECUTE PLAN",
    "COMPILE AND EXECUTE",
];

function startsJob(statement: SqlStatement): boolean {
    const beginning = leadingWords(statement.tokens, 3).join(" ");
    return (
        jobBeginnings.some((words) => beginning === words || beginning.startsWith(words + " ")) ||
        isCreateTableAs(statement)
    );
}

function isQuery(statement: SqlStatement): boolean {
    const [first = ""] = leadingWords(statement.tokens, 1);
    return ["SELECT", "WITH", "VALUES", "("].includes(first);
}

/** `CREATE TABLE … AS SELECT` starts a job; the `AS` of a computed column stands inside parentheses. */
function isCreateTableAs(statement: SqlStatement): boolean {
    const words = leadingWords(statement.tokens, 5);
    const creates = words[0] === "CREATE" || words[0] === "REPLACE";
    if (!creates || !words.includes("TABLE") || words.includes("MATERIALIZED")) {
        return false;
    }
    let depth = 0;
    for (const token of statement.tokens) {
        depth += token.text === "(" ? 1 : token.text === ")" ? -1 : 0;
        if (depth === 0 && token.kind === "word" && token.text.toUpperCase() === "AS") {
            return true;
        }
    }
    return false;
}

/** The gateway takes `BEGIN STATEMENT SET; … END` only as several requests; as one it has another beginning. */
function submissionOf(job: SqlStatement): string {
    if (leadingWords(job.tokens, 3).join(" ") !== "BEGIN STATEMENT SET") {
        return job.text;
    }
    const semicolon = job.tokens.findIndex(
        (token) => token.kind === "symbol" && token.text === ";",
    );
    const inserts = job.tokens.slice(semicolon + 1).map((token) => token.text);
    return `EXECUTE STATEMENT SET BEGIN${inserts.join("")}`;
}
