import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** A cluster that answers as Flink 2.2 was seen to, traps included: what is not `fetched` is not there yet. */
export class MetricsDouble {
    looks = 0;
    /** From which look at the job on its metrics are fetched. */
    fetchedAt = 2;
    state = "RUNNING";
    restarts = 3;
    /** Runs before each look at the job. */
    onLook: (look: number) => void = () => {};
    watermarks: Record<string, string[]> = { source: [], window: ["2000", "1000"] };
    names: Record<string, string[]> = {
        source: ["Source__flights[1].numRecordsOut", "numRecordsOut"],
        window: ["Window[3].numLateRecordsDropped", "numRecordsIn"],
    };
    backpressures = [0.2, 0.7];
    checkpointing = true;
    readonly unknownNames: string[] = [];
    private readonly server = http.createServer((request, response) => {
        const url = new URL(request.url ?? "", "http://localhost");
        const [status, json] = this.answer(url.pathname, url.searchParams);
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(json));
    });

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

    get fetched(): boolean {
        return this.looks >= this.fetchedAt;
    }

    private answer(path: string, query: URLSearchParams): [number, unknown] {
        const [, , , second, third, fourth, fifth] = path.split("/");
        const names = this.names[third ?? ""] ?? [];
        if (second === undefined) {
            this.looks += 1;
            this.onLook(this.looks);
            return [200, this.job()];
        }
        switch (fourth ?? second) {
            case "checkpoints":
                return this.checkpointing
                    ? [200, { counts: { completed: 5, failed: 2 } }]
                    : [404, { errors: ["Checkpointing is not enabled for this job (j)."] }];
            case "metrics":
                return [
                    200,
                    this.fetched ? [{ id: "numRestarts", value: String(this.restarts) }] : [],
                ];
            case "exceptions":
                return [
                    200,
                    {
                        exceptionHistory: {
                            entries: [
                                { timestamp: 1, exceptionName: "a.Old" },
                                { timestamp: 2, exceptionName: "a.New" },
                            ],
                        },
                    },
                ];
            case "watermarks":
                return [
                    200,
                    (this.watermarks[third ?? ""] ?? []).map((value, at) => ({
                        id: `${at}.currentInputWatermark`,
                        value,
                    })),
                ];
            case "backpressure":
                return [
                    200,
                    {
                        status: "ok",
                        subtasks: this.backpressures.map((ratio) => ({ ratio, busyRatio: "NaN" })),
                    },
                ];
            default: {
                assert.equal(fifth, "metrics");
                const asked = query.get("get")?.split(",");
                if (asked === undefined) {
                    return [200, this.fetched ? names.map((id) => ({ id })) : []];
                }
                // One unknown name empties the whole answer.
                const unknown = asked.filter((name) => !names.includes(name));
                this.unknownNames.push(...unknown);
                return [200, unknown.length > 0 ? [] : asked.map((id) => ({ id, sum: 100 }))];
            }
        }
    }

    private job(): unknown {
        const vertex = (id: string) => ({
            id,
            metrics: {
                "read-records": this.fetched ? 7 : 0,
                "read-records-complete": this.fetched,
                "write-records-complete": this.fetched,
            },
        });
        return {
            jid: "j",
            state: this.state,
            now: 100_000_000,
            "start-time": 0,
            vertices: ["source", "window"].map(vertex),
            plan: { nodes: [{ id: "source" }, { id: "window", inputs: [{ id: "source" }] }] },
        };
    }
}
