import type { Evidence, VersionEvidence } from "../evidence.js";
import type { Rule } from "./rule.js";
import { number, several, time } from "./wording.js";

/** A candidate that has stopped writes nothing wrong any more: how far its event time is behind the incumbent's. */
export const watermarks: Rule = {
    name: "watermarks",
    settings: ({ rules }) => rules.watermarks,
    needsEveryRecord: true,
    examine(evidence, { rules }) {
        const { incumbent, candidate } = evidence;
        // A topic on which nothing was seen is the evidence's own finding.
        if (incumbent.watermark === null || candidate.watermark === null) {
            return [];
        }
        const { maxLagSeconds } = rules.watermarks;
        const behind = incumbent.watermark - candidate.watermark > maxLagSeconds * 1000;
        const at = ({ topic, watermark }: VersionEvidence) =>
            `${topic} has come to ${time(watermark ?? 0)}`;
        return [
            {
                field: null,
                outcome: behind ? "inconclusive" : "pass",
                incumbent: time(incumbent.watermark),
                candidate: time(candidate.watermark),
                n: candidate.records,
                threshold: `${several(maxLagSeconds, "second")} of event time behind the incumbent`,
                sentence: behind
                    ? `The candidate lags more than ${several(maxLagSeconds, "second")} of event time behind ` +
                      `(${at(incumbent)}, ${at(candidate)}): what it says of now is not known.${idle(evidence, maxLagSeconds)}` +
                      `${stalled(candidate)} Does its job run, and keep up?`
                    : `The candidate is at most ${several(maxLagSeconds, "second")} of event time behind.`,
            },
        ];
    },
};

const mostNamed = 5;

/** Partitions that keep a watermark back: nothing comes on them, or nothing new. */
function idle({ incumbent, candidate }: Evidence, maxLagSeconds: number): string {
    const since = (incumbent.watermark ?? 0) - maxLagSeconds * 1000;
    const behind = candidate.partitions
        .filter(({ watermark }) => watermark === null || watermark < since)
        .map(({ partition, watermark }) =>
            watermark === null
                ? `partition ${partition} is empty`
                : `partition ${partition} is idle since ${time(watermark)}`,
        );
    if (behind.length === 0) {
        return "";
    }
    const more = behind.length - mostNamed;
    const named = behind.slice(0, mostNamed).join(", ");
    return ` On ${candidate.topic}, ${named}${more > 0 ? ` and ${number(more)} more` : ""}.`;
}

function stalled({ job }: VersionEvidence): string {
    return job === null || job.watermark === null
        ? ""
        : ` Its job's watermark stalled at ${time(job.watermark)}.`;
}
