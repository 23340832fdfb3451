-- What the aggregated fields say. Numbers that are too long for an exact sum are none here.
CREATE TEMPORARY VIEW measured AS
SELECT side, event_time, field, record_group, number, REGEXP(token, '^[-0-9]') AND number IS NULL AS inexact
FROM (
    SELECT *, CASE WHEN REGEXP(token, '^-?[0-9]{1,19}(?:[.][0-9]{1,17})?$') THEN CAST(token AS DECIMAL(36, 17)) END AS number
    FROM (
        SELECT side, event_time, CAST('flights' AS STRING) AS field, CONCAT('{"":0', COALESCE(CONCAT(',"0":', field_of(content, 'origin')), ''), '}') AS record_group,
            field_of(content, 'flights') AS token
        FROM comparable
        UNION ALL
        SELECT side, event_time, CAST('mean_delay' AS STRING) AS field, CONCAT('{"":0', COALESCE(CONCAT(',"0":', field_of(content, 'origin')), ''), '}') AS record_group,
            field_of(content, 'mean_delay') AS token
        FROM comparable
    )
);

-- How often each of them is there.
CREATE TEMPORARY VIEW numbers AS
SELECT window_start, window_end, field, record_group, number, inexact,
    COUNT(*) FILTER (WHERE side = 'incumbent') AS incumbents,
    COUNT(*) FILTER (WHERE side = 'candidate') AS candidates
FROM TABLE(TUMBLE(TABLE measured, DESCRIPTOR(event_time), INTERVAL '0 01:00:00.000' DAY TO SECOND(3)))
GROUP BY window_start, window_end, field, record_group, number, inexact;

-- Numbers in buckets that are 2 % wide, for quantiles. A number is summed up in two parts, which no sum is too long for.
CREATE TEMPORARY VIEW bucket_sums AS
SELECT window_start, window_end, field, record_group, bucket,
    SUM(incumbents) AS incumbents, SUM(candidates) AS candidates,
    SUM(CASE WHEN inexact THEN incumbents + candidates ELSE 0 END) AS inexact,
    SUM(whole * CAST(incumbents AS DECIMAL(18, 0))) AS incumbent_whole,
    SUM(fraction * CAST(incumbents AS DECIMAL(18, 0))) AS incumbent_fraction,
    MIN(CASE WHEN incumbents > 0 THEN number END) AS incumbent_min,
    MAX(CASE WHEN incumbents > 0 THEN number END) AS incumbent_max,
    COUNT(number) FILTER (WHERE incumbents > 0) AS incumbent_distinct,
    SUM(whole * CAST(candidates AS DECIMAL(18, 0))) AS candidate_whole,
    SUM(fraction * CAST(candidates AS DECIMAL(18, 0))) AS candidate_fraction,
    MIN(CASE WHEN candidates > 0 THEN number END) AS candidate_min,
    MAX(CASE WHEN candidates > 0 THEN number END) AS candidate_max,
    COUNT(number) FILTER (WHERE candidates > 0) AS candidate_distinct
FROM (
    SELECT *, CAST(number - whole AS DECIMAL(18, 17)) AS fraction,
        CASE
            WHEN ABS(CAST(number AS DOUBLE)) < 1e-12 THEN 0
            WHEN CAST(number AS DOUBLE) < 0 THEN -(CAST(CEIL(LN(ABS(CAST(number AS DOUBLE))) / 2.0000666706669435e-2) AS INT) - (-1381) + 1)
            ELSE CAST(CEIL(LN(ABS(CAST(number AS DOUBLE))) / 2.0000666706669435e-2) AS INT) - (-1381) + 1
        END AS bucket
    FROM (SELECT *, CAST(FLOOR(number) AS DECIMAL(20, 0)) AS whole FROM numbers)
)
GROUP BY window_start, window_end, field, record_group, bucket;

-- The numbers with the smallest hashes tell how many there are.
CREATE TEMPORARY VIEW number_hashes AS
SELECT window_start, window_end, field, record_group, side, number_hash
FROM (
    SELECT *, ROW_NUMBER() OVER (
        PARTITION BY window_start, window_end, field, record_group, side ORDER BY number_hash
    ) AS place
    FROM (
        SELECT window_start, window_end, field, record_group, 'incumbent' AS side, SUBSTRING(MD5(CAST(number AS STRING)), 1, 13) AS number_hash
        FROM numbers
        WHERE number IS NOT NULL AND incumbents > 0
        UNION ALL
        SELECT window_start, window_end, field, record_group, 'candidate' AS side, SUBSTRING(MD5(CAST(number AS STRING)), 1, 13) AS number_hash
        FROM numbers
        WHERE number IS NOT NULL AND candidates > 0
    )
)
WHERE place <= 1024;

INSERT INTO aggregates
SELECT 'aggregate', window_start, field, record_group, SUM(incumbents), SUM(candidates), SUM(inexact),
    CAST(SUM(incumbent_whole) AS STRING), CAST(SUM(incumbent_fraction) AS STRING),
    CAST(MIN(incumbent_min) AS STRING), CAST(MAX(incumbent_max) AS STRING), SUM(incumbent_distinct),
    CAST(SUM(candidate_whole) AS STRING), CAST(SUM(candidate_fraction) AS STRING),
    CAST(MIN(candidate_min) AS STRING), CAST(MAX(candidate_max) AS STRING), SUM(candidate_distinct),
    LISTAGG(CONCAT(CAST(bucket AS STRING), ':', CAST(incumbents AS STRING), ':', CAST(candidates AS STRING)))
FROM bucket_sums
GROUP BY window_start, window_end, field, record_group;

INSERT INTO distinct_numbers
SELECT 'distinct', window_start, field, record_group, side, LISTAGG(number_hash)
FROM number_hashes
GROUP BY window_start, window_end, field, record_group, side;
