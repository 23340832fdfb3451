import type { Sample } from "../evidence.js";
import { number, time } from "../rules/wording.js";
import { cut, html, joined, type Markup } from "./markup.js";
import type { Report } from "./report.js";
import { table } from "./table.js";

const kinds: Readonly<Record<Sample["kind"], string>> = {
    changed: "changed",
    missing: "missing from the candidate",
    extra: "only the candidate's",
    duplicated: "duplicated",
};

const mostFields = 12;

/** The first differing identities of every kind. */
export function samplesSection({ evidence, settings }: Report): Markup {
    const { samples } = evidence;
    const raw = settings.samples === "raw";
    return html`<section>
        <h2 id="identities">Differing identities</h2>
        <p class="quiet">
            ${
                raw
                    ? "The first of every kind in order of event time, with their values: this report holds payload."
                    : 'The first of every kind in order of event time, as hashes: the first 12 hex digits of the SHA-256 of the identity. With compare.samples: "raw", identities and values stand here.'
            }
        </p>
        ${
            samples.length === 0
                ? html`<p>
                      None: every identity of one version has its equal counterpart in the other.
                  </p>`
                : table({
                      caption: "Differing identities",
                      noun: "identity",
                      rows: samples,
                      columns: [
                          {
                              title: settings.identity.join(", "),
                              kind: "name",
                              cell: ({ identity }) => html`<code>${cut(identity, 200)}</code>`,
                          },
                          { title: "Kind", cell: ({ kind }) => kinds[kind] },
                          { title: "Window", cell: ({ window }) => time(window) },
                          {
                              title: raw ? "Field: incumbent → candidate" : "Differing fields",
                              cell: (sample) => fields(sample, raw),
                          },
                      ],
                  })
        }
    </section>`;
}

function fields({ fields: all }: Sample, raw: boolean): Markup {
    const shown = all
        .slice(0, mostFields)
        .map(({ field, incumbent, candidate }) =>
            raw
                ? html`<div>
                      <code>${cut(field, 120)}</code>: ${value(incumbent)} → ${value(candidate)}
                  </div>`
                : html`<div><code>${cut(field, 120)}</code></div>`,
        );
    const rest = all.length - shown.length;
    return html`${joined(shown)}${rest > 0 ? html`<div class="quiet">… and ${number(rest)} more</div>` : null}`;
}

function value(text: string | null): Markup {
    return text === null
        ? html`<span class="quiet">absent</span>`
        : html`<code>${cut(text, 200)}</code>`;
}
