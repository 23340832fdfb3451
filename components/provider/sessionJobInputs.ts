import { createHash } from "node:crypto";

import { parseJobScript } from "./flink/jobScript.js";
import { type CheckFailure, type Json, unknownValue } from "./verbs.js";

/** All that is wrong with the inputs of a session job. What is not known yet, in a preview, is not judged. */
export function sessionJobProblems(olds: Json, news: Json): CheckFailure[] {
    const known = Object.entries(news).filter(([, value]) => value !== unknownValue);
    const inputs: Json = Object.fromEntries<unknown>(known);
    const isKnown = (property: string) => news[property] !== unknownValue;
    const failures: CheckFailure[] = [];
    const judge = (property: string, problem: (value: unknown) => string | undefined) => {
        const reason = isKnown(property) ? problem(inputs[property]) : undefined;
        if (reason !== undefined) {
            failures.push({ property, reason });
        }
    };
    for (const property of ["name", "version", "jobName"]) {
        judge(property, nameProblem);
    }
    const isJar = typeof inputs.jar === "string";
    if (!isJar) {
        judge("gateway", (value) => urlProblem(value, "the SQL Gateway, http://gateway:8083 say"));
    }
    judge("rest", (value) =>
        value === null && !isJar
            ? undefined
            : urlProblem(value, "Flink's REST API, http://flink:8081 say, or null"),
    );
    if (!isJar) {
        judge("script", scriptProblem);
    }
    judge("savepointDirectory", directoryProblem);
    judge("startTimeoutSeconds", timeoutProblem);
    const { retire } = inputs as { retire?: { savepoint?: unknown } | null };
    if (retire !== null && retire?.savepoint !== undefined && retire.savepoint !== unknownValue) {
        judge("retire", () => directoryProblem(retire.savepoint));
    }
    if (typeof inputs.script === "string" && isKnown("digest")) {
        judge("digest", (value) => digestProblem(value, inputs.script as string));
    }
    return [...failures, ...changeProblems(olds, inputs)];
}

/** A version is one build: what its job was submitted with stays. */
function changeProblems(olds: Json, inputs: Json): CheckFailure[] {
    const failures: CheckFailure[] = [];
    const changed = (property: string) =>
        typeof olds[property] === "string" &&
        olds[property] !== unknownValue &&
        typeof inputs[property] === "string" &&
        olds[property] !== inputs[property];
    if (changed("digest")) {
        failures.push({
            property: typeof inputs.jar === "string" ? "jar" : "script",
            reason:
                `is another one than version ${olds.version} was started with (digest ${short(inputs.digest)}, was ` +
                `${short(olds.digest)}). A version is one build: declare the new build under a new name.`,
        });
    }
    for (const property of ["version", "jobName"]) {
        if (changed(property)) {
            failures.push({
                property,
                reason:
                    `is "${inputs[property]}", was "${olds[property]}". A running job keeps its name: declare a new ` +
                    "version instead.",
            });
        }
    }
    return failures;
}

function short(digest: unknown): string {
    return String(digest).slice(0, 12);
}

function nameProblem(value: unknown): string | undefined {
    return typeof value === "string" && /^[^\p{Cc},:']+$/u.test(value)
        ? undefined
        : `is ${JSON.stringify(value)}: give a name without control characters, quotes, commas and colons.`;
}

function urlProblem(value: unknown, example: string): string | undefined {
    const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
        return `is ${JSON.stringify(value)}: give the URL of ${example}.`;
    }
    if (url.username !== "" || url.password !== "") {
        return "carries a user or a password, which cannot be sent: give a URL without them.";
    }
    return url.search === "" && url.hash === ""
        ? undefined
        : `is ${JSON.stringify(value)}: give the base URL only, without "?" and "#".`;
}

function scriptProblem(value: unknown): string | undefined {
    if (typeof value !== "string") {
        return `is ${JSON.stringify(value)}: give the text of a Flink SQL script.`;
    }
    const parsed = parseJobScript(value);
    return "problem" in parsed ? parsed.problem : undefined;
}

function directoryProblem(value: unknown): string | undefined {
    return value === null ||
        (typeof value === "string" && /^(?:[a-z][a-z0-9+.-]*:\/|\/)/i.test(value))
        ? undefined
        : `is ${JSON.stringify(value)}: give a URI that the cluster can write to, s3://bucket/savepoints say, or null.`;
}

function timeoutProblem(value: unknown): string | undefined {
    return typeof value === "number" && value >= 1 && value <= 3600
        ? undefined
        : `is ${JSON.stringify(value)}: give seconds between 1 and 3600.`;
}

function digestProblem(value: unknown, script: string): string | undefined {
    return value === createHash("sha256").update(script).digest("hex")
        ? undefined
        : `is ${JSON.stringify(value)}, which is not the SHA-256 of the script.`;
}
