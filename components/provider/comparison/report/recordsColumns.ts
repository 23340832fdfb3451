import type { Verdict } from "../verdict.js";
import type { Column } from "./table.js";

/** How many records of each version a row is about. */
interface Records {
    readonly incumbentRecords: number;
    readonly candidateRecords: number;
}

/** A column for either version. */
export function recordsColumns({ incumbent, candidate }: Verdict): Column<Records>[] {
    return [
        {
            title: `Records, ${incumbent}`,
            kind: "figure",
            side: "incumbent",
            cell: (of) => of.incumbentRecords,
        },
        {
            title: `Records, ${candidate}`,
            kind: "figure",
            side: "candidate",
            cell: (of) => of.candidateRecords,
        },
    ];
}
