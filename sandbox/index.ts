import * as fs from "node:fs";
import * as path from "node:path";
import { cache } from "./cache.js";
import { makeCertificates, type Certificates } from "./certificates.js";
import { flinkParts } from "./flink.js";
import { flinkJars, kafkaJars } from "./jars.js";
import { kafkaBroker } from "./kafka.js";
import { Part, type PartPlan } from "./part.js";
import type { BrokerUsers } from "./securedListeners.js";
import { sandboxes } from "./paths.js";
import { freePort, releasePorts } from "./ports.js";
import { endProcess, isAlive, startOf } from "./process.js";
import { directoryOf, listSandboxes, readState, type SandboxState, writeState } from "./state.js";

/** How long an added process may take to end. */
const addedGraceSeconds = 10;

/** Which sandbox, with what in it. */
export interface SandboxOptions {
    /** Its name, also that of its folder: lower-case letters, digits and dashes. */
    name: string;
    /** Also start a Flink session cluster and a SQL Gateway. Defaults to `true`. */
    flink?: boolean;
    /** Flink's jobs survive the job manager, by a ZooKeeper beside it. Defaults to `false`. */
    keepsJobs?: boolean;
    /** It belongs to this process: once that is gone, anyone may remove it. Defaults to `false`. */
    temporary?: boolean;
    /** Also ports of the broker with TLS and SASL, for these users, to whom permissions apply. Defaults to none. */
    users?: BrokerUsers;
    /** Told what goes on, a line at a time. */
    log?: (line: string) => void;
}

/** Real Kafka, and Flink if asked for, on free ports of 127.0.0.1. */
export interface Sandbox {
    name: string;
    /** Its folder: data, logs, state. */
    directory: string;
    bootstrapServers: string;
    /** Its secured ports, and what one needs to use them; absent without `users`. */
    secured?: { sasl: string; mutual: string; certificates: Certificates };
    /** The address of Flink's REST API. */
    flinkRest?: string;
    /** The address of the SQL Gateway. */
    gateway?: string;
    /** The broker, to be killed and started again by tests. */
    broker: Part;
    /** The other processes; absent without Flink. */
    jobManager?: Part;
    taskManager?: Part;
    gatewayPart?: Part;
    /** All of these processes. */
    parts: Part[];
    /** Runs another process beside them, which is stopped with the sandbox. */
    addPart(plan: PartPlan): Part;
    /** Stops everything; removes the data too, unless `keepData`. */
    stop(options?: { keepData?: boolean }): Promise<void>;
}

/**
 * Starts the sandbox of this name, or the parts of it that do not run, and returns when all answer.
 * Data and ports of an earlier one of the same name are used again.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
    const { name, log = () => {} } = options;
    const directory = directoryOf(name);
    fs.mkdirSync(directory, { recursive: true });
    return cache.withLock(
        path.join(sandboxes, `${name}.lock`),
        async () => {
            const state = await planState(options);
            const sandbox = await assemble(state, log, options.users);
            try {
                await Promise.all(sandbox.parts.map((part) => startPart(part, log)));
            } catch (error) {
                // Whole or not at all; logs are kept, because the error may not tell everything.
                await sandbox.stop({ keepData: true });
                throw error;
            } finally {
                releasePorts(Object.values(state.ports));
            }
            return sandbox;
        },
        (pid) => log(`waiting for process ${pid}, which is starting or stopping sandbox ${name}`),
    );
}

async function startPart(part: Part, log: (line: string) => void): Promise<void> {
    if (!part.isRunning()) log(`starting ${part.name}`);
    const began = Date.now();
    await part.start();
    log(`${part.name} is ready (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** The sandbox of this name as it is, running or not; undefined if there is none. */
export async function findSandbox(name: string): Promise<Sandbox | undefined> {
    const state = readState(name);
    return state && assemble(state, () => {});
}

/** Removes sandboxes of test runs that are gone, which a kill may have left behind. */
export async function removeAbandoned(log: (line: string) => void = () => {}): Promise<void> {
    for (const name of listSandboxes()) {
        const owner = readState(name)?.owner;
        if (owner === undefined || isAlive(owner)) continue;
        log(`removing sandbox ${name}, whose process ${owner.pid} is gone`);
        await (await findSandbox(name))?.stop();
    }
    if (!fs.existsSync(sandboxes)) return;
    for (const entry of fs.readdirSync(sandboxes).filter((file) => file.endsWith(".lock"))) {
        const lock = path.join(sandboxes, entry);
        if (cache.tryLock(lock) === undefined) cache.unlock(lock);
    }
}

/** What is to run, with ports; written before anything starts. */
async function planState(options: SandboxOptions): Promise<SandboxState> {
    const { name, flink = true, keepsJobs = false, temporary = false } = options;
    const earlier = readState(name);
    const state: SandboxState = earlier ?? { name, flink, ports: {}, processes: {} };
    state.flink = state.flink || flink;
    state.keepsJobs = (state.keepsJobs ?? false) || keepsJobs;
    const started = startOf(process.pid);
    if (temporary && started !== undefined) state.owner = { pid: process.pid, started };
    else delete state.owner;
    const wanted: Record<string, string> = { kafka: "broker", controller: "broker" };
    if (options.users !== undefined) {
        Object.assign(wanted, { kafkaSasl: "broker", kafkaMutual: "broker" });
    }
    if (state.flink) {
        Object.assign(wanted, {
            jobManager: "jobManager",
            flinkRest: "jobManager",
            gateway: "gateway",
            ...(state.keepsJobs && { zooKeeper: "zooKeeper" }),
        });
    }
    for (const [use, part] of Object.entries(wanted)) {
        const record = state.processes[part];
        if (record !== undefined && isAlive(record)) continue;
        state.ports[use] = await freePort(state.ports[use]);
    }
    writeState(state);
    return state;
}

async function assemble(
    state: SandboxState,
    log: (line: string) => void,
    users?: BrokerUsers,
): Promise<Sandbox> {
    const directory = directoryOf(state.name);
    const [kafka, flink] = await Promise.all([
        kafkaJars(log),
        state.flink ? flinkJars(log) : undefined,
    ]);
    const broker = kafkaBroker(state, directory, kafka, users);
    const flinkProcesses = flink === undefined ? [] : flinkParts(state, directory, flink);
    const [jobManager, taskManager, gatewayPart] = flinkProcesses;
    const parts = [broker, ...flinkProcesses];
    const address = (port: number | undefined) => `127.0.0.1:${port}`;
    return {
        name: state.name,
        directory,
        bootstrapServers: address(state.ports.kafka),
        ...(users !== undefined && {
            secured: {
                sasl: address(state.ports.kafkaSasl),
                mutual: address(state.ports.kafkaMutual),
                certificates: await makeCertificates(path.join(directory, "certificates")),
            },
        }),
        ...(flink !== undefined && {
            flinkRest: `http://${address(state.ports.flinkRest)}`,
            gateway: `http://${address(state.ports.gateway)}`,
        }),
        broker,
        jobManager,
        taskManager,
        gatewayPart,
        parts,
        addPart: (plan) => new Part(plan, state),
        stop: async ({ keepData = false } = {}) => {
            // What was added first: it talks to the others until its end.
            const added = Object.entries(state.processes).filter(
                ([name]) => !parts.some((part) => part.name === name),
            );
            await Promise.all(added.map(([, record]) => endProcess(record, addedGraceSeconds)));
            await Promise.all(parts.map((part) => part.stop()));
            if (!keepData) fs.rmSync(directory, { recursive: true, force: true });
        },
    };
}
