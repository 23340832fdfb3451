"use strict";

/** The npm packages of this repository: installed exactly as package-lock.json says. */
const fs = require("node:fs");
const path = require("node:path");
const { runQuietly } = require("./run.js");

/**
 * Whether what is installed is what the lock file asks for; both in the form of package-lock.json
 * (npm keeps a list of what it installed in that form, and writes it last).
 */
function isInstalled(lock, installed) {
    return Object.entries(lock.packages).every(([folder, wanted]) => {
        if (folder === "" || wanted.link) return true;
        const found = installed.packages[folder];
        // Packages for other platforms are in the lock file and rightly absent.
        if (found === undefined) return wanted.optional === true;
        return found.version === wanted.version;
    });
}

function readJson(file) {
    try {
        return JSON.parse(fs.readFileSync(file, "utf8"));
    } catch {
        return undefined;
    }
}

/** Runs `npm ci` unless what is installed fits already. */
async function ensureDependencies(repository, env, log) {
    const lock = readJson(path.join(repository, "package-lock.json"));
    if (lock === undefined) throw new Error(`${repository} has no readable package-lock.json`);
    const installed = readJson(path.join(repository, "node_modules", ".package-lock.json"));
    if (installed !== undefined && isInstalled(lock, installed)) return;
    log("installing npm packages (npm ci)");
    // No package needs its install script; that of @pulumi/kubernetes would download a plugin.
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
    await runQuietly("npm", ["ci", ...quiet], { cwd: repository, env });
}

module.exports = { ensureDependencies, isInstalled };
