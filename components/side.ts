/** The two versions that are compared, in the order in which everything names them. */
export const sides = ["incumbent", "candidate"] as const;

/** One of the two versions that are compared. */
export type Side = (typeof sides)[number];
