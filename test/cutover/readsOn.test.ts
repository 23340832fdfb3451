import assert from "node:assert/strict";
import { GroupNotEmptyError, type KafkaPort } from "../../components/provider/kafka/port.js";
import { planMove } from "../../components/provider/cutover/movePlan.js";
import { asked, at, record, Scene } from "./scene.js";

describe("a group that reads on while its move is planned", () => {
    it("is announced no fewer repeats than it will see", async () => {
        const scene = new Scene({ v1: 1, v2: 1 });
        const live = await scene.initial();
        const produce = (t: number) => {
            scene.topic("v1").append(0, record(t));
            scene.topic("v2").append(0, record(t));
        };
        for (let t = 0; t < 10; t += 1) {
            produce(t);
        }
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(10));
        let asks = 0;
        // The ends are answered, and right behind that the group commits what has come meanwhile.
        const { kafka } = scene;
        const endsOf = kafka.lastStableOffsets.bind(kafka);
        kafka.lastStableOffsets = async (topic) => {
            const ends = await endsOf(topic);
            if (topic === "delays-v1" && (asks += 1) === 1) {
                produce(10);
                await kafka.commitOffsets("dashboard-v1", "delays-v1", at(11));
            }
            return ends;
        };
        const plan = await planMove(scene.request(live, "v2"));
        const { previousCommitted, committed, repeatsAtMost } = plan.consumers["dashboard"]!;
        const repeated = Number(previousCommitted!.get(0)! - committed.get(0)!);
        assert.ok(repeated <= repeatsAtMost, `${repeated} repeated, ${repeatsAtMost} announced`);
        assert.deepEqual(plan.problems, []);
    });
});

describe("a run that waits for a group to be empty", () => {
    it("waits no longer once another run has moved the consumers", async () => {
        const scene = new Scene({ v1: 1, v2: 1 });
        const live = await scene.initial();
        const plan = await scene.plan(live, "v2");
        const other = await scene.plan(live, "v2");
        let tries = 0;
        scene.kafka.commitOffsets = async (group, topic) => {
            tries += 1;
            if (tries === 1) {
                delete (scene.kafka as Partial<KafkaPort>).commitOffsets;
                await scene.move(live, "override", other);
                scene.kafka.members.add(asked("v2").dashboard);
                throw new GroupNotEmptyError(group, topic, new Error("it has a member"));
            }
            return Promise.reject(new Error("it tried again"));
        };
        await assert.rejects(scene.move(live, "override", plan), /has changed meanwhile/);
        assert.equal((await scene.live())?.epoch, 2);
    });
});
