import assert from "node:assert/strict";
import { KafkaJSProtocolError } from "kafkajs";
import { untilCoordinated } from "../../components/provider/kafka/untilCoordinated.js";

/** As kafkajs throws what a broker answers. */
function answered(type: string, retriable: boolean): Error {
    const error = new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 14 }));
    return Object.assign(error, { retriable });
}

/** Fails with these, one after the other, and then succeeds. */
function asking(...failures: Error[]) {
    const asked = { times: 0 };
    const ask = () => {
        const failure = failures[asked.times++];
        return failure === undefined ? Promise.resolve("offsets") : Promise.reject(failure);
    };
    return { ask, asked };
}

describe("a group's coordinator", () => {
    const loading = answered("COORDINATOR_LOAD_IN_PROGRESS", true);

    it("is asked again while it reads its log", async () => {
        const { ask, asked } = asking(loading, loading);
        assert.equal(await untilCoordinated(ask, 10), "offsets");
        assert.equal(asked.times, 3);
    });

    it("is not asked for ever", async () => {
        const { ask, asked } = asking(...Array.from({ length: 50 }, () => loading));
        await assert.rejects(untilCoordinated(ask, 0.5), loading);
        assert.ok(asked.times >= 2 && asked.times <= 5, String(asked.times));
    });

    it("is asked once where it refuses, or does not answer", async () => {
        for (const failure of [
            answered("GROUP_AUTHORIZATION_FAILED", false),
            Object.assign(new Error("connection lost"), { retriable: true }),
        ]) {
            const { ask, asked } = asking(failure);
            await assert.rejects(untilCoordinated(ask, 10), failure);
            assert.equal(asked.times, 1);
        }
    });
});
