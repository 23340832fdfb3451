import { setTimeout as sleep } from "node:timers/promises";
import type { Admin, ITopicConfig } from "kafkajs";

const patienceMilliseconds = 20_000;
const pauseMilliseconds = 100;

/**
 * Makes those that are not there yet, and waits until all have leaders. The client's own wait fails where a broker has not
 * heard yet of a topic that it was just asked to make.
 */
export async function createReadyTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
    await admin.createTopics({ topics, waitForLeaders: false });
    const giveUpAt = Date.now() + patienceMilliseconds;
    for (;;) {
        try {
            await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) });
            return;
        } catch (error) {
            if (Date.now() > giveUpAt) {
                throw error;
            }
        }
        await sleep(pauseMilliseconds);
    }
}
