/**
 * kafkajs asks for timers in the past, which Node 24 warns of at every connect; the warning would stand in each
 * `pulumi up`. Only that one warning is dropped.
 */
export function quietTimers(): void {
    const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
    process.emitWarning = (...args: unknown[]) => {
        if (args[1] !== "TimeoutNegativeWarning") {
            emitWarning(...args);
        }
    };
}
