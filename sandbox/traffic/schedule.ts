/** A flight of the sample: US domestic flights of the first quarter of 2001. */
export interface SampleFlight {
    /** `2001/01/31 18:05`, local time. */
    readonly date: string;
    /** Minutes; negative where it left early. */
    readonly delay: number;
    /** Miles. */
    readonly distance: number;
    readonly origin: string;
    readonly destination: string;
}

/** A flight as the topic has it. */
export interface Flight {
    readonly id: string;
    /** Event time: milliseconds since the epoch. */
    readonly departure: number;
    readonly origin: string;
    readonly destination: string;
    readonly delay: number;
    readonly distance: number;
}

/** A flight, and when the event clock says that it is reported: at its departure or up to five minutes after. */
export interface ReportedFlight {
    readonly reportedAt: number;
    readonly flight: Flight;
}

const minute = 60_000;
const day = 24 * 60 * minute;
/** Below the five minutes that the jobs wait for, so that none of them drops a flight. */
export const maxReportDelayMilliseconds = 4.5 * minute;

/**
 * All flights from `start` on, without end, in the order in which they are reported. The 90 days of the sample are laid
 * over each other, so that every day has all of its flights at their times of day; ids and the seconds differ from day
 * to day. A day's flights depend on nothing but the day and the seed: who starts later sees the same ones.
 */
export function* flightsFrom(
    sample: readonly SampleFlight[],
    start: number,
    seed = 1,
): Generator<ReportedFlight> {
    let waiting: ReportedFlight[] = [];
    // The day before may still report some when this one begins.
    for (let at = Math.floor(start / day) * day - day; ; at += day) {
        waiting = [...waiting, ...flightsOfDay(sample, at, seed)].sort(
            (a, b) => a.reportedAt - b.reportedAt || (a.flight.id < b.flight.id ? -1 : 1),
        );
        const done = waiting.findIndex(({ reportedAt }) => reportedAt >= at + day);
        const ready = waiting.splice(0, done === -1 ? waiting.length : done);
        for (const flight of ready) {
            if (flight.reportedAt >= start) {
                yield flight;
            }
        }
    }
}

/**
 * What the event clock shows: it starts at `start`, runs `speed` times as fast as the clock on the wall, and goes on at
 * its pace once it has caught up. It never runs ahead: Kafka refuses timestamps that lie in the future.
 */
export function eventClock(
    start: number,
    speed: number,
    wallStart: number,
    wallNow: number,
): number {
    return Math.min(start + (wallNow - wallStart) * speed, wallNow);
}

function flightsOfDay(
    sample: readonly SampleFlight[],
    midnight: number,
    seed: number,
): ReportedFlight[] {
    const random = generator(seed * 100_003 + midnight / day);
    const date = new Date(midnight).toISOString().slice(0, 10).replaceAll("-", "");
    return sample.map(({ date: sampled, delay, distance, origin, destination }, index) => {
        const departure = midnight + minuteOfDay(sampled) * minute + Math.floor(random() * minute);
        // Most are reported at once, some after minutes.
        const reportDelay = Math.floor(random() ** 3 * maxReportDelayMilliseconds);
        const id = `${date}-${String(index).padStart(5, "0")}`;
        return {
            reportedAt: departure + reportDelay,
            flight: { id, departure, origin, destination, delay, distance },
        };
    });
}

function minuteOfDay(date: string): number {
    const [, hours, minutes] = / (\d\d):(\d\d)$/.exec(date) ?? [];
    const result = Number(hours) * 60 + Number(minutes);
    if (!(result >= 0 && result < 24 * 60)) {
        throw new Error(
            `"${date}" of the sample is no date with a time of day (2001/01/31 18:05).`,
        );
    }
    return result;
}

/** Mulberry32: numbers in [0, 1) that a seed determines. */
function generator(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}
