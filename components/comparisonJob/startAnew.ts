/** What a user does about a job of a comparison that cannot go on. */
export const startAnew =
    "Start the comparison anew with another number as compare.flink.attempt: a new job, a new evidence topic.";
