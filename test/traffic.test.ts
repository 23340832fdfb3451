import assert from "node:assert/strict";

import * as fc from "fast-check";

import { readSample } from "../sandbox/traffic/sample.js";
import {
    eventClock,
    flightsFrom,
    maxReportDelayMilliseconds,
    type ReportedFlight,
} from "../sandbox/traffic/schedule.js";
import { delaysScript, type DelaysVersion, renderScript } from "../stacks/flights/script.js";
import { isolationProblems } from "../components/isolation.js";

const sample = readSample();
const day = 24 * 3_600_000;
const midnight = Date.parse("2026-11-01T00:00:00Z");

function take(count: number, start = midnight, flights = sample, seed = 1): ReportedFlight[] {
    const generator = flightsFrom(flights, start, seed);
    return Array.from({ length: count }, () => generator.next().value as ReportedFlight);
}

describe("the traffic", () => {
    it("has every flight of the sample every day, at its time of day", () => {
        const flights = take(3 * sample.length).map(({ flight }) => flight);
        const second = flights.filter(({ departure }) => {
            return departure >= midnight + day && departure < midnight + 2 * day;
        });
        assert.equal(second.length, sample.length);
        assert.equal(new Set(flights.map(({ id }) => id)).size, flights.length);
        const origins = new Set(second.map(({ origin }) => origin));
        assert.equal(origins.size, 220);
        for (const { id, departure, origin, delay } of second) {
            const original = sample[Number(id.slice(-5))];
            const time = new Date(departure).toISOString().slice(11, 16);
            assert.deepEqual(
                [time, origin, delay],
                [original?.date.slice(11), original?.origin, original?.delay],
            );
        }
    });

    it("is reported in order, out of order by departure, and never too late", () => {
        const flights = take(sample.length);
        let disordered = 0;
        let latest = 0;
        let before = 0;
        for (const { reportedAt, flight } of flights) {
            assert.ok(reportedAt >= before, "reports are in order");
            assert.ok(reportedAt >= flight.departure, "a flight is reported after it left");
            assert.ok(reportedAt - flight.departure < maxReportDelayMilliseconds);
            assert.ok(
                flight.departure > latest - maxReportDelayMilliseconds,
                "no watermark passes it",
            );
            disordered += flight.departure < latest ? 1 : 0;
            latest = Math.max(latest, flight.departure);
            before = reportedAt;
        }
        assert.ok(disordered > flights.length / 4, `${disordered} are out of order`);
    });

    it("is the same for who starts later, whatever the seed", () => {
        const few = sample.filter((_flight, index) => index % 100 === 0);
        fc.assert(
            fc.property(fc.integer({ min: 0, max: day }), fc.nat(1000), (offset, seed) => {
                const all = take(5 * few.length, midnight, few, seed);
                const late = take(few.length, midnight + offset, few, seed);
                const expected = all.filter(({ reportedAt }) => reportedAt >= midnight + offset);
                assert.deepEqual(late, expected.slice(0, few.length));
            }),
            { numRuns: 30 },
        );
        assert.notDeepEqual(take(9, midnight, few, 1), take(9, midnight, few, 2));
    });

    it("keeps to a clock that runs fast and never ahead of the real one", () => {
        assert.equal(eventClock(1000, 1200, 5_000_000, 5_000_001), 2200);
        fc.assert(
            fc.property(
                fc.nat(),
                fc.nat(),
                fc.double({ min: 0.1, max: 1e5, noNaN: true }),
                (a, b, speed) => {
                    const now = a + b;
                    assert.ok(eventClock(a - 1000, speed, a, now) <= now);
                },
            ),
        );
    });
});

describe("the scripts of the flights", () => {
    const names = {
        brokers: "127.0.0.1:9092",
        flights: "flights",
        topic: "delays-v2",
        group: "delays-v2",
        transactionalIdPrefix: "delays-v2.",
        checkpoints: "file:///tmp/delays-v2",
    };

    it("use what they are handed, so that isolation is proved", () => {
        for (const version of ["delaysV1", "delaysV2", "delaysV3"] satisfies DelaysVersion[]) {
            const script = delaysScript(version, names);
            assert.deepEqual(isolationProblems({ ...names, version: "v2" }, script, []), []);
            assert.doesNotMatch(script, /\$\{/);
        }
    });

    it("are refused with a placeholder too many or too few", () => {
        assert.equal(renderScript("'${a}' ${b}", { a: "it's", b: "$&" }), "'it''s' $&");
        assert.throws(() => renderScript("${a} ${c}", { a: "1" }), /no value for \$\{c\}\.$/);
        assert.throws(
            () => renderScript("${a}", { a: "1", b: "2" }),
            /does not contain \$\{b\}\.$/,
        );
        assert.throws(() => renderScript("${toString}", {}), /no value for \$\{toString\}/);
        assert.throws(
            () => renderScript("${a}", { a: "" }, "x.sql"),
            /^Error: x\.sql has no value/,
        );
    });
});
