import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * An application that reads as a group and knows nothing of moves: it is told a topic and a group, as a pod is by its
 * ConfigMap, and journals every record before it commits.
 *
 * Arguments: bootstrap servers, journal, `classic`, `consumer` (the protocol of KIP-848) or `static`.
 * Lines of its standard input: `read <topic> <group> <version> <epoch>`, answered by `reading`, and `rest`, by `resting`.
 */
public class Member {
    static final Pattern identity = Pattern.compile("\"id\":\"([^\"]*)\"");

    public static void main(String[] args) throws Exception {
        var commands = new LinkedBlockingQueue<String>();
        var asking = new Thread(() -> ask(commands));
        asking.setDaemon(true);
        asking.start();
        try (var journal = new FileOutputStream(args[1], true)) {
            // A kill may have left a line without its end.
            journal.write('\n');
            Reading reading = null;
            while (true) {
                var command = reading == null ? commands.take() : commands.poll();
                if (command == null) {
                    reading.step();
                    continue;
                }
                if (reading != null) {
                    reading.close();
                    reading = null;
                }
                var words = command.split(" ");
                switch (words[0]) {
                    case "read" -> {
                        reading = new Reading(args[0], args[2], words, journal);
                        System.out.println("reading");
                    }
                    case "rest" -> System.out.println("resting");
                    default -> {
                        return;
                    }
                }
            }
        }
    }

    static void ask(LinkedBlockingQueue<String> commands) {
        try (var in = new BufferedReader(new InputStreamReader(System.in))) {
            for (String line; (line = in.readLine()) != null; ) {
                commands.add(line);
            }
        } catch (java.io.IOException gone) {
            System.err.println(gone.getMessage());
        }
        commands.add("end");
    }

    static final class Reading {
        final KafkaConsumer<byte[], byte[]> consumer;
        final FileOutputStream journal;
        final String rest;

        Reading(String servers, String kind, String[] words, FileOutputStream journal) {
            var settings = new Properties();
            settings.put("bootstrap.servers", servers);
            settings.put("group.id", words[2]);
            settings.put("isolation.level", "read_committed");
            settings.put("enable.auto.commit", "false");
            // A partition without a commit would be one that the move forgot.
            settings.put("auto.offset.reset", words[4].equals("1") ? "earliest" : "none");
            settings.put("reconnect.backoff.max.ms", "500");
            if (kind.equals("consumer")) {
                settings.put("group.protocol", "consumer");
            } else {
                settings.put("session.timeout.ms", "6000");
                settings.put("heartbeat.interval.ms", "1000");
            }
            if (kind.equals("static")) {
                settings.put("group.instance.id", "the-one");
            }
            this.journal = journal;
            rest = "\",\"version\":\"" + words[3] + "\",\"epoch\":" + words[4] + ",\"at\":\"";
            consumer = new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            consumer.subscribe(List.of(words[1]));
        }

        void step() throws Exception {
            var records = consumer.poll(Duration.ofMillis(100));
            if (records.isEmpty()) {
                return;
            }
            var lines = new StringBuilder();
            var next = new HashMap<TopicPartition, OffsetAndMetadata>();
            for (var record : records) {
                var value = new String(record.value(), StandardCharsets.UTF_8);
                var found = identity.matcher(value);
                lines.append("{\"topic\":\"").append(record.topic())
                    .append("\",\"partition\":").append(record.partition())
                    .append(",\"offset\":\"").append(record.offset())
                    .append("\",\"identity\":\"").append(found.find() ? found.group(1) : "?")
                    .append(rest).append(Instant.now()).append("\"}\n");
                next.put(
                    new TopicPartition(record.topic(), record.partition()),
                    new OffsetAndMetadata(record.offset() + 1));
            }
            journal.write(lines.toString().getBytes(StandardCharsets.UTF_8));
            commit(next);
        }

        void commit(HashMap<TopicPartition, OffsetAndMetadata> next) {
            try {
                consumer.commitSync(next);
            } catch (CommitFailedException | TimeoutException lost) {
                // It will be given them again.
                System.err.println(lost.getMessage());
            } catch (org.apache.kafka.common.errors.RetriableException again) {
                System.err.println(again.getMessage());
            }
        }

        void close() {
            try {
                consumer.close();
            } catch (KafkaException broken) {
                System.err.println(broken.getMessage());
            }
        }
    }
}
