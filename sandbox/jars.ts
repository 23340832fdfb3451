import * as fs from "node:fs";
import * as path from "node:path";
import { cache, parts } from "./cache.js";
import { run } from "./command.js";
import { sources } from "./paths.js";

type Log = (line: string) => void;

/** Copies what a committed pom depends on, and all that this needs in turn, into a folder. */
async function copyDependencies(pom: string, folder: string): Promise<void> {
    await run("mvn", [
        "--batch-mode",
        "--quiet",
        "--file",
        path.join(sources, "maven", pom),
        "dependency:copy-dependencies",
        `-DoutputDirectory=${folder}`,
    ]);
}

/** The folder with Kafka's jars. */
export function kafkaJars(log?: Log): Promise<string> {
    return cache.ensurePart(
        parts.names.kafka,
        async (folder) => {
            log?.(`getting Kafka ${parts.versions.kafka} with Maven`);
            await copyDependencies("kafka.xml", folder);
        },
        log,
    );
}

/**
 * The folder of Flink: `lib/` for every process, `gateway/` for the SQL Gateway beside it.
 * The distribution comes whole in a Python package; Maven has only some of its jars.
 */
export function flinkJars(log?: Log): Promise<string> {
    return cache.ensurePart(
        parts.names.flink,
        async (folder) => {
            const { flink } = parts.versions;
            log?.(`getting Flink ${flink} with pip and Maven (about 320 MB)`);
            await Promise.all([
                fromPython(`apache-flink-libraries==${flink}`, folder),
                copyDependencies("flink.xml", path.join(folder, "gateway")),
            ]);
            const connector = fs
                .readdirSync(path.join(folder, "gateway"))
                .filter((jar) => jar.startsWith("flink-sql-connector-"));
            for (const jar of connector) {
                fs.renameSync(path.join(folder, "gateway", jar), path.join(folder, "lib", jar));
            }
        },
        log,
    );
}

/**
 * The folder of Apicurio Registry, which has Confluent's REST API. Maven copies its archive alone: what it is built
 * from is inside.
 */
export function registryJars(log?: Log): Promise<string> {
    return cache.ensurePart(
        parts.names.registry,
        async (folder) => {
            const { registry } = parts.versions;
            log?.(`getting Apicurio Registry ${registry} with Maven (about 110 MB)`);
            const download = path.join(folder, "download");
            await run("mvn", [
                "--batch-mode",
                "--quiet",
                // Later ones also want the pom of its parent, which not every mirror has.
                "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy",
                `-Dartifact=io.apicurio:apicurio-registry-app:${registry}:tar.gz:all`,
                `-DoutputDirectory=${download}`,
            ]);
            const [archive] = fs.readdirSync(download);
            if (archive === undefined) throw new Error("Maven copied nothing of the registry");
            await run("tar", ["-xzf", path.join(download, archive), "-C", folder]);
            fs.rmSync(download, { recursive: true });
        },
        log,
    );
}

/** Downloads a Python wheel without installing it, and keeps the `lib` folder of its one package. */
async function fromPython(requirement: string, folder: string): Promise<void> {
    const download = path.join(folder, "download");
    const python = ["-m", "pip", "download", "--no-deps", "--only-binary", ":all:"];
    await run("python3", [...python, "--quiet", "--dest", download, requirement]);
    const [wheel] = fs.readdirSync(download);
    if (wheel === undefined) throw new Error(`pip downloaded nothing for ${requirement}`);
    const unpacked = path.join(folder, "unpacked");
    await run("python3", ["-m", "zipfile", "-e", path.join(download, wheel), unpacked]);
    fs.renameSync(path.join(unpacked, "pyflink", "lib"), path.join(folder, "lib"));
    fs.rmSync(download, { recursive: true });
    fs.rmSync(unpacked, { recursive: true });
}
