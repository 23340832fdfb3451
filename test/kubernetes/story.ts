import {
    existingJob,
    flinkDeployment,
    ShadowFlinkJob,
    type FlinkDeploymentSpec,
} from "../../components/index.js";
import type { Manifest } from "./cluster.js";

/** Where the story plays: a namespace of its own, in which everything is a pod but Pulumi. */
export interface Scene {
    readonly namespace: string;
    /** Of the jobs: test/kubernetes/image, built and known to the cluster. */
    readonly image: string;
    /** Of this machine, from where the broker is reached as if it were here. */
    readonly port: number;
}

const kafkaImage = "apache/kafka:4.1.0";
const kafkaBin = "/opt/kafka/bin";
export const topics = { orders: "orders", totals: "totals" };

const inside = ({ namespace }: Scene) => `kafka.${namespace}:9092`;

/** What a job is called, as each version is handed it. */
interface JobNames {
    readonly topic: string;
    readonly group: string;
    readonly transactionalIdPrefix: string;
}

/** Orders per shop in ten seconds: the same in every version, so that the verdict is a pass. */
export function totalsSql(
    brokers: string,
    { topic, group, transactionalIdPrefix }: JobNames,
): string {
    return `SET 'execution.checkpointing.interval' = '5 s';
SET 'table.local-time-zone' = 'UTC';
CREATE TEMPORARY TABLE orders (
    shop STRING, cents BIGINT, placed BIGINT,
    placed_at AS TO_TIMESTAMP_LTZ(placed, 3), WATERMARK FOR placed_at AS placed_at - INTERVAL '2' SECOND
) WITH (
    'connector' = 'kafka', 'topic' = '${topics.orders}', 'properties.bootstrap.servers' = '${brokers}',
    'properties.group.id' = '${group}', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'
);
CREATE TEMPORARY TABLE totals (shop STRING, window_start TIMESTAMP(3), orders BIGINT, cents BIGINT) WITH (
    'connector' = 'kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${brokers}',
    'properties.transaction.timeout.ms' = '600000', 'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = '${transactionalIdPrefix}', 'format' = 'json'
);
INSERT INTO totals
SELECT shop, window_start, COUNT(*), SUM(cents)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(placed_at), INTERVAL '10' SECOND))
GROUP BY shop, window_start, window_end;
`;
}

function jobSpec(scene: Scene, names: JobNames): FlinkDeploymentSpec {
    return {
        image: scene.image,
        imagePullPolicy: "IfNotPresent",
        flinkVersion: "v2_2",
        // Nothing here that all pods could write to; its state is small.
        flinkConfiguration: { "execution.checkpointing.storage": "jobmanager" },
        jobManager: { resource: { cpu: 0.5, memory: "1g" } },
        taskManager: { resource: { cpu: 0.5, memory: "1g" } },
        job: {
            jarURI: "local:///opt/flink/usrlib/sql-runner.jar",
            entryClass: "SqlRunner",
            // On one line: arguments go through Flink's configuration, which had no others before 2.0.
            args: [totalsSql(inside(scene), names).replaceAll(/\s+/g, " ")],
            parallelism: 1,
            upgradeMode: "stateless",
        },
    };
}

const incumbent = {
    topic: topics.totals,
    group: "totals-v1",
    transactionalIdPrefix: "totals-v1.",
};

/** The part of the story that Pulumi tells. */
export function program(scene: Scene, versions: readonly string[], authority: string) {
    const { namespace, port } = scene;
    const all = {
        v1: existingJob({ ...incumbent, deployment: { name: "totals-v1", namespace } }),
        v2: flinkDeployment((names) => jobSpec(scene, names), { namespace, serviceAccount: true }),
    };
    return new ShadowFlinkJob("totals", {
        authority,
        kafka: { bootstrapServers: [`127.0.0.1:${port}`] },
        versions: Object.fromEntries(
            Object.entries(all).filter(([version]) => versions.includes(version)),
        ),
        compare: {
            identity: ["shop", "window_start"],
            eventTime: "window_start",
            windowSeconds: 10,
            minRecords: 9,
            waitSeconds: 240,
        },
        consumers: {
            dashboard: {
                group: "dashboard",
                configMap: { namespace, rolls: { deployment: "dashboard" } },
            },
        },
    });
}

/** The broker, which the rest waits for. */
export function broker(scene: Scene): Manifest[] {
    const { namespace, port } = scene;
    const settings = {
        NODE_ID: "1",
        PROCESS_ROLES: "broker,controller",
        LISTENERS: "INSIDE://:9092,OUTSIDE://:19092,CONTROLLER://:9093",
        ADVERTISED_LISTENERS: `INSIDE://${inside(scene)},OUTSIDE://127.0.0.1:${port}`,
        LISTENER_SECURITY_PROTOCOL_MAP: "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
        INTER_BROKER_LISTENER_NAME: "INSIDE",
        CONTROLLER_LISTENER_NAMES: "CONTROLLER",
        CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
        OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
        TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
        TRANSACTION_STATE_LOG_MIN_ISR: "1",
        AUTO_CREATE_TOPICS_ENABLE: "false",
    };
    const env = Object.entries(settings).map(([name, value]) => ({ name: `KAFKA_${name}`, value }));
    return [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "kafka", namespace },
            spec: { selector: { app: "kafka" }, ports: [{ name: "inside", port: 9092 }] },
        },
        deployment(namespace, "kafka", { env, readinessProbe: { tcpSocket: { port: 9092 } } }),
    ];
}

/** What is there before Pulumi: a job, orders for it, and the dashboard that reads what it writes. */
export function world(scene: Scene): Manifest[] {
    const { namespace } = scene;
    const account = { name: "totals-v1", namespace };
    const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
    const order = `{\\"shop\\":\\"shop-$((i % 3))\\",\\"cents\\":$((i % 100)),\\"placed\\":$(date +%s)000}`;
    const produce = `${kafkaBin}/kafka-console-producer.sh --bootstrap-server ${inside(scene)} --topic ${topics.orders}`;
    const consume =
        `exec ${kafkaBin}/kafka-console-consumer.sh --bootstrap-server ${inside(scene)} ` +
        '--topic "$TOPIC" --group "$GROUP"';
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
        {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "Role",
            metadata: account,
            rules: [
                { apiGroups: [""], resources: ["pods", "configmaps"], verbs },
                { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] },
            ],
        },
        {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "RoleBinding",
            metadata: account,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account.name },
            subjects: [{ kind: "ServiceAccount", ...account }],
        },
        {
            apiVersion: "flink.apache.org/v1beta1",
            kind: "FlinkDeployment",
            metadata: account,
            spec: { ...jobSpec(scene, incumbent), serviceAccount: account.name },
        },
        deployment(namespace, "shops", {
            command: ["sh", "-c"],
            args: [
                `i=0; while true; do i=$((i + 1)); echo "${order}"; sleep 0.2; done | ${produce}`,
            ],
        }),
        deployment(namespace, "dashboard", {
            command: ["sh", "-c"],
            args: [consume],
            // Which `pulumi up` makes: until then its pods wait.
            envFrom: [{ configMapRef: { name: "totals-routing-dashboard" } }],
        }),
    ];
}

function deployment(namespace: string, name: string, container: object): Manifest {
    const labels = { app: name };
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace },
        spec: {
            selector: { matchLabels: labels },
            template: {
                metadata: { labels },
                spec: {
                    // A service that is called kafka would be KAFKA_PORT in every pod, which its image takes for a setting.
                    enableServiceLinks: false,
                    containers: [{ name, image: kafkaImage, ...container }],
                },
            },
        },
    };
}
