import { createRequire } from "node:module";
import * as path from "node:path";
import { sources } from "./paths.js";

/** The typed door to the plain JavaScript that the bootstrap shares with the rest. */
interface Cache {
    cacheFolder(env?: NodeJS.ProcessEnv): string;
    contentHash(files: string[]): string;
    ensurePart(
        name: string,
        make: (temporaryFolder: string) => Promise<void>,
        log?: (line: string) => void,
    ): Promise<string>;
    hasPart(name: string, env?: NodeJS.ProcessEnv): boolean;
    isRunning(pid: number): boolean;
    partPath(name: string, env?: NodeJS.ProcessEnv): string;
    tryLock(file: string): number | undefined;
    unlock(file: string): void;
    withLock<T>(
        file: string,
        work: () => Promise<T>,
        waitingFor?: (pid: number) => void,
    ): Promise<T>;
}

interface Parts {
    names: Record<
        | "node"
        | "kafka"
        | "flink"
        | "pulumi"
        | "pulumiBuilt"
        | "pulumiAssembled"
        | "pulumiKafka"
        | "registry"
        | "kubernetes"
        | "flinkOperator",
        string
    >;
    versions: Record<
        | "node"
        | "kafka"
        | "flink"
        | "pulumi"
        | "pulumiKafka"
        | "registry"
        | "kubernetes"
        | "flinkOperator",
        string
    >;
}

const load = createRequire(path.join(sources, "bootstrap", "index.js"));

export const cache = load("./cache.js") as Cache;
export const parts = load("./parts.js") as Parts;
