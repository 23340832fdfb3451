import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import { graphOf, type Registered } from "./graph.js";

const load = createRequire(__filename);

/** What the program of the flights registers with this config beside what every stack has. */
export function flights(config: Readonly<Record<string, string>>): Promise<Registered[]> {
    const usual = {
        authority: "v1",
        candidates: '["v2"]',
        brokers: '["broker:9092"]',
        checkpoints: "s3://state",
        windowSeconds: "3600",
        waitSeconds: "60",
    };
    return graphOf(false, () => {
        pulumi.runtime.setAllConfig(
            Object.fromEntries(
                Object.entries({ ...usual, ...config }).map(([key, value]) => [
                    `project:${key}`,
                    value,
                ]),
            ),
        );
        // It builds its resources when it is loaded, each time anew here.
        delete load.cache[load.resolve("../stacks/index.js")];
        load("../stacks/index.js");
        return undefined as unknown as pulumi.ComponentResource;
    });
}
