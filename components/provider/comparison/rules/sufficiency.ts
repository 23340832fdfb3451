import type { CompareSettings } from "../../../compare.js";
import type { Evidence, VersionEvidence } from "../evidence.js";
import { totalsOf, type Found, type Rule } from "./rule.js";
import { number, recordOf, several, time } from "./wording.js";

/** Whether there is enough to judge at all. No evidence is never a pass. */
export const sufficiency: Rule = {
    name: "evidence",
    settings: () => ({ severity: "required", minRecords: 0 }),
    needsEveryRecord: false,
    examine(evidence, settings) {
        const { minWindows, minRecords } = settings;
        const windows = windowsOf(evidence);
        const noun = recordOf(settings);
        const { incumbentSampled, candidateSampled } = totalsOf(evidence.windows);
        const found: Omit<Found, "outcome" | "sentence"> = {
            field: null,
            incumbent: incumbentSampled,
            candidate: candidateSampled,
            n: incumbentSampled,
            threshold: `at least ${several(minWindows, "window")} with ${several(minRecords, noun)}`,
        };
        const have = `${several(windows, "finished window")} with ${several(incumbentSampled, noun)} of the incumbent`;
        return [
            isEnough(evidence, settings)
                ? { ...found, outcome: "pass", sentence: `There is enough to judge: ${have}.` }
                : {
                      ...found,
                      outcome: "inconclusive",
                      sentence:
                          silence(evidence) ??
                          `There is not enough to judge yet: ${have}, of ${number(minWindows)} and ` +
                              `${number(minRecords)} needed${progress(evidence)}. Look again later, or ` +
                              "raise compare.waitSeconds.",
                  },
        ];
    },
};

/** Whether there is as much as the settings ask for. */
export function isEnough(evidence: Evidence, settings: CompareSettings): boolean {
    const { incumbentSampled } = totalsOf(evidence.windows);
    return windowsOf(evidence) >= settings.minWindows && incumbentSampled >= settings.minRecords;
}

function windowsOf({ windows }: Evidence): number {
    return totalsOf(windows.filter((window) => window.incumbentSampled > 0)).windows;
}

function silence({ incumbent, candidate }: Evidence): string | undefined {
    const silent = [incumbent, candidate].filter((version) => version.records === 0);
    if (silent.length === 2) {
        return `Neither version has written anything since the look began (${incumbent.topic}, ${candidate.topic}). Is there traffic, and do both jobs run?`;
    }
    const [only] = silent;
    if (only === undefined) {
        return undefined;
    }
    return only === candidate
        ? `The candidate has written nothing to ${only.topic} yet. Does its job run, and has its first window ended?`
        : `The incumbent has written nothing to ${only.topic} since the look began. Is there traffic, and does its job run?`;
}

function progress({ incumbent, candidate }: Evidence): string {
    const at = ({ topic, watermark }: VersionEvidence) =>
        `${topic} has come to ${watermark === null ? "nothing" : time(watermark)}`;
    return ` (${at(incumbent)}, ${at(candidate)})`;
}
