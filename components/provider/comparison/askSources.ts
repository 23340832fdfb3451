import type { CompareSettings } from "../../compare.js";
import type { JobBaseline } from "../flink/jobBaseline.js";
import { beginToCount, jobEvidence, type JobAddress } from "../flink/jobEvidence.js";
import { askMetrics } from "../metrics/askMetrics.js";
import { type Side, sides } from "../../side.js";
import type { Sources } from "./sources.js";

/** What jobs are counted from, by version; kept in the comparison's state. */
export type Baselines = Readonly<Record<string, JobBaseline>>;

/** A version, and where its job can be asked about; `null` where that is not known. */
export interface Runner {
    readonly version: string;
    readonly job: JobAddress | null;
}

type Runners = Readonly<Record<Side, Runner>>;

const countMilliseconds = 10_000;
const askMilliseconds = 20_000;

/** Before the look: what happens to the jobs from here on is its business. */
export async function beginToCountJobs(runners: Runners, known: Baselines): Promise<Baselines> {
    const until = Date.now() + countMilliseconds;
    return collect(runners, known, (job, baseline) => beginToCount(job, baseline, until));
}

/** After the look: both jobs and all metrics, at the same time. */
export async function askSources(
    runners: Runners,
    known: Baselines,
    settings: CompareSettings,
): Promise<{ sources: Sources; baselines: Baselines }> {
    const until = Date.now() + askMilliseconds;
    const jobs: { -readonly [side in Side]: Sources["jobs"][side] } = {
        incumbent: null,
        candidate: null,
    };
    const [metrics, baselines] = await Promise.all([
        askMetrics(settings.metrics, AbortSignal.timeout(askMilliseconds)),
        collect(runners, known, async (job, before, side) => {
            const { evidence, baseline } = await jobEvidence(job, before, until);
            jobs[side] = evidence;
            return baseline;
        }),
    ]);
    return { sources: { jobs, metrics }, baselines };
}

async function collect(
    runners: Runners,
    known: Baselines,
    ask: (job: JobAddress, known: JobBaseline | null, side: Side) => Promise<JobBaseline | null>,
): Promise<Baselines> {
    const baselines = new Map(Object.entries(known));
    await Promise.all(
        sides.map(async (side) => {
            const { version, job } = runners[side];
            if (job !== null) {
                const baseline = await ask(job, baselines.get(version) ?? null, side);
                if (baseline !== null) {
                    baselines.set(version, baseline);
                }
            }
        }),
    );
    return Object.fromEntries(baselines);
}
