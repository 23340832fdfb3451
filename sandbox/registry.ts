import * as fs from "node:fs";
import * as path from "node:path";
import type { Sandbox } from "./index.js";
import { registryJars } from "./jars.js";
import { javaCommand, javaEnvironment } from "./java.js";
import type { Part } from "./part.js";
import { freePort, releasePorts } from "./ports.js";

/** A schema registry beside a sandbox. */
export interface SandboxRegistry {
    /** The base URL of its API, which is Confluent's. */
    url: string;
    /** Its process, to be killed by tests. It ends with the sandbox. */
    part: Part;
}

/** Starts a schema registry on a free port of 127.0.0.1, with its schemas in memory, and returns when it answers. */
export async function startRegistry(
    sandbox: Sandbox,
    log?: (line: string) => void,
): Promise<SandboxRegistry> {
    const folder = await registryJars(log);
    const jar = fs.readdirSync(folder).find((file) => file.endsWith("-runner.jar"));
    if (jar === undefined) throw new Error(`${folder} has no registry in it`);
    const [port, management] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
    const part = sandbox.addPart({
        name: "registry",
        command: javaCommand(),
        args: [
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-Dquarkus.http.host=127.0.0.1",
            `-Dquarkus.http.port=${port}`,
            // Its health and metrics would be on a port of all addresses.
            "-Dquarkus.management.host=127.0.0.1",
            `-Dquarkus.management.port=${management}`,
            "-jar",
            path.join(folder, jar),
        ],
        cwd: sandbox.directory,
        env: javaEnvironment(),
        log: path.join(sandbox.directory, "logs", "registry.log"),
        graceSeconds: 10,
        isReady: async () => {
            const signal = AbortSignal.timeout(2_000);
            return (await fetch(`${url}/subjects`, { signal })).ok;
        },
    });
    try {
        await part.start();
    } finally {
        releasePorts([port, management]);
    }
    return { url, part };
}
