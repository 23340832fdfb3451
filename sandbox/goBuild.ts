import { run } from "./command.js";

/** Builds a Go program whose modules are pinned by a committed go.mod and go.sum. */
export async function goBuild(
    /** Where go.mod is. */
    folder: string,
    target: string,
    { output, set }: { output: string; set?: string },
): Promise<void> {
    const flags = set === undefined ? "-s -w" : `-s -w -X ${set}`;
    await run("go", ["build", "-trimpath", "-ldflags", flags, "-o", output, target], {
        cwd: folder,
        env: {
            ...process.env,
            CGO_ENABLED: "0",
            GOFLAGS: "-mod=readonly",
            GOWORK: "off",
            // The checksum database lacks some of these modules; go.sum pins them all.
            GOSUMDB: "off",
        },
    });
}
