import * as fs from "node:fs";
import * as path from "node:path";

/** The versions of the delays job whose SQL lies beside this file. */
export type DelaysVersion = "delaysV1" | "delaysV2" | "delaysV3";

/** What the SQL of the delays job leaves open. */
export interface DelaysNames {
    /** Kafka's bootstrap servers, separated by commas. */
    brokers: string;
    /** The source topic. */
    flights: string;
    /** The output topic. */
    topic: string;
    group: string;
    transactionalIdPrefix: string;
    /** URI of the folder for checkpoints. */
    checkpoints: string;
}

/** The script of a version with all names filled in. */
export function delaysScript(version: DelaysVersion, names: DelaysNames): string {
    const file = path.join(sourceFolder(), `${version}.sql`);
    return renderScript(fs.readFileSync(file, "utf8"), { ...names }, `${version}.sql`);
}

/**
 * Fills in `${name}` in a template; placeholders stand inside SQL literals, so a quote in a value is doubled. Fails on a
 * placeholder without a value, and on a value without a placeholder: either is a slip of the pen.
 */
export function renderScript(
    template: string,
    values: Readonly<Record<string, string>>,
    name = "the script",
): string {
    const used = new Set<string>();
    const missing = new Set<string>();
    const rendered = template.replace(/\$\{([^}]*)\}/g, (_placeholder, key: string) => {
        used.add(key);
        const value = Object.hasOwn(values, key) ? values[key] : undefined;
        if (value === undefined || value === "") {
            missing.add(key);
        }
        return (value ?? "").replaceAll("'", "''");
    });
    const unknown = Object.keys(values).filter((key) => !used.has(key));
    const list = (keys: Iterable<string>) => [...keys].map((key) => `\${${key}}`).join(", ");
    const problems = [
        ...(missing.size > 0 ? [`has no value for ${list(missing)}`] : []),
        ...(unknown.length > 0 ? [`does not contain ${list(unknown)}`] : []),
    ];
    if (problems.length > 0) {
        throw new Error(`${name} ${problems.join(", and ")}.`);
    }
    return rendered;
}

/** The compiler leaves `.sql` files where they are, so they are looked for beside the source, not under bin/. */
function sourceFolder(): string {
    return __dirname.replace(/([\\/])bin[\\/](stacks[\\/]flights)$/, "$1$2");
}
