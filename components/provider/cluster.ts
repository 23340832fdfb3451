import { UnreachableError, withKafka } from "./connection.js";
import type { ClusterInputs } from "./inputs.js";
import { isKnown, type CheckFailure, type Verbs } from "./verbs.js";

type WithKafka = typeof withKafka;

/** What must be there before anything is read or made: brokers that answer, and the topics of existing jobs. */
export const cluster = clusterVerbs(withKafka);

/** The same on whatever Kafka `withKafka` connects to. */
export function clusterVerbs(withKafka: WithKafka): Verbs {
    return {
        check: async (_olds, news) => ({
            inputs: news,
            failures: isKnown(news) ? await missing(withKafka, news as ClusterInputs) : [],
        }),
        // It makes nothing; what it looks at is looked at by `check`, in every preview and every update.
        diff: () => Promise.resolve({ changes: false }),
        create: (inputs) => Promise.resolve({ id: (inputs as ClusterInputs).name, outs: inputs }),
        update: (_id, _olds, news) => Promise.resolve({ outs: news }),
        delete: () => Promise.resolve(),
    };
}

async function missing(
    withKafka: WithKafka,
    { bootstrapServers, existing }: ClusterInputs,
): Promise<CheckFailure[]> {
    try {
        return await withKafka(bootstrapServers, async (kafka) => {
            const failures: CheckFailure[] = [];
            for (const [version, topic] of Object.entries(existing)) {
                if ((await kafka.describeTopic(topic)) === undefined) {
                    failures.push({
                        property: "existing",
                        reason: `versions.${version}.topic: there is no topic "${topic}" on this cluster; is the job writing elsewhere?`,
                    });
                }
            }
            return failures;
        });
    } catch (error) {
        if (error instanceof UnreachableError) {
            return [{ property: "bootstrapServers", reason: error.message }];
        }
        throw error;
    }
}
