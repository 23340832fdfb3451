import type { Json } from "../verbs.js";
import { FlinkRequestError, pause, request, urlOf } from "./request.js";

/** What a statement came to. */
export interface StatementResult {
    /** The job that it started, if any. */
    readonly jobId: string | undefined;
    /** The first page of its rows, each as the list of its fields. */
    readonly rows: readonly (readonly unknown[])[];
}

/** One session of a SQL Gateway (REST API v3): its settings and tables live as long as it does. */
export class SqlGatewaySession {
    private constructor(
        private readonly gateway: string,
        private readonly handle: string,
    ) {}

    static async open(gateway: string, properties: Json = {}): Promise<SqlGatewaySession> {
        const url = urlOf(gateway, "v3", "sessions");
        const asked = "open a session of the SQL Gateway";
        const answer = await request({ method: "POST", url, asked, body: { properties } });
        if (typeof answer.sessionHandle !== "string") {
            throw new Error(
                `Could not ${asked}: ${url} answered without a sessionHandle. Is it a SQL Gateway (REST API v3, Flink 1.20+)?`,
            );
        }
        return new SqlGatewaySession(gateway, answer.sessionHandle);
    }

    /** The session's settings: the gateway's own, and what SET changed. */
    async properties(): Promise<Record<string, string>> {
        const asked = "read the settings of the session";
        const answer = await request({ method: "GET", url: this.url(), asked });
        return (answer.properties ?? {}) as Record<string, string>;
    }

    /**
     * Runs one statement to its end; for an INSERT this is when the job is submitted. `settings` count for this
     * statement only, above what SET said. `what` names the statement in errors.
     */
    async run(
        statement: string,
        what: string,
        until: number,
        settings: Record<string, string> = {},
    ): Promise<StatementResult> {
        const asked = `run the statement (${what})`;
        const body = { statement, executionConfig: settings };
        const started = await request({
            method: "POST",
            url: this.url("statements"),
            asked,
            body,
            deadlineMilliseconds: Math.max(1000, until - Date.now()),
        });
        const operation = String(started.operationHandle);
        const url = this.url("operations", operation, "status");
        for (;;) {
            const { status } = await request({ method: "GET", url, asked });
            if (!["INITIALIZED", "PENDING", "RUNNING"].includes(String(status))) {
                break;
            }
            if (Date.now() >= until) {
                throw new FlinkRequestError(
                    `Could not ${asked}: ${url} still says ${status} at the deadline.`,
                    url,
                    undefined,
                    "",
                );
            }
            await pause(100);
        }
        return this.result(operation, asked, until);
    }

    /** The first page of rows; the cause of a failed statement comes as the error of this call. */
    private async result(
        operation: string,
        asked: string,
        until: number,
    ): Promise<StatementResult> {
        const url = this.url("operations", operation, "result", "0");
        for (;;) {
            const page = await request({ method: "GET", url, asked });
            if (page.resultType !== "NOT_READY" || Date.now() >= until) {
                const results = page.results as { data?: { fields: unknown[] }[] } | undefined;
                return {
                    jobId: typeof page.jobID === "string" ? page.jobID : undefined,
                    rows: (results?.data ?? []).map((row) => row.fields),
                };
            }
            await pause(100);
        }
    }

    /** Ends the session; jobs that it submitted run on. A gateway forgets idle sessions by itself. */
    async close(): Promise<void> {
        await request({
            method: "DELETE",
            url: this.url(),
            asked: "close the session of the SQL Gateway",
        }).catch(() => {});
    }

    private url(...segments: string[]): string {
        return urlOf(this.gateway, "v3", "sessions", this.handle, ...segments);
    }
}

/** The cluster's REST address according to the gateway's settings; `undefined` where they do not say. */
export function restAddress(properties: Record<string, string>): string | undefined {
    const host = properties["rest.address"] ?? properties["jobmanager.rpc.address"];
    if (host === undefined) {
        return undefined;
    }
    const scheme = properties["security.ssl.rest.enabled"] === "true" ? "https" : "http";
    const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
    return `${scheme}://${bracketed}:${properties["rest.port"] ?? "8081"}`;
}
