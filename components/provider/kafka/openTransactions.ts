import {
    describeProducersV0,
    describeTransactionsV0,
    listTransactionsV0,
} from "@platformatic/kafka";
import type { Leaders } from "./leaders.js";
import type { OpenTransaction, TopicDescription } from "./port.js";

/**
 * The transactions that a topic waits for, by partition: leaders know the producers that have one open, and the
 * coordinators whose they are. What no coordinator knows any more hangs: nobody will end it.
 */
export async function openTransactions(
    leaders: Leaders,
    { name, partitions }: TopicDescription,
): Promise<OpenTransaction[]> {
    await leaders.refresh();
    const open = await openProducers(leaders, name, partitions);
    const owners = await ownersOf(leaders, new Set(open.map(({ producerId }) => producerId)));
    return open
        .map((producer) => ({
            transactionalId: null,
            since: null,
            ...producer,
            ...owners.get(producer.producerId),
        }))
        .sort((a, b) => a.partition - b.partition);
}

type OpenProducer = Pick<OpenTransaction, "partition" | "offset" | "producerId">;

async function openProducers(
    leaders: Leaders,
    topic: string,
    partitions: number,
): Promise<OpenProducer[]> {
    const led = new Map<string, number[]>();
    for (let partition = 0; partition < partitions; partition++) {
        const address = leaders.of(partition)?.address;
        if (address !== undefined) {
            led.set(address, [...(led.get(address) ?? []), partition]);
        }
    }
    const answers = await Promise.all(
        [...led].map(async ([address, partitionIndexes]) => {
            const connection = await leaders.connection(address);
            const asked = [{ name: topic, partitionIndexes }];
            return describeProducersV0.api.async(connection, asked);
        }),
    );
    return answers.flatMap(({ topics }) =>
        topics.flatMap((of) =>
            of.partitions.flatMap(({ partitionIndex, activeProducers }) =>
                activeProducers
                    .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0n)
                    .map(({ producerId, currentTxnStartOffset }) => ({
                        partition: partitionIndex,
                        offset: currentTxnStartOffset,
                        producerId,
                    })),
            ),
        ),
    );
}

type Owner = Pick<OpenTransaction, "transactionalId" | "since">;

async function ownersOf(
    leaders: Leaders,
    producers: ReadonlySet<bigint>,
): Promise<Map<bigint, Owner>> {
    const owners = new Map<bigint, Owner>();
    if (producers.size === 0) {
        return owners;
    }
    await Promise.all(
        leaders.brokers.map(async (address) => {
            const connection = await leaders.connection(address);
            const listed = await listTransactionsV0.api.async(
                connection,
                [],
                [...producers],
                -1n,
                null,
            );
            const ids = listed.transactionStates.map(({ transactionalId }) => transactionalId);
            if (ids.length === 0) {
                return;
            }
            const described = await describeTransactionsV0.api.async(connection, ids);
            for (const one of described.transactionStates) {
                owners.set(one.producerId, {
                    transactionalId: one.transactionalId,
                    since: Number(one.transactionStartTimeMs),
                });
            }
        }),
    );
    return owners;
}
