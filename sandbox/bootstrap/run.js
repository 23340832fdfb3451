"use strict";

const { spawn } = require("node:child_process");

/** Runs a command to its end, silently; an error carries all that it printed. */
function runQuietly(command, args, options = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
        let output = "";
        child.stdout.on("data", (chunk) => (output += chunk));
        child.stderr.on("data", (chunk) => (output += chunk));
        child.on("error", (error) =>
            reject(new Error(`could not run ${command}: ${error.message}`)),
        );
        child.on("close", (code, signal) => {
            if (code === 0) return resolve(output);
            const how = signal ?? `exit code ${code}`;
            const shown = output.trimEnd().split("\n").slice(0, 40).join("\n");
            const failure = new Error(`${command} ${args.join(" ")} ended with ${how}:\n${shown}`);
            failure.output = output;
            reject(failure);
        });
    });
}

module.exports = { runQuietly };
