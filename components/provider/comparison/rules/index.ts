import { counts } from "./counts.js";
import { keyCoverage } from "./keyCoverage.js";
import { nullRates } from "./nullRates.js";
import type { Rule } from "./rule.js";
import { schema } from "./schema.js";
import { sufficiency } from "./sufficiency.js";
import { values } from "./values.js";

/** All rules, in the order in which their findings are shown. */
export const rules: readonly Rule[] = [sufficiency, schema, keyCoverage, values, nullRates, counts];
