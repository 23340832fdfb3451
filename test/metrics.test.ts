import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricArgs } from "../components/compareMetrics.js";
import { askMetrics } from "../components/provider/metrics/askMetrics.js";
import { followPointer } from "../components/provider/metrics/json.js";
import { settingsOf } from "./comparison/world.js";

describe("metrics from elsewhere", () => {
    const paths = new Map<string, (response: http.ServerResponse) => void>();
    let asked: http.IncomingMessage[] = [];
    const server = http.createServer((request, response) => {
        asked.push(request);
        const { pathname } = new URL(request.url ?? "", "http://localhost");
        const answer = paths.get(pathname) ?? (() => response.writeHead(404).end("{}"));
        answer(response);
    });
    let url: string;

    before((done) => {
        server.listen(0, "127.0.0.1", () => {
            url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
            done();
        });
    });
    beforeEach(() => {
        asked = [];
        paths.clear();
    });
    after(() => {
        server.closeAllConnections();
        server.close();
    });

    const answers = (path: string, text: string, status = 200) =>
        paths.set(path, (response) => response.writeHead(status).end(text));

    async function ask(args: MetricArgs, signal = new AbortController().signal) {
        const [evidence] = await askMetrics(settingsOf({ metrics: { m: args } }).metrics, signal);
        return evidence!;
    }

    const json = (candidate: string, pointer?: string): MetricArgs => ({
        json: {
            incumbent: `${url}/incumbent`,
            candidate: `${url}${candidate}`,
            ...(pointer !== undefined && { pointer }),
        },
    });

    it("are read where the pointer leads", async () => {
        answers("/incumbent", '{"data": {"a/b": [1, {"m~n": 2.5}]}}');
        answers("/candidate", '{"data": {"a/b": [1, {"m~n": -3e2}]}}');
        assert.deepEqual(await ask(json("/candidate", "/data/a~1b/1/m~0n")), {
            name: "m",
            incumbent: 2.5,
            candidate: -300,
            problem: null,
        });
    });

    it("follow a pointer as RFC 6901 says", () => {
        // The examples of its section 5.
        const document = { foo: ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, " ": 7, 'k"l': 6 };
        const leads = (pointer: string) => followPointer(document, pointer);
        assert.equal(leads(""), document);
        assert.deepEqual(leads("/foo"), ["bar", "baz"]);
        assert.equal(leads("/foo/0"), "bar");
        assert.equal(leads("/"), 0);
        assert.equal(leads("/a~1b"), 1);
        assert.equal(leads("/m~0n"), 8);
        assert.equal(leads("/ "), 7);
        assert.equal(leads('/k"l'), 6);
        for (const nowhere of [
            "/foo/00",
            "/foo/-",
            "/foo/length",
            "/foo/2",
            "/a~1b/x",
            "/toString",
        ]) {
            assert.equal(leads(nowhere), undefined, nowhere);
        }
        assert.equal(followPointer({ "~1": 5 }, "/~01"), 5);
    });

    it("are not there where the answer is not a number, and say why", async () => {
        answers("/incumbent", "1");
        answers("/number", "[1e999]");
        answers("/text", '{"a": "12"}');
        answers("/null", "null");
        answers("/html", "<html>");
        answers("/broken", "{}", 500);
        for (const [path, reason] of [
            ["/null", "has no number as its whole answer, but null"],
            ["/html?token=secret", `answered 200 with something else than JSON (${url}/html)`],
            ["/broken", `answered 500 (${url}/broken)`],
            ["/nothing?token=secret", `answered 404 (${url}/nothing)`],
        ] as const) {
            const { incumbent, candidate, problem } = await ask(json(path));
            assert.deepEqual([incumbent, candidate], [1, null]);
            assert.equal(problem, `The candidate's source ${reason}.`);
        }
        const problemAt = async (path: string, pointer: string) =>
            (await ask(json(path, pointer))).problem;
        answers("/incumbent", "[1]");
        assert.equal(
            await problemAt("/number", "/0"),
            "The candidate's source has no number at /0, but one too large for a double.",
        );
        answers("/incumbent", '{"a": 1}');
        assert.equal(
            await problemAt("/text", "/a"),
            "The candidate's source has no number at /a, but a string.",
        );
        assert.equal(await problemAt("/text", "/b"), "The source has nothing at /b.");
    });

    it("do not take an answer without end, nor wait for one after the look's deadline", async () => {
        answers("/incumbent", "1");
        paths.set("/endless", (response) => {
            const more = () => {
                while (response.write(" ".repeat(65_536)));
            };
            response.on("drain", more);
            more();
        });
        const { problem, incumbent } = await ask(json("/endless"));
        assert.equal(incumbent, 1);
        assert.equal(problem, `The candidate's source gave more than 1 MiB (${url}/endless).`);
        answers("/long", `${" ".repeat(1_048_576)}1`);
        assert.match((await ask(json("/long"))).problem ?? "", /gave more than 1 MiB/);
        paths.set("/silent", () => {});
        const late = await ask(json("/silent"), AbortSignal.timeout(100));
        assert.equal(
            late.problem,
            `The candidate's source was not waited for: the look's time was over (${url}/silent).`,
        );
        const closed = { incumbent: `${url}/incumbent`, candidate: "http://127.0.0.1:9/x" };
        assert.match(
            (await ask({ json: closed })).problem ?? "",
            /^The candidate's source was not reached \(http:\/\/127\.0\.0\.1:9\/x\): fetch failed/,
        );
    });

    it("send the header from the environment, and never show it", async () => {
        answers("/incumbent", "1");
        answers("/candidate", "no");
        const args = { ...json("/candidate"), authorizationFrom: "SHADOW_FLINK_TEST_TOKEN" };
        process.env["SHADOW_FLINK_TEST_TOKEN"] = "";
        const missing = await ask(args);
        assert.equal(
            missing.problem,
            "The source was not asked: the environment variable SHADOW_FLINK_TEST_TOKEN is not set.",
        );
        assert.equal(asked.length, 0);
        process.env["SHADOW_FLINK_TEST_TOKEN"] = "Bearer hidden";
        try {
            const sent = await ask(args);
            assert.deepEqual(
                asked.map(({ headers }) => headers.authorization),
                ["Bearer hidden", "Bearer hidden"],
            );
            assert.doesNotMatch(JSON.stringify(sent), /hidden/);
        } finally {
            delete process.env["SHADOW_FLINK_TEST_TOKEN"];
        }
    });

    it("from what is not Prometheus are not there", async () => {
        answers("/api/v1/query", '{"status": "fine"}');
        const prometheus = { url: `${url}/`, incumbent: "a", candidate: "b" };
        assert.equal(
            (await ask({ prometheus })).problem,
            `The source answered 200, not as Prometheus does (${url}/api/v1/query).`,
        );
        answers("/api/v1/query", "null");
        assert.match((await ask({ prometheus })).problem ?? "", /not as Prometheus does/);
        const sample = (value: unknown) => ({
            status: "success",
            data: { resultType: "vector", result: [{ metric: {}, value }] },
        });
        for (const value of [[1, ""], [1, "1e999"], [1, 5], [1], null, "5"]) {
            answers("/api/v1/query", JSON.stringify(sample(value)));
            assert.match((await ask({ prometheus })).problem ?? "", /which is no number\.$/);
        }
    });
});
