import * as fs from "node:fs";
import * as path from "node:path";
import { cache, parts } from "./cache.js";
import { compileJar } from "./javaJar.js";
import { repository, sources } from "./paths.js";

const name = "shadow-flink-functions.jar";

/** Where the package has it, for whoever brings it to a cluster. */
export const packagedFunctionsJar = path.join(
    repository,
    "bin",
    "components",
    "comparisonJob",
    name,
);

/**
 * The jar with the functions that the SQL of a comparison calls, made anew where a source or Flink is another; the package
 * has a copy of it.
 */
export async function functionsJar(
    log?: (line: string) => void,
    from = path.join(repository, "components", "comparisonJob", "java"),
    packaged = packagedFunctionsJar,
): Promise<string> {
    const files = javaFiles(from);
    const recipe = path.join(sources, "javaJar.ts");
    const part = await cache.ensurePart(
        `flink-functions-${parts.versions.flink}-${cache.contentHash([recipe, ...files])}`,
        async (folder) => {
            log?.("compiling the functions of the comparison's job (javac)");
            await compileJar(files, path.join(folder, name), log);
        },
        log,
    );
    const jar = path.join(part, name);
    place(jar, packaged);
    return jar;
}

/** Its URL as Flink spells one, which decodes no `%20`. */
export async function functionsUrl(log?: (line: string) => void): Promise<string> {
    return `file://${await functionsJar(log)}`;
}

function javaFiles(folder: string): string[] {
    const files = fs
        .readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".java"))
        .sort();
    if (files.length === 0) throw new Error(`${folder} has no Java sources`);
    return files.map((file) => path.join(folder, file));
}

/** Copies it in one step, for whoever reads it at the same time; not at all where it is there already. */
function place(jar: string, target: string): void {
    const bytes = fs.readFileSync(jar);
    if (fs.existsSync(target) && fs.readFileSync(target).equals(bytes)) return;
    fs.mkdirSync(path.dirname(target), { recursive: true });
    const temporary = `${target}.${process.pid}`;
    fs.writeFileSync(temporary, bytes);
    fs.renameSync(temporary, target);
}
