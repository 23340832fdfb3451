import { rollbackTargets } from "../roles.js";
import type { RoutingRecord } from "./cutover/routingRecord.js";
import { viewOf } from "./cutover/view.js";
import type { ClusterInputs } from "./inputs.js";
import type { CheckFailure } from "./verbs.js";

type Known = Partial<Pick<ClusterInputs, "versions" | "protected">>;

/**
 * What the program may not do with the versions that it declared before, said before anything else happens: afterwards
 * the engine would stop at a protected resource, without a word of what to do.
 */
export function declarationProblems(
    olds: Known,
    news: ClusterInputs,
    live: RoutingRecord | undefined,
): CheckFailure[] {
    const failures: CheckFailure[] = [];
    for (const [version, { topic, managed }] of Object.entries(olds.versions ?? {})) {
        const now = news.versions[version];
        const isRead = live !== undefined && reads(live, version);
        if (now === undefined) {
            const reason = removalProblem(olds, version, managed, live);
            if (reason !== undefined) {
                failures.push({ property: "versions", reason: `versions.${version}: ${reason}` });
            }
        } else if (now.topic !== topic && (managed || isRead)) {
            failures.push({
                property: "versions",
                reason:
                    `versions.${version}.topic: was "${topic}" and is "${now.topic}" now. The topic of a version stays: ` +
                    "replacing it would take away what consumers read. Declare a new version with the other topic.",
            });
        }
    }
    return [...failures, ...copyProblems(olds, news)];
}

/** A copy is taken of a job that runs: when a version is declared, that of another one has to be there already. */
function copyProblems({ versions: known = {} }: Known, news: ClusterInputs): CheckFailure[] {
    return Object.entries(news.copies ?? {}).flatMap(([version, source]) => {
        const runs =
            source !== null &&
            (news.versions[source]?.managed === false || Object.hasOwn(known, source));
        // One that was declared before has its copy.
        if (runs || Object.hasOwn(known, version)) {
            return [];
        }
        const why =
            source === null
                ? "there is no job of another version to take one of"
                : `the job of ${source} is declared in the same update, and does not run yet`;
        const wayOut =
            source === null
                ? "Leave `start` out; or, where a FlinkDeployment runs the job today, declare that as existingJob with its " +
                  "`deployment`, and let it hold authority first."
                : `Declare ${version} once ${source} runs, or leave \`start\` out.`;
        return [
            {
                property: "versions",
                reason: `versions.${version}.start: is "savepoint", and ${why}. ${wayOut}`,
            },
        ];
    });
}

/** Changed inputs that are worth an update, so that the next run knows them. */
export function sameDeclarations(olds: Known, news: ClusterInputs): boolean {
    const text = ({ versions = {}, protected: held = [] }: Known) =>
        JSON.stringify([
            Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)),
            [...held].sort(),
        ]);
    return text(olds) === text(news);
}

function removalProblem(
    olds: Known,
    version: string,
    managed: boolean,
    live: RoutingRecord | undefined,
): string | undefined {
    if (live !== undefined && reads(live, version)) {
        return (
            "consumers read its topic, and it is not in `versions` any more. Moving authority away and removing the version " +
            `takes two steps: declare ${version} again and run \`pulumi up\` with authority on another version, then remove it.`
        );
    }
    if (!managed || live?.retired?.includes(version) === true) {
        return undefined;
    }
    const isStandby = live !== undefined && rollbackTargets(live.history).includes(version);
    if (isStandby || olds.protected?.includes(version) === true) {
        const why = isStandby
            ? "a rollback goes back to it"
            : "it is protected, since it or a later one was asked for";
        const also = isStandby
            ? ""
            : " (or, where it never held authority, with authority on a version declared before it)";
        return (
            `${why}, and it is not in \`versions\` any more. Declare it again, name it in \`retire\` and run \`pulumi up\`, which ` +
            `stops its job if nobody reads its topic${also}; then remove it.`
        );
    }
    return undefined;
}

/** Whether any consumer is sent to this version. */
function reads(live: RoutingRecord, version: string): boolean {
    return (
        live.authority === version ||
        live.moving?.version === version ||
        Object.keys(live.consumers).some((name) => viewOf(live, name).version === version)
    );
}
