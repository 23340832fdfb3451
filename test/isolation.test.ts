import assert from "node:assert/strict";
import * as fc from "fast-check";

import { isolationProblems, type OtherVersion } from "../components/isolation.js";

const names = {
    version: "v2",
    topic: "delays-v2",
    group: "delays-v2",
    transactionalIdPrefix: "delays-v2.",
    checkpoints: "s3://state/delays-v2",
};
const v1: OtherVersion = {
    version: "v1",
    topic: "delays",
    group: "flink-delays",
    transactionalIdPrefix: "delays-v1.",
    checkpoints: "s3://state/delays-v1",
};

interface Script {
    source: string;
    group: string;
    topic: string;
    sink: string;
    dir: string;
    insert: string;
}

function script(change: Partial<Script> = {}): string {
    const { source, group, topic, sink, dir, insert }: Script = {
        source: "'topic' = 'flights'",
        group: "'properties.group.id' = 'delays-v2'",
        topic: "'topic' = 'delays-v2'",
        sink: "'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'delays-v2.'",
        dir: "SET 'execution.checkpointing.dir' = 's3://state/delays-v2';",
        insert: "INSERT INTO delays SELECT * FROM flights;",
        ...change,
    };
    return [
        dir,
        `CREATE TABLE flights (a INT) WITH ('connector' = 'kafka', ${source}, ${group});`,
        `CREATE TABLE delays (a INT) WITH ('connector' = 'kafka', ${topic}, ${sink});`,
        insert,
    ].join("\n");
}

const messages = (change: Partial<Script>, others = [v1]) =>
    isolationProblems(names, script(change), others).map(
        ({ field, message }) => `${field}: ${message}`,
    );

function one(change: Partial<Script>, expected: RegExp, others = [v1]): void {
    const found = messages(change, others);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", expected);
}

describe("isolation", () => {
    it("is proved for a script that uses what it was handed", () => {
        assert.deepEqual(messages({}), []);
        assert.deepEqual(isolationProblems(names, script(), []), []);
    });

    it("refuses the topic of another version, also in a hint", () => {
        const found = messages({ topic: "'topic' = 'delays'" });
        assert.match(found[0] ?? "", /^script: line 3: "delays" is the topic of version v1/);
        assert.match(found[1] ?? "", /no table has 'topic' = 'delays-v2'/);
        one(
            {
                insert: "INSERT INTO delays /*+ OPTIONS('topic' = 'delays') */ SELECT * FROM flights",
            },
            /line 4: "delays" is the topic of version v1/,
        );
    });

    it("refuses an output that is not the version's own, since a running job may write it", () => {
        const audit = "CREATE TABLE audit (a INT) WITH ('connector' = 'kafka', 'topic' = 'audit');";
        const insert = `${audit}\nEXECUTE STATEMENT SET BEGIN INSERT INTO delays SELECT 1; INSERT INTO audit SELECT 1; END`;
        one({ insert }, /line 4: table audit writes to "audit", which is not this version's topic/);
        assert.deepEqual(messages({ insert: insert.replace("'audit'", "'delays-v2-audit'") }), []);
        assert.deepEqual(
            messages({ insert: `${audit} INSERT INTO delays SELECT * FROM audit` }),
            [],
        );
    });

    it("takes the topic that a table has from another by LIKE", () => {
        const like = "CREATE TABLE copy WITH ('value.format' = 'raw') LIKE flights;";
        one({ insert: `${like} INSERT INTO copy SELECT 1` }, /table copy writes to "flights"/);
    });

    it("refuses a pattern of sources that catches an output", () => {
        one(
            { source: "'topic-pattern' = 'delays.*'" },
            /matches "delays-v2", the output of version v2/,
        );
        assert.deepEqual(messages({ source: "'topic-pattern' = 'flights-.*'" }), []);
    });

    it("refuses a group that is another version's, or not its own", () => {
        one(
            { group: "'properties.group.id' = 'flink-delays'" },
            /line 2: .*the consumer group of version v1.*"delays-v2"/,
        );
        one({ group: "'properties.group.id' = 'delays-v21'" }, /which is not this version's/);
        assert.deepEqual(messages({ group: "'properties.group.id' = 'delays-v2-a'" }), []);
    });

    it("refuses overlapping transactional ids and exactly-once without any", () => {
        const sink = (prefix: string) =>
            `'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${prefix}'`;
        one({ sink: sink("delays-v1.x") }, /overlaps with "delays-v1\." of version v1/);
        one({ sink: sink("delays-") }, /overlaps with "delays-v1\." of version v1/);
        one({ sink: sink("mine") }, /does not begin with this version's prefix/);
        one({ sink: "'properties.transactional.id' = 'delays-v1.'" }, /overlaps with/);
        one(
            { sink: "'sink.delivery-guarantee' = 'exactly-once'" },
            /table delays is exactly-once without/,
        );
        assert.deepEqual(messages({ sink: "'sink.delivery-guarantee' = 'at-least-once'" }), []);
    });

    it("refuses shared and foreign checkpoint folders, however they are written", () => {
        one(
            { dir: "SET 'state.checkpoints.dir' = 's3://state/delays-v1/';" },
            /folder of version v1/,
        );
        one({ dir: "SET execution.checkpointing.dir = s3://state;" }, /folder of version v1/);
        one(
            { dir: "SET 'execution.checkpointing.dir' = 's3://else';" },
            /not this version's folder/,
        );
        assert.deepEqual(messages({ dir: "" }), []);
        const local = { ...names, checkpoints: "file:///a/b" };
        const dir = "SET 'execution.checkpointing.dir' = 'file:/a/b/';";
        assert.deepEqual(isolationProblems(local, script({ dir }), []), []);
    });

    it("refuses names that collide before any script is read", () => {
        const twin = { ...names, version: "v3" };
        assert.deepEqual(
            isolationProblems(names, script(), [twin])
                .map(({ field }) => field)
                .slice(0, 4),
            ["topic", "group", "transactionalIdPrefix", "checkpoints"],
        );
    });

    it("is not fooled by comments, and says where a script cannot be read", () => {
        assert.deepEqual(messages({ dir: "-- 'topic' = 'delays'\n" }), []);
        one({ insert: "INSERT INTO 'oops" }, /^script: line 4: the string/);
    });

    it("finds any other version's topic, however many there are", () => {
        const versions = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 });
        fc.assert(
            fc.property(versions, fc.nat(), (topics, pick) => {
                const others = topics.map((topic) => ({ version: topic, topic }));
                const topic = topics[pick % topics.length] ?? "";
                const found = isolationProblems(
                    names,
                    script({ topic: `'topic' = '${topic}'` }),
                    others,
                );
                assert.ok(
                    found.some(({ message }) => message.includes(`topic of version ${topic}`)),
                );
            }),
        );
    });
});
