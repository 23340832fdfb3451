/** Gives up on a call that does not answer: kafkajs hangs on some requests instead of failing. */
export async function withDeadline<T>(what: string, seconds: number, call: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
        timer = setTimeout(
            () => reject(new Error(`${what}: no answer from Kafka within ${seconds} s.`)),
            seconds * 1000,
        );
    });
    try {
        return await Promise.race([call, deadline]);
    } finally {
        clearTimeout(timer);
    }
}
