import type { CompareSettings } from "../compare.js";
import { sides } from "../side.js";
import { aggregateBuckets, keptHashes } from "../sketch.js";
import { literal, perSide } from "./sqlText.js";

type Aggregates = CompareSettings["rules"]["aggregates"];

/** Whether there is something to aggregate. */
export function isAggregated({ fields }: Aggregates): boolean {
    return Object.keys(fields).length > 0;
}

/**
 * Views with what can be put together to sums, extremes, quantiles and distinct numbers of any run of windows, of all groups, or
 * of one: as the sketches of the embedded engine can. `measuredInWindows` are those of the first of them.
 */
export function aggregateViews({ fields, groupBy }: Aggregates, measuredInWindows: string): string {
    const parts = Object.keys(fields).map(
        (
            field,
        ) => `    SELECT side, event_time, CAST(${literal(field)} AS STRING) AS field, ${groupOf(groupBy)} AS record_group,
        ${fieldOf(field)} AS token
    FROM comparable`,
    );
    return `-- What the aggregated fields say. Numbers that are too long for an exact sum are none here.
CREATE TEMPORARY VIEW measured AS
SELECT side, event_time, field, record_group, number, ${isNumber("token")} AND number IS NULL AS inexact
FROM (
    SELECT *, ${decimalOf("token")} AS number
    FROM (
${indent(parts.join("\n    UNION ALL\n"))}
    )
);

-- How often each of them is there.
CREATE TEMPORARY VIEW numbers AS
SELECT window_start, window_end, field, record_group, number, inexact,
    ${perSide("COUNT(*)")}
FROM ${measuredInWindows}
GROUP BY window_start, window_end, field, record_group, number, inexact;

-- Numbers in buckets that are 2 % wide, for quantiles. A number is summed up in two parts, which no sum is too long for.
CREATE TEMPORARY VIEW bucket_sums AS
SELECT window_start, window_end, field, record_group, bucket,
    SUM(incumbents) AS incumbents, SUM(candidates) AS candidates,
    SUM(CASE WHEN inexact THEN incumbents + candidates ELSE 0 END) AS inexact,
${sides
    .map(
        (side) => `    SUM(whole * CAST(${side}s AS DECIMAL(18, 0))) AS ${side}_whole,
    SUM(fraction * CAST(${side}s AS DECIMAL(18, 0))) AS ${side}_fraction,
    MIN(CASE WHEN ${side}s > 0 THEN number END) AS ${side}_min,
    MAX(CASE WHEN ${side}s > 0 THEN number END) AS ${side}_max,
    COUNT(number) FILTER (WHERE ${side}s > 0) AS ${side}_distinct`,
    )
    .join(",\n")}
FROM (
    SELECT *, CAST(number - whole AS DECIMAL(18, 17)) AS fraction,
        ${bucketOf("CAST(number AS DOUBLE)")} AS bucket
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
${sides
    .map(
        (
            side,
        ) => `        SELECT window_start, window_end, field, record_group, '${side}' AS side, SUBSTRING(MD5(CAST(number AS STRING)), 1, 13) AS number_hash
        FROM numbers
        WHERE number IS NOT NULL AND ${side}s > 0`,
    )
    .join("\n        UNION ALL\n")}
    )
)
WHERE place <= ${keptHashes};`;
}

export function aggregateInserts(): string {
    return `INSERT INTO aggregates
SELECT 'aggregate', window_start, field, record_group, SUM(incumbents), SUM(candidates), SUM(inexact),
${sides
    .map(
        (side) => `    CAST(SUM(${side}_whole) AS STRING), CAST(SUM(${side}_fraction) AS STRING),
    CAST(MIN(${side}_min) AS STRING), CAST(MAX(${side}_max) AS STRING), SUM(${side}_distinct)`,
    )
    .join(",\n")},
    LISTAGG(CONCAT(CAST(bucket AS STRING), ':', CAST(incumbents AS STRING), ':', CAST(candidates AS STRING)))
FROM bucket_sums
GROUP BY window_start, window_end, field, record_group;

INSERT INTO distinct_numbers
SELECT 'distinct', window_start, field, record_group, side, LISTAGG(number_hash)
FROM number_hashes
GROUP BY window_start, window_end, field, record_group, side;`;
}

/** Columns of what they write, by table. */
export const aggregateColumns = {
    aggregates: `window_start TIMESTAMP(3), field STRING, record_group STRING, incumbents BIGINT, candidates BIGINT, inexact BIGINT,
${sides
    .map(
        (
            side,
        ) => `    ${side}_whole STRING, ${side}_fraction STRING, ${side}_min STRING, ${side}_max STRING,
    ${side}_distinct BIGINT`,
    )
    .join(",\n")},
    bucket_counts STRING`,
    distinct_numbers:
        "window_start TIMESTAMP(3), field STRING, record_group STRING, side STRING, hashes STRING",
};

/** The values of a group as a JSON object by their place, without those that are not there. */
function groupOf(groupBy: readonly string[]): string {
    const members = groupBy.map(
        (field, place) => `, COALESCE(CONCAT(${literal(`,"${place}":`)}, ${fieldOf(field)}), '')`,
    );
    return groupBy.length === 0
        ? "CAST(NULL AS STRING)"
        : `CONCAT('{"":0'${members.join("")}, '}')`;
}

const indent = (lines: string) => lines.replace(/^/gm, "    ");

const fieldOf = (path: string) => `field_of(content, ${literal(path)})`;

/** At most 19 digits before and 17 behind the point, in one of the two ways in which canonical numbers are written. */
const exact = "^-?[0-9]{1,19}(?:[.][0-9]{1,17})?$";

/** A canonical text's number, where it has so many digits at most; NULL for anything else. */
const decimalOf = (token: string) =>
    `CASE WHEN REGEXP(${token}, ${literal(exact)}) THEN CAST(${token} AS DECIMAL(36, 17)) END`;
const isNumber = (token: string) => `REGEXP(${token}, '^[-0-9]')`;

/** The bucket of a double; at the very edge of two it may be the other one than elsewhere, as near to the number. */
function bucketOf(value: string): string {
    const { smallest, logGamma, firstIndex } = aggregateBuckets;
    const index = `CAST(CEIL(LN(ABS(${value})) / ${logGamma.toExponential()}) AS INT) - (${firstIndex}) + 1`;
    return `CASE
            WHEN ABS(${value}) < ${smallest.toExponential()} THEN 0
            WHEN ${value} < 0 THEN -(${index})
            ELSE ${index}
        END`;
}
