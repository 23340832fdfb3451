-- Compares delays-v2 (v2) with delays (v1), into delays-v2-evidence-0a1b2c3d.
-- Written by shadow-flink; another rule is another script, another job and another topic. It begins where its group was set:
-- at the beginning of delays-v2, and at the end, as it was then, of delays.
SET 'execution.runtime-mode' = 'streaming';
SET 'table.exec.state.ttl' = '0 s';
SET 'table.local-time-zone' = 'UTC';
SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';
SET 'pipeline.object-reuse' = 'true';
SET 'parallelism.default' = '1';
SET 'execution.checkpointing.interval' = '10 s';
SET 'execution.checkpointing.mode' = 'EXACTLY_ONCE';
SET 'restart-strategy.type' = 'exponential-delay';
SET 'execution.checkpointing.dir' = 's3://state/delays-v2-evidence-0a1b2c3d';

-- How records are read and compared: in a jar, as shadow-flink itself does.
CREATE TEMPORARY FUNCTION read_record AS 'shadowflink.v1.ReadRecord' USING JAR 'file:///opt/flink/usrlib/shadow-flink-functions.jar';
CREATE TEMPORARY FUNCTION rest_of AS 'shadowflink.v1.RestOf' USING JAR 'file:///opt/flink/usrlib/shadow-flink-functions.jar';
CREATE TEMPORARY FUNCTION counterparts AS 'shadowflink.v1.Counterparts' USING JAR 'file:///opt/flink/usrlib/shadow-flink-functions.jar';
CREATE TEMPORARY FUNCTION largest_of AS 'shadowflink.v1.LargestOf' USING JAR 'file:///opt/flink/usrlib/shadow-flink-functions.jar';
CREATE TEMPORARY FUNCTION field_of AS 'shadowflink.v1.FieldOf' USING JAR 'file:///opt/flink/usrlib/shadow-flink-functions.jar';

-- The two topics, byte for byte. A record without an event time is of the year 1, which moves no watermark, nor does one from
-- the future.
CREATE TEMPORARY TABLE incumbent_topic (
    record_key BYTES,
    record BYTES,
    part INT METADATA FROM 'partition' VIRTUAL,
    place BIGINT METADATA FROM 'offset' VIRTUAL,
    written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
    proc_time AS PROCTIME(),
    event_time AS TO_TIMESTAMP_LTZ(COALESCE(read_record(record_key, record, written, '{"key":"bytes","value":"json","identity":["origin","window_start"],"eventTime":"window_start","ignore":["written"]}').event_ms, -62135596800000), 3),
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
CREATE TEMPORARY VIEW records AS
SELECT side, part, place, proc_time, event_time, said.problem, said.schemas, said.event_ms,
    said.record_identity, said.content, said.types
FROM (
    SELECT 'incumbent' AS side, part, place, proc_time, event_time, read_record(record_key, record, written, '{"key":"bytes","value":"json","identity":["origin","window_start"],"eventTime":"window_start","ignore":["written"]}') AS said
    FROM incumbent_topic
    UNION ALL
    SELECT 'candidate' AS side, part, place, proc_time, event_time, read_record(record_key, record, written, '{"key":"bytes","value":"json","identity":["origin","window_start"],"eventTime":"window_start","ignore":["written"]}') AS said
    FROM candidate_topic
);

CREATE TEMPORARY VIEW comparable AS
SELECT side, event_time, record_identity, content, types
FROM records
WHERE problem IS NULL;

-- The how-many-th record of its partition one is, and how far it comes behind the newest one before it.
CREATE TEMPORARY VIEW ordered AS
SELECT side, part, place, problem, schemas, event_ms, proc_time, COUNT(*) OVER before AS seen, MAX(event_ms) OVER before - event_ms AS behind
FROM records
WINDOW before AS (PARTITION BY side, part ORDER BY proc_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- The records of a window by identity, and what of them does not cancel out.
CREATE TEMPORARY VIEW identities AS
SELECT window_start, window_end, record_identity,
    COUNT(*) FILTER (WHERE side = 'incumbent') AS incumbents,
    COUNT(*) FILTER (WHERE side = 'candidate') AS candidates,
    rest_of(side = 'incumbent', content) AS rest
FROM TABLE(TUMBLE(TABLE comparable, DESCRIPTOR(event_time), INTERVAL '0 01:00:00.000' DAY TO SECOND(3)))
GROUP BY window_start, window_end, record_identity;

-- Which of them are counterparts, and in what these differ.
CREATE TEMPORARY VIEW outcomes AS
SELECT window_start, window_end, record_identity, incumbents, candidates, paired.differences, paired.distances,
    CASE WHEN candidates = 0 THEN incumbents ELSE 0 END AS missing,
    CASE WHEN incumbents = 0 THEN candidates ELSE 0 END AS extra,
    CASE WHEN candidates > 0 THEN paired.incumbents ELSE 0 END AS incumbent_duplicates,
    CASE WHEN incumbents > 0 THEN paired.candidates ELSE 0 END AS candidate_duplicates
FROM (
    SELECT *, counterparts(rest, '{"fields":{"mean_delay":{"absoluteTolerance":0.5,"relativeTolerance":0.01},"written":{}}}') AS paired
    FROM identities
);

-- Where all goes: one topic, one record for each row.
CREATE TEMPORARY TABLE read_records (
    kind STRING, side STRING, part INT, win BIGINT, problem STRING, schemas STRING, records BIGINT, seen BIGINT,
    first_offset BIGINT, last_offset BIGINT, last_event BIGINT, late BIGINT, disorder BIGINT
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
    kind STRING, window_start TIMESTAMP(3), differences STRING, identities BIGINT, incumbents BIGINT, candidates BIGINT,
    missing BIGINT, extra BIGINT, incumbent_duplicates BIGINT, candidate_duplicates BIGINT, largest ARRAY<DOUBLE>
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
SELECT 'read', side, part, win, problem, schemas, COUNT(*), MAX(seen), MIN(place), MAX(place), MAX(event_ms),
    COUNT(*) FILTER (WHERE behind > 3600000), MAX(behind)
FROM (
    SELECT *, event_ms - MOD(MOD(event_ms, 3600000) + 3600000, 3600000) AS win
    FROM TABLE(TUMBLE(TABLE ordered, DESCRIPTOR(proc_time), INTERVAL '0 00:00:10.000' DAY TO SECOND(3)))
)
GROUP BY window_start, window_end, side, part, win, problem, schemas;

INSERT INTO types
SELECT 'types', window_start, types,
    COUNT(*) FILTER (WHERE side = 'incumbent') AS incumbents,
    COUNT(*) FILTER (WHERE side = 'candidate') AS candidates
FROM TABLE(TUMBLE(TABLE comparable, DESCRIPTOR(event_time), INTERVAL '0 01:00:00.000' DAY TO SECOND(3)))
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
WHERE place <= 5;

END;
