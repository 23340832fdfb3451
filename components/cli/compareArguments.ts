import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { CompareArgs, CompareSettings } from "../compare.js";
import { resolveCompare } from "../compareSettings.js";
import { resolveKafkaSecurity, type KafkaArgs } from "../kafkaArguments.js";
import type { KafkaSecurity } from "../provider/kafka/security.js";
import { show } from "../section.js";

/** Where reading begins or ends: an end of the topics, or a time in ms since the epoch. */
export type Bound = "earliest" | "latest" | number;

export interface CompareRequest {
    readonly bootstrapServers: readonly string[];
    readonly security?: KafkaSecurity;
    readonly incumbent: string;
    readonly candidate: string;
    readonly from: Bound;
    readonly to: Bound;
    readonly settings: CompareSettings;
    readonly json: boolean;
}

export type Parsed =
    | { readonly kind: "help" }
    | { readonly kind: "wrong"; readonly problems: readonly string[] }
    | { readonly kind: "compare"; readonly request: CompareRequest };

const options = {
    "bootstrap-servers": { type: "string" },
    tls: { type: "boolean" },
    "tls-ca-file": { type: "string" },
    "tls-cert-file": { type: "string" },
    "tls-key-file": { type: "string" },
    "tls-server-name": { type: "string" },
    "sasl-mechanism": { type: "string" },
    "sasl-username-env": { type: "string" },
    "sasl-username-file": { type: "string" },
    "sasl-password-env": { type: "string" },
    "sasl-password-file": { type: "string" },
    "sasl-token-env": { type: "string" },
    "sasl-token-file": { type: "string" },
    incumbent: { type: "string" },
    candidate: { type: "string" },
    from: { type: "string" },
    to: { type: "string" },
    settings: { type: "string" },
    identity: { type: "string" },
    "event-time": { type: "string" },
    "window-seconds": { type: "string" },
    report: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
} as const;

type Option = keyof typeof options;

/** The settings that have a flag of their own. */
const flags: Readonly<Record<string, Option>> = {
    "compare.identity": "identity",
    "compare.eventTime": "event-time",
    "compare.windowSeconds": "window-seconds",
    "compare.report": "report",
};

/** Reads what stands behind `compare`, and collects everything that is wrong with it, not only the first thing. */
export function parseCompare(args: readonly string[]): Parsed {
    const problems: string[] = [];
    const given = readOptions(args, problems);
    if (given.has("help")) {
        return { kind: "help" };
    }
    const needed = (option: Option, what: string): string => {
        const value = given.get(option) ?? "";
        if (!given.has(option)) {
            problems.push(`--${option} is missing; ${what}`);
        }
        return value;
    };
    const security = readSecurityFlags(given, problems);
    const request = {
        ...(security && { security }),
        bootstrapServers: readServers(
            needed("bootstrap-servers", "name the brokers, localhost:9092 say."),
            problems,
        ),
        incumbent: needed("incumbent", "name the topic that is right by definition."),
        candidate: needed("candidate", "name the topic that is to say the same."),
        from: readBound("from", given.get("from") ?? "earliest", ["earliest", "latest"], problems),
        to: readBound("to", given.get("to") ?? "latest", ["latest"], problems),
        settings: readSettings(given, problems),
        json: given.has("json"),
    };
    if (request.incumbent !== "" && request.incumbent === request.candidate) {
        problems.push(
            `--candidate is ${show(request.candidate)} as well as --incumbent: a topic always agrees with itself.`,
        );
    }
    if (
        typeof request.from === "number" &&
        typeof request.to === "number" &&
        request.from >= request.to
    ) {
        problems.push(`--to ${given.get("to")} is not after --from ${given.get("from")}.`);
    }
    return problems.length > 0 ? { kind: "wrong", problems } : { kind: "compare", request };
}

function readOptions(args: readonly string[], problems: string[]): Map<Option, string> {
    // Not strict, which stops at the first problem.
    const { tokens } = parseArgs({
        args: [...args],
        options,
        strict: false,
        tokens: true,
        allowPositionals: true,
    });
    const given = new Map<Option, string>();
    for (const token of tokens) {
        if (token.kind === "positional") {
            problems.push(`${show(token.value)} belongs to no option.`);
        }
        if (token.kind !== "option") {
            continue;
        }
        const { name, rawName, value, inlineValue } = token;
        if (!isOption(name)) {
            problems.push(`${rawName} is not an option; see --help.`);
            continue;
        }
        const wantsValue = options[name].type === "string";
        if (given.has(name)) {
            problems.push(`${rawName} is given twice.`);
        } else if (!wantsValue && value !== undefined) {
            problems.push(`${rawName} takes no value.`);
        } else if (
            wantsValue &&
            (value === undefined || value.trim() === "" || (!inlineValue && value.startsWith("--")))
        ) {
            problems.push(`${rawName} needs a value.`);
        }
        given.set(name, value ?? "");
    }
    return given;
}

function isOption(name: string): name is Option {
    return Object.hasOwn(options, name);
}

