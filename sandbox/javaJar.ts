import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "./command.js";
import { flinkJars } from "./jars.js";
import { javaEnvironment, jdkCommand } from "./java.js";

/** Whether a JDK is there, which a test is skipped without; a JRE compiles nothing. */
export async function hasJdk(): Promise<boolean> {
    try {
        await requireJdk();
        return true;
    } catch {
        return false;
    }
}

async function requireJdk(): Promise<void> {
    for (const [tool, option] of [
        ["javac", "-version"],
        ["jar", "--version"],
    ] as const) {
        const command = jdkCommand(tool);
        await run(command, [option], { env: javaEnvironment() }).catch((error: Error) => {
            throw new Error(
                `"${command} ${option}" fails: a JDK 17 or newer compiles what runs in Flink, and a JRE does not. Debian and ` +
                    "Ubuntu: apt install openjdk-17-jdk-headless; macOS: brew install openjdk@17. JAVA_HOME is used if it is " +
                    `set.\n${error.message}`,
            );
        });
    }
}

/**
 * Compiles Java sources against Flink and packs them: the same bytes from the same sources and JDK, whenever and wherever, so
 * without a manifest, which names who made it.
 */
export async function compileJar(
    sources: readonly string[],
    jar: string,
    log?: (line: string) => void,
): Promise<void> {
    await requireJdk();
    const env = javaEnvironment();
    const flink = path.join(await flinkJars(log), "lib", "*");
    const classes = `${jar}.classes`;
    try {
        await run(
            jdkCommand("javac"),
            ["--release", "17", "-cp", flink, "-d", classes, ...sources],
            { env },
        );
        const files = fs
            .readdirSync(classes, { recursive: true, encoding: "utf8" })
            .filter((file) => file.endsWith(".class"))
            .sort();
        await run(
            jdkCommand("jar"),
            [
                "--create",
                "--no-manifest",
                "--date=2020-01-01T00:00:00Z",
                `--file=${jar}`,
                ...files.flatMap((file) => ["-C", classes, file]),
            ],
            { env },
        );
    } finally {
        fs.rmSync(classes, { recursive: true, force: true });
    }
}
