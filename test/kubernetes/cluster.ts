import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
    ApiException,
    KubeConfig,
    KubernetesObjectApi,
    loadYaml,
    PatchStrategy,
    setHeaderMiddleware,
    type Configuration,
    type KubernetesObject,
} from "@kubernetes/client-node";
import { type ApiServer, startApiServer } from "../../sandbox/kubernetes/apiServer.js";
import { operatorCrds } from "../../sandbox/kubernetes/parts.js";

/** An object with all of its fields. */
export interface Manifest extends KubernetesObject {
    readonly [field: string]: unknown;
}

const pass = setHeaderMiddleware("x-test", "strict");

/** Unknown and doubled fields are errors, not warnings. */
class StrictApi extends KubernetesObjectApi {
    constructor(configuration: Configuration) {
        const strict: Configuration["middleware"][number] = {
            pre: (request) => {
                request.setQueryParam("fieldValidation", "Strict");
                return pass.pre(request);
            },
            post: (response) => pass.post(response),
        };
        super({ ...configuration, middleware: [...configuration.middleware, strict] });
    }
}

/** A Kubernetes API with the operator's CRDs, and a client of it. */
export class Cluster {
    readonly objects: KubernetesObjectApi;

    /** One that is there; without a server of ours, stopping it does nothing. */
    constructor(
        readonly config: KubeConfig,
        private readonly server?: ApiServer,
    ) {
        this.objects = config.makeApiClient(StrictApi);
    }

    /** A real API server that this starts. */
    static async start(log?: (line: string) => void): Promise<Cluster> {
        const crds = await operatorCrds(log);
        const server = await startApiServer(log);
        const config = new KubeConfig();
        config.loadFromClusterAndUser(
            {
                name: "test",
                server: server.url,
                caData: Buffer.from(server.certificate).toString("base64"),
                skipTLSVerify: false,
            },
            { name: "admin", token: server.token },
        );
        const cluster = new Cluster(config, server);
        for (const file of fs.readdirSync(crds)) {
            const crd = loadYaml<Manifest>(fs.readFileSync(path.join(crds, file), "utf8"));
            await cluster.objects.create(crd);
        }
        await untilServed(config);
        return cluster;
    }

    async stop(): Promise<void> {
        await this.server?.stop();
    }

    /** Server-side apply with strict field validation, as the official provider does it. */
    apply(manifest: Manifest, manager = "shadow-flink", force = false): Promise<Manifest> {
        return this.objects.patch(
            manifest,
            undefined,
            undefined,
            manager,
            force,
            PatchStrategy.ServerSideApply,
        );
    }

    async read(
        kind: string,
        apiVersion: string,
        name: string,
        namespace: string,
    ): Promise<Manifest> {
        return this.objects.read<Manifest>({ kind, apiVersion, metadata: { name, namespace } });
    }
}

/** It takes the API server a moment to serve what a CRD describes; a client remembers that it was not there. */
async function untilServed(config: KubeConfig): Promise<void> {
    const kinds = ["FlinkDeployment", "FlinkSessionJob", "FlinkStateSnapshot"];
    for (const deadline = Date.now() + 30_000; ; await pause(100)) {
        const client = config.makeApiClient(KubernetesObjectApi);
        try {
            for (const kind of kinds) await client.list("flink.apache.org/v1beta1", kind);
            return;
        } catch (error) {
            if (Date.now() > deadline) throw error;
        }
    }
}

/** The HTTP code and message that a request is refused with; fails where it is not. */
export async function refusal(
    request: Promise<unknown>,
): Promise<{ code: number; message: string }> {
    try {
        await request;
    } catch (error) {
        if (error instanceof ApiException) {
            const { message = String(error.body) } = toObject(error.body);
            return { code: error.code, message };
        }
        throw error;
    }
    throw new Error("It was accepted.");
}

function toObject(body: unknown): { message?: string } {
    return (typeof body === "string" ? JSON.parse(body) : body) as { message?: string };
}
