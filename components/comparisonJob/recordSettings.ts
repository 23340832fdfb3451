import type { CompareSettings } from "../compare.js";

/** What the jar's `read_record` is told of the records, as JSON. */
export function readSettings({
    formats,
    registry,
    flink,
    identity,
    eventTime,
    fields,
}: CompareSettings): string {
    const ignore = Object.entries(fields).flatMap(([field, { ignore }]) =>
        ignore === null ? [] : [field],
    );
    return JSON.stringify({
        key: formats.key,
        value: formats.value,
        ...(registry !== null && {
            registry: { ...registry, url: flink?.registry ?? registry.url },
        }),
        identity,
        ...(eventTime !== null && { eventTime }),
        ...(ignore.length > 0 && { ignore }),
    });
}

/** What its `counterparts` is told of how fields are compared. */
export function differenceSettings({ fields }: CompareSettings): string {
    const how = Object.entries(fields).map(
        ([field, { absoluteTolerance, relativeTolerance, unordered }]) => [
            field,
            {
                ...(absoluteTolerance > 0 && { absoluteTolerance }),
                ...(relativeTolerance > 0 && { relativeTolerance }),
                ...(unordered && { unordered }),
            },
        ],
    );
    return JSON.stringify({ fields: Object.fromEntries(how) as object });
}
