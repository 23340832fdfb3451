import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Evidence } from "../../../components/provider/comparison/evidence.js";
import { reportHtml } from "../../../components/provider/comparison/report/reportHtml.js";
import { hostileReport, hostileTexts } from "./hostile.js";
import { attribute, Page, textOf } from "./page.js";
import { aggregateOf, fieldOf, reportOf, sampleEvidence, windowOf } from "./sample.js";

const pageOf = (changes: Partial<Evidence> = {}) =>
    new Page(reportHtml(reportOf({ ...sampleEvidence(), ...changes })));

const quiet: Partial<Evidence> = {
    windows: [windowOf(0), windowOf(1), windowOf(2)],
    fields: [fieldOf("origin")],
    aggregates: [],
    metrics: [],
    schemas: [],
    samples: [],
    comparedOnDisk: 0,
    leftOut: [],
};

describe("the report as a page", function () {
    this.timeout(60_000);

    it("says what was decided and why before anything else", () => {
        const page = pageOf();
        const [header] = page.all("header");
        const text = textOf(header!);
        assert.match(text, /✗ Fail v2 does not say the same as v1/);
        assert.match(text, /mean_delay changed its type from number to integer\./);
        assert.match(text, /Missing: 620 of the incumbent's 100,152 records/);
        assert.match(text, /… and \d+ more reasons: see findings/);
        assert.deepEqual(page.table("The two versions").slice(1), [
            ["● v1", "incumbent", "delays", "104,210", "0", "2026-11-24T03:30Z"],
            ["◆ v2", "candidate", "delays-v2", "103,602", "0", "2026-11-24T03:24Z"],
        ]);
        const values = (tag: string) => page.all(tag).map(textOf);
        assert.deepEqual(values("dt"), ["Matched", "Changed", "Missing", "Extra", "Duplicates"]);
        assert.deepEqual(values("dd"), [
            "99,00998.9 % of v1",
            "5230.5 % of pairs",
            "6200.6 % of v1",
            "40.004 % of v2",
            "1420.1 % of both",
        ]);
    });

    it("has a place for everything that was seen", () => {
        const page = pageOf();
        const [nav] = page.all("nav");
        assert.deepEqual(nav!.childNodes.map(textOf).filter(Boolean), [
            "Findings",
            "Windows",
            "Fields and null rates",
            "Aggregates",
            "Differing identities",
            "Disorder and watermarks",
            "Job health",
            "Business metrics",
            "Schemas",
            "Left out",
            "Settings",
        ]);
        const ids = page.elements.flatMap((element) => attribute(element, "id") ?? []);
        for (const link of page.all("a")) {
            assert.ok(ids.includes(attribute(link, "href")!.slice(1)), attribute(link, "href"));
        }
        assert.deepEqual(page.table("Records by window")[6], [
            "2026-11-23T07:00Z – 2026-11-23T08:00Z",
            ...["4,941", "4,941", "4,929", "12", "0", "0", "0", "0", "differs"],
        ]);
        assert.deepEqual(page.table("Fields of both versions")[1], [
            ...["gate", "13.2 % (12,600 of 95,300)", "", "string", "string"],
            ...["20.8 %", "21 %", "15.6 %", "28.3 %"],
        ]);
        const aggregates = page.table("Aggregates over all records");
        assert.deepEqual(aggregates[11], ["mean_delay", "sum", "1,084,900", "1,223,424", "+13 %"]);
        assert.deepEqual(aggregates.at(-1), ["mean_delay", "p99", "183.5", "221", "+20 %"]);
        assert.deepEqual(page.table("Order and progress of event time").slice(1), [
            ["● v1", "2026-11-24T03:30Z", "41.2 s", "3 (0.003 %)", "4"],
            ["◆ v2", "2026-11-24T03:24Z", "1.6 min", "41 (0.04 %)", "4"],
        ]);
        assert.match(page.text, /v2 is 6 min behind v1 in event time; v2 may be 4 h behind\./);
        assert.match(page.text, /Nothing was read from partition 3 of delays; 3 of delays-v2\./);
        assert.deepEqual(page.table("Partitions")[1], ["● v1, 3", "0", "–", "–", "idle"]);
        assert.deepEqual(page.table("Job health")[3], ["Restarts", "0", "2"]);
        assert.deepEqual(page.table("Business metrics").slice(1), [
            ["bookings_per_minute", "412.5", "398.25", "−3.5 %", "1 %", ""],
            ["refunds", "3", "–", "–", "", "http://metrics/refunds answers 503."],
        ]);
        assert.equal(page.table("Schemas in the registry")[2]![5], "no");
        assert.equal(page.table("Differing identities").length, 5);
        assert.deepEqual(page.table("Ignored fields")[1], ["updated_at", "processing time"]);
        assert.equal(page.table("Windows that do not count").length, 3);
        assert.match(page.all("pre").map(textOf).join(), /"memoryMiB": 512/);
        assert.match(page.text, /Fingerprint 4f9c0f6c/);
    });

    it("has a row for every finding, with all that it says", () => {
        const report = reportOf();
        const rows = new Page(reportHtml(report)).table("Findings").slice(1);
        assert.equal(rows.length, report.verdict.findings.length);
        report.verdict.findings.forEach(({ rule, severity, sentence, threshold, field }, place) => {
            const [name, outcome, words, of, , , , allowed] = rows[place]!;
            assert.equal(name, rule);
            assert.match(outcome!, new RegExp(`(Fail|Inconclusive|Pass) ?${severity}$`));
            assert.deepEqual([words, of, allowed], [sentence, field ?? "", threshold]);
        });
    });

    it("tells a pass by what it rests on, and no verdict by what is missing", () => {
        const even = (changes: Partial<Evidence>) => {
            const { incumbent, candidate } = sampleEvidence();
            const healthy = { ...candidate, job: incumbent.job, lateRecords: 3 };
            const settled = {
                ...quiet,
                metrics: [
                    {
                        name: "bookings_per_minute",
                        incumbent: 412.5,
                        candidate: 412.5,
                        problem: null,
                    },
                ],
                candidate: healthy,
                fields: [fieldOf("origin", { candidate: fieldOf("origin").incumbent })],
                ...changes,
            };
            return textOf(pageOf(settled).all("header")[0]!);
        };
        const passed = even({});
        assert.match(passed, /✓ Pass v2 says the same as v1/);
        assert.match(passed, /What it rests on/);
        const undecided = even({ gaps: ["delays-v2 was deleted."] });
        assert.match(undecided, /\? Inconclusive Nothing is decided on v2 beside v1 yet/);
        assert.match(undecided, /Why\s*delays-v2 was deleted\. not seen/);
        const early = even({ windows: [] });
        assert.match(early, /No window counts yet/);
    });

    it("sets what a control version differs beside what the candidate does", () => {
        const control = sampleEvidence();
        const page = pageOf({
            control: {
                ...control,
                candidate: { ...control.candidate, version: "v1-again" },
                windows: [windowOf(0, { changed: 40 }), windowOf(1)],
                gaps: ["v1-again was restarted."],
            },
        });
        const [head, changed] = page.table("The control version beside the candidate");
        assert.deepEqual(head, ["Against v1", "v1-again (control)", "◆ v2"]);
        assert.deepEqual(changed, ["Changed, of pairs", "0.5 %", "0.5 %"]);
        assert.match(page.text, /compared in 2 windows\.[^]*v1-again was restarted\./);
    });

    it("says which windows stand for several, and draws them as one of them", () => {
        const page = pageOf({
            windows: [
                { ...windowOf(0), end: windowOf(9).end, windows: 10 },
                windowOf(10, { extra: 1 }),
            ],
        });
        assert.equal(
            page.table("Records by window")[1]![0],
            "2026-11-23T02:00Z – 2026-11-23T12:00Z (10 windows)",
        );
        assert.match(page.text, /10 windows that earlier looks verified are drawn as 1 point\./);
        // 400 records in each of them, beside 3,854 in the other.
        assert.ok(page.all("text").map(textOf).includes("4,000"));
    });

    it("heads every column and row", () => {
        for (const head of pageOf().all("th")) {
            assert.notEqual(textOf(head), "");
            assert.match(attribute(head, "scope")!, /^(col|row)$/);
        }
    });

    it("draws both versions so that they are told apart without colours", () => {
        const page = pageOf();
        const labels = page.elements
            .filter((element) => attribute(element, "role") === "img")
            .map((element) => attribute(element, "aria-label")!);
        assert.equal(labels.length, page.all("svg").length);
        assert.match(labels[0]!, /^Records by window of v1 and v2, from 2026-11-23T02:00Z/);
        assert.match(labels[1]!, /^Share of records without a value by field/);
        assert.match(labels[2]!, /^Quantiles of flights/);
        assert.equal(labels.length, 4);
        const dashed = page.all("path").filter((path) => attribute(path, "stroke-dasharray"));
        assert.ok(dashed.length >= 3, String(dashed.length));
        const kinds = page.all("text").map(textOf);
        for (const kind of ["changed", "missing", "extra", "duplicates"]) {
            assert.ok(kinds.includes(kind), kind);
        }
    });

    it("draws with colours that the page can change for the dark", () => {
        const html = reportHtml(reportOf());
        const dark = /prefers-color-scheme:dark\)\{:root\{([^}]*)\}/.exec(html)![1]!;
        const colours = new Page(html)
            .all("path")
            .flatMap((path) => [
                attribute(path, "fill"),
                // A line without width is not seen.
                attribute(path, "stroke-width") === "0" ? "" : attribute(path, "stroke"),
            ])
            .filter((colour) => colour?.startsWith("#") === true && colour !== "#000");
        assert.ok(colours.length > 20);
        for (const colour of new Set(colours)) {
            const rule = new RegExp(`\\.chart \\[fill="${colour}"\\]\\{fill:var\\((--\\w+)\\)`);
            const name = rule.exec(html)?.[1];
            assert.ok(name !== undefined && dark.includes(`${name}:`), colour);
        }
    });

    it("is well-formed, runs nothing and loads nothing, whatever topics hold", () => {
        const plain = pageOf();
        const found = new Set(plain.tags);
        for (const text of hostileTexts) {
            const report = hostileReport(text);
            const html = reportHtml(report);
            const page = new Page(html);
            assert.deepEqual(page.errors, [], text);
            assert.deepEqual(
                page.tags.filter((tag) => !found.has(tag)),
                [],
                text,
            );
            assert.equal(page.all("style").length, 1, text);
            for (const element of page.elements) {
                for (const { name, value } of element.attrs) {
                    assert.doesNotMatch(name, /^on|^(?:src|srcset|action|xlink:href)$/, text);
                    if (name === "href") {
                        assert.match(value, /^#/, text);
                    }
                }
            }
            // Nothing that hides or reorders text stands in the page, also not as an entity.
            assert.doesNotMatch(page.text, /[\p{C}\p{Zl}\p{Zp}]/u);
            assert.doesNotMatch(html.replaceAll("\n", ""), /[\p{C}\p{Zl}\p{Zp}]|&#(?!39;)/u);
        }
    });

    it("shows hostile texts as they are", () => {
        const [script] = hostileTexts;
        const page = new Page(reportHtml(hostileReport(script!)));
        assert.equal(page.table("The two versions")[1]![2], script);
        assert.deepEqual(page.table("Differing identities")[1]!.slice(0, 1), [script]);
        // The picture too, where it is cut.
        assert.ok(page.all("text").map(textOf).includes("1<script>document.title='ran…"));
        const bidi = new Page(reportHtml(hostileReport("\u202egnp")));
        assert.equal(bidi.table("The two versions")[1]![2], "\\u{202e}gnp");
    });

    it("has a policy that lets nothing in", () => {
        const page = pageOf();
        const policies = page
            .all("meta")
            .filter((meta) => attribute(meta, "http-equiv") === "Content-Security-Policy")
            .map((meta) => attribute(meta, "content"));
        assert.deepEqual(policies, [
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        ]);
        for (const tag of ["script", "link", "img", "iframe", "object", "form", "image", "use"]) {
            assert.equal(page.all(tag).length, 0, tag);
        }
        const [style] = page.all("style").map(textOf);
        assert.doesNotMatch(style!, /@import|url\(/);
    });

    it("shows hashes, also of what was not hashed, unless raw samples are asked for", () => {
        const secret = "jane@example.com";
        const sample = sampleEvidence();
        const evidence: Evidence = {
            ...sample,
            aggregates: sample.aggregates.map((of) =>
                of.group.length === 0 ? of : { ...of, group: [secret] },
            ),
            samples: [
                {
                    kind: "changed",
                    window: 0,
                    identity: secret,
                    fields: [{ field: "gate", incumbent: secret, candidate: null }],
                },
            ],
        };
        const hashed = reportHtml(reportOf(evidence));
        assert.doesNotMatch(hashed, /jane/);
        const raw = new Page(reportHtml(reportOf(evidence, { samples: "raw" })));
        assert.deepEqual(raw.table("Differing identities")[1], [
            ...[secret, "changed", "1970-01-01T00:00Z", `gate: ${secret} → absent`],
        ]);
        assert.match(raw.text, /this report holds payload/);
    });

    it("stays usable with thousands of windows, hundreds of fields and groups", () => {
        const html = reportHtml(
            reportOf({
                ...sampleEvidence(),
                windows: Array.from({ length: 2_000 }, (_, place) =>
                    windowOf(place, place % 100 === 7 ? { changed: 1 } : {}),
                ),
                fields: Array.from({ length: 500 }, (_, place) => fieldOf(`field ${place}`)),
                aggregates: Array.from({ length: 500 }, (_, place) => ({
                    field: "mean_delay",
                    group: [String(place)],
                    incumbent: aggregateOf(1, [1, 2, 3]),
                    candidate: aggregateOf(1 + place, [1, 2, 3]),
                })),
                gaps: Array.from({ length: 500 }, (_, place) => `gap ${place}`),
            }),
        );
        const page = new Page(html);
        assert.ok(html.length < 2_000_000, `${html.length} characters`);
        assert.equal(page.table("Records by window").length, 201);
        assert.equal(page.table("Records by window")[1]!.at(-1), "differs");
        assert.match(page.text, /2,000 windows drawn as 223 points/);
        assert.match(page.text, /… and 1,800 more windows, of which 0 differ\. All of them are/);
        assert.match(page.text, /… and 300 more fields/);
        assert.match(page.text, /… and 400 more groups, of which 399 differ/);
        assert.match(page.text, /… and 450 more gaps/);
        assert.match(page.text, /20 windows of 2,000 differ; those stand first below/);
    });

    it("cuts texts of ten megabytes, and says how long they were", () => {
        const html = reportHtml(hostileReport("<x>\u202e".repeat(2_500_000)));
        assert.ok(html.length < 3_000_000, `${html.length} characters`);
        assert.match(html, /… \(10,000,000 characters\)/);
    });

    it("is the same, byte for byte, for the same look", () => {
        const first = reportHtml(reportOf());
        assert.equal(reportHtml(reportOf()), first);
        fc.assert(
            fc.property(
                fc.array(fc.record({ changed: fc.nat(50), missing: fc.nat(50) }), {
                    maxLength: 20,
                }),
                fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }),
                (windows, names) => {
                    const evidence = () => ({
                        ...sampleEvidence(),
                        windows: windows.map((of, place) => windowOf(place, of)),
                        fields: [...new Set(names)].map((name) => fieldOf(name, { different: 1 })),
                    });
                    const html = reportHtml(reportOf(evidence()));
                    assert.equal(reportHtml(reportOf(evidence())), html);
                    assert.deepEqual(new Page(html).errors, []);
                },
            ),
            { numRuns: 10 },
        );
    });
});
