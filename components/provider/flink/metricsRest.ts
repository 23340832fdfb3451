import { FlinkRequestError, request, urlOf } from "./request.js";

/** What a look asks of one job, at one moment. */
export interface JobDescription {
    readonly id: string;
    readonly state: string;
    /** How long ago it was started, in ms by the cluster's clock. */
    readonly age: number;
    readonly vertices: readonly Vertex[];
}

export interface Vertex {
    readonly id: string;
    readonly isSource: boolean;
    /** Whether the cluster has fetched its tasks' metrics; it does so only once somebody asked. */
    readonly complete: boolean;
}

export interface CheckpointCounts {
    readonly completed: number;
    readonly failed: number;
}

type Fields = Record<string, unknown>;

/** What a call is given even where the time is over: a cluster that answers is not called silent. */
const shortestDeadline = 2_000;

/** No watermark has come yet. */
const noWatermark = -(2 ** 63);
/** Past what a date can be: the last watermark of a bounded source. */
const latestTime = 8.64e15;

/** The numbers that Flink's REST API gives of a job. All calls share a deadline (epoch ms), and fail as requests do. */
export class MetricsRest {
    constructor(
        private readonly url: string,
        private readonly until: number,
    ) {}

    async job(id: string): Promise<JobDescription> {
        const job = await this.get(`look at job ${id}`, "jobs", id);
        const plan = job.plan as { nodes?: { id: string; inputs?: unknown[] }[] } | undefined;
        const fed = new Set(
            (plan?.nodes ?? []).filter(({ inputs = [] }) => inputs.length > 0).map(({ id }) => id),
        );
        return {
            id: String(job.jid),
            state: String(job.state),
            age: Number(job.now) - Number(job["start-time"]),
            vertices: (job.vertices as { id: string; metrics: Fields }[]).map((vertex) => ({
                id: vertex.id,
                isSource: !fed.has(vertex.id),
                complete: Object.entries(vertex.metrics)
                    .filter(([name]) => name.endsWith("-complete"))
                    .every(([, value]) => value === true),
            })),
        };
    }

    /** `undefined` as long as the cluster has not fetched it. */
    async restarts(id: string): Promise<number | undefined> {
        // A name that is not there only leaves its place in the answer empty here; of a vertex it would empty the answer.
        const asked = `read the restarts of job ${id}`;
        const metrics = await this.call(asked, ["jobs", id, "metrics"], "?get=numRestarts");
        const [found] = metrics as unknown as { value: string }[];
        return found === undefined ? undefined : Number(found.value);
    }

    /** `undefined` where checkpointing is off. */
    async checkpoints(id: string): Promise<CheckpointCounts | undefined> {
        try {
            const asked = `read the checkpoints of job ${id}`;
            const { counts } = await this.get(asked, "jobs", id, "checkpoints");
            return counts as CheckpointCounts;
        } catch (error) {
            if (error instanceof FlinkRequestError && error.status === 404) {
                return undefined;
            }
            throw error;
        }
    }

    /** Class of the newest exception since then (epoch ms). */
    async exceptionSince(id: string, since: number): Promise<string | undefined> {
        const asked = `read the exceptions of job ${id}`;
        const { exceptionHistory } = await this.get(asked, "jobs", id, "exceptions");
        const { entries = [] } = exceptionHistory as {
            entries?: { timestamp: number; exceptionName: string }[];
        };
        const [newest] = entries
            .filter(({ timestamp }) => timestamp >= since)
            .sort((a, b) => b.timestamp - a.timestamp);
        return newest?.exceptionName;
    }

    /** Sum over subtasks of all metrics of the vertex whose names match; `undefined` where the answer is not whole. */
    async sum(job: string, vertex: string, matching: RegExp): Promise<number | undefined> {
        const path = ["jobs", job, "vertices", vertex, "subtasks", "metrics"];
        const asked = `read the metrics of job ${job}`;
        const listed = (await this.call(asked, path)) as unknown as { id: string }[];
        if (listed.length === 0) {
            return undefined;
        }
        // Listed first, since one name that the vertex does not have would empty the whole answer.
        const names = listed.map(({ id }) => id).filter((id) => matching.test(id));
        if (names.length === 0) {
            return 0;
        }
        const query = `?agg=sum&get=${names.map(encodeURIComponent).join(",")}`;
        const sums = (await this.call(asked, path, query)) as unknown as { sum: number }[];
        return sums.length === names.length
            ? sums.reduce((total, { sum }) => total + sum, 0)
            : undefined;
    }

    /** The lowest watermark of the vertex's subtasks; `null` where one has none yet, `undefined` for a source. */
    async watermark(job: string, vertex: string): Promise<number | null | undefined> {
        const asked = `read the watermarks of job ${job}`;
        const path = ["jobs", job, "vertices", vertex, "watermarks"];
        const subtasks = (await this.call(asked, path)) as unknown as { value: string }[];
        if (subtasks.length === 0) {
            return undefined;
        }
        const lowest = Math.min(...subtasks.map(({ value }) => Number(value)));
        return lowest === noWatermark || lowest > latestTime ? null : lowest;
    }

    /** The largest share of time in which a subtask was back-pressured; `undefined` where it is not measured yet. */
    async backpressure(job: string, vertex: string): Promise<number | undefined> {
        const asked = `read the backpressure of job ${job}`;
        const answer = await this.get(asked, "jobs", job, "vertices", vertex, "backpressure");
        const subtasks = (answer.subtasks ?? []) as { ratio: number | string }[];
        const ratios = subtasks.map(({ ratio }) => Number(ratio));
        return answer.status === "ok" && ratios.length > 0 && ratios.every(Number.isFinite)
            ? Math.max(...ratios)
            : undefined;
    }

    private get(asked: string, ...segments: string[]): Promise<Fields> {
        return this.call(asked, segments);
    }

    private call(asked: string, segments: readonly string[], query = ""): Promise<Fields> {
        return request({
            method: "GET",
            url: `${urlOf(this.url, ...segments)}${query}`,
            asked,
            deadlineMilliseconds: Math.max(
                shortestDeadline,
                Math.min(10_000, this.until - Date.now()),
            ),
        });
    }
}
