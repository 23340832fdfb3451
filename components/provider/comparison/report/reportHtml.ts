import { aggregatesSection } from "./aggregatesSection.js";
import { fieldsSection } from "./fieldsSection.js";
import { findingsSection } from "./findingsSection.js";
import { jobSection } from "./jobSection.js";
import { leftOutSection, noiseSection } from "./leftOutSection.js";
import { html, joined, Markup } from "./markup.js";
import { metricsSection } from "./metricsSection.js";
import { reportVersion, withoutPayload, type Report } from "./report.js";
import { samplesSection } from "./samplesSection.js";
import { schemasSection } from "./schemasSection.js";
import { settingsSection } from "./settingsSection.js";
import { style } from "./style.js";
import { timeSection } from "./timeSection.js";
import { verdictSection } from "./verdictSection.js";
import { windowsSection } from "./windowsSection.js";

/** Nothing is loaded and nothing is run, whatever stands in the page. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const sections = [
    ["findings", "Findings", findingsSection],
    ["windows", "Windows", windowsSection],
    ["fields", "Fields and null rates", fieldsSection],
    ["aggregates", "Aggregates", aggregatesSection],
    ["identities", "Differing identities", samplesSection],
    ["noise", "Noise", noiseSection],
    ["time", "Disorder and watermarks", timeSection],
    ["jobs", "Job health", jobSection],
    ["metrics", "Business metrics", metricsSection],
    ["schemas", "Schemas", schemasSection],
    ["left-out", "Left out", leftOutSection],
    ["settings", "Settings", settingsSection],
] as const;

/**
 * The report for people: one HTML file without scripts that loads nothing. Pure: the same look gives the same bytes.
 * Tables that would be too long are cut and say so; {@link reportJson} has everything.
 */
export function reportHtml(given: Report): string {
    const report = withoutPayload(given);
    const { outcome, candidate, incumbent, comparedAt } = report.verdict;
    const shown = sections.flatMap(([id, title, section]) => {
        const content = section(report);
        return content === null ? [] : [{ id, title, content }];
    });
    const links = shown.map(({ id, title }) => html`<a href="#${id}">${title}</a>`);
    return html`<!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="referrer" content="no-referrer" />
                <title>${outcome}: ${candidate} beside ${incumbent}, ${comparedAt}</title>
                <style>
                    ${new Markup(style)}
                </style>
            </head>
            <body>
                ${verdictSection(report)}
                <main>
                    <nav aria-label="Contents">${joined(links, "\n")}</nav>
                    ${joined(
                        shown.map(({ content }) => content),
                        "\n",
                    )}
                </main>
                <footer>
                    <p>
                        Report version ${String(reportVersion)}. No script, nothing loaded; times
                        are UTC. The JSON file beside this one has the same in full.
                    </p>
                </footer>
            </body>
        </html> `.text;
}
