export type { CompareArgs, FieldTolerance, RuleThresholds } from "./compare.js";
