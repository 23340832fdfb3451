import * as fs from "node:fs";
import type { JournalEntry } from "./audit.js";

/** A file of one JSON line per delivered record. A line is with the operating system before `write` returns. */
export class Journal {
    private readonly file: number;

    constructor(path: string) {
        this.file = fs.openSync(path, "a+");
        const { size } = fs.fstatSync(this.file);
        const last = Buffer.alloc(1);
        if (size > 0 && fs.readSync(this.file, last, 0, 1, size - 1) === 1 && last[0] !== 10) {
            // The last process was killed within a line; the next one must not be glued to it.
            fs.writeSync(this.file, "\n");
        }
    }

    write(entry: JournalEntry): void {
        fs.writeSync(this.file, `${JSON.stringify(entry)}\n`);
    }

    close(): void {
        fs.closeSync(this.file);
    }
}
