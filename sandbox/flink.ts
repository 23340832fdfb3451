import * as fs from "node:fs";
import { connect } from "node:net";
import * as path from "node:path";
import { javaCommand, javaEnvironment, log4jProperties } from "./java.js";
import { Part } from "./part.js";
import { type SandboxState } from "./state.js";

const megabyte = 1024 * 1024;

/** Flink's start scripts compute these from one total; without the scripts each must be given. */
const taskManagerMemory = {
    "framework.heap.size": 128,
    "task.heap.size": 512,
    "framework.off-heap.size": 128,
    "task.off-heap.size": 0,
    "network.min": 128,
    "network.max": 128,
    "managed.size": 384,
    "jvm-metaspace.size": 256,
    "jvm-overhead.min": 192,
    "jvm-overhead.max": 192,
};

/** Packages of the JDK that Flink looks into by reflection. */
const opened = [
    ...["java.lang", "java.lang.reflect", "java.net", "java.io", "java.nio", "sun.nio.ch"],
    ...["java.text", "java.time", "java.util", "java.util.concurrent"],
    ...["java.util.concurrent.atomic", "java.util.concurrent.locks"],
];

/** The Flink session cluster of a sandbox, and the SQL Gateway beside it. */
export function flinkParts(state: SandboxState, directory: string, jars: string): Part[] {
    const folder = path.join(directory, "flink");
    const conf = path.join(folder, "conf");
    const libraries = path.join(jars, "lib", "*");
    const rest = `http://127.0.0.1:${state.ports.flinkRest}`;
    const gateway = `http://127.0.0.1:${state.ports.gateway}`;

    const part = (
        name: string,
        jvm: string[],
        classpath: string[],
        main: string[],
        isReady: () => Promise<boolean>,
    ): Part =>
        new Part(
            {
                name,
                command: javaCommand(),
                args: [
                    ...jvm,
                    "-XX:+UseSerialGC",
                    `-Dlog4j.configurationFile=${path.join(conf, "log4j.properties")}`,
                    `-Djava.io.tmpdir=${path.join(folder, "tmp")}`,
                    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
                    ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
                    "-cp",
                    classpath.join(path.delimiter),
                    ...main,
                ],
                cwd: directory,
                env: javaEnvironment({ FLINK_CONF_DIR: conf }),
                log: path.join(directory, "logs", `${name}.log`),
                graceSeconds: 10,
                prepare: () => Promise.resolve(writeConfiguration(state, folder)),
                isReady,
            },
            state,
        );

    return [
        part(
            "jobManager",
            ["-Xmx512m", "-XX:MaxMetaspaceSize=256m"],
            [libraries],
            [
                "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
                ...["--configDir", conf],
            ],
            async () => (await ask(`${rest}/overview`)) !== undefined,
        ),
        part(
            "taskManager",
            ["-Xmx640m", "-XX:MaxMetaspaceSize=320m", "-XX:MaxDirectMemorySize=384m"],
            [libraries],
            [
                "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                ...["--configDir", conf],
                ...["-D", "taskmanager.cpu.cores=2.0"],
                ...Object.entries(taskManagerMemory).flatMap(([key, size]) => [
                    "-D",
                    `taskmanager.memory.${key}=${size * megabyte}b`,
                ]),
            ],
            async () => {
                const overview = await ask(`${rest}/overview`);
                return Number(overview?.["slots-total"]) > 0;
            },
        ),
        part(
            "gateway",
            ["-Xmx400m", "-XX:MaxMetaspaceSize=320m"],
            [libraries, path.join(jars, "gateway", "*")],
            ["org.apache.flink.table.gateway.SqlGateway"],
            async () => (await ask(`${gateway}/v3/info`)) !== undefined,
        ),
        ...(state.keepsJobs === true
            ? [
                  part(
                      "zooKeeper",
                      ["-Xmx128m"],
                      [libraries],
                      [
                          "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer",
                          ...["--zkConfigFile", path.join(conf, "zoo.cfg"), "--peerId", "1"],
                      ],
                      () => accepts(state.ports.zooKeeper!),
                  ),
              ]
            : []),
    ];
}

/** A JSON answer, or undefined if the answer is not a good one. */
async function ask(url: string): Promise<Record<string, unknown> | undefined> {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
}

/** Whether something listens there. */
function accepts(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => resolve(true));
        socket.on("error", () => resolve(false));
        socket.on("connect", () => socket.destroy());
    });
}

/** One configuration for all three processes: the gateway hands its own on to its sessions. */
function writeConfiguration({ ports, keepsJobs }: SandboxState, folder: string): void {
    const inFolder = (name: string) => path.join(folder, name);
    const settings: Record<string, string | number> = {
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": ports.jobManager!,
        "jobmanager.bind-host": "127.0.0.1",
        "jobmanager.memory.process.size": "1024m",
        "taskmanager.host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "taskmanager.numberOfTaskSlots": 8,
        "parallelism.default": 2,
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.port": ports.flinkRest!,
        "sql-gateway.endpoint.rest.address": "127.0.0.1",
        "sql-gateway.endpoint.rest.bind-address": "127.0.0.1",
        "sql-gateway.endpoint.rest.port": ports.gateway!,
        "execution.checkpointing.interval": "2s",
        "execution.checkpointing.dir": `file://${inFolder("checkpoints")}`,
        "execution.checkpointing.savepoint-dir": `file://${inFolder("savepoints")}`,
        "io.tmp.dirs": inFolder("tmp"),
        "web.upload.dir": inFolder("upload"),
        "web.tmpdir": inFolder("web"),
        ...(keepsJobs === true && {
            "high-availability.type": "zookeeper",
            "high-availability.zookeeper.quorum": `127.0.0.1:${ports.zooKeeper}`,
            "high-availability.storageDir": `file://${inFolder("jobs")}`,
            "high-availability.jobmanager.port": ports.jobManager!,
            // How long a job manager that died is waited for.
            "high-availability.zookeeper.client.session-timeout": "6000",
        }),
    };
    for (const name of ["conf", "checkpoints", "savepoints", "tmp", "upload", "web", "jobs"]) {
        fs.mkdirSync(inFolder(name), { recursive: true });
    }
    if (keepsJobs === true) {
        const zooKeeper = [
            `dataDir=${inFolder("zookeeper")}`,
            `clientPort=${ports.zooKeeper}`,
            "clientPortAddress=127.0.0.1",
            "admin.enableServer=false",
        ];
        fs.writeFileSync(path.join(folder, "conf", "zoo.cfg"), `${zooKeeper.join("\n")}\n`);
    }
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`);
    fs.writeFileSync(path.join(folder, "conf", "config.yaml"), lines.join(""));
    fs.writeFileSync(path.join(folder, "conf", "log4j.properties"), log4jProperties);
}
