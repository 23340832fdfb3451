import type { CompareSettings } from "../compare.js";
import type { FlinkSettings } from "../compareFlink.js";
import { sampleLimit } from "../sampleLimit.js";
import { sides, type Side } from "../side.js";
import {
    aggregateColumns,
    aggregateInserts,
    aggregateViews,
    isAggregated,
} from "./aggregatesSql.js";
import { comparedFields, typedFields } from "./evidenceRows.js";
import {
    canonicalTokenOf,
    differenceOf,
    distanceOf,
    identifier,
    isRecord,
    literal,
    millisecondsOf,
    shapeOf,
    tokenOf,
    typeIn,
    withTypeOnly,
} from "./jsonSql.js";
import { RecordFields } from "./recordFields.js";

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

const fieldsOf = ({ flink }: Settings) => new RecordFields(flink.fields);

/**
 * The Flink SQL that compares two topics: what the embedded engine counts, counted where the records flow. It writes only
 * counts, names of fields and hashes of identities, and aggregates where these are asked for; rules and verdict are made of
 * them elsewhere.
 */
export function comparisonSql(settings: Settings, names: ComparisonJobNames): string {
    const { incumbent, candidate, evidence } = names;
    const { aggregates } = settings.rules;
    const aggregated = isAggregated(aggregates);
    const fields = fieldsOf(settings);
    return `-- Compares ${candidate.topic} (${candidate.version}) with ${incumbent.topic} (${incumbent.version}), into ${evidence}.
-- Written by shadow-flink; another rule is another script, another job and another topic. It begins where its group was set:
-- at the beginning of ${candidate.topic}, and at the ${settings.flink.from === "beginning" ? "beginning" : "end, as it was then,"} of ${incumbent.topic}.
${jobSettings(settings, names)}

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
SELECT side, part, place, problem, event_ms, proc_time${ofSample(settings, "in_sample")}, COUNT(*) OVER before AS seen, MAX(event_ms) OVER before - event_ms AS behind
FROM records
WINDOW before AS (PARTITION BY side, part ORDER BY proc_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- The records of a window by identity and content: what is there as often on both sides cancels out.
CREATE TEMPORARY VIEW contents AS
SELECT window_start, window_end, record_identity, record_key, record,
    COUNT(*) FILTER (WHERE side = 'incumbent') AS incumbents,
    COUNT(*) FILTER (WHERE side = 'candidate') AS candidates
FROM TABLE(TUMBLE(TABLE comparable, DESCRIPTOR(event_time), ${interval(settings.windowSeconds)}))
GROUP BY window_start, window_end, record_identity, record_key, record;

-- What of an identity does not cancel out, and what its fields say then.
${identities(settings)}

-- In what the counterparts differ, a letter for each field. Where several contents are left over on a side, it is not known
-- which of them are counterparts.
${outcomes(settings)}

${aggregated ? `${aggregateViews(aggregates, fields)}\n\n` : ""}${sinks(settings, names)}

EXECUTE STATEMENT SET BEGIN

INSERT INTO read_records
SELECT 'read', side, part, win, problem, COUNT(*), MAX(seen), MIN(place), MAX(place), MAX(event_ms),
    COUNT(*) FILTER (WHERE behind > ${milliseconds(settings.allowedLatenessSeconds)}), MAX(behind)${ofSample(settings, "COUNT(*) FILTER (WHERE in_sample)")}
FROM (
    SELECT *, ${windowStart(settings)} AS win
    FROM TABLE(TUMBLE(TABLE ordered, DESCRIPTOR(proc_time), ${interval(settings.flink.checkpointSeconds)}))
)
GROUP BY window_start, window_end, side, part, win, problem;

INSERT INTO types
SELECT 'types', window_start, CONCAT(
    ${typedFields(settings.flink.fields)
        .map((field) =>
            field === "$key"
                ? "CASE WHEN has_key THEN 'k' ELSE '-' END"
                : typeIn("shape", fields.member(field)),
        )
        .join(",\n    ")}
), incumbents, candidates
FROM (
    SELECT window_start, window_end, has_key, shape, SUM(incumbents) AS incumbents, SUM(candidates) AS candidates
    FROM (
        SELECT window_start, window_end, incumbents, candidates, record_key IS NOT NULL AS has_key,
            ${shapeOf("record", fields)} AS shape
        FROM contents
    )
    GROUP BY window_start, window_end, has_key, shape
);

INSERT INTO identity_counts
SELECT 'identities', window_start, differences, SUM(incumbents), SUM(candidates),
    SUM(pairs), SUM(missing), SUM(extra), SUM(incumbent_duplicates), SUM(candidate_duplicates), SUM(ambiguous),
    ARRAY[${comparedFields(settings)
        .map((_field, index) => `MAX(apart_${index})`)
        .join(", ")}]${ofSample(settings, "COUNT(*)")}
FROM outcomes
GROUP BY window_start, window_end, differences;

INSERT INTO samples
SELECT 'sample', window_start, what, SUBSTRING(SHA256(record_identity), 1, 12), differences, place
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, what ORDER BY record_identity) AS place
    FROM (
        SELECT window_start, window_end, record_identity, differences, CASE
            WHEN REGEXP(differences, '[da]') THEN 'changed'
            WHEN missing > 0 THEN 'missing'
            WHEN extra > 0 THEN 'extra'
        END AS what
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

function source(
    settings: Settings,
    { evidence, brokers, incumbent: { topic } }: ComparisonJobNames,
): string {
    const { flink, eventTime, windowSeconds, allowedLatenessSeconds } = settings;
    const event =
        eventTime === null
            ? "written"
            : `TO_TIMESTAMP_LTZ(${millisecondsOf("record", fieldsOf(settings).member(eventTime))}, 3)`;
    return `CREATE TEMPORARY TABLE incumbent_topic (
    record_key BYTES,
    record STRING,
    part INT METADATA FROM 'partition' VIRTUAL,
    place BIGINT METADATA FROM 'offset' VIRTUAL,
    written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
    proc_time AS PROCTIME(),
    event_time AS COALESCE(${event}, TO_TIMESTAMP_LTZ(${noTime}, 3)),
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
/** The beginning of the year 1583: before it, Flink counts days in another calendar. */
const firstTime = -12_212_553_600_000;

function records(settings: Settings): string {
    const { identity, eventTime } = settings;
    const fields = fieldsOf(settings);
    const part = (
        side: Side,
    ) => `    SELECT '${side}' AS side, part, place, proc_time, event_time, record,
        UNIX_TIMESTAMP(SUBSTRING(CAST(event_time AS STRING), 1, 19)) * 1000 + EXTRACT(MILLISECOND FROM event_time) AS event_ms,
        DECODE(record_key, 'ISO-8859-1') AS record_key
    FROM ${side}_topic`;
    const tokens = identity.map((field) =>
        field === "$key"
            ? `'"', record_key, '"'`
            : canonicalTokenOf("record", fields.member(field)),
    );
    const known =
        eventTime === null
            ? "event_ms < 100000000000000 AND event_ms >= 0"
            : `event_ms >= ${firstTime}`;
    return `CREATE TEMPORARY VIEW identified AS
SELECT *, CONCAT('[', ${tokens.join(",\n    ',', ")}, ']') AS record_identity
FROM (
${part("incumbent")}
    UNION ALL
${part("candidate")}
);

CREATE TEMPORARY VIEW judged AS
SELECT *, CASE
    WHEN record IS NULL THEN 'tombstone'
    WHEN NOT ${isRecord("record", fields)}
        THEN CASE WHEN record IS JSON OBJECT THEN 'undeclared' ELSE 'not JSON' END
    WHEN record_identity IS NULL THEN 'identity'
    WHEN (${known}) IS NOT TRUE THEN 'event time'
END AS problem
FROM identified;

CREATE TEMPORARY VIEW records AS
SELECT side, part, place, proc_time, problem, CASE WHEN problem IS NULL THEN event_ms END AS event_ms${ofSample(settings, `${isSampled(settings)} AS in_sample`)}
FROM judged;

CREATE TEMPORARY VIEW comparable AS
SELECT side, event_time, record_identity, ${keyOf(settings)} AS record_key, ${contentOf(settings)} AS record
FROM judged
WHERE problem IS NULL${settings.sample < 1 ? ` AND ${isSampled(settings)}` : ""};`;
}

/** One more column, where a sample is compared. */
function ofSample({ sample }: Settings, column: string): string {
    return sample < 1 ? `, ${column}` : "";
}

function sampleComment({ sample }: Settings): string {
    return sample < 1
        ? `\n-- Compared is a sample of the identities, ${sample} of those of each window.`
        : "";
}

function isSampled(settings: Settings): string {
    return `MD5(CONCAT(record_identity, CAST(${windowStart(settings)} AS STRING))) < ${literal(sampleLimit(settings.sample))}`;
}

/** First millisecond of the window of an event time. */
function windowStart(settings: Settings): string {
    const length = windowOf(settings);
    return `event_ms - MOD(MOD(event_ms, ${length}) + ${length}, ${length})`;
}

function ignoredFields({ fields }: Settings): string[] {
    return Object.entries(fields).flatMap(([field, { ignore }]) =>
        ignore === null ? [] : [field],
    );
}

/** The record, with nothing left of ignored fields but their types. */
function contentOf(settings: Settings): string {
    const fields = fieldsOf(settings);
    return ignoredFields(settings)
        .filter((field) => field !== "$key")
        .map((field) => fields.member(field))
        .reduce(withTypeOnly, "record");
}

function keyOf(settings: Settings): string {
    return ignoredFields(settings).includes("$key")
        ? "CASE WHEN record_key IS NOT NULL THEN '' END"
        : "record_key";
}

const ofSide: Readonly<Record<Side, string>> = {
    incumbent: "incumbents > candidates",
    candidate: "candidates > incumbents",
};
const columnOf = (side: Side, field: string) => identifier(`${side} ${field}`);

function identities(settings: Settings): string {
    const members = fieldsOf(settings);
    const fields = comparedFields(settings).flatMap((field) =>
        sides.map((side) => {
            const token =
                field === "$key" ? "record_key" : tokenOf("record", members.member(field));
            return `,
    MIN(CASE WHEN ${ofSide[side]} THEN ${token} END) AS ${columnOf(side, field)}`;
        }),
    );
    return `CREATE TEMPORARY VIEW identities AS
SELECT window_start, window_end, record_identity,
    SUM(incumbents) AS incumbents,
    SUM(candidates) AS candidates,
    SUM(GREATEST(incumbents - candidates, 0)) AS incumbent_rest,
    SUM(GREATEST(candidates - incumbents, 0)) AS candidate_rest,
    COUNT(*) FILTER (WHERE ${ofSide.incumbent}) AS incumbent_contents,
    COUNT(*) FILTER (WHERE ${ofSide.candidate}) AS candidate_contents${fields.join("")}
FROM contents
GROUP BY window_start, window_end, record_identity;`;
}

function outcomes(settings: Settings): string {
    const fields = comparedFields(settings);
    const members = fieldsOf(settings);
    const tolerances = new Map(Object.entries(settings.fields));
    const none = { absoluteTolerance: 0, relativeTolerance: 0 };
    const [a, b] = sides.map((side) => (field: string) => columnOf(side, field)) as [
        (field: string) => string,
        (field: string) => string,
    ];
    const letters = fields.map((field) =>
        field === "$key"
            ? keyDifference(a(field), b(field))
            : differenceOf(
                  a(field),
                  b(field),
                  tolerances.get(field) ?? none,
                  members.member(field),
              ),
    );
    const distances = fields.map((field, index) =>
        field === "$key"
            ? `CAST(NULL AS DOUBLE) AS apart_${index}`
            : `CASE WHEN paired THEN ${distanceOf(a(field), b(field))} END AS apart_${index}`,
    );
    return `CREATE TEMPORARY VIEW counterparts AS
SELECT *,
    incumbent_contents = 1 AND candidate_contents = 1 AS paired,
    incumbent_contents > 0 AND candidate_contents > 0 AND incumbent_contents + candidate_contents > 2 AS ambiguous
FROM identities;

CREATE TEMPORARY VIEW outcomes AS
SELECT window_start, window_end, record_identity, incumbents, candidates,
    CASE WHEN paired THEN CONCAT('', ${letters.join(",\n        ")}) ELSE '' END AS differences,
    CASE WHEN paired THEN LEAST(incumbent_rest, candidate_rest) ELSE 0 END AS pairs,
    CASE WHEN candidates = 0 THEN incumbents ELSE 0 END AS missing,
    CASE WHEN incumbents = 0 THEN candidates ELSE 0 END AS extra,
    CASE WHEN candidates = 0 OR ambiguous THEN 0 ELSE GREATEST(incumbent_rest - candidate_rest, 0) END
        AS incumbent_duplicates,
    CASE WHEN incumbents = 0 OR ambiguous THEN 0 ELSE GREATEST(candidate_rest - incumbent_rest, 0) END
        AS candidate_duplicates,
    CASE WHEN ambiguous THEN 1 ELSE 0 END AS ambiguous,
    ${distances.join(",\n    ")}
FROM counterparts;`;
}

function keyDifference(a: string, b: string): string {
    return `CASE WHEN ${a} IS NOT DISTINCT FROM ${b} THEN '.' WHEN ${a} IS NULL THEN 'a' ELSE 'd' END`;
}

const columnsOf = (settings: Settings) => ({
    read_records: `side STRING, part INT, win BIGINT, problem STRING, records BIGINT, seen BIGINT, first_offset BIGINT,
    last_offset BIGINT, last_event BIGINT, late BIGINT, disorder BIGINT${ofSample(settings, "sampled BIGINT")}`,
    types: "window_start TIMESTAMP(3), types STRING, incumbents BIGINT, candidates BIGINT",
    identity_counts: `window_start TIMESTAMP(3), differences STRING, incumbents BIGINT, candidates BIGINT, pairs BIGINT,
    missing BIGINT, extra BIGINT, incumbent_duplicates BIGINT, candidate_duplicates BIGINT, ambiguous BIGINT,
    largest ARRAY<DOUBLE>${ofSample(settings, "identities BIGINT")}`,
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
