/**
 * The provider half: what the shims of the dynamic resources load and forward to. It runs in the engine's provider
 * process and never imports Pulumi.
 */
export { authority } from "./authority.js";
export { cluster } from "./cluster.js";
export { comparison } from "./comparison.js";
export { comparer } from "./comparer.js";
export { jobStart } from "./jobStart.js";
export { sessionJob } from "./sessionJob.js";
export { start } from "./start.js";
