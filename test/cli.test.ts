import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseCompare, type CompareRequest } from "../components/cli/compareArguments.js";

const minimal = [
    ...["--bootstrap-servers", "a:9092", "--incumbent", "delays", "--candidate", "delays-v2"],
    ...["--identity", "origin", "--window-seconds", "60"],
];

function requestOf(...args: string[]): CompareRequest {
    const parsed = parseCompare([...minimal, ...args]);
    assert.equal(parsed.kind, "compare", JSON.stringify(parsed));
    return parsed.kind === "compare" ? parsed.request : assert.fail();
}

function problemsOf(...args: string[]): readonly string[] {
    const parsed = parseCompare(args);
    return parsed.kind === "wrong" ? parsed.problems : [];
}

describe("the arguments of shadow-flink compare", () => {
    let directory: string;
    before(() => {
        directory = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-arguments-"));
    });
    after(() => {
        fs.rmSync(directory, { recursive: true, force: true });
    });

    const file = (text: string) => {
        const name = path.join(directory, "compare.json");
        fs.writeFileSync(name, text);
        return name;
    };

    it("get their defaults, which wait for nothing", () => {
        const request = requestOf();
        const { settings, ...rest } = request;
        assert.deepEqual(rest, {
            bootstrapServers: ["a:9092"],
            incumbent: "delays",
            candidate: "delays-v2",
            from: "earliest",
            to: "latest",
            json: false,
        });
        assert.deepEqual(settings.identity, ["origin"]);
        assert.equal(settings.windowSeconds, 60);
        assert.equal(settings.eventTime, null);
        assert.equal(settings.waitSeconds, 0);
        assert.equal(settings.report, null);
    });

    it("are taken from the file, and from flags before it", () => {
        const settings = file(
            '\ufeff{"identity": ["x"], "windowSeconds": 5, "eventTime": "t", "waitSeconds": 7, "minWindows": 9}',
        );
        const request = requestOf(
            ...["--settings", settings, "--report=out", "--json", "--event-time", "$key.at"],
            ...["--from", "2026-11-23", "--to", "2026-11-23T04:00:00.5+01:00"],
        );
        assert.deepEqual(request.settings.identity, ["origin"]);
        assert.equal(request.settings.windowSeconds, 60);
        assert.equal(request.settings.eventTime, "$key.at");
        assert.equal(request.settings.waitSeconds, 7);
        assert.equal(request.settings.minWindows, 9);
        assert.equal(request.settings.report, "out");
        assert.equal(request.json, true);
        assert.equal(request.from, Date.UTC(2026, 10, 23));
        assert.equal(request.to, Date.UTC(2026, 10, 23, 3, 0, 0, 500));
    });

    it("are all reported when they are wrong", () => {
        const settings = file('{"minWindow": 3, "control": "v0", "windowSeconds": 60}');
        assert.deepEqual(
            problemsOf(
                ...[
                    "--bootstrap-servers",
                    "a,b:99999",
                    "--candidat",
                    "x",
                    "y",
                    "--settings",
                    settings,
                ],
                ...["--from", "yesterday", "--to", "2026-11-23T04:00", "--json=1", "--report"],
            ),
            [
                "--candidat is not an option; see --help.",
                '"x" belongs to no option.',
                '"y" belongs to no option.',
                "--json takes no value.",
                "--report needs a value.",
                '--bootstrap-servers has "a"; give host:port, localhost:9092 say.',
                '--bootstrap-servers has "b:99999"; give host:port, localhost:9092 say.',
                "--incumbent is missing; name the topic that is right by definition.",
                "--candidate is missing; name the topic that is to say the same.",
                '--from is "yesterday"; give earliest, latest or a time with its zone, 2026-11-23T04:00Z say.',
                '--to is "2026-11-23T04:00"; give latest or a time with its zone, 2026-11-23T04:00Z say.',
                "compare.minWindow is not an argument; did you mean minWindows?",
                'compare.identity (--identity) is missing; name the fields that make a record the counterpart of another, ["origin", "window_start"] say.',
                'compare.report (--report) is ""; name a directory to write reports to.',
                "compare.control names a version of a stack, of which there is none here; remove it from --settings.",
            ],
        );
    });

    it("are refused one by one", () => {
        const rows: [RegExp, ...string[]][] = [
            [/^--candidate is "delays" as well as --incumbent/, "--candidate", "delays"],
            [/^--identity is given twice/, "--identity", "x"],
            [
                /^--to 2026-01-01 is not after --from 2026-01-01/,
                "--from=2026-01-01",
                "--to=2026-01-01",
            ],
            [/^--from is "2026-13-01"/, "--from", "2026-13-01"],
            [/^--to is "earliest"/, "--to", "earliest"],
            [/^--settings .*none\.json cannot be read: ENOENT/, "--settings", "none.json"],
            [/^--settings .* is not JSON: /, "--settings", file("{")],
        ];
        for (const [expected, ...args] of rows) {
            const first = args[0]!;
            const base =
                first === "--candidate" ? minimal.filter((_, i) => i < 4 || i > 5) : minimal;
            assert.match(problemsOf(...base, ...args).join("\n"), expected);
        }
        assert.match(problemsOf(...minimal, "--settings", file("[]")).join(), /holds an array/);
        const asJob = file('{"engine": "flink", "flink": {"fields": ["origin"]}}');
        assert.match(
            problemsOf(...minimal, "--settings", asJob).join(),
            /compare\.engine is "flink", whose job only a stack declares/,
        );
    });

    it("give way to --help, whatever else is wrong", () => {
        assert.deepEqual(parseCompare(["--nonsense", "-h"]), { kind: "help" });
    });
});
