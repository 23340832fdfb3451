import assert from "node:assert/strict";

import { flinkCause } from "../../components/provider/flink/cause.js";

const gatewayTrace = `Internal server error.
<Exception on server side:
org.apache.flink.table.gateway.api.utils.SqlGatewayException: org.apache.flink.table.gateway.api.utils.SqlGatewayException: Failed to fetchResults.
\tat org.apache.flink.table.gateway.rest.handler.statement.FetchResultsHandler.handleRequest(FetchResultsHandler.java:91)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: org.apache.flink.table.gateway.service.utils.SqlExecutionException: Failed to execute the operation 913ac215.
\t... 48 more
Caused by: org.apache.flink.runtime.rest.util.RestClientException: [Internal server error., <Exception on server side:
org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job has already been submitted.
\tat org.apache.flink.runtime.dispatcher.Dispatcher.lambda$submitJob$3(Dispatcher.java:550)

End of exception on server side>]
\tat org.apache.flink.runtime.rest.RestClient.parseResponse(RestClient.java:669)
\t... 4 more

End of exception on server side>`;

describe("the cause in a Java stack trace", () => {
    it("is found under the wrappers of the gateway", () => {
        assert.equal(flinkCause(gatewayTrace), "Job has already been submitted.");
    });

    it("keeps what each cause adds, outermost first", () => {
        const trace = `org.apache.flink.util.FlinkException: Global failure triggered by OperatorCoordinator for 'Source: k[1]'.
\tat a.b.C.d(C.java:1)
Caused by: java.lang.RuntimeException: Failed to get metadata for topics [nope].
\tat a.b.C.d(C.java:1)
Caused by: java.util.concurrent.ExecutionException: x.y.UnknownTopicException: This server does not host this topic-partition.
\t... 3 more
Caused by: x.y.UnknownTopicException: This server does not host this topic-partition.`;
        assert.equal(
            flinkCause(trace),
            "Failed to get metadata for topics [nope].\nThis server does not host this topic-partition.",
        );
    });

    it("has at most five lines, of a message with many the first ones", () => {
        const options = Array.from({ length: 40 }, (_, index) => `option.${index}`).join("\n");
        const cause = flinkCause(
            `a.b.ValidationException: Unsupported options:\n\n${options}\n\tat a.B.c(D.java:1)`,
        );
        assert.equal(cause, "Unsupported options:\noption.0\noption.1\noption.2\noption.3");
    });

    it("names the class where nothing is said, and passes on what is no trace", () => {
        assert.equal(
            flinkCause("java.lang.NullPointerException\n\tat a.B.c(D.java:1)"),
            "NullPointerException",
        );
        assert.equal(flinkCause("Not found: /v3/sessions"), "Not found: /v3/sessions");
        assert.equal(flinkCause(""), "");
    });
});
