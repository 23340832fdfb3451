import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Holds journals against the broker's log, which it reads itself, and the repeats in them against what the routing records
 * announced. Nothing of the package has a part in it.
 *
 * Arguments: bootstrap servers, file of routing records (one a line), topics (`a,b`), and of every consumer `name=journal`.
 * Prints one JSON object.
 */
public class Verifier {
    static final Pattern identity = Pattern.compile("\"id\":\"([^\"]*)\"");
    static final ObjectMapper json = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        var topics = Arrays.asList(args[2].split(","));
        var records = new TreeMap<Integer, JsonNode>();
        for (var line : Files.readAllLines(Path.of(args[1]))) {
            var record = json.readTree(line);
            records.put(record.get("epoch").asInt(), record);
        }
        // Every name once, by a number: there are millions of them.
        var truth = new HashMap<String, Integer>();
        var written = new HashMap<String, BitSet>();
        for (var topic : topics) {
            written.put(topic, read(args[0], topic, truth));
        }
        var result = json.createObjectNode();
        result.put("records", truth.size());
        var onlyOnOne = 0;
        for (var topic : topics) {
            onlyOnOne += truth.size() - written.get(topic).cardinality();
        }
        result.put("onlyOnOne", onlyOnOne);
        var consumers = result.putObject("consumers");
        for (var named : Arrays.copyOfRange(args, 3, args.length)) {
            var parts = named.split("=", 2);
            consumers.set(parts[0], new Audit(parts[0], records, truth).of(Path.of(parts[1])));
        }
        System.out.println(result);
    }

    static BitSet read(String servers, String topic, Map<String, Integer> truth) {
        var settings = new Properties();
        settings.put("bootstrap.servers", servers);
        settings.put("isolation.level", "read_committed");
        settings.put("max.poll.records", "5000");
        var found = new BitSet();
        try (var consumer = new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var all = new ArrayList<TopicPartition>();
            for (var partition : consumer.partitionsFor(topic)) {
                all.add(new TopicPartition(topic, partition.partition()));
            }
            consumer.assign(all);
            consumer.seekToBeginning(all);
            var ends = consumer.endOffsets(all);
            while (!all.stream().allMatch(it -> consumer.position(it) >= ends.get(it))) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    var match = identity.matcher(new String(record.value(), StandardCharsets.UTF_8));
                    if (!match.find()) {
                        throw new IllegalStateException("a record without an id at " + record.offset());
                    }
                    int next = truth.size();
                    int number = truth.computeIfAbsent(match.group(1), unseen -> next);
                    found.set(number);
                }
            }
        }
        return found;
    }

    record Delivery(String topic, int partition, long offset, int epoch) {}

    static final class Audit {
        final String consumer;
        final TreeMap<Integer, JsonNode> records;
        final Map<String, Integer> truth;
        final List<Delivery>[] given;
        final Set<String> foreign = new HashSet<>();
        final TreeMap<Integer, int[]> again = new TreeMap<>();
        int delivered;
        int redelivered;
        int backwards;

        @SuppressWarnings({"unchecked", "rawtypes"})
        Audit(String consumer, TreeMap<Integer, JsonNode> records, Map<String, Integer> truth) {
            this.consumer = consumer;
            this.records = records;
            this.truth = truth;
            given = new List[truth.size()];
        }

        JsonNode of(Path journal) throws Exception {
            int latest = 0;
            try (BufferedReader in = Files.newBufferedReader(journal)) {
                for (String line; (line = in.readLine()) != null; ) {
                    // One that a kill cut short was not committed: the record came again.
                    if (!line.startsWith("{") || !line.endsWith("}")) {
                        continue;
                    }
                    var entry = json.readTree(line);
                    var delivery = new Delivery(
                        entry.get("topic").asText().intern(),
                        entry.get("partition").asInt(),
                        entry.get("offset").asLong(),
                        entry.get("epoch").asInt());
                    backwards += delivery.epoch < latest ? 1 : 0;
                    latest = Math.max(latest, delivery.epoch);
                    take(name(entry.get("identity").asText()), delivery);
                }
            }
            var node = json.createObjectNode();
            var skipped = truth.keySet().stream().filter(id -> given[truth.get(id)] == null).sorted().toList();
            node.put("delivered", delivered);
            node.put("skipped", skipped.size());
            var some = node.putArray("someSkipped");
            skipped.stream().limit(5).forEach(some::add);
            node.put("foreign", foreign.size());
            node.put("redelivered", redelivered);
            node.put("backwards", backwards);
            var moves = node.putArray("moves");
            records.forEach((epoch, record) -> {
                var counts = again.getOrDefault(epoch, new int[2]);
                var route = record.path("consumers").path(consumer);
                var handOver = record.path("handOver");
                moves.addObject()
                    .put("epoch", epoch)
                    .put("again", counts[0])
                    .put("readOn", counts[1])
                    .put("announcedToGroup", route.path("repeatsAtMost").asInt())
                    .put("announcedToFollowers", handOver.path("repeatsAtMost").asInt());
            });
            return node;
        }

        void take(String id, Delivery now) {
            delivered++;
            var number = truth.get(id);
            if (number == null) {
                foreign.add(id);
                return;
            }
            if (given[number] == null) {
                given[number] = new ArrayList<>(1);
            }
            var before = given[number];
            boolean isSame = false;
            boolean isFinished = false;
            boolean isEarlier = false;
            for (var one : before) {
                if (one.epoch == now.epoch) {
                    isSame |= one.topic == now.topic;
                } else {
                    isEarlier = true;
                    isFinished |= wasFinished(one, now.epoch);
                }
            }
            if (isSame) {
                redelivered++;
            } else if (isEarlier) {
                again.computeIfAbsent(now.epoch, none -> new int[2])[isFinished ? 0 : 1]++;
            }
            before.add(now);
        }

        /** Whether the move that left this delivery's topic knew of it: else a crash, or reading on, brought it. */
        boolean wasFinished(Delivery one, int until) {
            if (one.epoch > until) {
                return true;
            }
            for (var record : records.subMap(one.epoch, true, until, true).values()) {
                if (record.path("handOver").path("topic").asText().equals(one.topic)) {
                    var stood = record.path("consumers").path(consumer).path("previousCommitted")
                        .path(String.valueOf(one.partition));
                    return one.offset < stood.asLong(0);
                }
            }
            return true;
        }

        /** Some journals have the identity as it is, and some as the JSON array of its fields. */
        static String name(String identity) {
            return identity.startsWith("[\"") ? identity.substring(2, identity.length() - 2) : identity;
        }
    }
}
