/** What a Java stack trace says, without the stack. */

const maxLines = 5;
const maxLineLength = 300;

/** Wrappers that only say that something inside them failed. */
const empty = [
    /^Internal server error\.?$/,
    /^Failed to execute the operation/,
    /^Failed to fetchResults/,
    /^Recovery is suppressed by /,
    /^Global failure triggered by /,
    /^Job execution failed/,
    /^SQL validation failed/,
    /^Could not execute SQL statement/,
    /^Failed to execute (?:sql|statement|job '.*')\.?$/,
    /^Failed to submit (?:ExecutionPlan|JobGraph)\.$/,
];

/**
 * The messages of an exception and its causes, outermost first, at most five lines: wrappers that say nothing and
 * messages that repeat their cause are left out. Where there are more, what is nearest to the root is kept.
 */
export function flinkCause(trace: string): string {
    const messages = messagesOf(trace).filter(
        (message) => message !== "" && !empty.some((pattern) => pattern.test(message)),
    );
    const telling = messages.filter(
        (message, index) => !messages.slice(index + 1).some((inner) => message.endsWith(inner)),
    );
    const kept: string[] = [];
    for (const message of telling.reverse()) {
        const lines = message.split("\n").slice(0, maxLines - kept.length);
        kept.unshift(...lines.map(shortened));
    }
    return kept.length > 0 ? kept.join("\n") : shortened(trace.trim().split("\n")[0] ?? "");
}

function shortened(line: string): string {
    return line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line;
}

/** One message for the exception and each cause, several lines where it has them. */
function messagesOf(trace: string): string[] {
    const messages: string[][] = [];
    let message: string[] | undefined;
    for (const line of withoutServerMarks(trace)
        .split("\n")
        .map((raw) => raw.trim())) {
        if (line === "") {
            continue;
        }
        const begins =
            /^(?:Caused by: |Suppressed: )?((?:[a-z][\w$]*\.)+[A-Z][\w$]*)(?:: (.*))?$/.exec(line);
        if (begins !== null) {
            message = [withoutClass(begins[1] ?? "", begins[2] ?? "")];
            messages.push(message);
        } else if (/^at \S+\(.*\)$/.test(line) || /^\.\.\. \d+ (?:more|common frames)/.test(line)) {
            message = undefined;
        } else if (message !== undefined) {
            message.push(line);
        } else if (messages.length === 0) {
            messages.push((message = [line]));
        }
    }
    return messages.map((lines) => lines.join("\n"));
}

/** Servers quote each other's traces: `[Internal server error., <Exception on server side: … End of …>]`. */
function withoutServerMarks(trace: string): string {
    return trace
        .replace(/\[?Internal server error\.,?/g, "\n")
        .replace(/<Exception on server side:/g, "\n")
        .replace(/End of exception on server side>\]?/g, "\n");
}

/** A message that is itself an exception's text loses the classes in front; one without text keeps its class. */
function withoutClass(className: string, message: string): string {
    const nested = /^((?:[a-z][\w$]*\.)+[\w$]+): (.*)$/.exec(message);
    if (nested !== null) {
        return withoutClass(nested[1] ?? "", nested[2] ?? "");
    }
    const short = className.slice(className.lastIndexOf(".") + 1);
    return message === "" ? short : message;
}
