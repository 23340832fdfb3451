-- Every record, and why it cannot be compared, where that is so.
CREATE TEMPORARY VIEW identified AS
SELECT *, CONCAT('[', REGEXP_EXTRACT_ALL(record, '"carrier"\s*+:\s*+("(?:[^"\\]++|\\["\\bfnrt])*+"|true|false|null|0|-?[1-9][0-9]{0,29}|-?(?:0|[1-9][0-9]{0,14})\.[0-9]{0,13}[1-9])(?=[\s,}])', 1)[1],
    ',', REGEXP_EXTRACT_ALL(record, '"to"\s*+:\s*+\{(?:[^"{}]++|(?!"code"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"code"\s*+:\s*+("(?:[^"\\]++|\\["\\bfnrt])*+"|true|false|null|0|-?[1-9][0-9]{0,29}|-?(?:0|[1-9][0-9]{0,14})\.[0-9]{0,13}[1-9])(?=[\s,}])', 1)[1], ']') AS record_identity
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
            carrier"((?!\1)) [\x20\t\r\n]*+:[\x20\t\r\n]*+ (?: "(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null )
          | from"((?!\2)) [\x20\t\r\n]*+:[\x20\t\r\n]*+ (?: "(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null | \{ [\x20\t\r\n]*+ (?: " (?:
                (?:code"((?!\3)) | gate"((?!\4))) [\x20\t\r\n]*+:[\x20\t\r\n]*+ (?: "(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null )
            ) [\x20\t\r\n]*+ (?: , [\x20\t\r\n]*+ (?=") | (?=\}) ) )*+ \} )
          | to"((?!\5)) [\x20\t\r\n]*+:[\x20\t\r\n]*+ (?: \{ [\x20\t\r\n]*+ (?=") (?: " (?:
                (?:code"((?!\6)) | gate"((?!\7))) [\x20\t\r\n]*+:[\x20\t\r\n]*+ (?: "(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null )
            ) [\x20\t\r\n]*+ (?: , [\x20\t\r\n]*+ (?=") | (?=\}) ) )*+ \} )
          | left"((?!\8)) [\x20\t\r\n]*+:[\x20\t\r\n]*+ (?: \{ [\x20\t\r\n]*+ (?=") (?: " (?:
                (?:at"((?!\9)) | late"((?!\10))) [\x20\t\r\n]*+:[\x20\t\r\n]*+ (?: "(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null )
            ) [\x20\t\r\n]*+ (?: , [\x20\t\r\n]*+ (?=") | (?=\}) ) )*+ \} )
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
SELECT side, event_time, record_identity, record_key AS record_key, ARRAY_JOIN(REGEXP_EXTRACT_ALL(ARRAY_JOIN(REGEXP_EXTRACT_ALL(ARRAY_JOIN(REGEXP_EXTRACT_ALL(ARRAY_JOIN(REGEXP_EXTRACT_ALL(record, '(?s)(?<=[:\s])\G-?[0-9]++(?![.eE0-9])|(\A.*?"from"\s*+:\s*+\{(?:[^"{}]++|(?!"gate"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"gate"\s*+:\s*+(?=-?[0-9]++(?![.eE0-9]))|.++)', 1), '', '0'), '(?s)(?<=[:\s])\G"(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+"|(\A.*?"from"\s*+:\s*+\{(?:[^"{}]++|(?!"gate"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"gate"\s*+:\s*+(?="(?:[^"\\\x00-\x1F\uFFFD]++|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+")|.++)', 1), '', '""'), '(?s)(?<=[:\s])\G-?[0-9]++(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++)|(\A.*?"from"\s*+:\s*+\{(?:[^"{}]++|(?!"gate"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"gate"\s*+:\s*+(?=-?[0-9]++(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++))|.++)', 1), '', '0.5'), '(?s)(?<=[:\s])\G(?:true|false)|(\A.*?"from"\s*+:\s*+\{(?:[^"{}]++|(?!"gate"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"gate"\s*+:\s*+(?=(?:true|false))|.++)', 1), '', 'true') AS record
FROM judged
WHERE problem IS NULL;

-- What of an identity does not cancel out, and what its fields say then.
CREATE TEMPORARY VIEW identities AS
SELECT window_start, window_end, record_identity,
    SUM(incumbents) AS incumbents,
    SUM(candidates) AS candidates,
    SUM(GREATEST(incumbents - candidates, 0)) AS incumbent_rest,
    SUM(GREATEST(candidates - incumbents, 0)) AS candidate_rest,
    COUNT(*) FILTER (WHERE incumbents > candidates) AS incumbent_contents,
    COUNT(*) FILTER (WHERE candidates > incumbents) AS candidate_contents,
    MIN(CASE WHEN incumbents > candidates THEN REGEXP_EXTRACT_ALL(record, '"from"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|\{\s*+\}|[^,}\s\[{]++)', 1)[1] END) AS `incumbent from`,
    MIN(CASE WHEN candidates > incumbents THEN REGEXP_EXTRACT_ALL(record, '"from"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|\{\s*+\}|[^,}\s\[{]++)', 1)[1] END) AS `candidate from`,
    MIN(CASE WHEN incumbents > candidates THEN REGEXP_EXTRACT_ALL(record, '"from"\s*+:\s*+\{(?:[^"{}]++|(?!"code"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"code"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `incumbent from.code`,
    MIN(CASE WHEN candidates > incumbents THEN REGEXP_EXTRACT_ALL(record, '"from"\s*+:\s*+\{(?:[^"{}]++|(?!"code"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"code"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `candidate from.code`,
    MIN(CASE WHEN incumbents > candidates THEN REGEXP_EXTRACT_ALL(record, '"to"\s*+:\s*+\{(?:[^"{}]++|(?!"gate"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"gate"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `incumbent to.gate`,
    MIN(CASE WHEN candidates > incumbents THEN REGEXP_EXTRACT_ALL(record, '"to"\s*+:\s*+\{(?:[^"{}]++|(?!"gate"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"gate"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `candidate to.gate`,
    MIN(CASE WHEN incumbents > candidates THEN REGEXP_EXTRACT_ALL(record, '"at"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `incumbent left.at`,
    MIN(CASE WHEN candidates > incumbents THEN REGEXP_EXTRACT_ALL(record, '"at"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `candidate left.at`,
    MIN(CASE WHEN incumbents > candidates THEN REGEXP_EXTRACT_ALL(record, '"late"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `incumbent left.late`,
    MIN(CASE WHEN candidates > incumbents THEN REGEXP_EXTRACT_ALL(record, '"late"\s*+:\s*+("(?:[^"\\]++|\\.)*+"|[^,}\s]++)', 1)[1] END) AS `candidate left.late`,
    MIN(CASE WHEN incumbents > candidates THEN record_key END) AS `incumbent $key`,
    MIN(CASE WHEN candidates > incumbents THEN record_key END) AS `candidate $key`
FROM contents
GROUP BY window_start, window_end, record_identity;

INSERT INTO types
SELECT 'types', window_start, CONCAT(
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"carrier"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"from"\s*+:\s*+(["d0tfn]|\{(?=\s*+\}))', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"from"\s*+:\s*+\{(?:[^"{}]++|(?!"code"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"code"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"from"\s*+:\s*+\{(?:[^"{}]++|(?!"gate"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"gate"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"to"\s*+:\s*+\{(?:[^"{}]++|(?!"code"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"code"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"to"\s*+:\s*+\{(?:[^"{}]++|(?!"gate"\s*+:\s*+)"(?:[^"\\]++|\\.)*+")*+"gate"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"at"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
    COALESCE(TRANSLATE(REGEXP_EXTRACT_ALL(shape, '"late"\s*+:\s*+(["d0tfn])', 1)[1], '"0tf', 'sibb'), '-'),
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
