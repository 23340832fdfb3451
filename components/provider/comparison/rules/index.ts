import { aggregates } from "./aggregates.js";
import { counts } from "./counts.js";
import { decoding } from "./decoding.js";
import { jobHealth } from "./jobHealth.js";
import { keyCoverage } from "./keyCoverage.js";
import { lateness } from "./lateness.js";
import { metrics } from "./metrics.js";
import { nullRates } from "./nullRates.js";
import type { Rule } from "./rule.js";
import { schema } from "./schema.js";
import { sufficiency } from "./sufficiency.js";
import { values } from "./values.js";
import { watermarks } from "./watermarks.js";

/** All rules, in the order in which their findings are shown. */
export const rules: readonly Rule[] = [
    sufficiency,
    watermarks,
    decoding,
    schema,
    keyCoverage,
    values,
    nullRates,
    counts,
    aggregates,
    lateness,
    metrics,
    jobHealth,
];
