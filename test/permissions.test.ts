import assert from "node:assert/strict";
import { existingJob, ShadowFlinkJob, sqlJob } from "../components/index.js";
import { jobPermissions, permissionProblems } from "../components/permissions.js";
import { versionNames } from "../components/versions.js";
import { graphOf, type Registered } from "./graph.js";

const names = versionNames("delays", "v2", undefined);
const principal = "User:delays-v2";

describe("the permissions of a job", () => {
    it("are none where no principal is named", () => {
        assert.deepEqual(jobPermissions(names, {}), []);
    });

    it("are to read its sources, and to use what is its own", () => {
        const rows = jobPermissions(names, { principal, sources: ["flights", "airports"] }).map(
            ({ label, principal: who, operation, resourceType, pattern, resourceName }) =>
                [label, who, operation, resourceType, pattern, resourceName].join(" "),
        );
        assert.deepEqual(rows, [
            "read-flights User:delays-v2 Read Topic Literal flights",
            "read-airports User:delays-v2 Read Topic Literal airports",
            "write User:delays-v2 Write Topic Literal delays-v2",
            "group User:delays-v2 Read Group Literal delays-v2",
            "transactions User:delays-v2 Write TransactionalID Prefixed delays-v2.",
        ]);
    });

    it("are refused where they would reach further, or not far enough, each with the field", () => {
        const other = versionNames("delays", "v3", undefined);
        const topics = { v1: "delays", v2: "delays-v2" };
        const found = permissionProblems(
            [
                { names, principal, sources: ["flights", "delays", "flights", ""] },
                { names: other, principal },
                { names: versionNames("delays", "v4", undefined), sources: ["flights"] },
                {
                    names: versionNames("delays", "v5", undefined),
                    principal: "User:*",
                    sources: ["flights"],
                },
            ],
            topics,
        ).map(({ field, message }) => `${field} ${message}`);
        assert.deepEqual(found, [
            'versions.v2.sources[1] "delays" is the output of version v1. Name what the job reads.',
            'versions.v2.sources[2] is "flights" a second time; remove it.',
            'versions.v2.sources[3] is ""; give the name of a topic.',
            'versions.v3.principal "User:delays-v2" is that of version v2 too, so that each could write the other\'s topic. Give every version a principal of its own.',
            "versions.v3.sources is missing: name the topics that the job reads.",
            'versions.v5.principal is "User:*"; give one user, "User:delays-v2" say.',
        ]);
    });

    it("are resources that the job waits for, and that a promotion does not change", async () => {
        const build = (authority: string) => () =>
            new ShadowFlinkJob("delays", {
                authority,
                kafka: { bootstrapServers: ["broker:9092"] },
                versions: {
                    v1: existingJob({ topic: "delays" }),
                    v2: sqlJob(
                        ({ topic }) => ({
                            gateway: "http://gateway:8083",
                            script:
                                `CREATE TABLE a (id STRING) WITH ('connector' = 'kafka', 'topic' = 'flights');\n` +
                                `CREATE TABLE b (id STRING) WITH ('connector' = 'kafka', 'topic' = '${topic}');\n` +
                                "INSERT INTO b SELECT id FROM a;\n",
                        }),
                        { principal, sources: ["flights"] },
                    ),
                },
                compare: { identity: ["id"], windowSeconds: 60 },
            });
        const acls = (graph: Registered[]) => graph.filter(({ type }) => /Acl$/.test(type));
        const before = acls(await graphOf(true, build("v1")));
        assert.deepEqual(
            before.map(({ name }) => name),
            [
                "delays-v2-acl-group",
                "delays-v2-acl-read-flights",
                "delays-v2-acl-transactions",
                "delays-v2-acl-write",
            ],
        );
        assert.deepEqual(before[2]!.inputs, {
            aclPrincipal: principal,
            aclHost: "*",
            aclOperation: "Write",
            aclPermissionType: "Allow",
            aclResourceType: "TransactionalID",
            aclResourceName: "delays-v2.",
            resourcePatternTypeFilter: "Prefixed",
        });
        assert.deepEqual(acls(await graphOf(true, build("v2"))), before);
    });
});
