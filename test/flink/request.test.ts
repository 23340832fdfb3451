import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { FlinkRequestError, request, urlOf } from "../../components/provider/flink/request.js";
import { restAddress } from "../../components/provider/flink/sqlGateway.js";

describe("a request to Flink", () => {
    let answer: (response: http.ServerResponse) => void;
    const server = http.createServer((_request, response) => answer(response));
    let url: string;

    before((done) => {
        server.listen(0, "127.0.0.1", () => {
            url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs`;
            done();
        });
    });
    after(() => {
        server.closeAllConnections();
        server.close();
    });

    async function failure(deadlineMilliseconds = 5000): Promise<FlinkRequestError> {
        const call = { method: "GET" as const, url, asked: "list the jobs", deadlineMilliseconds };
        const error = await request(call).then(
            () => undefined,
            (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof FlinkRequestError);
        assert.ok(error.message.startsWith(`Could not list the jobs: GET ${url} `), error.message);
        return error;
    }

    it("says what Flink answered, without the stack", async () => {
        answer = (response) => {
            response.writeHead(500);
            response.end(
                JSON.stringify({ errors: ["a.b.Exception: no slots\n\tat a.b.C.d(E.java:1)"] }),
            );
        };
        const error = await failure();
        assert.match(error.message, /answered 500: no slots$/);
        assert.equal(error.status, 500);
        assert.equal(error.unanswered, false);
    });

    it("says what answered where it was not Flink", async () => {
        answer = (response) => response.end("<html>Welcome to nginx</html>");
        assert.match((await failure()).message, /answered 200 with "<html>.*not Flink's JSON/);
        answer = (response) => {
            response.writeHead(502);
            response.end("<html>\nBad gateway");
        };
        assert.match((await failure()).message, /answered 502: <html>$/);
    });

    it("does not wait for ever, neither for the head nor for the body", async () => {
        answer = () => {};
        assert.match((await failure(50)).message, /did not answer within 0\.05 s/);
        answer = (response) => response.write("{");
        assert.equal((await failure(50)).unanswered, true);
    });

    it("says where nothing listens", async () => {
        const closed = "http://127.0.0.1:9";
        await assert.rejects(
            request({ method: "GET", url: closed, asked: "look" }),
            /GET http:\/\/127\.0\.0\.1:9 was not answered: fetch failed.*Is this the right address/,
        );
    });
});

describe("addresses", () => {
    it("are joined whatever the base ends with", () => {
        assert.equal(urlOf("http://a/b/", "jobs", "x/y"), "http://a/b/jobs/x%2Fy");
    });

    it("of the cluster come from the gateway's settings", () => {
        assert.equal(restAddress({}), undefined);
        assert.equal(restAddress({ "rest.address": "f" }), "http://f:8081");
        assert.equal(
            restAddress({ "jobmanager.rpc.address": "j", "rest.port": "1" }),
            "http://j:1",
        );
        const secure = { "rest.address": "::1", "security.ssl.rest.enabled": "true" };
        assert.equal(restAddress(secure), "https://[::1]:8081");
    });
});
