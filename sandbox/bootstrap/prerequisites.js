"use strict";

/* global AbortSignal */

/** What must be on the machine before anything can be set up, and how to get what is not. */
const { spawnSync } = require("node:child_process");
const path = require("node:path");
const { hasPart } = require("./cache.js");
const { names } = require("./parts.js");

/** What a command prints, errors too; undefined if it is missing or fails. */
function output(command, args) {
    const asked = spawnSync(command, args, { encoding: "utf8", timeout: 60000 });
    return asked.status === 0 ? asked.stdout + asked.stderr : undefined;
}

/** The major version in what `java -version` prints; undefined if there is none. */
function javaMajor(text) {
    const [, major] = /version "(?:1\.)?(\d+)/.exec(text ?? "") ?? [];
    return major === undefined ? undefined : Number(major);
}

async function canDownloadPulumi() {
    try {
        const signal = AbortSignal.timeout(8000);
        await fetch("https://get.pulumi.com/", { method: "HEAD", signal });
        return true;
    } catch {
        return false;
    }
}

/** All that is missing for these needs, a sentence or two each. */
async function missingPrerequisites({ flink, pulumi, compiler }, ask = output, has = hasPart) {
    const missing = [];
    if (process.platform === "win32") {
        missing.push("Linux or macOS: on Windows use WSL 2.");
    }
    const jdk = (tool) =>
        process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, "bin", tool) : tool;
    const major = javaMajor(ask(jdk("java"), ["-version"]));
    const lacksCompiler = compiler && ask(jdk("javac"), ["-version"]) === undefined;
    if (major === undefined || major < 17 || lacksCompiler) {
        const found =
            major === undefined
                ? `no java was found at "${jdk("java")}"`
                : major < 17
                  ? `found ${major}`
                  : `found a JRE, without "${jdk("javac")}"`;
        missing.push(
            `JDK 17 or newer (${found}). Debian and Ubuntu: apt install openjdk-17-jdk-headless; ` +
                "macOS: brew install openjdk@17. JAVA_HOME is used if it is set.",
        );
    }
    const jars = [names.kafka, ...(flink ? [names.flink] : [])];
    if (!jars.every((part) => has(part)) && ask("mvn", ["--version"]) === undefined) {
        missing.push(
            "Maven (mvn). Debian and Ubuntu: apt install maven; macOS: brew install maven.",
        );
    }
    const pip = ["-m", "pip", "--version"];
    if (flink && !has(names.flink) && ask("python3", pip) === undefined) {
        missing.push(
            "Python 3 with pip (python3 -m pip), which Flink is downloaded with. " +
                "Debian and Ubuntu: apt install python3-pip; macOS: brew install python.",
        );
    }
    if (pulumi && (await lacksPulumi(ask, has))) {
        missing.push(
            "Pulumi (pulumi) and its Kafka plugin: https://www.pulumi.com/docs/install. They cannot be " +
                "downloaded from here; with Go 1.25 or newer (https://go.dev/dl) they are built instead.",
        );
    }
    return missing;
}

async function lacksPulumi(ask, has) {
    const cli = has(names.pulumi) || has(names.pulumiBuilt) || has(names.pulumiAssembled);
    if (cli && has(names.pulumiKafka)) return false;
    if (ask("go", ["version"]) !== undefined) return false;
    return !(await canDownloadPulumi());
}

module.exports = { javaMajor, missingPrerequisites };
