import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A second follower, written from docs/routingRecord.md alone: the proof that the page is enough. It journals every
 * record before it commits.
 *
 * Arguments: bootstrap servers, name of the job, consumer, journal. Ends at a SIGTERM.
 */
public class JavaFollower {
    static final Pattern identity = Pattern.compile("\"id\":\"([^\"]*)\"");

    final String servers;
    final String name;
    final String consumer;
    final FileOutputStream journal;
    final Admin admin;
    final KafkaConsumer<byte[], byte[]> watch;
    final TopicPartition routing;
    volatile boolean stopping;

    Record record;
    /** The last move of which it is known that the old topic was finished. */
    int finishedEpoch = -1;
    boolean settled;
    Reader reader;

    public static void main(String[] args) throws Exception {
        var follower = new JavaFollower(args[0], args[1], args[2], args[3]);
        var running = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            follower.stopping = true;
            try {
                running.join(20_000);
            } catch (InterruptedException ended) {
                System.err.println("ended in a hurry");
            }
        }));
        follower.run();
    }

    JavaFollower(String servers, String name, String consumer, String journal) throws Exception {
        this.servers = servers;
        this.name = name;
        this.consumer = consumer;
        this.journal = new FileOutputStream(journal, true);
        // A kill may have left a line without its end.
        this.journal.write('\n');
        admin = Admin.create(settings());
        watch = new KafkaConsumer<>(
            settings(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        routing = new TopicPartition(name + "-routing", 0);
        watch.assign(Set.of(routing));
        watch.seekToBeginning(Set.of(routing));
    }

    void run() throws Exception {
        // What stands before the end is history: only the newest record counts.
        long end = watch.endOffsets(Set.of(routing)).get(routing);
        while (!stopping && (record == null || watch.position(routing) < end)) {
            look(Duration.ofMillis(200));
        }
        while (!stopping) {
            look(Duration.ZERO);
            if (!settled) {
                decide();
            }
            reader.step();
        }
        if (reader != null) {
            reader.close();
        }
        watch.close();
        admin.close();
        System.out.println("stopped");
    }

    /** Takes up a newer record; one of a lower epoch, or that cannot be read, is passed over. */
    void look(Duration wait) throws Exception {
        for (var seen : watch.poll(wait)) {
            if (seen.key() == null || seen.value() == null || !name.equals(text(seen.key()))) {
                continue;
            }
            try {
                var newer = new Record(new ObjectMapper().readTree(seen.value()), consumer);
                if (record == null || newer.recordEpoch >= record.recordEpoch) {
                    // The same move said again asks nothing of this consumer.
                    settled &= record != null && newer.epoch == record.epoch
                        && newer.previousEpoch == record.previousEpoch;
                    record = newer;
                }
            } catch (RuntimeException | com.fasterxml.jackson.core.JsonProcessingException odd) {
                System.err.println("offset " + seen.offset() + ": " + odd);
            }
        }
    }

    /** One step behind the record; asked again while the old topic is not finished. */
    void decide() throws Exception {
        if (record.oldTopic == null || record.previousGroup == null) {
            readOn(Map.of(), true);
            return;
        }
        // Rule 3: who goes back must have finished the move before as well.
        if (record.goesBack && finishedEpoch != record.previousEpoch) {
            readOn(Map.of(), false);
            return;
        }
        if (reader != null && reader.topic.equals(record.oldTopic)) {
            reader.commit();
        }
        var committed = committed(record.previousGroup, record.oldTopic);
        var reads = reader != null && reader.topic.equals(record.oldTopic);
        if (committed.isEmpty() && record.previousCommitted.isEmpty() && !reads) {
            readOn(Map.of(), false);
            return;
        }
        var first = earliest(record.oldTopic);
        boolean isFinished = true;
        for (var bound : record.until.entrySet()) {
            int partition = bound.getKey();
            long low = first.getOrDefault(partition, 0L);
            long position = committed.getOrDefault(
                partition, record.previousCommitted.getOrDefault(partition, reads ? low : 0L));
            isFinished &= position >= bound.getValue();
            if (position < bound.getValue() && position < low) {
                // Retention was faster: what is lost here may still be on the new topic.
                readOn(Map.of(), false);
                return;
            }
        }
        if (isFinished) {
            readOn(record.from, true);
            return;
        }
        for (var bound : committed(record.group, record.topic).entrySet()) {
            if (bound.getValue() > record.committed.getOrDefault(bound.getKey(), 0L)) {
                // Another member went on already, so there is nothing to be finished any more.
                readOn(Map.of(), false);
                return;
            }
        }
        open(record.oldTopic, record.previousGroup, record.oldVersion);
        if (reader.epoch != record.epoch) {
            reader.release();
        }
        reader.until = record.until;
        reader.from = Map.of();
        reader.start = record.previousCommitted;
        reader.epoch = record.epoch;
    }

    void readOn(Map<Integer, Long> from, boolean isFinished) {
        open(record.topic, record.group, record.version);
        reader.until = null;
        reader.from = from;
        reader.start = Map.of();
        reader.epoch = record.epoch;
        reader.release();
        finishedEpoch = isFinished ? record.epoch : -1;
        settled = true;
    }

    void open(String topic, String group, String version) {
        if (reader != null && reader.topic.equals(topic) && reader.group.equals(group)) {
            return;
        }
        if (reader != null) {
            reader.close();
        }
        reader = new Reader(topic, group, version);
    }

    Map<Integer, Long> committed(String group, String topic) throws Exception {
        var found = new HashMap<Integer, Long>();
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
            .forEach((partition, at) -> {
                if (partition.topic().equals(topic) && at != null) {
                    found.put(partition.partition(), at.offset());
                }
            });
        return found;
    }

    Map<Integer, Long> earliest(String topic) {
        var all = new ArrayList<TopicPartition>();
        watch.partitionsFor(topic).forEach(it -> all.add(new TopicPartition(topic, it.partition())));
        var found = new HashMap<Integer, Long>();
        watch.beginningOffsets(all).forEach((it, offset) -> found.put(it.partition(), offset));
        return found;
    }

    Properties settings() {
        var settings = new Properties();
        settings.put("bootstrap.servers", servers);
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "earliest");
        settings.put("reconnect.backoff.max.ms", "500");
        return settings;
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** What the routing record says of one consumer. */
    static final class Record {
        final int recordEpoch;
        final int epoch;
        final int previousEpoch;
        final boolean goesBack;
        final String version;
        final String topic;
        final String group;
        final String previousGroup;
        final String oldVersion;
        final String oldTopic;
        final Map<Integer, Long> committed;
        final Map<Integer, Long> previousCommitted;
        final Map<Integer, Long> until;
        final Map<Integer, Long> from;

        Record(JsonNode json, String consumer) {
            if (json.path("recordVersion").asInt() > 2) {
                throw new IllegalArgumentException("a record of version " + json.get("recordVersion"));
            }
            recordEpoch = json.path("epoch").asInt();
            var route = json.path("consumers").path(consumer);
            if (!route.isObject()) {
                throw new IllegalArgumentException("no consumer " + consumer);
            }
            var own = route.path("own");
            var whole = own.isObject() ? own : json;
            var history = json.path("history");
            topic = whole.path("topic").asText();
            if (own.isObject()) {
                epoch = own.path("epoch").asInt();
                previousEpoch = own.path("previousEpoch").asInt();
                version = own.path("version").asText();
                goesBack = own.path("goesBack").asBoolean();
            } else {
                int last = history.size() - 1;
                epoch = history.path(last).path("epoch").asInt();
                previousEpoch = last == 0 ? 0 : history.path(last - 1).path("epoch").asInt();
                version = json.path("authority").asText();
                boolean heldBefore = false;
                for (int i = 0; i < last; i++) {
                    heldBefore |= history.get(i).path("version").asText().equals(version);
                }
                goesBack = heldBefore;
            }
            group = route.path("group").asText();
            previousGroup = textOf(route.path("previousGroup"));
            committed = offsets(route.path("committed"));
            previousCommitted = offsets(route.path("previousCommitted"));
            var handOver = whole.path("handOver");
            oldVersion = textOf(handOver.path("version"));
            oldTopic = textOf(handOver.path("topic"));
            until = offsets(handOver.path("until"));
            from = offsets(handOver.path("from"));
        }

        static String textOf(JsonNode node) {
            return node.isTextual() ? node.asText() : null;
        }

        static Map<Integer, Long> offsets(JsonNode node) {
            var found = new HashMap<Integer, Long>();
            node.properties().forEach(
                it -> found.put(Integer.parseInt(it.getKey()), Long.parseLong(it.getValue().asText())));
            return found;
        }
    }

    /** One membership of one group on one topic. */
    final class Reader implements ConsumerRebalanceListener {
        final String topic;
        final String group;
        final String version;
        final KafkaConsumer<byte[], byte[]> consumer;
        final Set<TopicPartition> held = new HashSet<>();
        final Map<TopicPartition, Long> reached = new HashMap<>();
        /** Exclusive; null where there is no bound. */
        Map<Integer, Long> until;
        Map<Integer, Long> from = Map.of();
        Map<Integer, Long> start = Map.of();
        int epoch;

        Reader(String topic, String group, String version) {
            this.topic = topic;
            this.group = group;
            this.version = version;
            var settings = settings();
            settings.put("group.id", group);
            settings.put("session.timeout.ms", "6000");
            settings.put("heartbeat.interval.ms", "1000");
            settings.put("max.poll.records", "200");
            consumer = new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            consumer.subscribe(List.of(topic), this);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
            held.clear();
            reached.clear();
            var known = consumer.committed(Set.copyOf(assigned));
            for (var partition : assigned) {
                var offset = start.get(partition.partition());
                if (known.get(partition) != null) {
                    reached.put(partition, known.get(partition).offset());
                } else if (offset != null) {
                    consumer.seek(partition, offset);
                }
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            commit();
        }

        void step() throws Exception {
            var next = new HashMap<TopicPartition, Long>();
            var lines = new StringBuilder();
            for (var seen : consumer.poll(Duration.ofMillis(100))) {
                var partition = new TopicPartition(seen.topic(), seen.partition());
                if (until != null && seen.offset() >= until.getOrDefault(seen.partition(), 0L)) {
                    // What lies behind the bound is given back; a commit never goes back for it.
                    long bound = until.getOrDefault(seen.partition(), 0L);
                    next.put(partition, Math.max(bound, reached.getOrDefault(partition, 0L)));
                    continue;
                }
                if (seen.offset() < from.getOrDefault(seen.partition(), 0L)) {
                    continue;
                }
                var value = text(seen.value());
                var found = identity.matcher(value);
                lines.append("{\"topic\":\"").append(topic)
                    .append("\",\"partition\":").append(seen.partition())
                    .append(",\"offset\":\"").append(seen.offset())
                    .append("\",\"identity\":\"").append(found.find() ? found.group(1) : "?")
                    .append("\",\"version\":\"").append(version)
                    .append("\",\"epoch\":").append(epoch)
                    .append(",\"at\":\"").append(Instant.now()).append("\"}\n");
            }
            journal.write(lines.toString().getBytes(StandardCharsets.UTF_8));
            next.forEach((partition, offset) -> {
                if (consumer.assignment().contains(partition) && consumer.position(partition) > offset) {
                    consumer.seek(partition, offset);
                    consumer.pause(Set.of(partition));
                    held.add(partition);
                }
            });
            commit();
        }

        /** The position, and not what the last record says: it also passes markers, which no record shows. */
        void commit() {
            var at = new HashMap<TopicPartition, OffsetAndMetadata>();
            try {
                for (var partition : consumer.assignment()) {
                    long position = consumer.position(partition, Duration.ofSeconds(5));
                    at.put(partition, new OffsetAndMetadata(position));
                    reached.put(partition, position);
                }
                if (!at.isEmpty()) {
                    consumer.commitSync(at);
                }
            } catch (CommitFailedException | RetriableException lost) {
                System.err.println(lost.getMessage());
            }
        }

        /** Goes on where it was held. */
        void release() {
            held.retainAll(consumer.assignment());
            consumer.resume(held);
            held.clear();
        }

        void close() {
            commit();
            consumer.close();
        }
    }
}
