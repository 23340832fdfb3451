import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { cache } from "../sandbox/cache.js";
import { run } from "../sandbox/command.js";
import { repository, sources } from "../sandbox/paths.js";
import { freePort, isFree, releasePorts, reservePort } from "../sandbox/ports.js";
import { endProcess, isAlive, signal, startDetached, startOf } from "../sandbox/process.js";
import { isRecent } from "../sandbox/pulumi.js";
import { directoryOf, listSandboxes, readState, writeState } from "../sandbox/state.js";

const load = createRequire(path.join(sources, "bootstrap", "index.js"));
const { fits } = load("./node.js") as {
    fits: (version: string, range: string) => boolean;
};
const { isInstalled } = load("./dependencies.js") as {
    isInstalled: (lock: object, installed: object) => boolean;
};
const { javaMajor, missingPrerequisites } = load("./prerequisites.js") as {
    javaMajor: (text: string) => number | undefined;
    missingPrerequisites: (
        needs: object,
        ask: (command: string) => string | undefined,
        has: (part: string) => boolean,
    ) => Promise<string[]>;
};

/** A process id that was in use and is not any more. */
const deadPid = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

describe("bootstrap", () => {
    it("takes the Node that it runs on only if package.json allows it", () => {
        const { engines } = JSON.parse(
            fs.readFileSync(path.join(repository, "package.json"), "utf8"),
        ) as { engines: { node: string } };
        const verdicts = {
            "v18.20.8": false,
            "v20.20.2": false,
            "v22.21.9": false,
            "v22.22.0": true,
            "v22.100.0": true,
            "v23.11.0": false,
            "v24.5.9": false,
            "v24.6.0": true,
            "v26.10.0": true,
        };
        for (const [version, expected] of Object.entries(verdicts)) {
            assert.equal(fits(version, engines.node), expected, version);
        }
    });

    it("refuses a range that it cannot read instead of letting any version pass", () => {
        assert.throws(() => fits("v24.0.0", "lts/*"), /cannot read the range/);
    });

    it("installs packages when one is missing or another version, not for other platforms", () => {
        const lock = {
            packages: {
                "": {},
                "node_modules/a": { version: "1.0.0" },
                "node_modules/win": { version: "1.0.0", optional: true },
            },
        };
        const installed = (packages: object) => isInstalled(lock, { packages });
        assert.equal(installed({ "node_modules/a": { version: "1.0.0" } }), true);
        assert.equal(installed({ "node_modules/a": { version: "1.0.1" } }), false);
        assert.equal(installed({}), false);
    });

    it("can rely on a lock file that is whole: npm ci refuses one made for one platform", () => {
        const { packages } = JSON.parse(
            fs.readFileSync(path.join(repository, "package-lock.json"), "utf8"),
        ) as { packages: Record<string, { optionalDependencies?: Record<string, string> }> };
        const missing = Object.values(packages)
            .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
            .filter((name) =>
                Object.keys(packages).every((key) => !key.endsWith(`node_modules/${name}`)),
            );
        assert.deepEqual(missing, []);
    });

    it("reads the version of old and new JDKs", () => {
        assert.equal(javaMajor('openjdk version "17.0.15" 2025-04-15'), 17);
        assert.equal(javaMajor('java version "1.8.0_392"'), 8);
        assert.equal(javaMajor('openjdk version "25" 2025-09-16'), 25);
        assert.equal(javaMajor("command not found"), undefined);
    });

    it("names all missing prerequisites at once, and only those that are needed", async () => {
        const nothing = () => undefined;
        const all = await missingPrerequisites(
            { flink: true, pulumi: false },
            nothing,
            () => false,
        );
        assert.deepEqual(
            all.map((line) => line.split(" ")[0]),
            ["JDK", "Maven", "Python"],
        );
        const java = (command: string) =>
            command.endsWith("java") ? 'version "17.0.1"' : undefined;
        const cached = await missingPrerequisites({ flink: true, pulumi: true }, java, () => true);
        assert.deepEqual(cached, []);
        const old = (command: string) => (command.endsWith("java") ? 'version "11.0.2"' : "");
        const [found] = await missingPrerequisites({ flink: false }, old, () => true);
        assert.match(found ?? "", /JDK 17 .*found 11/);
        const compiled = { flink: true, compiler: true };
        const [runtime] = await missingPrerequisites(compiled, java, () => true);
        assert.match(runtime ?? "", /JDK 17 .*found a JRE, without ".*javac"/);
        const whole = (command: string) => (/javac?$/.test(command) ? 'version "17.0.1"' : "");
        assert.deepEqual(await missingPrerequisites(compiled, whole, () => true), []);
    });

    it("takes a Pulumi CLI only if it is recent enough", () => {
        assert.equal(isRecent("v3.246.0\n"), true);
        assert.equal(isRecent("v3.199.9"), false);
        assert.equal(isRecent("v4.0.0"), true);
        assert.equal(isRecent("nonsense"), false);
    });
});

