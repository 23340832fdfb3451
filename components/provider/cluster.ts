import { RefusedError, UnreachableError, withKafka } from "./connection.js";
import { readRoutingRecord } from "./cutover/routingStore.js";
import { declarationProblems, sameDeclarations } from "./declared.js";
import type { ClusterInputs } from "./inputs.js";
import { CredentialsError } from "./kafka/security.js";
import { isKnown, type CheckFailure, type Json, type Verbs } from "./verbs.js";

type WithKafka = typeof withKafka;

/** What must be there before anything is read or made: brokers that answer, and the topics of existing jobs. */
export const cluster = clusterVerbs(withKafka);

/** The same on whatever Kafka `withKafka` connects to. */
export function clusterVerbs(withKafka: WithKafka): Verbs {
    return {
        check: async (olds, news) => ({
            inputs: news,
            failures: isKnown(news) ? await problems(withKafka, olds, news as ClusterInputs) : [],
        }),
        // It makes nothing; what it looks at is looked at by `check`, in every preview and every update.
        diff: (_id, olds, news) =>
            Promise.resolve({ changes: !sameDeclarations(olds, news as ClusterInputs) }),
        create: (inputs) => Promise.resolve({ id: (inputs as ClusterInputs).name, outs: inputs }),
        update: (_id, _olds, news) => Promise.resolve({ outs: news }),
        delete: () => Promise.resolve(),
    };
}

async function problems(
    withKafka: WithKafka,
    olds: Json,
    news: ClusterInputs,
): Promise<CheckFailure[]> {
    const { existing, routingTopic, name } = news;
    try {
        return await withKafka(news, async (kafka) => {
            const failures: CheckFailure[] = [];
            for (const [version, topic] of Object.entries(existing)) {
                if ((await kafka.describeTopic(topic)) === undefined) {
                    failures.push({
                        property: "existing",
                        reason: `versions.${version}.topic: there is no topic "${topic}" on this cluster${
                            news.security === undefined
                                ? ""
                                : ", or none that this principal may see"
                        }; is the job writing elsewhere?`,
                    });
                }
            }
            const live = await readRoutingRecord(kafka, routingTopic, name);
            return [...failures, ...declarationProblems(olds, news, live)];
        });
    } catch (error) {
        if (error instanceof UnreachableError) {
            return [{ property: "bootstrapServers", reason: error.message }];
        }
        if (error instanceof CredentialsError) {
            return error.problems.map((reason) => ({ property: "security", reason }));
        }
        if (error instanceof RefusedError) {
            return [{ property: "security", reason: error.message }];
        }
        throw error;
    }
}
