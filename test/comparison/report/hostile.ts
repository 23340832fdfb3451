import type { Evidence } from "../../../components/provider/comparison/evidence.js";
import type { Report } from "../../../components/provider/comparison/report/report.js";
import { aggregateOf, fieldOf, reportOf, sampleEvidence, windowOf } from "./sample.js";

/** Texts that a page, a picture or a terminal could take for something else than text. */
export const hostileTexts: readonly string[] = [
    "<script>document.title='ran'</script>",
    '"><img src=x onerror="document.title=\'ran\'">',
    "' onmouseover='document.title=1",
    "javascript:document.title='ran'",
    "</style><script>document.title='ran'</script>",
    "</title></svg></text><svg onload=document.title='ran'>",
    "<iframe src='http://127.0.0.1:9/frame'></iframe><base href='http://127.0.0.1:9/'>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css><meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "]]><script>document.title='ran'</script><![CDATA[",
    "<!--<script>",
    "&lt;b&gt; &amp; {{7*7}} ${7*7} {b} {a|rich}",
    "\u001b[2J\u001b[31mred\u0007\r\n\t\u0000",
    "\u202Egnp.exe\u2066\u200B\uFEFF\u2028\u2029",
    "\ud800 alone \udfff",
    "__proto__",
    "=cmd|' /C calc'!A0",
    'zr0-cls-0 id="zr0-c0" url(#zr0-c0)',
];

/** A look in which every text that may come from outside is hostile. */
export function hostileReport(text: string): Report {
    const sample = sampleEvidence();
    const field = (place: number) => `${place} ${text}`;
    const evidence: Evidence = {
        ...sample,
        incumbent: { ...sample.incumbent, version: `1${text}`, topic: text },
        candidate: {
            ...sample.candidate,
            version: `2${text}`,
            topic: text,
            job: { ...sample.candidate.job!, status: text, exception: text, problem: text },
        },
        windows: [windowOf(0), windowOf(1, { changed: 3 })],
        fields: [
            fieldOf(field(0), { different: 3, ignored: null }),
            fieldOf(field(1), { compared: 0, ignored: text }),
            fieldOf(field(2), {
                candidate: { present: 1, nulls: 9, absent: 1, types: { [text]: 1 } },
            }),
        ],
        aggregates: [
            {
                field: field(0),
                group: [],
                incumbent: aggregateOf(1, [1, 2, 3]),
                candidate: aggregateOf(2, [2, 3, 4]),
            },
            {
                field: field(0),
                group: [text],
                incumbent: aggregateOf(1, [1, 2, 3]),
                candidate: aggregateOf(2, [2, 3, 4]),
            },
        ],
        metrics: [{ name: text, incumbent: null, candidate: null, problem: text }],
        schemas: [
            {
                part: "value",
                id: 1,
                subject: text,
                version: 1,
                incumbentRecords: 1,
                candidateRecords: 1,
                compatible: false,
                message: text,
            },
        ],
        gaps: [text],
        samples: [
            {
                kind: "changed",
                window: 0,
                identity: text,
                fields: [{ field: field(0), incumbent: text, candidate: text }],
            },
        ],
    };
    return reportOf(evidence, { samples: "raw" });
}
