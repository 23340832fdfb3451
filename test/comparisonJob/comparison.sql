-- Compares delays-v2 (v2) with delays (v1), into delays-v2-evidence-0a1b2c3d.
-- Written by shadow-flink; another rule is another script, another job and another topic. It begins where its group was set:
-- at the beginning of delays-v2, and at the end, as it was then, of delays.
SET 'execution.runtime-mode' = 'streaming';
SET 'table.exec.state.ttl' = '0 s';
SET 'table.local-time-zone' = 'UTC';
SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';
SET 'parallelism.default' = '1';
SET 'execution.checkpointing.interval' = '10 s';
SET 'execution.checkpointing.mode' = 'EXACTLY_ONCE';
SET 'restart-strategy.type' = 'exponential-delay';
SET 'execution.checkpointing.dir' = 's3://state/delays-v2-evidence-0a1b2c3d';

-- The two topics, byte for byte. A record without an event time is of the year 1, which moves no watermark, nor does one from
-- the future.
CREATE TEMPORARY TABLE incumbent_topic (
    record_key BYTES,
    record STRING,
    part INT METADATA FROM 'partition' VIRTUAL,
    place BIGINT METADATA FROM 'offset' VIRTUAL,
    written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
    proc_time AS PROCTIME(),
    event_time AS COALESCE(TO_TIMESTAMP_LTZ(CASE
        -- milliseconds since the epoch, as most are written
        WHEN CAST(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+([0-9]{12,14})(?=[\s,}])', 1)[1] AS BIGINT) IS NOT NULL
            THEN CAST(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+([0-9]{12,14})(?=[\s,}])', 1)[1] AS BIGINT)
        -- seconds since the epoch
        WHEN ABS(TRY_CAST(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+(-?[0-9][^,}\s"]*+)', 1)[1] AS DOUBLE)) < 1E11
            THEN CAST(FLOOR(TRY_CAST(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+(-?[0-9][^,}\s"]*+)', 1)[1] AS DOUBLE) * 1000) AS BIGINT)
        -- milliseconds since the epoch
        WHEN ABS(TRY_CAST(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+(-?[0-9][^,}\s"]*+)', 1)[1] AS DOUBLE)) < 1E14
            THEN CAST(FLOOR(TRY_CAST(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+(-?[0-9][^,}\s"]*+)', 1)[1] AS DOUBLE)) AS BIGINT)
        -- a date that exists, with what is said of a time of day, and 0 for what is not
        WHEN CAST(TRY_CAST(OVERLAY('0000-00-00 00:00:00.000' PLACING REPLACE(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+"(?=[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?")([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?)?)', 1)[1], 'T', ' ') FROM 1) AS TIMESTAMP(3)) AS STRING)
            = OVERLAY('0000-00-00 00:00:00.000' PLACING REPLACE(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+"(?=[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?")([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?)?)', 1)[1], 'T', ' ') FROM 1)
            THEN UNIX_TIMESTAMP(SUBSTRING(OVERLAY('0000-00-00 00:00:00.000' PLACING REPLACE(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+"(?=[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?")([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?)?)', 1)[1], 'T', ' ') FROM 1), 1, 19)) * 1000
                + CAST(SUBSTRING(OVERLAY('0000-00-00 00:00:00.000' PLACING REPLACE(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+"(?=[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?")([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?)?)', 1)[1], 'T', ' ') FROM 1), 21) AS BIGINT)
                -- less its zone, +hhmm
                - COALESCE((CAST(REPLACE(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+"[^"]*[0-9 ]([+-][0-9]{2}:?[0-9]{2})"', 1)[1], ':', '') AS INT) / 100 * 60
                    + MOD(CAST(REPLACE(REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+"[^"]*[0-9 ]([+-][0-9]{2}:?[0-9]{2})"', 1)[1], ':', '') AS INT), 100)) * 60000, 0)
    END, 3), TO_TIMESTAMP_LTZ(-62135596800000, 3)),
    WATERMARK FOR event_time AS CASE
        WHEN event_time < written + INTERVAL '1' DAY THEN event_time - INTERVAL '0 01:00:00.000' DAY TO SECOND(3)
    END
) WITH (
    'connector' = 'kafka',
    'topic' = 'delays',
    'properties.bootstrap.servers' = 'one:9092,two:9092',
    'properties.group.id' = 'delays-v2-evidence-0a1b2c3d',
    'properties.isolation.level' = 'read_committed',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'none',
    'scan.watermark.idle-timeout' = '300 s',
    'scan.watermark.alignment.group' = 'delays-v2-evidence-0a1b2c3d',
    'scan.watermark.alignment.max-drift' = '28800000 ms',
    'scan.watermark.alignment.update-interval' = '200 ms',
    'key.format' = 'raw',
    'key.fields' = 'record_key',
    'value.format' = 'raw',
    'value.fields-include' = 'EXCEPT_KEY'
);

CREATE TEMPORARY TABLE candidate_topic WITH (
    'topic' = 'delays-v2'
) LIKE incumbent_topic (OVERWRITING OPTIONS);

-- Every record, and why it cannot be compared, where that is so.
CREATE TEMPORARY VIEW identified AS
SELECT *, CONCAT('[', REGEXP_EXTRACT_ALL(record, '"origin"\s*+:\s*+("(?:[^"\\]++|\\["\\bfnrt])*+"|true|false|null|0|-?[1-9][0-9]{0,29}|-?(?:0|[1-9][0-9]{0,14})\.[0-9]{0,13}[1-9])(?=[\s,}])', 1)[1],
    ',', REGEXP_EXTRACT_ALL(record, '"window_start"\s*+:\s*+("(?:[^"\\]++|\\["\\bfnrt])*+"|true|false|null|0|-?[1-9][0-9]{0,29}|-?(?:0|[1-9][0-9]{0,14})\.[0-9]{0,13}[1-9])(?=[\s,}])', 1)[1], ']') AS record_identity
FROM (
    SELECT 'incumbent' AS side, part, place, proc_time, event_time, record,
        UNIX_TIMESTAMP(SUBSTRING(CAST(event_time AS STRING), 1, 19)) * 1000 + EXTRACT(MILLISECOND FROM event_time) AS event_ms,
        DECODE(record_key, 'ISO-8859-1') AS record_key
    FROM incumbent_topic
    UNION ALL
    SELECT 'candidate' AS side, part, place, proc_time, event_time, record,
        UNIX_TIMESTAMP(SUBSTRING(CAST(event_time AS STRING), 1, 19)) * 1000 + EXTRACT(MILLISECOND FROM event_time) AS event_ms,
        DECODE(record_key, 'ISO-8859-1') AS record_key
    FROM candidate_topic
);

CREATE TEMPORARY VIEW judged AS
SELECT *, CASE
    WHEN record IS NULL THEN 'tombstone'
    WHEN NOT REGEXP(record, '(?x) \A [\x20\t\r\n]*+ \{ [\x20\t\r\n]*+ (?: " (?:
            (?:origin"((?!\1)) | window_start"((?!\2)) | flights"((?!\3)) | mean_delay"((?!\4)) | written"((?!\5))) [\x20\t\r\n]*+:[\x20\t\r\n]*+ (?: "(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null )
        ) [\x20\t\r\n]*+ (?: , [\x20\t\r\n]*+ (?=") | (?=\}) ) )*+ \} [\x20\t\r\n]*+ \z')
        THEN CASE WHEN record IS JSON OBJECT THEN 'undeclared' ELSE 'not JSON' END
    WHEN record_identity IS NULL THEN 'identity'
    WHEN (event_ms >= -12212553600000) IS NOT TRUE THEN 'event time'
END AS problem
FROM identified;

CREATE TEMPORARY VIEW records AS
SELECT side, part, place, proc_time, problem, CASE WHEN problem IS NULL THEN event_ms END AS event_ms
FROM judged;

CREATE TEMPORARY VIEW comparable AS
SELECT side, event_time, record_identity, record_key AS record_key, REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(record, '"written"\s*+:\s*+-?[0-9]++(?![.eE0-9])', '"written":0'), '"written"\s*+:\s*+"(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+"', '"written":""'), '"written"\s*+:\s*+-?[0-9]++(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++)', '"written":0.5'), '"written"\s*+:\s*+(?:true|false)', '"written":true') AS record
FROM judged
WHERE problem IS NULL;

-- The how-many-th record of its partition one is, and how far it comes behind the newest one before it.
CREATE TEMPORARY VIEW ordered AS
SELECT side, part, place, problem, event_ms, proc_time, COUNT(*) OVER before AS seen, MAX(event_ms) OVER before - event_ms AS behind
FROM records
WINDOW before AS (PARTITION BY side, part ORDER BY proc_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- The records of a window by identity and content: what is there as often on both sides cancels out.
CREATE TEMPORARY VIEW contents AS
SELECT window_start, window_end, record_identity, record_key, record,
    COUNT(*) FILTER (WHERE side = 'incumbent') AS incumbents,
    COUNT(*) FILTER (WHERE side = 'candidate') AS candidates
FROM TABLE(TUMBLE(TABLE comparable, DESCRIPTOR(event_time), INTERVAL '0 01:00:00.000' DAY TO SECOND(3)))
GROUP BY window_start, window_end, record_identity, record_key, record;

-- What of an identity does not cancel out, and what its fields say then.
CREATE TEMPORARY VIEW identities AS
SELECT window_start, window_end, record_identity,
    SUM(incumbents) AS incumbents,
    SUM(candidates) AS candidates,
    SUM(GREATEST(incumbents - candidates, 0)) AS incumbent_rest,
    SUM(GREATEST(candidates - incumbents, 0)) AS candidate_rest,
    COUNT(*) FILTER (WHERE incumbents > candidates) AS incumbent_contents,
    COUNT(*) FILTER (WHERE candidates > incumbents) AS candidate_contents,
    MIN(CASE WHEN incumbents > candidates THEN REGEXP_EXTRACT_ALL(record, '"flights"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `incumbent flights`,
    MIN(CASE WHEN candidates > incumbents THEN REGEXP_EXTRACT_ALL(record, '"flights"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `candidate flights`,
    MIN(CASE WHEN incumbents > candidates THEN REGEXP_EXTRACT_ALL(record, '"mean_delay"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `incumbent mean_delay`,
    MIN(CASE WHEN candidates > incumbents THEN REGEXP_EXTRACT_ALL(record, '"mean_delay"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `candidate mean_delay`,
    MIN(CASE WHEN incumbents > candidates THEN record_key END) AS `incumbent $key`,
    MIN(CASE WHEN candidates > incumbents THEN record_key END) AS `candidate $key`
FROM contents
GROUP BY window_start, window_end, record_identity;

-- In what the counterparts differ, a letter for each field. Where several contents are left over on a side, it is not known
-- which of them are counterparts.
CREATE TEMPORARY VIEW counterparts AS
SELECT *,
    incumbent_contents = 1 AND candidate_contents = 1 AS paired,
    incumbent_contents > 0 AND candidate_contents > 0 AND incumbent_contents + candidate_contents > 2 AS ambiguous
FROM identities;

CREATE TEMPORARY VIEW outcomes AS
SELECT window_start, window_end, record_identity, incumbents, candidates,
    CASE WHEN paired THEN CONCAT('', CASE
            WHEN `incumbent flights` IS NOT DISTINCT FROM `candidate flights` THEN '.'
            WHEN `incumbent flights` IS NULL THEN 'a'
            WHEN `candidate flights` IS NULL THEN 'd'
            WHEN REGEXP(CONCAT(`incumbent flights`, '|', `candidate flights`), '^(?:-?[0-9]{1,19}(?:\.[0-9]{1,17})?|-?[0-9](?:\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\.[0-9]{1,8})?[eE]-[1-9])[|](?:-?[0-9]{1,19}(?:\.[0-9]{1,17})?|-?[0-9](?:\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\.[0-9]{1,8})?[eE]-[1-9])$') THEN CASE WHEN ABS(CAST(`incumbent flights` AS DECIMAL(36, 17)) - CAST(`candidate flights` AS DECIMAL(36, 17))) <= CAST('0' AS DECIMAL(24, 12)) THEN '.' ELSE 'd' END
            WHEN REGEXP(CONCAT(`incumbent flights`, '|', `candidate flights`), '^[-0-9][^|]*[|][-0-9]') THEN CASE
                WHEN ABS(CAST(`incumbent flights` AS DOUBLE) - CAST(`candidate flights` AS DOUBLE)) - 1E-14 * (ABS(CAST(`incumbent flights` AS DOUBLE)) + ABS(CAST(`candidate flights` AS DOUBLE))) > GREATEST(CAST(0 AS DOUBLE), 0 * ABS(CAST(`incumbent flights` AS DOUBLE))) * (1 + 1E-12) THEN 'd'
                WHEN ABS(CAST(`incumbent flights` AS DOUBLE) - CAST(`candidate flights` AS DOUBLE)) + 1E-14 * (ABS(CAST(`incumbent flights` AS DOUBLE)) + ABS(CAST(`candidate flights` AS DOUBLE))) <= GREATEST(CAST(0 AS DOUBLE), 0 * ABS(CAST(`incumbent flights` AS DOUBLE))) * (1 - 1E-12) THEN '.'
                ELSE '?'
            END
            WHEN `incumbent flights` LIKE '"%' AND `candidate flights` LIKE '"%' AND REGEXP(CONCAT(`incumbent flights`, `candidate flights`), '[\\][u/]')
                AND JSON_UNQUOTE(`incumbent flights`) = JSON_UNQUOTE(`candidate flights`) THEN '.'
            ELSE 'd'
        END,
        CASE
            WHEN `incumbent mean_delay` IS NOT DISTINCT FROM `candidate mean_delay` THEN '.'
            WHEN `incumbent mean_delay` IS NULL THEN 'a'
            WHEN `candidate mean_delay` IS NULL THEN 'd'
            WHEN REGEXP(CONCAT(`incumbent mean_delay`, '|', `candidate mean_delay`), '^(?:-?[0-9]{1,19}(?:\.[0-9]{1,17})?|-?[0-9](?:\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\.[0-9]{1,8})?[eE]-[1-9])[|](?:-?[0-9]{1,19}(?:\.[0-9]{1,17})?|-?[0-9](?:\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\.[0-9]{1,8})?[eE]-[1-9])$') THEN CASE WHEN ABS(CAST(`incumbent mean_delay` AS DECIMAL(36, 17)) - CAST(`candidate mean_delay` AS DECIMAL(36, 17))) <= CAST('0.5' AS DECIMAL(24, 12)) OR ABS(CAST(`incumbent mean_delay` AS DECIMAL(36, 17)) - CAST(`candidate mean_delay` AS DECIMAL(36, 17))) <= CAST('0.01' AS DECIMAL(13, 12)) * ABS(CAST(`incumbent mean_delay` AS DECIMAL(36, 17))) THEN '.' ELSE 'd' END
            WHEN REGEXP(CONCAT(`incumbent mean_delay`, '|', `candidate mean_delay`), '^[-0-9][^|]*[|][-0-9]') THEN CASE
                WHEN ABS(CAST(`incumbent mean_delay` AS DOUBLE) - CAST(`candidate mean_delay` AS DOUBLE)) - 1E-14 * (ABS(CAST(`incumbent mean_delay` AS DOUBLE)) + ABS(CAST(`candidate mean_delay` AS DOUBLE))) > GREATEST(CAST(0.5 AS DOUBLE), 0.01 * ABS(CAST(`incumbent mean_delay` AS DOUBLE))) * (1 + 1E-12) THEN 'd'
                WHEN ABS(CAST(`incumbent mean_delay` AS DOUBLE) - CAST(`candidate mean_delay` AS DOUBLE)) + 1E-14 * (ABS(CAST(`incumbent mean_delay` AS DOUBLE)) + ABS(CAST(`candidate mean_delay` AS DOUBLE))) <= GREATEST(CAST(0.5 AS DOUBLE), 0.01 * ABS(CAST(`incumbent mean_delay` AS DOUBLE))) * (1 - 1E-12) THEN '.'
                ELSE '?'
            END
            WHEN `incumbent mean_delay` LIKE '"%' AND `candidate mean_delay` LIKE '"%' AND REGEXP(CONCAT(`incumbent mean_delay`, `candidate mean_delay`), '[\\][u/]')
                AND JSON_UNQUOTE(`incumbent mean_delay`) = JSON_UNQUOTE(`candidate mean_delay`) THEN '.'
            ELSE 'd'
        END,
        CASE WHEN `incumbent $key` IS NOT DISTINCT FROM `candidate $key` THEN '.' WHEN `incumbent $key` IS NULL THEN 'a' ELSE 'd' END) ELSE '' END AS differences,
    CASE WHEN paired THEN LEAST(incumbent_rest, candidate_rest) ELSE 0 END AS pairs,
    CASE WHEN candidates = 0 THEN incumbents ELSE 0 END AS missing,
    CASE WHEN incumbents = 0 THEN candidates ELSE 0 END AS extra,
    CASE WHEN candidates = 0 OR ambiguous THEN 0 ELSE GREATEST(incumbent_rest - candidate_rest, 0) END
        AS incumbent_duplicates,
    CASE WHEN incumbents = 0 OR ambiguous THEN 0 ELSE GREATEST(candidate_rest - incumbent_rest, 0) END
        AS candidate_duplicates,
    CASE WHEN ambiguous THEN 1 ELSE 0 END AS ambiguous,
    CASE WHEN paired THEN CASE
            WHEN REGEXP(CONCAT(`incumbent flights`, '|', `candidate flights`), '^(?:-?[0-9]{1,19}(?:\.[0-9]{1,17})?|-?[0-9](?:\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\.[0-9]{1,8})?[eE]-[1-9])[|](?:-?[0-9]{1,19}(?:\.[0-9]{1,17})?|-?[0-9](?:\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\.[0-9]{1,8})?[eE]-[1-9])$') THEN CAST(ABS(CAST(`incumbent flights` AS DECIMAL(36, 17)) - CAST(`candidate flights` AS DECIMAL(36, 17))) AS DOUBLE)
            WHEN REGEXP(CONCAT(`incumbent flights`, '|', `candidate flights`), '^[-0-9][^|]*[|][-0-9]') THEN ABS(CAST(`incumbent flights` AS DOUBLE) - CAST(`candidate flights` AS DOUBLE))
        END END AS apart_0,
    CASE WHEN paired THEN CASE
            WHEN REGEXP(CONCAT(`incumbent mean_delay`, '|', `candidate mean_delay`), '^(?:-?[0-9]{1,19}(?:\.[0-9]{1,17})?|-?[0-9](?:\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\.[0-9]{1,8})?[eE]-[1-9])[|](?:-?[0-9]{1,19}(?:\.[0-9]{1,17})?|-?[0-9](?:\.[0-9]{1,16})?[eE][+]?(?:1[0-8]|[0-9])|-?[0-9](?:\.[0-9]{1,8})?[eE]-[1-9])$') THEN CAST(ABS(CAST(`incumbent mean_delay` AS DECIMAL(36, 17)) - CAST(`candidate mean_delay` AS DECIMAL(36, 17))) AS DOUBLE)
            WHEN REGEXP(CONCAT(`incumbent mean_delay`, '|', `candidate mean_delay`), '^[-0-9][^|]*[|][-0-9]') THEN ABS(CAST(`incumbent mean_delay` AS DOUBLE) - CAST(`candidate mean_delay` AS DOUBLE))
        END END AS apart_1,
    CAST(NULL AS DOUBLE) AS apart_2
FROM counterparts;

-- Where all goes: one topic, one record for each row.
CREATE TEMPORARY TABLE read_records (
    kind STRING, side STRING, part INT, win BIGINT, problem STRING, records BIGINT, seen BIGINT, first_offset BIGINT,
    last_offset BIGINT, last_event BIGINT, late BIGINT, disorder BIGINT
) WITH (
    'connector' = 'kafka',
    'topic' = 'delays-v2-evidence-0a1b2c3d',
    'properties.bootstrap.servers' = 'one:9092,two:9092',
    'properties.transaction.timeout.ms' = '900000',
    'format' = 'json',
    'json.encode.ignore-null-fields' = 'true',
    'json.timestamp-format.standard' = 'ISO-8601',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = 'delays-v2-evidence-0a1b2c3d.read_records'
);

CREATE TEMPORARY TABLE types (
    kind STRING, window_start TIMESTAMP(3), types STRING, incumbents BIGINT, candidates BIGINT
) WITH (
    'connector' = 'kafka',
    'topic' = 'delays-v2-evidence-0a1b2c3d',
    'properties.bootstrap.servers' = 'one:9092,two:9092',
    'properties.transaction.timeout.ms' = '900000',
    'format' = 'json',
    'json.encode.ignore-null-fields' = 'true',
    'json.timestamp-format.standard' = 'ISO-8601',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = 'delays-v2-evidence-0a1b2c3d.types'
);

CREATE TEMPORARY TABLE identity_counts (
    kind STRING, window_start TIMESTAMP(3), differences STRING, incumbents BIGINT, candidates BIGINT, pairs BIGINT,
    missing BIGINT, extra BIGINT, incumbent_duplicates BIGINT, candidate_duplicates BIGINT, ambiguous BIGINT,
    largest ARRAY<DOUBLE>
) WITH (
    'connector' = 'kafka',
    'topic' = 'delays-v2-evidence-0a1b2c3d',
    'properties.bootstrap.servers' = 'one:9092,two:9092',
    'properties.transaction.timeout.ms' = '900000',
    'format' = 'json',
    'json.encode.ignore-null-fields' = 'true',
    'json.timestamp-format.standard' = 'ISO-8601',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = 'delays-v2-evidence-0a1b2c3d.identity_counts'
);

CREATE TEMPORARY TABLE samples (
    kind STRING, window_start TIMESTAMP(3), what STRING, `identity` STRING, differences STRING, place BIGINT
) WITH (
    'connector' = 'kafka',
    'topic' = 'delays-v2-evidence-0a1b2c3d',
    'properties.bootstrap.servers' = 'one:9092,two:9092',
    'properties.transaction.timeout.ms' = '900000',
    'format' = 'json',
    'json.encode.ignore-null-fields' = 'true',
    'json.timestamp-format.standard' = 'ISO-8601',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = 'delays-v2-evidence-0a1b2c3d.samples'
);

EXECUTE STATEMENT SET BEGIN

INSERT INTO read_records
SELECT 'read', side, part, win, problem, COUNT(*), MAX(seen), MIN(place), MAX(place), MAX(event_ms),
    COUNT(*) FILTER (WHERE behind > 3600000), MAX(behind)
FROM (
    SELECT *, event_ms - MOD(MOD(event_ms, 3600000) + 3600000, 3600000) AS win
    FROM TABLE(TUMBLE(TABLE ordered, DESCRIPTOR(proc_time), INTERVAL '0 00:00:10.000' DAY TO SECOND(3)))
)
GROUP BY window_start, window_end, side, part, win, problem;

INSERT INTO types
SELECT 'types', window_start, CONCAT(
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"origin"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"window_start"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"flights"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"mean_delay"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"written"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    CASE WHEN has_key THEN 'k' ELSE '-' END
), incumbents, candidates
FROM (
    SELECT window_start, window_end, has_key, shape, SUM(incumbents) AS incumbents, SUM(candidates) AS candidates
    FROM (
        SELECT window_start, window_end, incumbents, candidates, record_key IS NOT NULL AS has_key,
            REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(record, ':\s*+"(?:[^"\\]++|\\.)*+"', ':""'), ':\s*+-?[0-9]++(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++)', ':d'), ':\s*+-?[0-9]++', ':0') AS shape
        FROM contents
    )
    GROUP BY window_start, window_end, has_key, shape
);

INSERT INTO identity_counts
SELECT 'identities', window_start, differences, SUM(incumbents), SUM(candidates),
    SUM(pairs), SUM(missing), SUM(extra), SUM(incumbent_duplicates), SUM(candidate_duplicates), SUM(ambiguous),
    ARRAY[MAX(apart_0), MAX(apart_1), MAX(apart_2)]
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
WHERE place <= 5;

END;