describe("cache", () => {
    let folder: string;
    const before = process.env.SHADOW_FLINK_CACHE;

    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-cache-"));
        process.env.SHADOW_FLINK_CACHE = folder;
    });
    afterEach(() => {
        if (before === undefined) delete process.env.SHADOW_FLINK_CACHE;
        else process.env.SHADOW_FLINK_CACHE = before;
        fs.rmSync(folder, { recursive: true });
    });

    it("is where the environment says", () => {
        assert.equal(cache.cacheFolder({ SHADOW_FLINK_CACHE: "/x" }), "/x");
        assert.equal(cache.cacheFolder({ XDG_CACHE_HOME: "/y" }), "/y/shadow-flink");
        assert.equal(cache.cacheFolder({}), path.join(os.homedir(), ".cache", "shadow-flink"));
    });

    it("lets one owner have a lock, and takes over that of a dead one", () => {
        const lock = path.join(folder, "lock");
        assert.equal(cache.tryLock(lock), undefined);
        assert.equal(cache.tryLock(lock), process.pid, "a living owner keeps it");
        fs.writeFileSync(lock, String(deadPid()));
        assert.equal(cache.tryLock(lock), undefined, "a dead owner loses it");
        assert.equal(fs.readFileSync(lock, "utf8"), String(process.pid));
        cache.unlock(lock);
        assert.deepEqual(fs.readdirSync(folder), [], "nothing is left behind");
    });

    it("does not give back a lock that is another's", () => {
        const lock = path.join(folder, "lock");
        fs.writeFileSync(lock, "1");
        cache.unlock(lock);
        assert.equal(fs.existsSync(lock), true);
    });

    it("says whom it waits for, and goes on when that one is done", async () => {
        const lock = path.join(folder, "lock");
        const holder = spawn(process.execPath, ["-e", "setTimeout(() => {}, 700)"]);
        fs.writeFileSync(lock, String(holder.pid));
        const waitedFor: number[] = [];
        const result = await cache.withLock(
            lock,
            () => Promise.resolve("done"),
            (pid) => waitedFor.push(pid),
        );
        assert.equal(result, "done");
        assert.deepEqual(waitedFor, [holder.pid]);
    });

    it("makes a part once, however many ask at once", async () => {
        let made = 0;
        const make = async (temporary: string) => {
            made++;
            await new Promise((resolve) => setTimeout(resolve, 50));
            fs.writeFileSync(path.join(temporary, "content"), "whole");
        };
        const folders = await Promise.all([1, 2, 3].map(() => cache.ensurePart("part-1", make)));
        assert.equal(made, 1);
        assert.deepEqual(new Set(folders), new Set([path.join(folder, "part-1")]));
        assert.equal(fs.readFileSync(path.join(folder, "part-1", "content"), "utf8"), "whole");
    });

    it("leaves no half part when making it fails, and makes it the next time", async () => {
        const fail = (temporary: string) => {
            fs.writeFileSync(path.join(temporary, "half"), "");
            return Promise.reject(new Error("no network"));
        };
        await assert.rejects(cache.ensurePart("part-2", fail), /no network/);
        assert.deepEqual(fs.readdirSync(folder), []);
        await cache.ensurePart("part-2", () => Promise.resolve());
        assert.equal(cache.hasPart("part-2"), true);
    });

    it("removes what a killed maker left", async () => {
        fs.mkdirSync(path.join(folder, "part-3.making-1"));
        await cache.ensurePart("part-3", () => Promise.resolve());
        assert.deepEqual(fs.readdirSync(folder), ["part-3"]);
    });
});

