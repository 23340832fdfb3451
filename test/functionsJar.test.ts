import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { cache, parts } from "../sandbox/cache.js";
import { functionsJar } from "../sandbox/functionsJar.js";
import { hasJdk } from "../sandbox/javaJar.js";
import { needsJdk } from "./needsJdk.js";
import { skipBecause } from "./skip.js";

const source = (answer: number) => `package shadowflink.v1;
import org.apache.flink.table.functions.ScalarFunction;
public class Answer extends ScalarFunction {
    private static class Kept { static final int ANSWER = ${answer}; }
    public Integer eval() { return Kept.ANSWER; }
}
`;

describe("the jar of Flink functions", function () {
    this.timeout(120_000);
    const usual = { cache: process.env.SHADOW_FLINK_CACHE, java: process.env.JAVA_HOME };
    const restore = (name: string, value: string | undefined) => {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    };
    let folder: string;
    let java: string;
    let packaged: string;

    before(async function () {
        await needsJdk(this, "needs javac and jar");
        if (!cache.hasPart(parts.names.flink)) skipBecause(this, "needs Flink's jars in the cache");
    });
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "functions-"));
        java = path.join(folder, "java", "shadowflink", "v1");
        packaged = path.join(folder, "bin", "functions.jar");
        fs.mkdirSync(java, { recursive: true });
        fs.writeFileSync(path.join(java, "Answer.java"), source(41));
    });
    afterEach(() => {
        restore("SHADOW_FLINK_CACHE", usual.cache);
        restore("JAVA_HOME", usual.java);
        fs.rmSync(folder, { recursive: true, force: true });
    });

    /** Builds it in a cache of its own, which has the Flink of the usual one. */
    async function build(name: string): Promise<string> {
        restore("SHADOW_FLINK_CACHE", usual.cache);
        const flink = cache.partPath(parts.names.flink);
        const own = path.join(folder, name);
        fs.mkdirSync(own, { recursive: true });
        const link = path.join(own, parts.names.flink);
        if (!fs.existsSync(link)) fs.symlinkSync(flink, link);
        process.env.SHADOW_FLINK_CACHE = own;
        return functionsJar(() => undefined, path.join(folder, "java"), packaged);
    }

    it("has the same bytes whenever it is built, and is in the package", async () => {
        const first = await build("a");
        await new Promise((resolve) => setTimeout(resolve, 2_100));
        fs.rmSync(packaged);
        const second = await build("b");
        assert.notEqual(first, second);
        assert.deepEqual(fs.readFileSync(first), fs.readFileSync(second));
        assert.deepEqual(fs.readFileSync(packaged), fs.readFileSync(second));
        assert.deepEqual(fs.readdirSync(path.dirname(first)), ["shadow-flink-functions.jar"]);
        assert.deepEqual(fs.readdirSync(path.dirname(packaged)), ["functions.jar"]);
    });

    it("is built anew where a source is another, and not where none is", async () => {
        const first = await build("a");
        const madeAt = fs.statSync(first).mtimeMs;
        assert.equal(await build("a"), first);
        assert.equal(fs.statSync(first).mtimeMs, madeAt);
        const old = fs.readFileSync(first);
        fs.writeFileSync(path.join(java, "Answer.java"), source(42));
        const second = await build("a");
        assert.notEqual(second, first);
        assert.notDeepEqual(fs.readFileSync(second), old);
        assert.deepEqual(fs.readFileSync(packaged), fs.readFileSync(second));
        assert.deepEqual(fs.readFileSync(first), old, "a job may have it open");
    });

    it("says what the compiler finds, and leaves nothing behind", async () => {
        fs.writeFileSync(path.join(java, "Answer.java"), source(41).replace("Integer", "String"));
        await assert.rejects(build("a"), /Answer\.java:5: error: incompatible types/);
        assert.deepEqual(fs.readdirSync(path.join(folder, "a")), [parts.names.flink]);
        assert.ok(!fs.existsSync(packaged));
    });

    it("needs a JDK, and says so", async () => {
        process.env.JAVA_HOME = path.join(folder, "jre");
        assert.equal(await hasJdk(), false);
        await assert.rejects(
            build("a"),
            /^Error: ".*jre\/bin\/javac -version" fails: a JDK 17 or newer .* JAVA_HOME is used if it is set\.\ncould not run/,
        );
    });

    it("needs sources", async () => {
        fs.rmSync(path.join(java, "Answer.java"));
        await assert.rejects(build("a"), /java has no Java sources$/);
    });
});
