export type { CanaryTopicArgs } from "./canaryTopic.js";
export type { CompareArgs, FieldTolerance, Format, RegistryArgs } from "./compare.js";
export type { MetricArgs } from "./compareMetrics.js";
export type {
    AggregateArgs,
    AggregateTolerance,
    Compatibility,
    RuleArgs,
    RuleThresholds,
    Severity,
} from "./compareRules.js";
export type { ComparisonNames } from "./comparisonJob/operatorComparison.js";
export type { AlignmentArgs, ConsumerArgs } from "./cutoverArguments.js";
export { existingJob, type ExistingJob, type ExistingJobArgs } from "./jobs/existing.js";
export {
    flinkDeployment,
    flinkSessionJob,
    type FlinkDeployment,
    type FlinkDeploymentOptions,
    type FlinkSessionJob,
    type OperatorJobOptions,
} from "./jobs/flinkDeployment.js";
export type {
    FlinkConfiguration,
    FlinkDeploymentSpec,
    FlinkResource,
    FlinkSessionJobSpec,
    JobManagerSpec,
    OperatorJobSpec,
} from "./jobs/flinkSpec.js";
export type { DeploymentReference } from "./jobs/liveDeployment.js";
export { jarJob, type JarJob, type JarJobArgs, type JarJobOptions } from "./jobs/jarJob.js";
export { sqlJob, type SqlJob, type SqlJobArgs } from "./jobs/sessionJob.js";
export type { CredentialSourceArgs, KafkaArgs, SaslArgs, TlsArgs } from "./kafkaArguments.js";
export type { PermissionArgs } from "./permissions.js";
export type { Evidence } from "./provider/comparison/evidence.js";
export type { Finding, Outcome, Verdict } from "./provider/comparison/verdict.js";
export type { RoutingRecord, Tenure } from "./provider/cutover/routingRecord.js";
export type { QuotaArgs } from "./quota.js";
export type { RetireArgs } from "./retirement.js";
export type { RoutingConfigMapArgs } from "./routingConfigMap.js";
export { routingGuard } from "./routingGuard.js";
export type { Role } from "./roles.js";
export {
    ShadowFlinkJob,
    type ConsumerOutput,
    type OverrideArgs,
    type ShadowFlinkJobArgs,
    type VersionOutput,
} from "./shadowFlinkJob.js";
export type { StartArgs, StartOptions, StartPosition } from "./startPosition.js";
export type { HandedNames, NameOverrides, VersionNames } from "./versions.js";