describe("ports of a sandbox", () => {
    it("are free, and not given twice", async () => {
        const ports = await Promise.all([...Array(20).keys()].map(() => freePort()));
        try {
            assert.equal(new Set(ports).size, 20);
            for (const port of ports) assert.equal(await isFree(port), true);
            assert.equal(await reservePort(ports[0]!), false, "it is reserved");
        } finally {
            releasePorts(ports);
        }
    });

    it("are the preferred ones, unless something listens there", async () => {
        const server = net.createServer().listen(0, "127.0.0.1");
        await once(server, "listening");
        const taken = (server.address() as net.AddressInfo).port;
        const other = await freePort(taken);
        assert.notEqual(other, taken);
        releasePorts([other]);
        assert.equal(await freePort(other), other);
        releasePorts([other]);
        server.close();
    });
});

describe("processes of a sandbox", () => {
    const log = path.join(os.tmpdir(), `shadow-flink-process-${process.pid}.log`);
    const start = (script: string) =>
        startDetached(process.execPath, ["-e", script], {
            cwd: os.tmpdir(),
            env: process.env,
            log,
        });
    after(() => fs.rmSync(log, { force: true }));

    it("are ended when asked, and killed when they do not listen", async () => {
        const polite = start("setInterval(() => {}, 1000)");
        await endProcess(polite, 5);
        assert.equal(isAlive(polite), false);

        const deaf = start(
            "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)",
        );
        while (!fs.readFileSync(log, "utf8").includes("up")) {
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await endProcess(deaf, 0.3);
        assert.equal(isAlive(deaf), false);
    });

    it("are not taken for others that got their id", async () => {
        const stranger = start("setInterval(() => {}, 1000)");
        const remembered = { pid: stranger.pid, started: "another time" };
        signal(remembered, "SIGKILL");
        await endProcess(remembered, 0.1);
        assert.equal(isAlive(stranger), true, "a process that is not ours was ended");
        await endProcess(stranger, 5);
    });

    it("count as gone when they are", () => {
        assert.equal(startOf(deadPid()), undefined);
    });

    it("report a command that is not there", () => {
        assert.throws(
            () => startDetached("no-such-command", [], { cwd: os.tmpdir(), env: {}, log }),
            /could not start no-such-command/,
        );
    });
});

describe("state of a sandbox", () => {
    const name = `state-${process.pid}`;
    after(() => fs.rmSync(directoryOf(name), { recursive: true, force: true }));

    it("is read as it was written, and listed", () => {
        const state = {
            name,
            flink: true,
            ports: { kafka: 1 },
            processes: { broker: { pid: 1, started: "then" } },
        };
        assert.equal(readState(name), undefined);
        writeState(state);
        assert.deepEqual(readState(name), state);
        assert.ok(listSandboxes().includes(name));
    });

    it("names the file that cannot be read", () => {
        fs.writeFileSync(path.join(directoryOf(name), "state.json"), "{");
        assert.throws(() => readState(name), /state\.json cannot be read/);
    });

    it("is kept inside the folder of all sandboxes", () => {
        for (const bad of ["../x", "", "A", "a/b", "-a"])
            assert.throws(() => directoryOf(bad), bad);
    });
});

describe("commands that the sandbox runs", () => {
    it("fail with what they printed, and in time", async () => {
        const script = "console.error('the reason'); process.exit(3)";
        await assert.rejects(
            run(process.execPath, ["-e", script]),
            /exit code 3\n(.|\n)*the reason/,
        );
        await assert.rejects(
            run(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { timeoutSeconds: 0.2 }),
            /longer than 0.2 s/,
        );
        await assert.rejects(run("no-such-command", []), /could not run no-such-command/);
    });
});
