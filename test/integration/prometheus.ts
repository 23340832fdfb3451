import { execFile, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { cache } from "../../sandbox/cache.js";
import { freePort, releasePorts } from "../../sandbox/ports.js";

const run = promisify(execFile);

/** A real Prometheus on a free port of 127.0.0.1, with nothing to scrape. */
export interface Prometheus {
    readonly url: string;
    stop(): Promise<void>;
}

/** The one on the PATH, else Debian's package, unpacked into the cache. Fails where neither can be had. */
async function executable(): Promise<string> {
    const folders = (process.env["PATH"] ?? "").split(path.delimiter);
    const found = folders
        .map((folder) => path.join(folder, "prometheus"))
        .find((file) => fs.existsSync(file));
    if (found !== undefined) {
        return found;
    }
    const folder = await cache.ensurePart("prometheus-debian", async (temporary) => {
        await run("apt-get", ["download", "prometheus"], { cwd: temporary, timeout: 120_000 });
        const archive = fs.readdirSync(temporary).find((file) => file.endsWith(".deb")) ?? "";
        await run("dpkg-deb", ["-x", archive, "."], { cwd: temporary, timeout: 60_000 });
        fs.rmSync(path.join(temporary, archive));
    });
    return path.join(folder, "usr", "bin", "prometheus");
}

export async function startPrometheus(directory: string): Promise<Prometheus> {
    const file = await executable();
    const port = await freePort();
    const config = path.join(directory, "prometheus.yml");
    fs.writeFileSync(config, "scrape_configs: []\n");
    const child = spawn(
        file,
        [
            `--config.file=${config}`,
            `--storage.tsdb.path=${path.join(directory, "data")}`,
            `--web.listen-address=127.0.0.1:${port}`,
        ],
        { stdio: "ignore" },
    );
    const url = `http://127.0.0.1:${port}`;
    try {
        await untilReady(child, url);
    } finally {
        releasePorts([port]);
    }
    return {
        url,
        stop: () =>
            new Promise((resolve) => {
                child.once("exit", () => resolve());
                child.kill("SIGTERM");
            }),
    };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
    for (const until = Date.now() + 30_000; Date.now() < until;) {
        const ready = await fetch(`${url}/-/ready`).then(
            ({ ok }) => ok,
            () => false,
        );
        if (ready) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
    child.kill("SIGKILL");
    throw new Error(`Prometheus at ${url} was not ready after 30 s.`);
}
