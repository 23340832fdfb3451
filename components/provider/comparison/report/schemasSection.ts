import { cut, html, type Markup } from "./markup.js";
import { recordsColumns } from "./recordsColumns.js";
import type { Report } from "./report.js";
import { table } from "./table.js";

/** The schemas that records were written with; `null` without a registry. */
export function schemasSection({ evidence, settings, verdict }: Report): Markup | null {
    if (evidence.schemas.length === 0) {
        return null;
    }
    const asked = settings.rules.schema.compatibility;
    return html`<section>
        <h2 id="schemas">Schemas</h2>
        <p class="quiet">
            ${asked === "none" ? "Compatibility is not asked for." : `Asked for: ${asked} compatibility with the incumbent's newest schema.`}
        </p>
        ${table({
            caption: "Schemas in the registry",
            noun: "schema",
            rows: evidence.schemas,
            stands: ({ compatible }) => compatible === false,
            columns: [
                {
                    title: "Subject",
                    kind: "name",
                    cell: ({ subject, version }) =>
                        html`<code>${cut(subject ?? "unknown", 120)}</code
                            >${version === null ? "" : ` version ${version}`}`,
                },
                { title: "Id", kind: "figure", cell: ({ id }) => String(id) },
                { title: "Part", cell: ({ part }) => part },
                ...recordsColumns(verdict),
                {
                    title: "Compatible",
                    cell: ({ compatible }) =>
                        compatible === null ? "not asked" : compatible ? "yes" : "no",
                },
                { title: "What the registry says", cell: ({ message }) => message },
            ],
        })}
    </section>`;
}
