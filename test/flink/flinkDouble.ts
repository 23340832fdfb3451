import * as http from "node:http";
import type { AddressInfo } from "node:net";

interface DoubleJob {
    name: string;
    state: string;
    tasks: Record<string, number>;
    parameters: Record<string, string>;
    exception?: string;
}

/** As much of a cluster and its SQL Gateway as the session job talks to, in one server, to be made to fail. */
export class FlinkDouble {
    readonly jobs = new Map<string, DoubleJob>();
    readonly calls: string[] = [];
    readonly statements: string[] = [];
    /** State of a job that is submitted. */
    state = "RUNNING";
    exception: string | undefined;
    /** The submission starts the job, but its answer is lost. */
    losesSubmission = false;
    refusesCancel = false;
    /** Ids of jobs that ended so long ago that only the refusal to take them again is left. */
    readonly spentIds = new Set<string>();
    /** What the savepoint of a trigger comes to. */
    savepoints = new Map<string, { failed: boolean }>();
    savepointsFail = false;
    private readonly server = http.createServer((request, response) => {
        void this.answer(request, response);
    });
    private submitted: string | undefined;

    async start(): Promise<this> {
        await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
        return this;
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    addJob(id: string, job: Partial<DoubleJob>): void {
        this.jobs.set(id, {
            name: "job",
            state: "RUNNING",
            tasks: { RUNNING: 2 },
            parameters: {},
            ...job,
        });
    }

    private async answer(
        request: http.IncomingMessage,
        response: http.ServerResponse,
    ): Promise<void> {
        let text = "";
        for await (const chunk of request) {
            text += String(chunk);
        }
        const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
        const call = `${request.method} ${request.url?.split("?")[0]}`;
        this.calls.push(call);
        const [status, json] = this.route(call, body);
        if (status === 0) {
            response.destroy();
            return;
        }
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(json));
    }

    private route(call: string, body: Record<string, unknown>): [number, unknown] {
        const parts = call.split("/");
        const [, first, second, third] = parts;
        if (first === "v3") {
            return this.gateway(call, body);
        }
        if (second === "overview") {
            const jobs = [...this.jobs].map(([jid, { name, state }]) => ({
                jid,
                name,
                state,
                "start-time": 1_700_000_000_000,
            }));
            return [200, { jobs }];
        }
        const job = this.jobs.get(second ?? "");
        if (third === "savepoints") {
            const savepoint = this.savepoints.get(parts[4] ?? "");
            return savepoint === undefined ? notFound : [200, savepointAnswer(savepoint.failed)];
        }
        if (job === undefined) {
            return notFound;
        }
        if (call.startsWith("PATCH")) {
            if (this.refusesCancel) {
                return [500, { errors: ["cancelling is broken"] }];
            }
            job.state = "CANCELED";
            return [202, {}];
        }
        switch (third ?? "") {
            case "config":
                return [200, { "execution-config": { "user-config": job.parameters } }];
            case "exceptions":
                return [200, { exceptionHistory: { entries: exceptionEntries(job.exception) } }];
            case "stop":
                this.savepoints.set(String(body.triggerId), { failed: this.savepointsFail });
                job.state = this.savepointsFail ? job.state : "FINISHED";
                return [202, { "request-id": body.triggerId }];
            default:
                return [
                    200,
                    {
                        jid: second,
                        name: job.name,
                        state: job.state,
                        "start-time": 1_700_000_000_000,
                        vertices: [{ tasks: { ...job.tasks, FAILED: 0 } }],
                    },
                ];
        }
    }

    private gateway(call: string, body: Record<string, unknown>): [number, unknown] {
        if (call === "POST /v3/sessions") {
            return [200, { sessionHandle: "s" }];
        }
        if (call === "GET /v3/sessions/s") {
            const [, host, port] = /\/\/(.*):(\d+)/.exec(this.url) ?? [];
            return [200, { properties: { "rest.address": host, "rest.port": port } }];
        }
        if (call.endsWith("/statements")) {
            return this.run(String(body.statement), body.executionConfig as Record<string, string>);
        }
        if (call.endsWith("/status")) {
            return [200, { status: "FINISHED" }];
        }
        return [200, { resultType: "PAYLOAD", jobID: this.submitted, results: { data: [] } }];
    }

    private run(statement: string, settings: Record<string, string>): [number, unknown] {
        this.statements.push(statement);
        this.submitted = undefined;
        if (statement.startsWith("INSERT")) {
            const id = settings["$internal.pipeline.job-id"] ?? "";
            if (this.jobs.has(id) || this.spentIds.has(id)) {
                return [
                    500,
                    {
                        errors: [
                            "x.DuplicateJobSubmissionException: Job has already been submitted.",
                        ],
                    },
                ];
            }
            const parameters = Object.fromEntries(
                (settings["pipeline.global-job-parameters"] ?? "")
                    .split(",")
                    .map((pair) => pair.split(":") as [string, string]),
            );
            const { state, exception } = this;
            this.addJob(id, { name: settings["pipeline.name"], state, parameters, exception });
            this.submitted = id;
            if (this.losesSubmission) {
                return [0, undefined];
            }
        }
        return [200, { operationHandle: "o" }];
    }
}

const notFound: [number, unknown] = [
    404,
    { errors: ["x.y.NotFoundException: Job not found\n\tat a.b.C.d(C.java:1)"] },
];

function savepointAnswer(failed: boolean) {
    const failure = { "stack-trace": "java.io.IOException: no space\n\tat a.b.C.d(C.java:1)" };
    return {
        status: { id: "COMPLETED" },
        operation: failed ? { "failure-cause": failure } : { location: "file:/savepoints/1" },
    };
}

function exceptionEntries(stacktrace: string | undefined) {
    return stacktrace === undefined ? [] : [{ timestamp: 1, stacktrace }];
}
