/** What the sketches of aggregates are made of, on either engine. */

/** Distinct numbers that are counted one by one; of more, so many smallest hashes are kept. */
export const keptHashes = 1_024;

/** Relative error of a quantile. */
const accuracy = 0.01;
const gamma = (1 + accuracy) / (1 - accuracy);
const logGamma = Math.log(gamma);
/** Numbers closer to zero than this are zero to a quantile. */
const smallest = 1e-12;

/** A number of the size `s` is in the bucket `⌈ln s / ln gamma⌉ - firstIndex + 1`: that of the smallest size is the first. */
export const aggregateBuckets = {
    gamma,
    logGamma,
    smallest,
    firstIndex: Math.ceil(Math.log(smallest) / logGamma),
};
