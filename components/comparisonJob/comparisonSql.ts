import type { CompareSettings } from "../compare.js";
import type { FlinkSettings } from "../compareFlink.js";
import { sampleLimit } from "../sampleLimit.js";
import { sides, type Side } from "../side.js";
import { literal, perSide } from "./sqlText.js";
import {
    aggregateColumns,
    aggregateInserts,
    aggregateViews,
    isAggregated,
} from "./aggregatesSql.js";
import { differenceSettings, readSettings } from "./recordSettings.js";

/** What a comparison's job reads and writes. */
export interface ComparisonJobNames {
    readonly incumbent: { readonly version: string; readonly topic: string };
    readonly candidate: { readonly version: string; readonly topic: string };
    /** Its topic, which is also its consumer group. */
    readonly evidence: string;
    /** Kafka's bootstrap servers, separated by commas. */
    readonly brokers: string;
    /** Its own folder for checkpoints; `undefined` for what the cluster does. */
    readonly checkpoints: string | undefined;
}

type Settings = CompareSettings & { readonly flink: FlinkSettings };

/** Of each kind, in a window. */
const samples = 5;

/**
 * The Flink SQL that compares two topics: what the embedded engine counts, counted where the records flow, by functions that
 * read records as it does. It writes only counts, names of fields and hashes of identities, and aggregates where these are asked
 * for; rules and verdict are made of them elsewhere.
 */
export function comparisonSql(settings: Settings, names: ComparisonJobNames): string {
    const { incumbent, candidate, evidence } = names;
    const { aggregates } = settings.rules;
    const aggregated = isAggregated(aggregates);
    return `-- Compares ${candidate.topic} (${candidate.version}) with ${incumbent.topic} (${incumbent.version}), into ${evidence}.
-- Written by shadow-flink; another rule is another script, another job and another topic. It begins where its group was set:
-- at the beginning of ${candidate.topic}, and at the ${settings.flink.from === "beginning" ? "beginning" : "end, as it was then,"} of ${incumbent.topic}.
${jobSettings(settings, names)}

-- How records are read and compared: in a jar, as shadow-flink itself does.
${functions(settings)}

-- The two topics, byte for byte. A record without an event time is of the year 1, which moves no watermark, nor does one from
-- the future.
${source(settings, names)}

CREATE TEMPORARY TABLE candidate_topic WITH (
${options({ topic: candidate.topic })}
) LIKE incumbent_topic (OVERWRITING OPTIONS);

-- Every record, and why it cannot be compared, where that is so.${sampleComment(settings)}
${records(settings)}

-- The how-many-th record of its partition one is, and how far it comes behind the newest one before it.
CREATE TEMPORARY VIEW ordered AS
SELECT side, part, place, problem, schemas, event_ms, proc_time${ofSample(settings, "in_sample")}, COUNT(*) OVER before AS seen, MAX(event_ms) OVER before - event_ms AS behind
FROM records
WINDOW before AS (PARTITION BY side, part ORDER BY proc_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- The records of a window by identity, and what of them does not cancel out.
CREATE TEMPORARY VIEW identities AS
SELECT window_start, window_end, record_identity,
    ${perSide("COUNT(*)")},
    rest_of(side = 'incumbent', content) AS rest
FROM ${windowsOf("comparable", settings)}
GROUP BY window_start, window_end, record_identity;

-- Which of them are counterparts, and in what these differ.
CREATE TEMPORARY VIEW outcomes AS
SELECT window_start, window_end, record_identity, incumbents, candidates, paired.differences, paired.distances,
    CASE WHEN candidates = 0 THEN incumbents ELSE 0 END AS missing,
    CASE WHEN incumbents = 0 THEN candidates ELSE 0 END AS extra,
    CASE WHEN candidates > 0 THEN paired.incumbents ELSE 0 END AS incumbent_duplicates,
    CASE WHEN incumbents > 0 THEN paired.candidates ELSE 0 END AS candidate_duplicates
FROM (
    SELECT *, counterparts(rest, ${literal(differenceSettings(settings))}) AS paired
    FROM identities
);

${aggregated ? `${aggregateViews(aggregates, windowsOf("measured", settings))}\n\n` : ""}${sinks(settings, names)}

EXECUTE STATEMENT SET BEGIN

INSERT INTO read_records
SELECT 'read', side, part, win, problem, schemas, COUNT(*), MAX(seen), MIN(place), MAX(place), MAX(event_ms),
    COUNT(*) FILTER (WHERE behind > ${milliseconds(settings.allowedLatenessSeconds)}), MAX(behind)${ofSample(settings, "COUNT(*) FILTER (WHERE in_sample)")}
FROM (
    SELECT *, ${windowStart(settings)} AS win
    FROM TABLE(TUMBLE(TABLE ordered, DESCRIPTOR(proc_time), ${interval(settings.flink.checkpointSeconds)}))
)
GROUP BY window_start, window_end, side, part, win, problem, schemas;

INSERT INTO types
SELECT 'types', window_start, types,
    ${perSide("COUNT(*)")}
FROM ${windowsOf("comparable", settings)}
GROUP BY window_start, window_end, types;

INSERT INTO identity_counts
SELECT 'identities', window_start, differences, COUNT(*), SUM(incumbents), SUM(candidates),
    SUM(missing), SUM(extra), SUM(incumbent_duplicates), SUM(candidate_duplicates), largest_of(distances)
FROM outcomes
GROUP BY window_start, window_end, differences;

INSERT INTO samples
SELECT 'sample', window_start, what, SUBSTRING(SHA256(record_identity), 1, 12), differences, place
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, what ORDER BY record_identity) AS place
    FROM (
        SELECT window_start, window_end, record_identity, differences, CASE
            WHEN differences <> '[]' THEN 'changed'
            WHEN missing > 0 THEN 'missing'
            WHEN extra > 0 THEN 'extra'
        END AS what
        FROM outcomes
        UNION ALL
        SELECT window_start, window_end, record_identity, differences,
            CASE WHEN differences LIKE '%"different"]%' THEN 'different' END AS what
        FROM outcomes
        UNION ALL
        SELECT window_start, window_end, record_identity, differences,
            CASE WHEN incumbent_duplicates + candidate_duplicates > 0 THEN 'duplicated' END AS what
        FROM outcomes
    )
    WHERE what IS NOT NULL
)
WHERE place <= ${samples};
${aggregated ? `\n${aggregateInserts()}\n` : ""}
END;
`;
}

