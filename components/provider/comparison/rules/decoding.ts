import type { VersionEvidence } from "../evidence.js";
import { shareOf, type Rule } from "./rule.js";
import { number, several } from "./wording.js";

/**
 * Records that cannot be decoded on the candidate's side only, or more often. What they say is not known either way, so a
 * gap stands beside this.
 */
export const decoding: Rule = {
    name: "decoding",
    settings: ({ rules }) => rules.decoding,
    // An unreadable record was read; records that were not cannot make it readable.
    needsEveryRecord: false,
    examine({ incumbent, candidate }) {
        if (candidate.records === 0 && candidate.unreadable === 0) {
            return [];
        }
        const more = share(candidate) > share(incumbent);
        return [
            {
                field: null,
                outcome: more ? "fail" : "pass",
                incumbent: incumbent.unreadable,
                candidate: candidate.unreadable,
                n: read(candidate),
                threshold: "no larger share than the incumbent's",
                sentence: more
                    ? `${number(candidate.unreadable)} of ${several(read(candidate), "record")} on ${candidate.topic} cannot ` +
                      `be decoded, and ${incumbent.unreadable === 0 ? "none" : `${number(incumbent.unreadable)} of ${number(read(incumbent))}`} ` +
                      `on ${incumbent.topic}.`
                    : `The candidate's records can be decoded as well as the incumbent's.`,
            },
        ];
    },
};

const read = ({ records, unreadable }: VersionEvidence) => Math.max(records, unreadable);
const share = (version: VersionEvidence) => shareOf(version.unreadable, read(version));
