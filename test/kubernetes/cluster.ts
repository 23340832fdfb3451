import * as fs from "node:fs";
import * as path from "node:path";
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

/** A real API server with the operator's CRDs, and a client of it. */
export class Cluster {
    private constructor(
        private readonly server: ApiServer,
        readonly config: KubeConfig,
        readonly objects: KubernetesObjectApi,
    ) {}

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
        const cluster = new Cluster(server, config, config.makeApiClient(StrictApi));
        for (const file of fs.readdirSync(crds)) {
            const crd = loadYaml<Manifest>(fs.readFileSync(path.join(crds, file), "utf8"));
            await cluster.objects.create(crd);
        }
        return cluster;
    }

    stop(): Promise<void> {
        return this.server.stop();
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
