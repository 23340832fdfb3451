import { several } from "../rules/wording.js";
import { html, joined, type Markup } from "./markup.js";
import type { Report } from "./report.js";

const mostLines = 2_000;

/** By which rules it was judged, and what exactly the verdict is about. */
export function settingsSection({ settings, verdict, evidence }: Report): Markup {
    const lines = JSON.stringify(settings, null, 2).split("\n");
    const shown = lines.slice(0, mostLines).map(line);
    const rest = lines.length - shown.length;
    return html`<section>
        <h2 id="settings">Settings and fingerprint</h2>
        <p>
            Fingerprint <code>${verdict.fingerprint}</code>: another candidate, topic, number of
            partitions or rule has another one, and this verdict does not hold for it.
        </p>
        <p>
            Compared in ${settings.memoryMiB} MiB of memory at most.
            ${several(evidence.comparedOnDisk, "record")} were compared on disk: more slowly, with
            the same result.
        </p>
        <details>
            <summary>Every setting, defaults filled in</summary>
            <pre>${joined(shown, "\n")}${rest > 0 ? "\n…" : ""}</pre>
        </details>
    </section>`;
}

/** A line of indented JSON; its first spaces are the only ones that mean something. */
function line(text: string): Markup {
    return html`${text}`;
}