function jobSettings(
    { flink }: Settings,
    { checkpoints }: Pick<ComparisonJobNames, "checkpoints">,
): string {
    const options: Record<string, string> = {
        // Whatever the cluster does by default: a state that expires would count anew.
        "execution.runtime-mode": "streaming",
        "table.exec.state.ttl": "0 s",
        "table.local-time-zone": "UTC",
        // What several views take from one is worked out once, and not again in each of them.
        "table.optimizer.reuse-optimize-block-with-digest-enabled": "true",
        // Rows are not copied from one operator of a task to the next: nothing here changes one.
        "pipeline.object-reuse": "true",
        "parallelism.default": String(flink.parallelism),
        "execution.checkpointing.interval": `${flink.checkpointSeconds} s`,
        "execution.checkpointing.mode": "EXACTLY_ONCE",
        "restart-strategy.type": "exponential-delay",
        ...(checkpoints !== undefined && { "execution.checkpointing.dir": checkpoints }),
    };
    return Object.entries(options)
        .map(([key, value]) => `SET ${literal(key)} = ${literal(value)};`)
        .join("\n");
}

/** A view in windows of event time. */
const windowsOf = (view: string, { windowSeconds }: Settings) =>
    `TABLE(TUMBLE(TABLE ${view}, DESCRIPTOR(event_time), ${interval(windowSeconds)}))`;

/** The functions of the jar; its package's name is that of what they promise to each other. */
function functions({ flink }: Settings): string {
    const classes = {
        read_record: "ReadRecord",
        rest_of: "RestOf",
        counterparts: "Counterparts",
        largest_of: "LargestOf",
        field_of: "FieldOf",
    };
    return Object.entries(classes)
        .map(
            ([name, of]) =>
                `CREATE TEMPORARY FUNCTION ${name} AS 'shadowflink.v1.${of}' USING JAR ${literal(flink.functions)};`,
        )
        .join("\n");
}

function source(
    settings: Settings,
    { evidence, brokers, incumbent: { topic } }: ComparisonJobNames,
): string {
    const { flink, windowSeconds, allowedLatenessSeconds } = settings;
    return `CREATE TEMPORARY TABLE incumbent_topic (
    record_key BYTES,
    record BYTES,
    part INT METADATA FROM 'partition' VIRTUAL,
    place BIGINT METADATA FROM 'offset' VIRTUAL,
    written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
    proc_time AS PROCTIME(),
    event_time AS TO_TIMESTAMP_LTZ(COALESCE(${read(settings)}.event_ms, ${noTime}), 3),
    WATERMARK FOR event_time AS CASE
        WHEN event_time < written + INTERVAL '1' DAY THEN event_time - ${interval(allowedLatenessSeconds)}
    END
) WITH (
${options({
    connector: "kafka",
    topic,
    ...clientOptions(flink, brokers),
    "properties.group.id": evidence,
    // What a transaction took back was never written; Flink would read it.
    "properties.isolation.level": "read_committed",
    // Where it begins is committed for it, so that it fails where records are gone, and skips none.
    "scan.startup.mode": "group-offsets",
    "properties.auto.offset.reset": "none",
    "scan.watermark.idle-timeout": `${flink.idleSeconds} s`,
    // So that what waits for the topic that is behind stays small.
    "scan.watermark.alignment.group": evidence,
    "scan.watermark.alignment.max-drift": `${milliseconds(4 * (windowSeconds + allowedLatenessSeconds))} ms`,
    "scan.watermark.alignment.update-interval": "200 ms",
    "key.format": "raw",
    "key.fields": "record_key",
    "value.format": "raw",
    "value.fields-include": "EXCEPT_KEY",
})}
);`;
}

