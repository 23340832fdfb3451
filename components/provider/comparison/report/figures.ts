/** Numbers side by side: as few digits as tell them apart. The same texts in every locale. */

const formats = new Map<string, Intl.NumberFormat>();

function written(value: number, options: Intl.NumberFormatOptions): string {
    const key = JSON.stringify(options);
    const format = formats.get(key) ?? new Intl.NumberFormat("en-US", options);
    formats.set(key, format);
    return format.format(value);
}

const mostDigits = 17;

type Pair = readonly [incumbent: string, candidate: string];

const nothing = "–";

/** Two numbers, with six digits or as many as it takes to see that they differ. */
export function numbers(incumbent: number | null, candidate: number | null): Pair {
    return apart(incumbent, candidate, 6, (value, digits) =>
        // Neither a page of digits for 1e300, nor 0.000 for 1e-300.
        Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-6)
            ? value.toExponential(Math.min(digits, 16) - 1).replace(/\.?0+e/, "e")
            : written(value, { maximumSignificantDigits: digits }),
    );
}

/** Two shares as percentages, likewise. */
export function shares(incumbent: number | null, candidate: number | null): Pair {
    return apart(
        incumbent,
        candidate,
        1,
        (value, digits) =>
            `${written(value * 100, { maximumFractionDigits: Math.min(digits, 12) })} %`,
    );
}

function apart(
    incumbent: number | null,
    candidate: number | null,
    fewest: number,
    format: (value: number, digits: number) => string,
): Pair {
    const both = (digits: number): Pair => [
        incumbent === null ? nothing : format(incumbent, digits),
        candidate === null ? nothing : format(candidate, digits),
    ];
    for (let digits = fewest; digits < mostDigits; digits++) {
        const [a, b] = both(digits);
        if (a !== b || incumbent === candidate) {
            return [a, b];
        }
    }
    return both(mostDigits);
}

/** One share: `0 %` only where it is 0, `100 %` only where it is all. */
export function share(part: number, whole: number): string {
    if (whole === 0) {
        return nothing;
    }
    const of = part / whole;
    const [text] = shares(of, of > 0.5 ? 1 : 0);
    return text;
}

/** What the candidate has more (+) or less (−) than the incumbent, as a share of the incumbent's. */
export function change(incumbent: number | null, candidate: number | null): string {
    if (incumbent === null || candidate === null) {
        return nothing;
    }
    const relative = relativeChange(incumbent, candidate);
    if (relative === 0) {
        return "0 %";
    }
    if (!Number.isFinite(relative)) {
        return "not a share: the incumbent's is 0";
    }
    const text = written(Math.abs(relative) * 100, { maximumSignificantDigits: 2 });
    return `${relative < 0 ? "−" : "+"}${text} %`;
}

/** The same as a number; infinite where the incumbent's is 0 and the candidate's is not. */
export function relativeChange(incumbent: number, candidate: number): number {
    return candidate === incumbent ? 0 : (candidate - incumbent) / Math.abs(incumbent);
}

/** A length of time in the unit in which a person would say it. */
export function duration(milliseconds: number): string {
    const units = [
        ["d", 86_400_000],
        ["h", 3_600_000],
        ["min", 60_000],
        ["s", 1_000],
    ] as const;
    const size = Math.abs(milliseconds);
    const [name, length] = units.find(([, of]) => size >= of) ?? ["ms", 1];
    return `${written(milliseconds / length, { maximumFractionDigits: 1 })} ${name}`;
}
