import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes random transactions from a seed into topics of several kinds, then says record by record what Java's own
 * read_committed consumer sees in them: topic, partition, offset, timestamp, key, value.
 *
 * Arguments: bootstrap servers, prefix of the topics, seed, transactions per topic, the file for what is seen.
 */
public class ReadCommitted {
    static final int partitions = 3;
    static final int superseded = 60;
    static final List<String> codecs = List.of("none", "gzip", "snappy", "lz4", "zstd");
    static final byte[] fourZeros = new byte[4];

    final String servers;
    final String prefix;
    final Random random;
    final List<String> topics = new ArrayList<>();

    ReadCommitted(String servers, String prefix, long seed) {
        this.servers = servers;
        this.prefix = prefix;
        this.random = new Random(seed);
    }

    public static void main(String[] args) throws Exception {
        var run = new ReadCommitted(args[0], args[1], Long.parseLong(args[2]));
        run.createTopics();
        run.writeSuperseded();
        run.writeLarge();
        int transactions = run.writeTransactions(Integer.parseInt(args[3]));
        try (var out = new PrintWriter(Path.of(args[4]).toFile(), StandardCharsets.UTF_8)) {
            run.awaitCompaction();
            run.dump(out);
        }
        System.out.println(transactions + " transactions");
    }

    /** One of each kind; `compact` is the one whose keys are few and never null. */
    void createTopics() throws Exception {
        var kinds = Map.of(
            "plain", Map.of("message.timestamp.after.max.ms", "9223372036854775807"),
            "append-time", Map.of("message.timestamp.type", "LogAppendTime"),
            "packed-anew", Map.of("compression.type", "zstd"),
            "compact", Map.of(
                "cleanup.policy", "compact",
                "segment.bytes", "1048576",
                "segment.ms", "1000",
                "min.cleanable.dirty.ratio", "0.01",
                "max.compaction.lag.ms", "1000"));
        try (var admin = Admin.create(settings())) {
            var wanted = new ArrayList<NewTopic>();
            kinds.forEach((kind, configs) -> {
                topics.add(prefix + kind);
                // Many a record is of 1970, and not to be deleted for it.
                var kept = new HashMap<>(configs);
                kept.put("retention.ms", "-1");
                wanted.add(new NewTopic(prefix + kind, partitions, (short) 1).configs(kept));
            });
            admin.createTopics(wanted).all().get();
        }
        topics.sort(null);
    }

