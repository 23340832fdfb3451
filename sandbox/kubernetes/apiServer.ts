import { type ChildProcess, spawn } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { Agent, get } from "node:https";
import * as os from "node:os";
import * as path from "node:path";
import { logTail } from "../command.js";
import { freePort, releasePorts } from "../ports.js";
import { apiServerPrograms } from "./parts.js";

/** A Kubernetes API without nodes: everything is validated, stored and watched, and nothing runs. */
export interface ApiServer {
    /** Its URL on 127.0.0.1. */
    url: string;
    /** Token of a user who may do everything. */
    token: string;
    /** The certificate that it made for itself. */
    certificate: string;
    stop(): Promise<void>;
}

const readySeconds = 90;

/** Starts etcd and kube-apiserver in a folder of their own, and returns when the API answers. */
export async function startApiServer(log?: (line: string) => void): Promise<ApiServer> {
    const programs = await apiServerPrograms(log);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-kubernetes-"));
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const [etcdPort, peerPort, port] = ports;
    const children: { child: ChildProcess; log: string }[] = [];
    const start = (name: string, args: string[]) => {
        const file = path.join(folder, `${name}.log`);
        const output = fs.openSync(file, "a");
        const child = spawn(path.join(programs, name), args, {
            cwd: folder,
            stdio: ["ignore", output, output],
        });
        fs.closeSync(output);
        children.push({ child, log: file });
    };
    const stop = async () => {
        // The API server first: it would only complain that etcd is gone.
        for (const { child } of children.reverse()) await end(child);
        fs.rmSync(folder, { recursive: true, force: true });
    };
    try {
        const etcd = `http://127.0.0.1:${etcdPort}`;
        const peers = `http://127.0.0.1:${peerPort}`;
        start("etcd", [
            `--data-dir=${path.join(folder, "etcd")}`,
            `--listen-client-urls=${etcd}`,
            `--advertise-client-urls=${etcd}`,
            `--listen-peer-urls=${peers}`,
            `--initial-advertise-peer-urls=${peers}`,
            `--initial-cluster=default=${peers}`,
            // What is lost with the machine is not needed after it.
            "--unsafe-no-fsync",
        ]);
        const token = crypto.randomBytes(16).toString("hex");
        start("kube-apiserver", serverArguments(folder, etcd, port, token));
        const url = `https://127.0.0.1:${port}`;
        const certificate = await untilReady(url, folder, token, children);
        return { url, token, certificate, stop };
    } catch (error) {
        await stop();
        throw error;
    } finally {
        releasePorts([...ports]);
    }
}

function serverArguments(folder: string, etcd: string, port: number, token: string): string[] {
    const file = (name: string, content: string) => {
        const written = path.join(folder, name);
        fs.writeFileSync(written, content, { mode: 0o600 });
        return written;
    };
    const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = file(
        "accounts.key",
        privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    );
    return [
        `--etcd-servers=${etcd}`,
        "--bind-address=127.0.0.1",
        // What it would tell nodes, of which there are none.
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        `--secure-port=${port}`,
        `--cert-dir=${path.join(folder, "certificates")}`,
        "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://shadow-flink.test",
        `--service-account-key-file=${key}`,
        `--service-account-signing-key-file=${key}`,
        `--token-auth-file=${file("tokens.csv", `${token},admin,admin,system:masters\n`)}`,
        "--authorization-mode=RBAC",
        // Pods would wait for the account that a controller makes; there is none.
        "--disable-admission-plugins=ServiceAccount",
    ];
}

async function untilReady(
    url: string,
    folder: string,
    token: string,
    children: readonly { child: ChildProcess; log: string }[],
): Promise<string> {
    const file = path.join(folder, "certificates", "apiserver.crt");
    const deadline = Date.now() + readySeconds * 1000;
    while (Date.now() < deadline) {
        const ended = children.find(({ child }) => child.exitCode !== null);
        if (ended !== undefined) {
            throw new Error(`the Kubernetes API ended while it started:\n${logTail(ended.log)}`);
        }
        if (fs.existsSync(file)) {
            const certificate = fs.readFileSync(file, "utf8");
            const agent = new Agent({ ca: certificate });
            const ready = await new Promise<boolean>((resolve) => {
                const headers = { authorization: `Bearer ${token}` };
                get(`${url}/readyz`, { agent, headers, timeout: 5_000 }, (answer) => {
                    answer.resume();
                    resolve(answer.statusCode === 200);
                }).on("error", () => resolve(false));
            });
            agent.destroy();
            if (ready) return certificate;
        }
        await new Promise((resolve) => setTimeout(resolve, 150));
    }
    const logs = children.map(({ log }) => logTail(log, 15)).join("\n");
    throw new Error(`the Kubernetes API is not ready after ${readySeconds} s:\n${logs}`);
}

async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
}
