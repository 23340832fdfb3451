import assert from "node:assert/strict";
import * as fc from "fast-check";
import { MeasuredPlaces, MeasuredValues } from "../../components/provider/comparison/measured.js";
import { Waiting, type Known, type Waiter } from "../../components/provider/comparison/waiting.js";
import type { Side } from "../../components/side.js";
import { storedWhole } from "../../components/provider/kafka/storedBytes.js";

/** What is known of a record that is called so. */
const known = (name: string) => ({ measured: { group: name } }) as unknown as Known;
const nameOf = (waiter: Waiter | undefined) => waiter?.known.measured?.group;

/** A record of this text among others of the same fetch. */
function stored(text: string, fetch: Buffer) {
    const start = fetch.indexOf(text);
    return { ...storedWhole(Buffer.from(text)), bytes: fetch, start, end: start + text.length };
}

describe("records that wait for their counterparts", () => {
    it("cancel each other out one by one, whatever is packed or drained meanwhile", () => {
        const text = fc.constantFrom("1", "2", "33", "4444", "-5");
        const one = fc.tuple(fc.constantFrom<Side>("incumbent", "candidate"), text, fc.nat(1));
        fc.assert(
            fc.property(fc.array(fc.array(one, { maxLength: 12 })), (fetches) => {
                const waiting = new Waiting(1, 0);
                const surplus = new Map<string, number>();
                for (const fetch of fetches) {
                    const bytes = Buffer.from(fetch.map(([, t]) => `[${t}]`).join(""));
                    for (const [side, t, timestamp] of fetch) {
                        const content = stored(`[${t}]`, bytes);
                        if (waiting.meet(side, content, timestamp) === undefined) {
                            // Where its number stands is known of some, of others the number.
                            const name = `${timestamp}[${t}]`;
                            const measured =
                                t.length > 1
                                    ? new MeasuredValues(name, [t])
                                    : new MeasuredPlaces(name, bytes, content.start, [1, 2]);
                            waiting.wait(side, content, timestamp, { ...known(name), measured });
                        }
                        const key = `${timestamp}[${t}]`;
                        const sum = surplus.get(key) ?? 0;
                        surplus.set(key, sum + (side === "incumbent" ? 1 : -1));
                    }
                    waiting.pack();
                }
                const left = new Map<string, number>();
                for (const waiter of waiting.drain(0)) {
                    const { side, count, content } = waiter;
                    const at = content.bytes.toString("latin1", content.start, content.end);
                    assert.ok(nameOf(waiter)!.endsWith(at));
                    assert.equal(`[${waiter.known.measured?.quantity(0)?.text}]`, at);
                    left.set(nameOf(waiter)!, side === "incumbent" ? count : -count);
                }
                assert.deepEqual([...left].sort(), [...surplus].filter(([, n]) => n !== 0).sort());
                assert.equal(waiting.bytes, 0);
            }),
            { numRuns: 500 },
        );
    });

    it("are not taken for others of the same hash", () => {
        const waiting = new Waiting(0);
        const content = storedWhole(Buffer.from("one"));
        waiting.wait("incumbent", content, 0, known("one"));
        const other = { ...storedWhole(Buffer.from("two")), hash: content.hash };
        assert.equal(waiting.meet("candidate", other, 0), undefined);
        assert.equal(waiting.meet("candidate", content, 1), undefined);
        assert.equal(nameOf(waiting.meet("candidate", content, 0)), "one");
    });

    it("let go of what was fetched with them", () => {
        const waiting = new Waiting(0, 100_000);
        const text = "a record that stays";
        for (let fetch = 0; fetch < 50; fetch++) {
            const bytes = Buffer.alloc(10_000, " ");
            bytes.write(`${text} ${fetch} `);
            const content = stored(`${text} ${fetch} `, bytes);
            waiting.wait("incumbent", content, 0, known(String(fetch)));
            waiting.pack();
        }
        assert.ok(waiting.bytes < 150_000, String(waiting.bytes));
        assert.deepEqual(
            [...waiting.drain(0)].map((waiter) => Number(nameOf(waiter))),
            Array.from({ length: 50 }, (_, fetch) => fetch),
        );
    });

    it("are found among many", () => {
        const waiting = new Waiting(0);
        const all = Array.from({ length: 10_000 }, (_, i) => storedWhole(Buffer.from(`n ${i}`)));
        all.forEach((content, i) => waiting.wait("candidate", content, 0, known(String(i))));
        for (const [i, content] of all.entries()) {
            assert.equal(nameOf(waiting.meet("incumbent", content, 0)), String(i));
        }
        assert.equal(waiting.bytes, 0);
    });
});
