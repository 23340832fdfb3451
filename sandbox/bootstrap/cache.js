"use strict";

/**
 * The folder where downloaded and built parts live, shared by every clone on the machine.
 *
 * A part appears under its final name only when it is complete: it is made in a temporary folder
 * and renamed, so that a kill at any moment leaves nothing that looks whole and is not.
 *
 * Plain JavaScript, because the bootstrap needs it before there is a Node that runs the rest.
 */
const crypto = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/** Where parts are kept: SHADOW_FLINK_CACHE, else the user's cache folder. */
function cacheFolder(env = process.env) {
    if (env.SHADOW_FLINK_CACHE) return path.resolve(env.SHADOW_FLINK_CACHE);
    const base = env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
    return path.join(base, "shadow-flink");
}

/** A short name for the content of some files, so that a changed recipe makes a new part. */
function contentHash(files) {
    const hash = crypto.createHash("sha256");
    for (const file of files) hash.update(fs.readFileSync(file)).update("\0");
    return hash.digest("hex").slice(0, 8);
}

/** Whether a process with this id exists. */
function isRunning(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return error.code === "EPERM";
    }
}

function readOwner(file) {
    try {
        const owner = Number(fs.readFileSync(file, "utf8"));
        return Number.isInteger(owner) && owner > 0 ? owner : undefined;
    } catch {
        return undefined;
    }
}

/**
 * Takes the lock if it is free or its owner is dead; else returns the owner's process id.
 *
 * The file is linked into place with its content already in it, so no one ever reads an empty
 * lock, and a stale one is renamed away first, so only one of several takers can win it.
 */
function tryLock(file) {
    const claim = `${file}.${process.pid}.${crypto.randomBytes(4).toString("hex")}`;
    fs.writeFileSync(claim, String(process.pid));
    try {
        for (;;) {
            try {
                fs.linkSync(claim, file);
                return undefined;
            } catch (error) {
                if (error.code !== "EEXIST") throw error;
            }
            const owner = readOwner(file);
            if (owner !== undefined && isRunning(owner)) return owner;
            takeAwayStale(file, `${claim}.stale`);
        }
    } finally {
        fs.rmSync(claim, { force: true });
    }
}

/** Moves a dead owner's lock aside; puts it back if it turned out to be a living owner's. */
function takeAwayStale(file, aside) {
    try {
        fs.renameSync(file, aside);
    } catch (error) {
        if (error.code === "ENOENT") return;
        throw error;
    }
    const owner = readOwner(aside);
    if (owner !== undefined && isRunning(owner)) {
        try {
            fs.linkSync(aside, file);
        } catch (error) {
            if (error.code !== "EEXIST") throw error;
        }
    }
    fs.rmSync(aside, { force: true });
}

/** Gives the lock back, if it is still ours. */
function unlock(file) {
    if (readOwner(file) === process.pid) fs.rmSync(file, { force: true });
}

/**
 * Runs `work` while holding the lock, waiting for another process that holds it.
 * `waitingFor` is called once, with the holder's process id, when there is something to wait for.
 */
async function withLock(file, work, waitingFor = () => {}) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    let said = false;
    for (;;) {
        const owner = tryLock(file);
        if (owner === undefined) break;
        if (!said) waitingFor(owner);
        said = true;
        await new Promise((resolve) => setTimeout(resolve, 300));
    }
    try {
        return await work();
    } finally {
        unlock(file);
    }
}

/** Where the part of this name is, or would be. */
function partPath(name, env) {
    return path.join(cacheFolder(env), name);
}

/** Whether the part is there, complete. */
function hasPart(name, env) {
    return fs.existsSync(partPath(name, env));
}

/**
 * The folder of a part, made by `make(temporaryFolder)` if it is not there yet.
 * Two processes never make the same part: the second waits and then finds it.
 */
async function ensurePart(name, make, log = () => {}) {
    const folder = partPath(name);
    if (fs.existsSync(folder)) return folder;
    const waiting = (pid) => log(`waiting for process ${pid}, which is setting up ${name}`);
    return withLock(
        `${folder}.lock`,
        async () => {
            if (fs.existsSync(folder)) return folder;
            removeLeftovers(name);
            const temporary = `${folder}.making-${process.pid}`;
            fs.mkdirSync(temporary, { recursive: true });
            const started = Date.now();
            try {
                await make(temporary);
                fs.renameSync(temporary, folder);
            } finally {
                fs.rmSync(temporary, { recursive: true, force: true });
            }
            log(`${name} is set up (${Math.round((Date.now() - started) / 1000)} s)`);
            return folder;
        },
        waiting,
    );
}

/** Temporary folders of makers that were killed; we hold the part's lock, so none is in use. */
function removeLeftovers(name) {
    const cache = cacheFolder();
    for (const entry of fs.readdirSync(cache)) {
        if (entry.startsWith(`${name}.making-`)) {
            fs.rmSync(path.join(cache, entry), { recursive: true, force: true });
        }
    }
}

module.exports = {
    cacheFolder,
    contentHash,
    ensurePart,
    hasPart,
    isRunning,
    partPath,
    tryLock,
    unlock,
    withLock,
};
