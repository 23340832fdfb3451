import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import { audit, identityOf, readJournal, type Audit } from "../dashboard/audit.js";

const identityFields = ["origin", "window_start"];
const patienceSeconds = 60;

/**
 * Everything that the existing job has written by now, which is what the dashboard owes: the job was never stopped, so
 * its topic says what there was to read, wherever the dashboard read it.
 */
export async function owedRecords(bootstrapServers: string): Promise<string[]> {
    const kafka = await connectKafka({
        bootstrapServers: bootstrapServers.split(","),
        clientId: "audit",
    });
    try {
        const owed: string[] = [];
        await kafka.read(
            "delays",
            await kafka.earliestOffsets("delays"),
            await kafka.lastStableOffsets("delays"),
            {
                signal: AbortSignal.timeout(60_000),
                onRecords: (records) => {
                    for (const { value } of records) {
                        const identity = identityOf(value, identityFields);
                        if (identity !== null) {
                            owed.push(identity);
                        }
                    }
                },
            },
        );
        return owed;
    } finally {
        await kafka.close();
    }
}

/** Waits until the dashboard has been given some records of a version, so that there is something to audit. */
export async function untilDelivered(
    journal: string,
    version: string,
    records: number,
): Promise<void> {
    const deadline = Date.now() + patienceSeconds * 1000;
    const delivered = () =>
        readJournal(journal).filter((entry) => entry.version === version).length;
    while (delivered() < records) {
        if (Date.now() > deadline) {
            throw new Error(
                `The dashboard was given ${delivered()} records of ${version} in ${patienceSeconds} s, not ${records}.`,
            );
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
    }
}

/** Audits the dashboard's journal, as soon as the dashboard has had the time to read what it owes. */
export async function auditDashboard(journal: string, owed: readonly string[]): Promise<Audit> {
    const deadline = Date.now() + patienceSeconds * 1000;
    for (;;) {
        const result = audit(readJournal(journal), owed);
        if (result.skipped.length === 0 || Date.now() > deadline) {
            return result;
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
    }
}
