/** What a job of this team counts, per shop and minute. */
export type Report = "revenue" | "refunds";

/** What the platform and ShadowFlinkJob hand to a script. */
export interface ReportNames {
    readonly brokers: readonly string[];
    readonly orders: string;
    readonly topic: string;
    readonly group: string;
    readonly transactionalIdPrefix: string;
    readonly checkpoints: string;
}

const kinds: Readonly<Record<Report, string>> = { revenue: "sale", refunds: "refund" };

/** The builds of each job: a change is a new one, since its state does not fit the old one's. */
const queries: Readonly<Record<string, (kind: string) => string>> = {
    v1: (kind) => `
SELECT shop, window_start, COUNT(*), SUM(cents)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '1' MINUTE))
WHERE kind = '${kind}'
GROUP BY shop, window_start, window_end`,
    // One pass over all kinds, which the next report will need.
    v2: (kind) => `
SELECT shop, window_start, COUNT(*) FILTER (WHERE kind = '${kind}'), SUM(cents) FILTER (WHERE kind = '${kind}')
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '1' MINUTE))
GROUP BY shop, window_start, window_end
HAVING COUNT(*) FILTER (WHERE kind = '${kind}') > 0`,
};

/** The Flink SQL of a version of a job. */
export function reportScript(report: Report, version: string, names: ReportNames): string {
    const query = Object.hasOwn(queries, version) ? queries[version] : undefined;
    if (query === undefined) {
        throw new Error(
            `${report}Versions: there is no build "${version}", only ${Object.keys(queries).join(", ")}.`,
        );
    }
    const servers = names.brokers.join(",");
    return `
SET 'table.local-time-zone' = 'UTC';
-- A partition without orders for this long does not hold the others back.
SET 'table.exec.source.idle-timeout' = '5 s';
SET 'execution.checkpointing.interval' = '1 s';
SET 'execution.checkpointing.dir' = '${names.checkpoints}';

CREATE TABLE orders (
    shop STRING,
    kind STRING,
    cents BIGINT,
    placed BIGINT,
    ordered_at AS TO_TIMESTAMP_LTZ(placed, 3),
    WATERMARK FOR ordered_at AS ordered_at - INTERVAL '5' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = '${names.orders}',
    'properties.bootstrap.servers' = '${servers}',
    'properties.group.id' = '${names.group}',
    'scan.startup.mode' = 'latest-offset',
    'format' = 'json'
);

CREATE TABLE ${report} (
    shop STRING,
    window_start TIMESTAMP(3),
    orders BIGINT,
    cents BIGINT
) WITH (
    'connector' = 'kafka',
    'topic' = '${names.topic}',
    'properties.bootstrap.servers' = '${servers}',
    'properties.transaction.timeout.ms' = '600000',
    'key.format' = 'raw',
    'key.fields' = 'shop',
    'value.format' = 'json',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = '${names.transactionalIdPrefix}'
);

INSERT INTO ${report}${query(kinds[report])};
`;
}
