import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { reportHtml } from "../../../components/provider/comparison/report/reportHtml.js";
import { skipBecause } from "../../skip.js";
import { hostileReport, hostileTexts } from "./hostile.js";
import { Page, textOf } from "./page.js";
import { reportOf } from "./sample.js";

const names = ["chromium", "chromium-browser", "google-chrome"];
const browser = names.find((name) => spawnSync(name, ["--version"]).status === 0);

/** What a real browser makes of the page, opened from disk as people open it. */
describe("the report in a browser", function () {
    this.timeout(120_000);
    let directory: string;
    let server: http.Server;
    const requests: string[] = [];

    before((done) => {
        directory = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-browser-"));
        server = http
            .createServer((request, response) => {
                requests.push(request.url ?? "");
                response.end();
            })
            .listen(0, "127.0.0.1", done);
    });
    after((done) => {
        fs.rmSync(directory, { recursive: true, force: true });
        server.close(done);
    });
    beforeEach(function () {
        if (browser === undefined) {
            skipBecause(this, `none of ${names.join(", ")} is installed`);
        }
    });

    /** Opens a page and returns it as it stands after two seconds of its own time. */
    async function opened(html: string): Promise<string> {
        const file = path.join(directory, "report.html");
        fs.writeFileSync(file, html);
        const { stdout } = await promisify(execFile)(
            browser!,
            [
                ...[
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--virtual-time-budget=2000",
                ],
                ...["--host-resolver-rules=MAP * 127.0.0.1", "--disable-background-networking"],
                `--user-data-dir=${path.join(directory, "profile")}`,
                "--dump-dom",
                `file://${file}`,
            ],
            { timeout: 60_000, maxBuffer: 64 * 1024 * 1024, encoding: "utf8" },
        );
        return stdout;
    }

    const address = () => `http://127.0.0.1:${(server.address() as { port: number }).port}/`;

    it("would be seen to run scripts and to load things, if it did", async () => {
        const page = `<title>before</title><script>document.title = "ran"</script><img src="${address()}seen">`;
        const after = new Page(await opened(page));
        assert.equal(after.all("title").map(textOf).join(), "ran");
        assert.deepEqual(requests.splice(0), ["/seen"]);
    });

    it("runs nothing and loads nothing, whatever topics hold", async () => {
        const all = hostileTexts.join(" ").replaceAll("http://127.0.0.1:9/", address());
        const html = reportHtml(hostileReport(all));
        const before = new Page(html);
        const after = new Page(await opened(html));
        assert.equal(after.all("title").map(textOf).join(), before.all("title").map(textOf).join());
        assert.deepEqual(after.tags, before.tags);
        assert.equal(after.text, before.text);
        assert.deepEqual(requests, []);
    });

    it("lets no script run even if one stood in it", async () => {
        const html = reportHtml(reportOf()).replace(
            "</main>",
            `<script>document.title = "ran"</script><p onclick="1" id="p"></p><img src="${address()}x"></main>`,
        );
        const after = new Page(await opened(html));
        assert.match(after.all("title").map(textOf).join(), /^fail: v2/);
        assert.equal(after.all("script").length, 1);
        assert.deepEqual(requests, []);
    });
});
