import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes the same logical records to the topics of two versions, as two jobs would: each with its own partitions, its own
 * disorder and its own lag. The first topic's producer is idempotent, the second's writes transactions, every tenth of
 * which is aborted and holds records of its own, so that a leak is seen.
 *
 * Arguments: bootstrap servers, first topic, its partitions, second topic, its partitions, records a second, seed.
 * Says `<n> written` every second. At `kill` on its standard input the second job dies with a transaction open, and comes
 * back after some seconds, as one whose TaskManager was killed. At the end of the input it writes out what lags, says
 * `<n> in all`, and ends.
 */
public class Producer {
    static final int tickMilliseconds = 50;
    static final int transactionTicks = 4;
    static final int deadSeconds = 3;

    public static void main(String[] args) throws Exception {
        var servers = args[0];
        var perSecond = Integer.parseInt(args[5]);
        var random = new Random(Long.parseLong(args[6]));
        var jobs = List.of(
            new Job(servers, args[1], Integer.parseInt(args[2]), 4, 3, false, random),
            new Job(servers, args[3], Integer.parseInt(args[4]), 40, 120, true, random));
        var ended = new Thread(() -> listen(jobs.get(1)));
        ended.setDaemon(true);
        ended.start();
        long produced = 0;
        long told = System.nanoTime();
        long began = told;
        for (int tick = 1; ended.isAlive(); tick++) {
            long due = (System.nanoTime() - began) / 1_000_000 * perSecond / 1000;
            // What a stalled broker held up is not made up for all at once.
            long most = produced + Math.max(1, perSecond);
            for (; produced < Math.min(due, most); produced++) {
                for (var job : jobs) {
                    job.take(produced);
                }
            }
            for (var job : jobs) {
                job.write(tick % transactionTicks == 0, tick);
            }
            if (System.nanoTime() - told > 1_000_000_000L) {
                told = System.nanoTime();
                System.out.println(produced + " written");
            }
            Thread.sleep(tickMilliseconds);
        }
        for (var job : jobs) {
            job.lag = 0;
            while (job.dies || job.deadUntil != 0) {
                Thread.sleep(tickMilliseconds);
                job.write(true, 1);
            }
            job.write(true, 1);
            job.close();
        }
        System.out.println(produced + " in all");
    }

    static void listen(Job second) {
        try (var in = new BufferedReader(new InputStreamReader(System.in))) {
            for (String line; (line = in.readLine()) != null; ) {
                second.dies |= line.equals("kill");
            }
        } catch (java.io.IOException ended) {
            return;
        }
    }

    static final class Job {
        final String topic;
        final int partitions;
        final int disorder;
        final boolean transactional;
        final Random random;
        final Properties settings = new Properties();
        final List<Long> pending = new ArrayList<>();
        final List<String> open = new ArrayList<>();
        final ArrayDeque<Future<RecordMetadata>> sent = new ArrayDeque<>();
        KafkaProducer<String, String> producer;
        int lag;
        long aborted;
        volatile boolean dies;
        /** By the clock of `nanoTime`; 0 while it lives. */
        long deadUntil;

        Job(String servers, String topic, int partitions, int disorder, int lag, boolean transactional, Random random) {
            this.topic = topic;
            this.partitions = partitions;
            this.disorder = disorder;
            this.lag = lag;
            this.transactional = transactional;
            this.random = random;
            settings.put("bootstrap.servers", servers);
            settings.put("acks", "all");
            settings.put("enable.idempotence", "true");
            settings.put("delivery.timeout.ms", "600000");
            settings.put("max.block.ms", "600000");
            settings.put("reconnect.backoff.max.ms", "500");
            if (transactional) {
                settings.put("transactional.id", topic + "-job");
                settings.put("transaction.timeout.ms", "120000");
            }
            connect();
        }

        /** Ends what a producer of this transactional id has left open. */
        void connect() {
            producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
            if (transactional) {
                producer.initTransactions();
            }
        }

        void take(long id) {
            pending.add(id);
        }

        void write(boolean ends, int tick) throws Exception {
            if (deadUntil != 0) {
                if (System.nanoTime() < deadUntil) {
                    return;
                }
                deadUntil = 0;
                connect();
            }
            while (pending.size() > lag) {
                int at = random.nextInt(Math.min(disorder, pending.size()));
                open.add(row("id-" + pending.remove(at)));
            }
            if (!transactional) {
                for (var row : open) {
                    sent.add(send(row));
                }
                open.clear();
                while (!sent.isEmpty() && (ends || sent.peek().isDone())) {
                    sent.poll().get();
                }
            } else if (ends && dies) {
                die();
            } else if (ends) {
                commit();
                if (tick % (transactionTicks * 10) == 0) {
                    abort();
                }
            }
        }

        /** All of it once: what failed was aborted, and is written again. */
        void commit() throws Exception {
            while (!open.isEmpty()) {
                try {
                    producer.beginTransaction();
                    for (var row : open) {
                        send(row);
                    }
                    for (boolean isCommitted = false; !isCommitted; ) {
                        try {
                            producer.commitTransaction();
                            isCommitted = true;
                        } catch (TimeoutException again) {
                            System.err.println(topic + ": " + again.getMessage());
                        }
                    }
                    open.clear();
                } catch (org.apache.kafka.common.errors.ProducerFencedException fatal) {
                    throw fatal;
                } catch (org.apache.kafka.common.KafkaException failed) {
                    System.err.println(topic + ": " + failed.getMessage());
                    producer.abortTransaction();
                }
            }
        }

        /** What it was writing stays in an open transaction, which holds up all readers, and is written again later. */
        void die() {
            dies = false;
            producer.beginTransaction();
            for (var row : open) {
                send(row);
            }
            producer.flush();
            producer.close(java.time.Duration.ZERO);
            deadUntil = System.nanoTime() + deadSeconds * 1_000_000_000L;
        }

        void abort() {
            producer.beginTransaction();
            for (int partition = 0; partition < partitions; partition++) {
                producer.send(new ProducerRecord<>(topic, partition, "aborted", row("aborted-" + aborted++)));
            }
            producer.flush();
            producer.abortTransaction();
        }

        /** The last partition gets nothing but the markers of what was aborted. */
        Future<RecordMetadata> send(String row) {
            int partition = Math.floorMod((row + topic).hashCode() * 31, partitions - 1);
            return producer.send(new ProducerRecord<>(topic, partition, null, row));
        }

        void close() throws Exception {
            while (!sent.isEmpty()) {
                sent.poll().get();
            }
            producer.close();
        }

        static String row(String id) {
            return "{\"id\":\"" + id + "\",\"at\":1760000000000}";
        }
    }
}
