"use strict";

/**
 * The Pulumi program of crashCli.test.ts, which copies it beside a given.json: a job that is there already, and a real
 * one that copies the topic with the same records. A program of the Automation API would live and die with the test itself.
 */
const { Config } = require("@pulumi/pulumi");
const { existingJob, ShadowFlinkJob, sqlJob } = require("shadow-flink");
const { name, bootstrapServers, gateway } = require("./given.json");

const connection =
    `'connector' = 'kafka', 'properties.bootstrap.servers' = '${bootstrapServers}', ` +
    "'format' = 'json'";
const script = ({ topic, group, transactionalIdPrefix }) => `
SET 'execution.checkpointing.interval' = '1s';
CREATE TABLE source (id STRING, \`at\` BIGINT) WITH (${connection}, 'topic' = '${name}-in',
    'properties.group.id' = '${group}', 'scan.startup.mode' = 'earliest-offset', 'properties.isolation.level' = 'read_committed');
CREATE TABLE sink (id STRING, \`at\` BIGINT) WITH (${connection}, 'topic' = '${topic}',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = '${transactionalIdPrefix}',
    'properties.transaction.timeout.ms' = '60000');
INSERT INTO sink SELECT id, \`at\` FROM source`;

new ShadowFlinkJob(name, {
    kafka: { bootstrapServers: [bootstrapServers] },
    authority: new Config().require("authority"),
    versions: {
        v1: existingJob({ topic: name }),
        v2: sqlJob((own) => ({ gateway, script: script(own) })),
    },
    compare: {
        identity: ["id"],
        eventTime: "at",
        windowSeconds: 10,
        waitSeconds: 0,
        settleSeconds: 0,
    },
    consumers: { follower: { group: `${name}-follower` } },
    override: { version: "v2", reason: "a test of moves", approvedBy: "the test" },
});
