import { ink } from "./chart.js";

/** The colours of the page by name; the charts' own are the first six of them. */
const light: Readonly<Record<string, string>> = {
    ...ink,
    page: "#ffffff",
    panel: "#f6f8fa",
    pass: "#19713b",
    fail: ink.differs,
    inconclusive: "#8a5a00",
};

const dark: Readonly<Record<string, string>> = {
    incumbent: "#6cb0ff",
    candidate: "#ffa657",
    differs: "#ff7b72",
    text: "#a3adb8",
    strong: "#e9edf2",
    line: "#353c45",
    page: "#0f1318",
    panel: "#181e25",
    pass: "#5fd08a",
    fail: "#ff7b72",
    inconclusive: "#e3b341",
};

const variables = (colours: Readonly<Record<string, string>>): string =>
    Object.entries(colours)
        .map(([name, colour]) => `--${name}:${colour};`)
        .join("");

/** A colour that a chart was drawn with becomes the page's colour of that name. */
const chartColours = Object.entries(ink)
    .map(
        ([name, colour]) =>
            `.chart [fill="${colour}"]{fill:var(--${name})}.chart [stroke="${colour}"]{stroke:var(--${name})}`,
    )
    .join("\n");

/** The whole style of the page; nothing is loaded from elsewhere. */
export const style = `
:root{color-scheme:light dark;${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
@media print{:root{color-scheme:light;${variables(light)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--page);color:var(--strong);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header,footer{max-width:1200px;margin:0 auto;padding:0 24px}
header{padding-top:28px}
.eyebrow{margin:0;color:var(--text);font-size:13px}
h1{display:flex;flex-wrap:wrap;gap:12px 16px;align-items:center;margin:8px 0 6px;font-size:27px;line-height:1.2;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:44px 0 10px;padding-top:14px;border-top:1px solid var(--line);font-size:19px;font-weight:650}
h3{margin:24px 0 8px;font-size:15px;font-weight:650}
p{margin:8px 0;max-width:80ch;overflow-wrap:anywhere}
a{color:inherit}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.outcome{padding:3px 14px 4px;border-radius:8px;color:var(--page);font-size:21px;letter-spacing:.03em;white-space:nowrap}
.outcome.pass{background:var(--pass)}.outcome.fail{background:var(--fail)}.outcome.inconclusive{background:var(--inconclusive)}
.of.pass{color:var(--pass)}.of.fail{color:var(--fail)}.of.inconclusive{color:var(--inconclusive)}
.of{font-weight:650;white-space:nowrap}
.lede{color:var(--text)}
.why{margin:18px 0;padding:14px 20px;border-left:4px solid var(--line);background:var(--panel);border-radius:0 8px 8px 0}
.why.fail{border-color:var(--fail)}.why.inconclusive{border-color:var(--inconclusive)}.why.pass{border-color:var(--pass)}
.why h2{margin:0 0 6px;padding:0;border:0;font-size:15px}
.why ul{margin:0;padding-left:20px}.why li{margin:4px 0;overflow-wrap:anywhere}.why li::marker{color:var(--text)}
.rule{color:var(--text);font-size:13px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(122px,1fr));gap:10px;margin:18px 0}
.tiles>div{padding:10px 14px;border:1px solid var(--line);border-radius:8px}
.tiles dt{color:var(--text);font-size:12.5px}.tiles dd{margin:0;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles small{display:block;color:var(--text);font-size:12.5px;font-weight:400}
.tiles .bad dd{color:var(--fail)}
nav{margin:18px 0 0;color:var(--text);font-size:13px;line-height:2}
nav a{margin-right:14px;white-space:nowrap}
dl{margin:10px 0}
.scroll{margin:10px 0;overflow-x:auto}
.scroll:focus-visible{outline:2px solid var(--incumbent);outline-offset:2px}
table{width:100%;border-collapse:collapse;font-size:13.5px}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;unicode-bidi:isolate;overflow:hidden}
thead th{color:var(--text);font-size:12.5px;font-weight:600;vertical-align:bottom;white-space:nowrap}
tbody th{font-weight:600;overflow-wrap:anywhere;min-width:9.5em;max-width:24em}tbody th .quiet{font-weight:400}
td.text{overflow-wrap:break-word;min-width:6em;max-width:26em}
td.sentence{overflow-wrap:anywhere;min-width:24em}
td.text:has(>code){min-width:10em}
.figure{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.wrap{display:inline-block;max-width:12em;white-space:normal;overflow-wrap:anywhere}
tr.stands>:first-child{box-shadow:inset 3px 0 var(--differs)}
.mark.incumbent{color:var(--incumbent)}.mark.candidate{color:var(--candidate)}
.bar{display:inline-block;height:8px;margin-right:8px;border-radius:2px;background:var(--differs);vertical-align:middle}
.quiet{color:var(--text)}
.more,figcaption{color:var(--text);font-size:13px}
figure{margin:14px 0}
.chart svg{display:block;width:100%;height:auto}
.multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(290px,1fr));gap:8px 24px}
details{margin:12px 0}summary{cursor:pointer;color:var(--text)}
pre{margin:10px 0;padding:14px 18px;border-radius:8px;background:var(--panel);white-space:pre-wrap}
footer{margin-top:44px;padding-bottom:40px;color:var(--text);font-size:13px}
${chartColours}
@media print{
body{font-size:11px}main,header,footer{max-width:none;padding:0}nav{display:none}
.scroll{overflow:visible}table{font-size:9.5px}thead{display:table-header-group}tr,figure,.tiles>div{break-inside:avoid}
h2,h3{break-after:avoid}details::details-content{content-visibility:visible;block-size:auto}
.outcome{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`;