function readServers(text: string, problems: string[]): string[] {
    const servers = text.split(",").map((server) => server.trim());
    if (text !== "") {
        for (const server of servers) {
            const port = Number(/^(?:\[[^\]]+\]|[^\s:]+):(\d{1,5})$/.exec(server)?.[1] ?? NaN);
            if (!(port >= 1 && port <= 65_535)) {
                problems.push(
                    `--bootstrap-servers has ${show(server)}; give host:port, localhost:9092 say.`,
                );
            }
        }
    }
    return servers;
}

/** Only where credentials are can be said: what is given to a command is there to see for everybody. */
function readSecurityFlags(
    given: ReadonlyMap<Option, string>,
    problems: string[],
): KafkaSecurity | undefined {
    const picked = (fields: Readonly<Record<string, Option>>) =>
        Object.fromEntries(
            Object.entries(fields)
                .filter(([, option]) => given.has(option))
                .map(([field, option]) => [field, given.get(option)]),
        );
    const tls = picked({
        caFile: "tls-ca-file",
        certFile: "tls-cert-file",
        keyFile: "tls-key-file",
        serverName: "tls-server-name",
    });
    const sasl: Record<string, unknown> = picked({ mechanism: "sasl-mechanism" });
    for (const what of ["username", "password", "token"] as const) {
        const source = picked({ env: `sasl-${what}-env`, file: `sasl-${what}-file` });
        if (Object.keys(source).length > 0) {
            sasl[`${what}From`] = source;
        }
    }
    const args = {
        ...(Object.keys(tls).length > 0 ? { tls } : given.has("tls") ? { tls: true } : {}),
        ...(Object.keys(sasl).length > 0 ? { sasl } : {}),
    };
    const resolved = resolveKafkaSecurity(args as Pick<KafkaArgs, "tls" | "sasl">);
    for (const { field, message } of resolved.problems) {
        problems.push(`${field} (${flagOf(field)}) ${message}`);
    }
    return resolved.security;
}

/** `kafka.sasl.passwordFrom.env` is given as `--sasl-password-env`. */
function flagOf(field: string): string {
    const words = field
        .replace(/^kafka\./, "")
        .replace(/From(?=\.|$)/, "")
        .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
        .replaceAll(".", "-");
    return /^sasl-(username|password|token)$/.test(words)
        ? `--${words}-env or -file`
        : `--${words}`;
}

function readBound(
    option: Option,
    text: string,
    names: readonly Bound[],
    problems: string[],
): Bound {
    const name = names.find((known) => known === text);
    if (name !== undefined) {
        return name;
    }
    // With its zone: a time without one would be another in every place where it is run.
    const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(text);
    const time = isTime ? Date.parse(text) : NaN;
    if (Number.isNaN(time)) {
        problems.push(
            `--${option} is ${show(text)}; give ${names.join(", ")} or a time with its zone, 2026-11-23T04:00Z say.`,
        );
        return "latest";
    }
    return time;
}

function readSettings(given: ReadonlyMap<Option, string>, problems: string[]): CompareSettings {
    const file = readFile(given.get("settings"), problems);
    const seconds = given.get("window-seconds");
    const args: Record<string, unknown> = {
        waitSeconds: 0,
        ...file,
        ...(given.has("identity")
            ? {
                  identity: given
                      .get("identity")!
                      .split(",")
                      .map((name) => name.trim()),
              }
            : {}),
        ...(given.has("event-time") ? { eventTime: given.get("event-time") } : {}),
        // What is no number is shown as it was given.
        ...(seconds === undefined
            ? {}
            : { windowSeconds: Number.isNaN(Number(seconds)) ? seconds : Number(seconds) }),
        ...(given.has("report") ? { report: given.get("report") } : {}),
    };
    const resolved = resolveCompare(args as unknown as CompareArgs);
    problems.push(
        ...resolved.problems.map(({ field, message }) => {
            const flag = flags[field];
            return `${field}${flag === undefined ? "" : ` (--${flag})`} ${message}`;
        }),
    );
    if (resolved.settings.control !== null) {
        problems.push(
            "compare.control names a version of a stack, of which there is none here; remove it from --settings.",
        );
    }
    if (resolved.settings.engine !== "embedded") {
        problems.push(
            'compare.engine is "flink", whose job only a stack declares; remove engine and flink from --settings.',
        );
    }
    return resolved.settings;
}

function readFile(file: string | undefined, problems: string[]): object {
    if (file === undefined || file.trim() === "") {
        return {};
    }
    let text: string;
    try {
        text = readFileSync(file, "utf8");
    } catch (error) {
        problems.push(`--settings ${file} cannot be read: ${(error as Error).message}.`);
        return {};
    }
    try {
        const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
        if (typeof value === "object" && value !== null && !Array.isArray(value)) {
            return value;
        }
        problems.push(
            `--settings ${file} holds ${show(value)}; give an object, { "identity": ["origin"], "windowSeconds": 60 } say.`,
        );
    } catch (error) {
        problems.push(`--settings ${file} is not JSON: ${(error as Error).message}.`);
    }
    return {};
}
