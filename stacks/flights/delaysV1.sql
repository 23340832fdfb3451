-- Delays of departing flights per origin and hour: the job that has been running for years.

SET 'table.local-time-zone' = 'UTC';
-- A partition without flights for this long does not hold the others back.
SET 'table.exec.source.idle-timeout' = '5 s';
SET 'execution.checkpointing.interval' = '2 s';
SET 'execution.checkpointing.dir' = '${checkpoints}';

CREATE TABLE flights (
    id STRING,
    departure BIGINT,
    origin STRING,
    destination STRING,
    delay INT,
    distance INT,
    departed_at AS TO_TIMESTAMP_LTZ(departure, 3),
    -- Flights are reported up to five minutes late.
    WATERMARK FOR departed_at AS departed_at - INTERVAL '5' MINUTE
) WITH (
    'connector' = 'kafka',
    'topic' = '${flights}',
    'properties.bootstrap.servers' = '${brokers}',
    'properties.group.id' = '${group}',
    'scan.startup.mode' = 'latest-offset',
    'format' = 'json'
);

CREATE TABLE delays (
    origin STRING,
    window_start TIMESTAMP(3),
    window_end TIMESTAMP(3),
    flights BIGINT,
    mean_delay DOUBLE,
    late_share DOUBLE
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${brokers}',
    -- More than a checkpoint and a restart take, less than the broker's 15 minutes.
    'properties.transaction.timeout.ms' = '600000',
    'key.format' = 'raw',
    'key.fields' = 'origin',
    'value.format' = 'json',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = '${transactionalIdPrefix}'
);

INSERT INTO delays
SELECT
    origin,
    window_start,
    window_end,
    COUNT(*),
    AVG(CAST(delay AS DOUBLE)),
    AVG(CASE WHEN delay > 15 THEN 1e0 ELSE 0e0 END)
FROM TABLE(TUMBLE(TABLE flights, DESCRIPTOR(departed_at), INTERVAL '1' HOUR))
GROUP BY origin, window_start, window_end;
