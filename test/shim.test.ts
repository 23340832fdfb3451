import assert from "node:assert/strict";
import * as fs from "node:fs";
import { Module } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as half from "../components/provider/index.js";
import type { Verbs } from "../components/provider/verbs.js";
import { shim, type ProviderResource } from "../components/shim.js";
import { repository } from "../sandbox/paths.js";

const resources: readonly ProviderResource[] = [
    "authority",
    "cluster",
    "comparison",
    "sessionJob",
    "comparer",
    "jobStart",
    "start",
];
const folder = process.cwd();

/** The text that stands in the state for a dynamic provider, made as the SDK makes it. */
async function stateOf(resource: ProviderResource): Promise<string> {
    const provider = shim(resource);
    const { text } = await pulumi.runtime.serializeFunction(() => provider, {
        allowSecrets: true,
    });
    return text;
}

/** What the engine's provider process makes of that text. */
function load(text: string): Verbs {
    const loaded = new Module("state") as Module & {
        _compile(text: string, file: string): void;
    };
    loaded._compile(text, "state");
    return (loaded.exports as { handler: () => Verbs }).handler();
}

for (const resource of resources) {
    describe(`the ${resource} provider in the state`, () => {
        let text: string;
        let verbs: Verbs;
        before(async function () {
            this.timeout(60_000);
            text = await stateOf(resource);
            verbs = load(text);
        });
        afterEach(() => process.chdir(folder));

        it("is small, and the same in every folder and on every machine", async () => {
            assert.ok(Buffer.byteLength(text) < 2048, `it has ${Buffer.byteLength(text)} bytes`);
            assert.ok(!text.includes(repository));
            assert.ok(!text.includes(os.homedir()));
            assert.doesNotMatch(text, /["'`](\/[a-z]|[A-Z]:\\|file:)/);
            process.chdir(os.tmpdir());
            assert.equal(await stateOf(resource), text);
        });

        it("brings none of the real code with it", () => {
            assert.match(text, /shadow-flink\/provider/);
            assert.doesNotMatch(text, /kafkajs|platformatic|duckdb|zod/i);
        });

        it("forwards every verb to the installed package, and hands back what it says", async () => {
            process.chdir(repository);
            const real = half[resource];
            const names = ["check", "diff", "create", "update", "delete"] as const;
            const originals = { ...real };
            const calls: unknown[] = [];
            try {
                for (const name of names) {
                    const fake = (...given: unknown[]) => {
                        calls.push([name, ...given]);
                        return Promise.resolve(`the answer to ${name}`);
                    };
                    Object.assign(real, { [name]: fake });
                }
                const answers = [
                    await verbs.check({ old: 1 }, { new: 1 }),
                    await verbs.diff("id", { old: 2 }, { new: 2 }),
                    await verbs.create({ new: 3 }),
                    await verbs.update("id", { old: 4 }, { new: 4 }),
                    await verbs.delete("id", { old: 5 }),
                ];
                assert.deepEqual(
                    answers,
                    names.map((name) => `the answer to ${name}`),
                );
                assert.deepEqual(calls, [
                    ["check", { old: 1 }, { new: 1 }],
                    ["diff", "id", { old: 2 }, { new: 2 }],
                    ["create", { new: 3 }],
                    ["update", "id", { old: 4 }, { new: 4 }],
                    ["delete", "id", { old: 5 }],
                ]);
            } finally {
                Object.assign(real, originals);
            }
        });

        it("passes on what goes wrong in there as it is", async () => {
            process.chdir(repository);
            const real = half[resource];
            const originals = { ...real };
            const error = Object.assign(new Error("half done"), { id: "id", reasons: ["why"] });
            try {
                real.create = () => Promise.reject(error);
                await assert.rejects(verbs.create({}), (thrown) => thrown === error);
            } finally {
                Object.assign(real, originals);
            }
        });

        it("says what to do in a folder where the package is not installed", () => {
            const empty = fs.mkdtempSync(path.join(os.tmpdir(), "shim-"));
            try {
                process.chdir(empty);
                assert.throws(
                    () => verbs.check({}, {}),
                    (error: Error) => {
                        const first = `Run npm install (and build) in ${fs.realpathSync(empty)}. `;
                        assert.ok(error.message.startsWith(first), error.message);
                        assert.match(error.message, /Cannot find module 'shadow-flink\/provider'/);
                        return true;
                    },
                );
            } finally {
                process.chdir(folder);
                fs.rmSync(empty, { recursive: true });
            }
        });
    });
}
