import type { PodGroup } from "../provider/inputs.js";
import { hasOutputs } from "../operatorArguments.js";
import { at, flatConfiguration } from "./flinkSpec.js";

/** How many slots a job takes; `null` where its spec does not say so in a plain number. */
export function slotsOf(spec: unknown): number | null {
    const parallelism = at(spec, "job", "parallelism") ?? 1;
    return typeof parallelism === "number" ? parallelism : null;
}

/**
 * The pods that a FlinkDeployment gets, by its own spec: as many TaskManagers as its slots need, or as it asks for. `null`
 * where that is not known yet.
 */
export function podGroups(spec: unknown): PodGroup[] | null {
    const slots = slotsOf(spec);
    const configured = flatConfiguration(at(spec, "flinkConfiguration"));
    const slotsOfOne = Number(configured["taskmanager.numberOfTaskSlots"] ?? 1);
    const parts = ["jobManager", "taskManager", "flinkConfiguration"].map((key) => at(spec, key));
    if (slots === null || !(slotsOfOne >= 1) || hasOutputs(parts)) {
        return null;
    }
    const group = (
        role: PodGroup["role"],
        key: "jobManager" | "taskManager",
        count: number,
    ): PodGroup => {
        const replicas = at(spec, key, "replicas");
        const [cpu, memory] = ["cpu", "memory"].map((name) => at(spec, key, "resource", name));
        return {
            role,
            count: typeof replicas === "number" ? replicas : count,
            cpu: typeof cpu === "number" ? cpu : null,
            memory: typeof memory === "string" ? memory : null,
        };
    };
    return [
        group("JobManager", "jobManager", 1),
        group("TaskManager", "taskManager", Math.ceil(slots / slotsOfOne)),
    ];
}
