/** What a policy sees of the pointer of a ShadowFlinkJob, `pulumi-nodejs:dynamic/shadow-flink:Authority`: its inputs. */
export interface Pointer {
    readonly name: string;
    /** The version that the program asks for. */
    readonly authority: string;
    /** Where authority moves from, and by what right; `null` where it stays, absent before shadow-flink 0.1. */
    readonly move?: {
        readonly from: string;
        readonly by: "promotion" | "override" | "rollback";
    } | null;
    /** The newest verdict on the version. */
    readonly verdict: {
        readonly outcome: string;
        readonly candidate: string;
        readonly incumbent: string;
        /** ISO time. */
        readonly comparedAt: string;
        readonly windows: number;
    } | null;
    /** Present where the program gives one for this very version. */
    readonly override: { readonly reason: string; readonly approvedBy: string } | null;
}

export interface FreshPass {
    /** A verdict that is older promotes nothing, whatever `compare.maxVerdictAgeSeconds` of the program allows. */
    readonly maxAgeSeconds: number;
    /** A verdict on fewer windows promotes nothing, whatever `compare.minWindows` of the program allows. */
    readonly minWindows: number;
}

/** What is wrong with a promotion. A rollback is asked for no verdict: it must never wait for anything. */
export function freshPassProblems(
    { name, authority, move, verdict }: Pointer,
    { maxAgeSeconds, minWindows }: FreshPass,
    now: Date,
): string[] {
    if (move === undefined) {
        return [`${name} does not say whether authority moves: its shadow-flink is too old.`];
    }
    if (move?.by !== "promotion") {
        return [];
    }
    const promotion = `${name}: authority would move from ${move.from} to ${authority}`;
    if (verdict?.outcome !== "pass") {
        return [`${promotion}, whose verdict is ${verdict?.outcome ?? "not there"}.`];
    }
    if (verdict.candidate !== authority || verdict.incumbent !== move.from) {
        return [
            `${promotion} on a verdict that compares ${verdict.candidate} with ${verdict.incumbent}.`,
        ];
    }
    const problems: string[] = [];
    const ageSeconds = (now.getTime() - Date.parse(verdict.comparedAt)) / 1000;
    // Not "older": of a time that is none, nothing is known.
    if (!(ageSeconds <= maxAgeSeconds)) {
        problems.push(
            `${promotion} on a verdict of ${verdict.comparedAt}, older than ${maxAgeSeconds} s. ` +
                `Set authority back to ${move.from} and run \`pulumi up\` to compare again.`,
        );
    }
    if (!(verdict.windows >= minWindows)) {
        problems.push(
            `${promotion} on a verdict of ${verdict.windows} windows, fewer than ${minWindows}.`,
        );
    }
    return problems;
}

/** What is wrong with an override, from the moment that it is in the program. */
export function overrideProblems({ name, authority, override }: Pointer, ticket: string): string[] {
    if (override === null || new RegExp(ticket).test(override.reason)) {
        return [];
    }
    return [
        `${name}: the override for ${authority}, approved by ${override.approvedBy}, names no ticket: its reason must ` +
            `match /${ticket}/.`,
    ];
}
