import { setTimeout as delay } from "node:timers/promises";
import { KafkaJSProtocolError } from "kafkajs";

const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 2_000;

/**
 * Asks again while a group's coordinator says that it will answer in a moment: it moves, or reads its log after a restart.
 * After so many seconds what it says is thrown.
 */
export async function untilCoordinated<T>(ask: () => Promise<T>, seconds: number): Promise<T> {
    const deadline = performance.now() + seconds * 1000;
    for (let pause = firstPauseMilliseconds; ; pause *= 2) {
        try {
            return await ask();
        } catch (error) {
            const isPassing = error instanceof KafkaJSProtocolError && error.retriable;
            if (!isPassing || performance.now() + pause > deadline) {
                throw error;
            }
        }
        await delay(Math.min(pause, longestPauseMilliseconds));
    }
}
