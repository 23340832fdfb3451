"use strict";

/** Which Node runs the rest: the one that runs this, if it fits, else one from npm. */
const path = require("node:path");
const { ensurePart } = require("./cache.js");
const { names, versions } = require("./parts.js");
const { runQuietly } = require("./run.js");

/** -1, 0 or 1, as the one version is before, at or after the other. */
function compareVersions(a, b) {
    const numbers = (version) => version.replace(/^v/, "").split("-")[0].split(".").map(Number);
    const [left, right] = [numbers(a), numbers(b)];
    for (let i = 0; i < 3; i++) {
        const difference = (left[i] ?? 0) - (right[i] ?? 0);
        if (difference !== 0) return Math.sign(difference);
    }
    return 0;
}

const comparators = {
    ">=": (order) => order >= 0,
    ">": (order) => order > 0,
    "<": (order) => order < 0,
    "<=": (order) => order <= 0,
    "=": (order) => order === 0,
};

/** Whether a version is in a range of the form that `engines` has here: `>=1.2.3 <2 || >=3`. */
function fits(version, range) {
    return range.split("||").some((all) =>
        all
            .trim()
            .split(/\s+/)
            .every((one) => {
                const [, operator, wanted] = /^(>=|<=|>|<|=)?v?(\d.*)$/.exec(one) ?? [];
                if (wanted === undefined) throw new Error(`cannot read the range "${range}"`);
                return comparators[operator ?? "="](compareVersions(version, wanted));
            }),
    );
}

/** The path of a Node whose version is in the range. */
async function fittingNode(range, log) {
    if (fits(process.version, range)) return process.execPath;
    const name = `node-${process.platform}-${process.arch}`;
    const part = await ensurePart(
        names.node,
        async (folder) => {
            log(
                `Node ${process.version} does not fit (${range}); getting ${versions.node} from npm`,
            );
            const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
            await runQuietly(
                "npm",
                ["install", "--prefix", folder, ...options, `${name}@${versions.node}`],
                { cwd: folder },
            ).catch((error) => {
                throw new Error(
                    `${error.message}\nInstall Node.js 24 from https://nodejs.org and start again.`,
                );
            });
        },
        log,
    );
    return path.join(part, "node_modules", name, "bin", "node");
}

module.exports = { compareVersions, fits, fittingNode };
