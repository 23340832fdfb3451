package shadowflink.v1;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * A schema registry with Confluent's REST API. What it said once is not asked again. Where it does not answer, the job fails,
 * and goes on from its checkpoint when Flink has restarted it: no record is left out because a registry was away.
 */
final class Registry {
    /** A schema as the registry has it. */
    record Schema(String type, String text, List<Reference> references) {}

    /** A schema that another one refers to, under the name by which it does. */
    record Reference(String name, String subject, int version) {}

    /** Why the registry did not tell, in one line that names its address and no secret. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final boolean mayPass;

        Failure(String message, boolean mayPass) {
            super(message);
            this.mayPass = mayPass;
        }
    }

    /** All attempts of one question together. */
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    /** Between one attempt and the next; there are as many more attempts as there are pauses. */
    private static final long[] PAUSES_MILLISECONDS = {200, 1_000};
    /** Schemas are far smaller; an answer of this size is none. */
    private static final int LONGEST_ANSWER = 16 * 1024 * 1024;

    private static final Set<String> TYPES = Set.of("AVRO", "PROTOBUF", "JSON");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String url;
    /** The variable with the header that is sent; null where none is. */
    private final String authorizationFrom;
    private final String authorization;
    private final Map<String, Schema> answers = new HashMap<>();
    private final HttpClient client;

    /** With the header that stands in this variable of the cluster's environment, if one is named. */
    Registry(String url, String authorizationFrom) {
        this.url = url.replaceAll("/+$", "");
        this.authorizationFrom = authorizationFrom;
        authorization = authorizationFrom == null ? null : header(authorizationFrom);
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                // It would take the header along to another server.
                .followRedirects(authorization == null ? HttpClient.Redirect.NORMAL : HttpClient.Redirect.NEVER)
                .build();
    }

    private static String header(String variable) {
        String header = System.getenv(variable);
        if (header == null || header.isBlank()) {
            throw new Failure("the environment variable " + variable
                    + ", named by compare.registry.authorizationFrom, is not set where the job's tasks run", false);
        }
        return header.strip();
    }

    String url() {
        return url;
    }

    /** The schema with this id; null where the registry does not know it. */
    Schema schema(int id) {
        return find("/schemas/ids/" + Integer.toUnsignedString(id));
    }

    /** A version of a subject, as references name it. */
    Schema version(String subject, int version) {
        String encoded = URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
        return find("/subjects/" + encoded + "/versions/" + version);
    }

    private Schema find(String path) {
        Schema known = answers.get(path);
        if (known == null) {
            known = ask(path);
            // One that is not known now may have been registered somewhere else, and come.
            if (known != null) {
                answers.put(path, known);
            }
        }
        return known;
    }

    private Schema ask(String path) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        for (int attempt = 0; ; attempt++) {
            try {
                return askOnce(path, deadline);
            } catch (Failure failure) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (!failure.mayPass || attempt == PAUSES_MILLISECONDS.length || left < PAUSES_MILLISECONDS[attempt]) {
                    throw failure;
                }
                pause(PAUSES_MILLISECONDS[attempt]);
            }
        }
    }

    private Schema askOnce(String path, long deadline) {
        CompletableFuture<HttpResponse<InputStream>> asked =
                client.sendAsync(request(path), HttpResponse.BodyHandlers.ofInputStream());
        try {
            return asked.thenApplyAsync(this::read).get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException error) {
            asked.cancel(true);
            throw new Failure("the registry at " + url + " did not answer within " + DEADLINE.toSeconds() + " s", true);
        } catch (ExecutionException error) {
            if (error.getCause() instanceof Failure failure) {
                throw failure;
            }
            throw new Failure("the registry at " + url + " could not be reached: " + error.getCause(), true);
        } catch (InterruptedException error) {
            asked.cancel(true);
            throw interrupted();
        }
    }

    private HttpRequest request(String path) {
        HttpRequest.Builder request = builder(path)
                .header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
        if (authorization != null) {
            try {
                request.header("Authorization", authorization);
            } catch (IllegalArgumentException error) {
                // It quotes the header.
                throw new Failure("the value of " + authorizationFrom + " cannot be sent as a header", false);
            }
        }
        return request.build();
    }

    private HttpRequest.Builder builder(String path) {
        try {
            return HttpRequest.newBuilder(URI.create(url + path));
        } catch (IllegalArgumentException error) {
            throw new Failure("the registry at " + url + " cannot be asked, since Java takes that for no address", false);
        }
    }

    private Schema read(HttpResponse<InputStream> response) {
        JsonNode answer = json(response);
        int status = response.statusCode();
        if (status >= 200 && status <= 299) {
            return schemaIn(answer, status);
        }
        // A registry that does not know something says so in its own JSON; another server at that address does not.
        if (status == 404 && answer != null && answer.has("error_code")) {
            return null;
        }
        String hint = status >= 300 && status <= 399
                ? " (it redirects, and a header is not taken along: give the address that it redirects to)"
                : status != 401 && status != 403
                ? ""
                : authorization == null
                        ? " (compare.registry.authorizationFrom names no header to send)"
                        : " (it did not accept the header in " + authorizationFrom + ")";
        throw new Failure("the registry at " + url + " answered " + status + hint, status >= 500 || status == 429);
    }

    /** Null where it is none. */
    private JsonNode json(HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            byte[] bytes = body.readNBytes(LONGEST_ANSWER + 1);
            if (bytes.length > LONGEST_ANSWER) {
                throw new Failure("the registry at " + url + " could not be reached: its answer does not end", true);
            }
            return parse(bytes);
        } catch (IOException error) {
            throw new Failure("the registry at " + url + " could not be reached: " + error, true);
        }
    }

    private static JsonNode parse(byte[] bytes) {
        try {
            return MAPPER.readTree(bytes);
        } catch (IOException error) {
            return null;
        }
    }

    private Schema schemaIn(JsonNode answer, int status) {
        // A schema without a type is Avro: there was nothing else at first.
        String type = answer == null || !answer.hasNonNull("schemaType") ? "AVRO" : answer.get("schemaType").asText();
        if (answer == null || !answer.path("schema").isTextual() || !TYPES.contains(type)) {
            throw noSchema(status);
        }
        List<Reference> references = new ArrayList<>();
        for (JsonNode reference : answer.path("references")) {
            JsonNode name = reference.path("name");
            JsonNode subject = reference.path("subject");
            JsonNode version = reference.path("version");
            if (!name.isTextual() || !subject.isTextual() || !version.canConvertToInt()) {
                throw noSchema(status);
            }
            references.add(new Reference(name.asText(), subject.asText(), version.asInt()));
        }
        return new Schema(type, answer.get("schema").asText(), references);
    }

    private Failure noSchema(int status) {
        return new Failure(
                "the registry at " + url + " answered " + status + " with something else than a registry's JSON", false);
    }

    private void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException error) {
            throw interrupted();
        }
    }

    /** Flink ends a task in this way. */
    private Failure interrupted() {
        Thread.currentThread().interrupt();
        return new Failure("the registry at " + url + " was not asked to the end", false);
    }
}
