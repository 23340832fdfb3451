import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { reportHtml } from "../../../components/provider/comparison/report/reportHtml.js";
import { reportJson } from "../../../components/provider/comparison/report/reportJson.js";
import { writeReport } from "../../../components/provider/comparison/report/writeReport.js";
import { reportOf } from "./sample.js";

describe("the report's files", () => {
    let directory: string;
    beforeEach(() => {
        directory = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-report-"));
    });
    afterEach(() => {
        fs.rmSync(directory, { recursive: true, force: true });
    });

    const write = async (
        report: string,
        name = "delays-v2",
        samples: "raw" | "hashed" = "hashed",
    ) => {
        const lines: string[] = [];
        const look = reportOf(undefined, { report, samples });
        await writeReport(name, look, (line) => lines.push(line));
        return { look, lines };
    };

    it("are written whole, over those of the look before, and named in the log", async () => {
        const target = path.join(directory, "a", "b");
        await write(target);
        fs.writeFileSync(path.join(target, "delays-v2.html"), "an earlier look");
        const { look, lines } = await write(target);
        assert.deepEqual(lines, [`report: ${path.join(target, "delays-v2.html")}`]);
        assert.deepEqual(fs.readdirSync(target), ["delays-v2.html", "delays-v2.json"]);
        const read = (file: string) => fs.readFileSync(path.join(target, file), "utf8");
        assert.equal(read("delays-v2.html"), reportHtml(look));
        assert.equal(read("delays-v2.json"), reportJson(look));
    });

    it("are not written where nobody asked", async () => {
        const lines: string[] = [];
        await writeReport("delays-v2", reportOf(), (line) => lines.push(line));
        assert.deepEqual(lines, []);
    });

    it("are a line in the log where they cannot be written", async () => {
        const file = path.join(directory, "file");
        fs.writeFileSync(file, "");
        const { lines } = await write(path.join(file, "below"));
        assert.equal(lines.length, 1);
        assert.match(lines[0]!, /^the report could not be written to .*below: ENOTDIR/);
        const taken = path.join(directory, "delays-v2.html");
        fs.mkdirSync(taken);
        const { lines: others } = await write(directory);
        assert.match(others[0]!, /could not be written/);
        // Nothing half-written stays.
        assert.deepEqual(fs.readdirSync(directory).sort(), [
            "delays-v2.html",
            "delays-v2.json",
            "file",
        ]);
    });

    it("stay in the directory, whatever the name is", async () => {
        await write(directory, "../../x/y");
        await write(directory, "..");
        const names = fs.readdirSync(directory);
        assert.equal(names.length, 4);
        for (const name of names) {
            assert.match(name, /^report-[\w.-]+-[0-9a-f]{12}\.(html|json)$/);
        }
    });

    it("are readable by nobody else where they hold payload", async () => {
        await write(directory, "hashed");
        await write(directory, "raw", "raw");
        const mode = (file: string) => fs.statSync(path.join(directory, file)).mode & 0o777;
        assert.equal(mode("raw.html"), 0o600);
        assert.equal(mode("raw.json"), 0o600);
        assert.equal(mode("hashed.html") & 0o400, 0o400);
    });
});
