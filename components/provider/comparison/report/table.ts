import { several } from "../rules/wording.js";
import { html, joined, Markup, type Shown } from "./markup.js";

export interface Column<Row> {
    readonly title: string;
    readonly cell: (row: Row) => Shown;
    /** `name` heads its row, `figure` is aligned as a number, `sentence` gets room to be read. Defaults to `text`. */
    readonly kind?: "name" | "figure" | "sentence" | "text";
    /** Whose value it is; shown as a mark beside the title. */
    readonly side?: "incumbent" | "candidate";
}

export interface TableSpec<Row> {
    /** What the table says, for those who do not see it. */
    readonly caption: string;
    readonly columns: readonly Column<Row>[];
    readonly rows: readonly Row[];
    /** How many rows are shown; what was left out is said below. Defaults to `100`. */
    readonly limit?: number;
    /** What the rows are, in the singular: `window`. */
    readonly noun: string;
    /** Which rows are to be seen first. */
    readonly stands?: (row: Row) => boolean;
    /** What is said of the rows that are left out, behind "and N more windows". */
    readonly rest?: (left: readonly Row[]) => string;
}

/** A table that can be scrolled by itself, by keyboard too; with "and N more" where it would be too long. */
export function table<Row>(spec: TableSpec<Row>): Markup {
    const { caption, columns, rows, limit = 100, noun, stands, rest } = spec;
    const left = rows.slice(limit);
    const head = columns.map(
        ({ title, kind, side }) =>
            html`<th scope="col" class="${kind ?? "text"}">${mark(side)}${title}</th>`,
    );
    const body = rows.slice(0, limit).map((row) => {
        const cells = columns.map(({ cell, kind }) =>
            kind === "name"
                ? html`<th scope="row">${cell(row)}</th>`
                : html`<td class="${kind ?? "text"}">${cell(row)}</td>`,
        );
        return html`<tr${stands?.(row) === true ? new Markup(' class="stands"') : null}>${cells}</tr>
`;
    });
    const more =
        left.length === 0
            ? null
            : html`<p class="more">
                  … and ${several(left.length, `more ${noun}`)}${rest?.(left) ?? ""}. All of them
                  are in the JSON report.
              </p>`;
    return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
            <table>
                <caption>
                    ${caption}
                </caption>
                <thead>
                    <tr>
                        ${head}
                    </tr>
                </thead>
                <tbody>
                    ${body}
                </tbody>
            </table>
        </div>
        ${more}`;
}

/** A shape as well as a colour, since not everybody sees the latter. */
export function mark(side: "incumbent" | "candidate" | undefined): Markup | null {
    return side === undefined
        ? null
        : html`<span class="mark ${side}" aria-hidden="true"
              >${side === "incumbent" ? "●" : "◆"}</span
          > `;
}

/** Terms and what they are. */
export function definitions(entries: readonly (readonly [string, Shown])[]): Markup {
    const rows = entries.map(
        ([term, value]) =>
            html`<div>
                <dt>${term}</dt>
                <dd>${value}</dd>
            </div>`,
    );
    return html`<dl>${joined(rows)}</dl>`;
}
