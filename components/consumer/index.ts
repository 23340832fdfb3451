import { FollowerLoop, type FollowOptions, type Follower } from "./follower.js";

export type { FollowedMessage, Follower, FollowOptions, Move } from "./follower.js";
export type { Source } from "./plan.js";
export type { ReaderConfig } from "./reader.js";

/**
 * Reads the output of a ShadowFlinkJob, wherever it is: from the topic of the version that holds authority, and
 * through every move to another one, in both directions. A move is not noticed by the handler: the old topic is
 * finished up to the offsets at which it was handed over, then the new one is taken up where its counterpart ends.
 * At least once: nothing is skipped, also where the application was down during one or several moves; records may
 * be repeated around a move (at most as many as the routing record says) and after a crash.
 */
export function follow(options: FollowOptions): Follower {
    return new FollowerLoop(options);
}
