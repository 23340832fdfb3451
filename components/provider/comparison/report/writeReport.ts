import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { explain } from "../../errors.js";
import type { Log } from "../../log.js";
import { hashIdentity } from "../hash.js";
import type { Report } from "./report.js";
import { reportHtml } from "./reportHtml.js";
import { reportJson } from "./reportJson.js";

/**
 * Leaves the report where the settings say, as `<name>.html` and `<name>.json`, and logs where that is. A report that
 * cannot be written is a line in the log: the verdict does not depend on it.
 */
export async function writeReport(name: string, report: Report, log: Log): Promise<void> {
    if (report.settings.report === null) {
        return;
    }
    const directory = resolve(report.settings.report);
    const file = join(directory, fileName(name));
    // With payload in it, it is for the one who asked for it.
    const mode = report.settings.samples === "raw" ? 0o600 : 0o644;
    try {
        await mkdir(directory, { recursive: true });
        await writeWhole(`${file}.json`, reportJson(report), mode);
        await writeWhole(`${file}.html`, reportHtml(report), mode);
        log(`report: ${file}.html`);
    } catch (error) {
        log(`the report could not be written to ${directory}: ${explain(error)}`);
    }
}

/** A name as that of a file. One that has to be changed for that gets a hash, so that it stays apart from others. */
function fileName(name: string): string {
    const usable = name.replace(/[^A-Za-z0-9._-]/g, "_").slice(0, 150);
    return usable === name && !name.startsWith(".")
        ? name
        : `report-${usable}-${hashIdentity(name)}`;
}

/** Writes beside the file first: whoever reads it never sees half of it. */
async function writeWhole(file: string, text: string, mode: number): Promise<void> {
    const temporary = `${file}.${process.pid}.tmp`;
    try {
        await writeFile(temporary, text, { mode });
        await rename(temporary, file);
    } catch (error) {
        await rm(temporary, { force: true });
        throw error;
    }
}
