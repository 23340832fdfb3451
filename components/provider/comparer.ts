import { explain, PartialFailure } from "./errors.js";
import type { SessionJobInputs } from "./inputs.js";
import { prefixedLog } from "./log.js";
import { sessionJob } from "./sessionJob.js";
import { toState } from "./state.js";
import type { Json, Verbs } from "./verbs.js";

/**
 * The job of a comparison on a session cluster. Nothing may wait for it, a rollback least of all: what keeps it from being
 * started is noted for the verdict, and the next update tries again.
 */
export const comparer: Verbs = {
    check: (olds, news) => sessionJob.check(olds, news),
    diff: (id, olds, news) =>
        wasStarted(olds) ? sessionJob.diff(id, olds, news) : Promise.resolve({ changes: true }),
    create: start,
    async update(id, olds, news) {
        if (!wasStarted(olds)) {
            return { outs: (await start(news)).outs };
        }
        try {
            return { outs: { ...(await sessionJob.update(id, olds, news)).outs, problem: null } };
        } catch (error) {
            const { name, version } = news as SessionJobInputs;
            prefixedLog(name)(`the job of the ${version} was not looked at: ${explain(error)}`);
            const { jobId, restUrl, startedAt, status } = olds as Record<string, unknown>;
            const known = { jobId, restUrl, startedAt, status, problem: null, reportVersion: 1 };
            return { outs: toState({ ...news, ...known }) };
        }
    },
    async delete(id, state) {
        if (wasStarted(state)) {
            await sessionJob.delete(id, state);
        }
    },
};

function wasStarted({ jobId }: Json): boolean {
    return typeof jobId === "string";
}

async function start(inputs: Json): Promise<{ id: string; outs: Json }> {
    const { name, version, jobName, rest } = inputs as SessionJobInputs;
    try {
        const { id, outs } = await sessionJob.create(inputs);
        return { id, outs: { ...outs, problem: null } };
    } catch (error) {
        if (error instanceof PartialFailure) {
            return { id: error.id, outs: { ...error.properties, problem: null } };
        }
        const problem = explain(error);
        prefixedLog(name)(`the job of the ${version} could not be started: ${problem}`);
        const none = { jobId: null, restUrl: rest, startedAt: null, status: null, problem };
        return { id: jobName, outs: toState({ ...inputs, ...none, reportVersion: 1 }) };
    }
}