    /** Each producer's last batch outlives its records, so compaction leaves many batches without any. */
    void writeSuperseded() {
        for (int i = 0; i < superseded; i++) {
            try (var producer = producer("none", null)) {
                var key = "superseded".getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(compactTopic(), 0, key, bytes(20)));
            }
        }
    }

    /** Transactions larger than a fetch, one aborted and one not, with records of another producer between. */
    void writeLarge() {
        var topic = prefix + "plain";
        try (var large = producer("none", "large"); var other = producer("lz4", null)) {
            for (boolean commit : new boolean[] {false, true}) {
                large.beginTransaction();
                for (int i = 0; i < 60; i++) {
                    large.send(new ProducerRecord<>(topic, 0, fourZeros, bytes(100_000)));
                    if (i % 20 == 0) {
                        large.flush();
                        other.send(new ProducerRecord<>(topic, 0, null, bytes(50)));
                        other.flush();
                    }
                }
                end(large, commit);
            }
        }
    }

    /** Producers take turns at random, so that their transactions lie in each other. */
    int writeTransactions(int perTopic) {
        var producers = new ArrayList<KafkaProducer<byte[], byte[]>>();
        for (var codec : codecs) {
            producers.add(producer(codec, codec));
        }
        var plain = new ArrayList<KafkaProducer<byte[], byte[]>>();
        for (var codec : codecs) {
            plain.add(producer(codec, null));
        }
        var open = new boolean[producers.size()];
        int ended = 0;
        while (ended < perTopic * topics.size()) {
            int turn = random.nextInt(producers.size() + 1);
            if (turn == producers.size()) {
                var producer = plain.get(random.nextInt(plain.size()));
                send(producer, 1 + random.nextInt(4));
                producer.flush();
                continue;
            }
            var producer = producers.get(turn);
            if (!open[turn]) {
                producer.beginTransaction();
                open[turn] = true;
            }
            send(producer, random.nextInt(12));
            // What is sent together may come to lie in one batch.
            if (random.nextBoolean()) {
                producer.flush();
            }
            if (random.nextInt(3) == 0) {
                end(producer, random.nextBoolean());
                open[turn] = false;
                ended++;
            }
        }
        for (int i = 0; i < open.length; i++) {
            if (open[i]) {
                end(producers.get(i), random.nextBoolean());
                ended++;
            }
            producers.get(i).close();
            plain.get(i).close();
        }
        return ended;
    }

    void end(KafkaProducer<byte[], byte[]> producer, boolean commit) {
        if (commit) {
            producer.commitTransaction();
        } else {
            producer.abortTransaction();
        }
    }

    void send(KafkaProducer<byte[], byte[]> producer, int records) {
        var topic = topics.get(random.nextInt(topics.size()));
        for (int i = 0; i < records; i++) {
            var record = new ProducerRecord<>(
                topic, random.nextInt(partitions), timestamp(), key(topic), value());
            if (random.nextInt(4) == 0) {
                record.headers().add("h", bytes(random.nextInt(20)));
            }
            producer.send(record);
        }
    }

    /** Far apart within one batch, too. */
    Long timestamp() {
        return switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> 0L;
            case 2 -> 1_700_000_000_000L + random.nextInt(1_000_000);
            default -> (long) random.nextInt() & 0xffffffffL;
        };
    }

    byte[] key(String topic) {
        if (topic.equals(compactTopic())) {
            return random.nextInt(5) == 0 ? fourZeros : new byte[] {(byte) random.nextInt(8)};
        }
        return switch (random.nextInt(6)) {
            case 0 -> null;
            case 1, 2 -> fourZeros;
            // A commit marker's.
            case 3 -> new byte[] {0, 0, 0, 1};
            case 4 -> new byte[0];
            default -> bytes(random.nextInt(200));
        };
    }

    byte[] value() {
        return switch (random.nextInt(6)) {
            case 0 -> null;
            case 1 -> new byte[0];
            case 2 -> new byte[random.nextInt(20_000)];
            default -> bytes(random.nextInt(300));
        };
    }

    byte[] bytes(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    String compactTopic() {
        return prefix + "compact";
    }

    /** Until all that was superseded at the beginning is gone. */
    void awaitCompaction() throws Exception {
        var first = new TopicPartition(compactTopic(), 0);
        try (var consumer = consumer()) {
            consumer.assign(Set.of(first));
            for (int tries = 0; tries < 120; tries++) {
                consumer.seekToBeginning(Set.of(first));
                var records = consumer.poll(Duration.ofSeconds(5)).records(first);
                if (!records.isEmpty() && records.get(0).offset() >= superseded - 1) {
                    compactNoMore();
                    return;
                }
                Thread.sleep(500);
            }
        }
        throw new IllegalStateException(compactTopic() + " was not compacted within a minute");
    }

    /** What is read twice must not change between. */
    void compactNoMore() throws Exception {
        var topic = new ConfigResource(ConfigResource.Type.TOPIC, compactTopic());
        var kept = new AlterConfigOp(
            new ConfigEntry("cleanup.policy", "delete"), AlterConfigOp.OpType.SET);
        try (var admin = Admin.create(settings())) {
            admin.incrementalAlterConfigs(Map.of(topic, List.of(kept))).all().get();
        }
        // A compaction under way comes to its end.
        Thread.sleep(1500);
    }

    void dump(PrintWriter out) throws Exception {
        try (var consumer = consumer()) {
            var all = new ArrayList<TopicPartition>();
            for (var topic : topics) {
                for (int partition = 0; partition < partitions; partition++) {
                    all.add(new TopicPartition(topic, partition));
                }
            }
            consumer.assign(all);
            consumer.seekToBeginning(all);
            var ends = consumer.endOffsets(all);
            while (!all.stream().allMatch(it -> consumer.position(it) >= ends.get(it))) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    out.println(line(record));
                }
            }
        }
    }

    String line(ConsumerRecord<byte[], byte[]> record) throws Exception {
        return String.join(" ",
            record.topic().substring(prefix.length()),
            String.valueOf(record.partition()),
            String.valueOf(record.offset()),
            String.valueOf(record.timestamp()),
            text(record.key()),
            text(record.value()));
    }

    /** `-` for null; a hash of what is long. */
    static String text(byte[] bytes) throws Exception {
        if (bytes == null) {
            return "-";
        }
        return bytes.length <= 1000
            ? "x" + HexFormat.of().formatHex(bytes)
            : "sha256:" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    Properties settings() {
        var settings = new Properties();
        settings.put("bootstrap.servers", servers);
        return settings;
    }

    KafkaProducer<byte[], byte[]> producer(String codec, String transactionalId) {
        var settings = settings();
        settings.put("compression.type", codec);
        settings.put("linger.ms", "2");
        settings.put("batch.size", "20000");
        Optional.ofNullable(transactionalId)
            .ifPresent(id -> settings.put("transactional.id", prefix + id));
        var producer = new KafkaProducer<>(
            settings, new ByteArraySerializer(), new ByteArraySerializer());
        if (transactionalId != null) {
            producer.initTransactions();
        }
        return producer;
    }

    KafkaConsumer<byte[], byte[]> consumer() {
        var settings = settings();
        settings.put("isolation.level", "read_committed");
        settings.put("max.poll.records", "5000");
        return new KafkaConsumer<>(
            settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
