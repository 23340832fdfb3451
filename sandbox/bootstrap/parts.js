"use strict";

/**
 * What the sandbox is made of, in exact versions, and the name of each part's folder in the cache.
 * A name carries the version and, where a file of ours says how the part is made, its hash.
 */
const path = require("node:path");
const { contentHash } = require("./cache.js");

const recipes = path.join(__dirname, "..");
const platform = `${process.platform}-${process.arch}`;

const versions = {
    node: "24.21.0",
    kafka: "4.3.1",
    flink: "2.2.1",
    pulumi: "3.246.0",
    pulumiKafka: "3.13.2",
    registry: "3.0.9",
    kubernetes: "1.34.2",
    flinkOperator: "1.15.0",
};

const hashOf = (...files) => contentHash(files.map((file) => path.join(recipes, file)));

const cli = hashOf("pulumi/cli/go.mod", "pulumi/cli/go.sum");
const host = hashOf(
    "pulumi/host/languageHost.js",
    "pulumi/host/pulumi-language-nodejs",
    "pulumi/host/pulumi-resource-pulumi-nodejs",
);
const plugin = hashOf("pulumi/kafka/main.go", "pulumi/kafka/go.mod", "pulumi/kafka/go.sum");

const apiServer = hashOf("kubernetes/apiserver/go.mod", "kubernetes/apiserver/go.sum");

const names = {
    node: `node-${versions.node}-${platform}`,
    kafka: `kafka-${versions.kafka}-${hashOf("maven/kafka.xml")}`,
    flink: `flink-${versions.flink}-${hashOf("maven/flink.xml")}`,
    /** The official download. */
    pulumi: `pulumi-${versions.pulumi}-${platform}`,
    /** The CLI alone, built from Go. */
    pulumiBuilt: `pulumi-built-${versions.pulumi}-${platform}-${cli}`,
    /** The built CLI with our language host beside it. */
    pulumiAssembled: `pulumi-assembled-${versions.pulumi}-${platform}-${cli}-${host}`,
    pulumiKafka: `pulumi-resource-kafka-${versions.pulumiKafka}-${platform}-${plugin}`,
    registry: `registry-${versions.registry}`,
    /** kube-apiserver and etcd. */
    kubernetes: `kubernetes-${versions.kubernetes}-${platform}-${apiServer}`,
    flinkOperator: `flink-operator-crds-${versions.flinkOperator}`,
};

module.exports = { names, versions };
