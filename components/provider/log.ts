/**
 * One line of progress. The engine passes what a provider prints to the terminal, live and again under
 * Diagnostics, so lines are few and stand on their own.
 */
export type Log = (line: string) => void;

export function prefixedLog(name: string): Log {
    return (line) => console.log(`${name}: ${line}`);
}
