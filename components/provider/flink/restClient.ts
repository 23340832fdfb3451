import { flinkCause } from "./cause.js";
import { FlinkRequestError, request, urlOf } from "./request.js";

/** A job as the cluster lists it. */
export interface JobSummary {
    readonly id: string;
    readonly name: string;
    /** Flink's word: RUNNING, RESTARTING, FAILED, … */
    readonly state: string;
    /** Milliseconds since the epoch. */
    readonly startTime: number;
}

export interface JobDetails extends JobSummary {
    /** Whether every task runs. A job is RUNNING before its tasks are. */
    readonly allTasksRunning: boolean;
    /** Number of tasks by state, those with none left out: `RUNNING 3, INITIALIZING 1`. */
    readonly tasks: string;
}

/** The latest exception of a job. */
export interface JobException {
    /** Milliseconds since the epoch. */
    readonly time: number;
    /** What it says, at most five lines. */
    readonly cause: string;
}

/** How a savepoint that was asked for is doing. */
export type SavepointStatus =
    | { readonly status: "unknown" }
    | { readonly status: "running" }
    | { readonly status: "completed"; readonly path: string }
    | { readonly status: "failed"; readonly cause: string };

/** The states that a job never leaves. SUSPENDED is left to the cluster that takes it over. */
export function isTerminal(state: string): boolean {
    return ["FINISHED", "FAILED", "CANCELED"].includes(state);
}

/** What this package asks of Flink's REST API. Each call has its own deadline. */
export class FlinkRest {
    constructor(
        readonly url: string,
        private readonly deadlineMilliseconds = 10_000,
    ) {}

    /** All jobs that the cluster remembers, the ended ones included. */
    async jobs(): Promise<JobSummary[]> {
        const { jobs } = await this.get("list the jobs", "jobs", "overview");
        return (jobs as Record<string, unknown>[]).map((job) => ({
            id: String(job.jid),
            name: String(job.name),
            state: String(job.state),
            startTime: Number(job["start-time"]),
        }));
    }

    /** `undefined` where the cluster does not know the job: it never ran here, or ended too long ago. */
    async job(id: string): Promise<JobDetails | undefined> {
        return this.unlessUnknown(async () => {
            const job = await this.get(`look at job ${id}`, "jobs", id);
            const counts: Record<string, number> = {};
            for (const vertex of job.vertices as { tasks: Record<string, number> }[]) {
                for (const [state, count] of Object.entries(vertex.tasks)) {
                    counts[state] = (counts[state] ?? 0) + count;
                }
            }
            const present = Object.entries(counts).filter(([, count]) => count > 0);
            const [only] = present;
            return {
                id: String(job.jid),
                name: String(job.name),
                state: String(job.state),
                startTime: Number(job["start-time"]),
                allTasksRunning: present.length === 1 && only?.[0] === "RUNNING",
                tasks: present.map(([state, count]) => `${state} ${count}`).join(", "),
            };
        });
    }

    /** What the job was tagged with when it was submitted: its `pipeline.global-job-parameters`. */
    async jobParameters(id: string): Promise<Record<string, string>> {
        const config = await this.unlessUnknown(() =>
            this.get(`read the configuration of job ${id}`, "jobs", id, "config"),
        );
        const execution = config?.["execution-config"] as
            { "user-config"?: Record<string, string> } | undefined;
        return execution?.["user-config"] ?? {};
    }

    /** The newest exception that the job's history holds; restarts that it got over are in there too. */
    async lastException(id: string): Promise<JobException | undefined> {
        const exceptions = await this.unlessUnknown(() =>
            this.get(`read the exceptions of job ${id}`, "jobs", id, "exceptions"),
        );
        const history = exceptions?.exceptionHistory as
            { entries?: { timestamp: number; stacktrace: string }[] } | undefined;
        const [latest] = [...(history?.entries ?? [])].sort((a, b) => b.timestamp - a.timestamp);
        return latest && { time: latest.timestamp, cause: flinkCause(latest.stacktrace) };
    }

    /** Asks for the end of the job; it takes a moment. A job that has ended or is unknown is left as it is. */
    async cancel(id: string): Promise<void> {
        try {
            await this.call("PATCH", `cancel job ${id}`, `${this.path("jobs", id)}?mode=cancel`);
        } catch (error) {
            // 409: it has ended already.
            if (
                !isUnknown(error) &&
                !(error instanceof FlinkRequestError && error.status === 409)
            ) {
                throw error;
            }
        }
    }

    /**
     * Asks for a savepoint and the end of the job. `triggerId` (32 hexadecimal digits) is the caller's, so that
     * asking again is not asking twice.
     */
    async stop(id: string, triggerId: string, targetDirectory: string): Promise<void> {
        const body = { targetDirectory, drain: false, triggerId };
        const asked = `stop job ${id} with a savepoint in ${targetDirectory}`;
        await this.call("POST", asked, this.path("jobs", id, "stop"), body);
    }

    async savepoint(id: string, triggerId: string): Promise<SavepointStatus> {
        const asked = `see the savepoint of job ${id}`;
        const answer = await this.unlessUnknown(() =>
            this.get(asked, "jobs", id, "savepoints", triggerId),
        );
        if (answer === undefined) {
            return { status: "unknown" };
        }
        const { id: state } = answer.status as { id: string };
        const operation = answer.operation as
            { location?: string; "failure-cause"?: Record<string, string> } | undefined;
        if (state !== "COMPLETED") {
            return { status: "running" };
        }
        const failure = operation?.["failure-cause"];
        return failure === undefined
            ? { status: "completed", path: operation?.location ?? "" }
            : {
                  status: "failed",
                  cause: flinkCause(failure["stack-trace"] ?? failure.class ?? ""),
              };
    }

    private path(...segments: string[]): string {
        return urlOf(this.url, ...segments);
    }

    private get(asked: string, ...segments: string[]) {
        return this.call("GET", asked, this.path(...segments));
    }

    private call(
        method: "GET" | "POST" | "PATCH",
        asked: string,
        url: string,
        body?: Record<string, unknown>,
    ) {
        const { deadlineMilliseconds } = this;
        return request({ method, url, asked, deadlineMilliseconds, ...(body && { body }) });
    }

    private async unlessUnknown<T>(ask: () => Promise<T>): Promise<T | undefined> {
        try {
            return await ask();
        } catch (error) {
            if (isUnknown(error)) {
                return undefined;
            }
            throw error;
        }
    }
}

/** Flink 2.2 answers 404 or, where the dispatcher is asked, 500 with the exception's name. */
function isUnknown(error: unknown): boolean {
    return (
        error instanceof FlinkRequestError &&
        (error.status === 404 || /Could not find Flink job|JobNotFound/.test(error.said))
    );
}