/** Stands for an event time that is none: the beginning of the year 1, the first one that Flink has. */
const noTime = -62_135_596_800_000;

const read = (settings: Settings) =>
    `read_record(record_key, record, written, ${literal(readSettings(settings))})`;

function records(settings: Settings): string {
    const part = (
        side: Side,
    ) => `    SELECT '${side}' AS side, part, place, proc_time, event_time, ${read(settings)} AS said
    FROM ${side}_topic`;
    return `CREATE TEMPORARY VIEW records AS
SELECT side, part, place, proc_time, event_time, said.problem, said.schemas, said.event_ms,
    said.record_identity, said.content, said.types${
        settings.sample < 1 ? `,\n    ${isSampled(settings)} AS in_sample` : ""
    }
FROM (
${sides.map(part).join("\n    UNION ALL\n")}
);

CREATE TEMPORARY VIEW comparable AS
SELECT side, event_time, record_identity, content, types
FROM records
WHERE problem IS NULL${ofSample(settings, "", " AND in_sample")};`;
}

/** What is there only where a sample is compared: one more column, or something else. */
function ofSample({ sample }: Settings, column: string, text = `, ${column}`): string {
    return sample < 1 ? text : "";
}

function sampleComment({ sample }: Settings): string {
    return sample < 1
        ? `\n-- Compared is a sample of the identities, ${sample} of those of each window.`
        : "";
}

function isSampled(settings: Settings): string {
    return `MD5(CONCAT(said.record_identity, CAST(${windowStart(settings, "said.event_ms")} AS STRING))) < ${literal(sampleLimit(settings.sample))}`;
}

/** First millisecond of the window of an event time. */
function windowStart(settings: Settings, eventTime = "event_ms"): string {
    const length = windowOf(settings);
    return `${eventTime} - MOD(MOD(${eventTime}, ${length}) + ${length}, ${length})`;
}

const columnsOf = (settings: Settings) => ({
    read_records: `side STRING, part INT, win BIGINT, problem STRING, schemas STRING, records BIGINT, seen BIGINT,
    first_offset BIGINT, last_offset BIGINT, last_event BIGINT, late BIGINT, disorder BIGINT${ofSample(settings, "sampled BIGINT")}`,
    types: "window_start TIMESTAMP(3), types STRING, incumbents BIGINT, candidates BIGINT",
    identity_counts: `window_start TIMESTAMP(3), differences STRING, identities BIGINT, incumbents BIGINT, candidates BIGINT,
    missing BIGINT, extra BIGINT, incumbent_duplicates BIGINT, candidate_duplicates BIGINT, largest ARRAY<DOUBLE>`,
    samples:
        "window_start TIMESTAMP(3), what STRING, `identity` STRING, differences STRING, place BIGINT",
    ...(isAggregated(settings.rules.aggregates) && aggregateColumns),
});

/** Each has transactions of its own, and what one of them wrote is seen once its checkpoint is complete. */
function sinks(settings: Settings, { evidence, brokers }: ComparisonJobNames): string {
    const tables = Object.entries(columnsOf(settings)).map(
        ([table, columns]) => `CREATE TEMPORARY TABLE ${table} (
    kind STRING, ${columns}
) WITH (
${options({
    connector: "kafka",
    topic: evidence,
    ...clientOptions(settings.flink, brokers),
    "properties.transaction.timeout.ms": "900000",
    format: "json",
    "json.encode.ignore-null-fields": "true",
    "json.timestamp-format.standard": "ISO-8601",
    "sink.delivery-guarantee": "exactly-once",
    "sink.transactional-id-prefix": `${evidence}.${table}`,
})}
);`,
    );
    return `-- Where all goes: one topic, one record for each row.\n${tables.join("\n\n")}`;
}

function clientOptions({ properties }: FlinkSettings, brokers: string): Record<string, string> {
    const given = Object.entries(properties).map(([key, value]) => [`properties.${key}`, value]);
    return {
        "properties.bootstrap.servers": brokers,
        ...(Object.fromEntries(given) as Record<string, string>),
    };
}

function options(of: Readonly<Record<string, string>>): string {
    return Object.entries(of)
        .map(([key, value]) => `    ${literal(key)} = ${literal(value)}`)
        .join(",\n");
}

const milliseconds = (seconds: number) => Math.round(seconds * 1000);
const windowOf = ({ windowSeconds }: Settings) => milliseconds(windowSeconds);

/** In days, hours, minutes and seconds: Flink takes no more than two digits of the first. */
function interval(seconds: number): string {
    const [days, rest] = [Math.floor(seconds / 86_400), milliseconds(seconds) % 86_400_000];
    return `INTERVAL '${days} ${new Date(rest).toISOString().slice(11, 23)}' DAY TO SECOND(3)`;
}
