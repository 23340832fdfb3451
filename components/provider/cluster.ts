import { RefusedError, UnreachableError, withKafka } from "./connection.js";
import { readRoutingRecord } from "./cutover/routingStore.js";
import { expiredLines, tellCost } from "./cost.js";
import { declarationProblems, sameDeclarations } from "./declared.js";
import type { ClusterInputs, ClusterState } from "./inputs.js";
import { CredentialsError } from "./kafka/security.js";
import { prefixedLog } from "./log.js";
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
        diff: async (_id, olds, news) => {
            const inputs = news as ClusterInputs;
            await tellExpired(withKafka, olds, inputs);
            return { changes: !sameDeclarations(olds, inputs) };
        },
        create: (inputs) =>
            Promise.resolve({
                id: (inputs as ClusterInputs).name,
                outs: { ...inputs, ...declaredSince({}, inputs as ClusterInputs) },
            }),
        update: (_id, olds, news) =>
            Promise.resolve({
                outs: { ...news, ...declaredSince(olds as ClusterState, news as ClusterInputs) },
            }),
        delete: () => Promise.resolve(),
    };
}

/** Since when each managed version is there: what was known stays, what is gone is forgotten. */
function declaredSince(
    { declaredAt = {} }: ClusterState,
    { shadows }: ClusterInputs,
): { declaredAt?: Record<string, string> } {
    const now = new Date().toISOString();
    return shadows === undefined
        ? {}
        : {
              declaredAt: Object.fromEntries(
                  Object.keys(shadows).map((version) => [version, declaredAt[version] ?? now]),
              ),
          };
}

/** Where that cannot be told, nothing is: it is no reason to stop. */
async function tellExpired(
    withKafka: WithKafka,
    { declaredAt = {} }: ClusterState,
    news: ClusterInputs,
): Promise<void> {
    const { expireAfterDays, name, routingTopic } = news;
    if (expireAfterDays === undefined || !isKnown(news)) {
        return;
    }
    const old = expiredLines(declaredAt, expireAfterDays, [], new Date());
    if (old.length === 0) {
        return;
    }
    const live = await withKafka(news, (kafka) =>
        readRoutingRecord(kafka, routingTopic, name),
    ).catch(() => undefined);
    // What holds authority or held it is no shadow.
    const settled = (live?.history ?? []).map(({ version }) => version);
    expiredLines(declaredAt, expireAfterDays, settled, new Date()).forEach(prefixedLog(name));
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
            const known = Object.keys((olds as Partial<ClusterInputs>).versions ?? {});
            const added = Object.keys(news.versions).filter((version) => !known.includes(version));
            await tellCost(kafka, news, added, prefixedLog(name));
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
