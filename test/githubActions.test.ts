import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { repository } from "../sandbox/paths.js";
import { reportOf, sampleEvidence } from "./comparison/report/sample.js";

interface Step {
    readonly name?: string;
    readonly run?: string;
    readonly if?: string;
    readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
    readonly jobs: Readonly<Record<"preview" | "up", { readonly steps: readonly Step[] }>>;
    readonly concurrency: { readonly "cancel-in-progress": boolean };
}

const page = fs.readFileSync(path.join(repository, "docs", "githubActions.md"), "utf8");
const workflow = loadYaml<Workflow>(/```yaml\n(.*?)```/s.exec(page)?.[1] ?? "");

describe("the workflow in docs/githubActions.md", () => {
    let folder: string;
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "workflow-"));
    });
    afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

    /** Puts a program on the PATH of the steps, which notes what it was called with. */
    function program(name: string, script: string): void {
        const text = `#!/bin/bash\necho "${name} $*" >> calls\n${script}\n`;
        fs.writeFileSync(path.join(folder, name), text, { mode: 0o755 });
    }

    /** Runs a step as a runner does for `shell: bash`, and returns its exit code. */
    function runStep(job: "preview" | "up", name: string): number | null {
        const step = workflow.jobs[job].steps.find((one) => one.name === name);
        assert.ok(step?.run, `there is no step ${name}`);
        const script = path.join(folder, "step.sh");
        fs.writeFileSync(script, step.run);
        const { status, stderr } = spawnSync(
            "bash",
            ["--noprofile", "--norc", "-eo", "pipefail", script],
            {
                cwd: folder,
                encoding: "utf8",
                env: {
                    PATH: [folder, path.dirname(process.execPath), process.env["PATH"]].join(":"),
                    STACK: "prod",
                    PULL_REQUEST: "7",
                },
            },
        );
        assert.doesNotMatch(stderr, /syntax|not found/);
        return status;
    }

    const main = path.join(repository, "bin", "components", "cli", "main.js");
    const read = (name: string) => fs.readFileSync(path.join(folder, name), "utf8");

    it("comments a preview that is refused, and fails", () => {
        const verdict = path.join(folder, "told.json");
        fs.writeFileSync(verdict, JSON.stringify(reportOf(sampleEvidence()).verdict));
        program(
            "pulumi",
            `if [ "$1" = preview ]; then echo 'error: refused. Run \`pulumi up\`.' >&2; exit 255; fi\ncat ${verdict}`,
        );
        program("npx", `shift; exec node ${main} "$@"`);
        program("gh", "");
        assert.equal(runStep("preview", "Preview"), 255);
        assert.equal(runStep("preview", "Comment"), 0);
        const comment = read("comment.md");
        assert.match(comment, /^### ShadowFlinkJob: ❌ fail\n/);
        assert.match(comment, /```text\nerror: refused\. Run `pulumi up`\.\n```/);
        assert.deepEqual(read("calls").trim().split("\n"), [
            "pulumi preview --stack prod --non-interactive --color never",
            "pulumi stack output verdict --json --stack prod",
            "npx shadow-flink comment --preview preview.txt",
            "gh pr comment 7 --edit-last --create-if-none --body-file comment.md",
        ]);
    });

    it("comments a stack that has no verdict yet", () => {
        program("pulumi", 'if [ "$1" = preview ]; then echo "+ 9 to create"; exit; fi\nexit 1');
        program("npx", `shift; exec node ${main} "$@"`);
        program("gh", "");
        assert.equal(runStep("preview", "Preview"), 0);
        assert.equal(runStep("preview", "Comment"), 0);
        assert.match(read("comment.md"), /^### ShadowFlinkJob: no verdict yet\n/);
    });

    it("comments in any case, cancels no update, and hands no untrusted text to a shell", () => {
        const comment = workflow.jobs.preview.steps.find(({ name }) => name === "Comment");
        assert.equal(comment?.if, "always()");
        assert.equal(workflow.concurrency["cancel-in-progress"], false);
        const scripts = Object.values(workflow.jobs).flatMap(({ steps }) =>
            steps.flatMap(({ run }) => run ?? []),
        );
        assert.deepEqual(
            scripts.filter((script) => script.includes("${{")),
            [],
        );
    });

    it("updates without asking", () => {
        program("pulumi", "exit 3");
        assert.equal(runStep("up", "Up"), 3);
        assert.equal(
            read("calls").trim(),
            "pulumi up --stack prod --yes --non-interactive --color never",
        );
    });
});
