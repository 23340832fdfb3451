import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { Admin } from "@platformatic/kafka";
import { makeCertificates } from "./certificates.js";
import { run } from "./command.js";
import { javaCommand, javaEnvironment, log4jProperties } from "./java.js";
import { Part } from "./part.js";
import { scramOptions, securedSettings, type BrokerUsers } from "./securedListeners.js";
import { type SandboxState } from "./state.js";

/** The broker of a sandbox: one node that is its own controller. */
export function kafkaBroker(
    state: SandboxState,
    directory: string,
    jars: string,
    users?: BrokerUsers,
): Part {
    const folder = path.join(directory, "kafka");
    const properties = path.join(folder, "server.properties");
    const env = javaEnvironment();
    const java = (mainClass: string, heap: string): string[] => [
        `-Xmx${heap}`,
        "-XX:+UseSerialGC",
        `-Dlog4j2.configurationFile=${path.join(folder, "log4j2.properties")}`,
        "-cp",
        path.join(jars, "*"),
        mainClass,
    ];
    return new Part(
        {
            name: "broker",
            command: javaCommand(),
            args: [...java("kafka.Kafka", "512m"), properties],
            cwd: directory,
            env,
            log: path.join(directory, "logs", "broker.log"),
            graceSeconds: 20,
            prepare: async () => {
                fs.mkdirSync(folder, { recursive: true });
                fs.writeFileSync(path.join(folder, "log4j2.properties"), log4jProperties);
                fs.writeFileSync(
                    properties,
                    serverProperties(
                        state.ports,
                        folder,
                        users &&
                            securedSettings(
                                { sasl: state.ports.kafkaSasl!, mutual: state.ports.kafkaMutual! },
                                await makeCertificates(path.join(directory, "certificates")),
                                users,
                            ),
                    ),
                );
                if (fs.existsSync(path.join(folder, "data", "meta.properties"))) return;
                const id = Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString(
                    "base64url",
                );
                await run(
                    javaCommand(),
                    [
                        ...java("kafka.tools.StorageTool", "128m"),
                        // With "=": an id may begin with a dash.
                        ...["format", `--cluster-id=${id}`, "--config", properties],
                        ...(users === undefined ? [] : scramOptions(users)),
                    ],
                    { cwd: directory, env },
                );
            },
            isReady: () => hasBroker(`127.0.0.1:${state.ports.kafka}`),
        },
        state,
    );
}

function serverProperties(
    ports: Record<string, number>,
    folder: string,
    secured?: ReturnType<typeof securedSettings>,
): string {
    const settings: Record<string, string | number | boolean> = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": `1@127.0.0.1:${ports.controller}`,
        listeners: `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.controller}${secured?.listeners ?? ""}`,
        "advertised.listeners": `PLAINTEXT://127.0.0.1:${ports.kafka}${secured?.advertised ?? ""}`,
        "controller.listener.names": "CONTROLLER",
        "log.dirs": path.join(folder, "data"),
        "auto.create.topics.enable": false,
        // The broker would wait 3 s for more members before it lets a new group's first one read.
        "group.initial.rebalance.delay.ms": 0,
        // After a kill the broker is let in again only when its former self counts as gone.
        "broker.heartbeat.interval.ms": 1000,
        "broker.session.timeout.ms": 6000,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        // Its default takes 128 MB of the heap as soon as there is a compacted topic.
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 4,
        ...secured?.settings,
    };
    return Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join("");
}

/** Whether a broker is there that takes part in the cluster: listening alone is not enough. */
async function hasBroker(bootstrapServers: string): Promise<boolean> {
    const admin = new Admin({
        clientId: "sandbox-probe",
        bootstrapBrokers: [bootstrapServers],
        connectTimeout: 1000,
        retries: 0,
    });
    try {
        const metadata = await admin.metadata({});
        return metadata.brokers.size > 0;
    } finally {
        await admin.close().catch(() => {});
    }
}
