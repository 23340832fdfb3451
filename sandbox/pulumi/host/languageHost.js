"use strict";

/**
 * Runs Node.js programs for the Pulumi CLI, where the CLI comes without its own host for them.
 *
 * The CLI starts this process, reads the port that it prints, and asks it over gRPC to run the
 * program; the work is done by `@pulumi/pulumi/cmd/run` of the program's own SDK. Only what
 * running a program or a policy pack needs is here: no code generation, packing or installing.
 */
const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const path = require("node:path");
const { setInterval } = require("node:timers");

// This file is copied beside the CLI, far from any node_modules: the CLI starts it in the folder
// of the program, and the program has the SDK.
const program = createRequire(path.join(process.cwd(), "program.js"));
const sdk = createRequire(program.resolve("@pulumi/pulumi"));
const grpc = sdk("@grpc/grpc-js");
const { LanguageRuntimeService } = sdk("@pulumi/pulumi/proto/language_grpc_pb.js");
const messages = sdk("@pulumi/pulumi/proto/language_pb.js");
const { PluginInfo } = sdk("@pulumi/pulumi/proto/plugin_pb.js");
const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb.js");
const sdkVersion = sdk("@pulumi/pulumi/package.json").version;

/** The exit code by which the SDK says that it has already explained the error to the user. */
const explainedAlready = 32;

let engineAddress = process.argv.slice(2).find((argument) => /:\d+$/.test(argument)) ?? "";
const running = new Set();

/** The arguments of `cmd/run`, as the SDK parses them. */
function programArguments(request) {
    const info = request.getInfo();
    const options = {
        monitor: request.getMonitorAddress(),
        engine: engineAddress,
        organization: request.getOrganization(),
        project: request.getProject(),
        "root-directory": info?.getRootDirectory(),
        stack: request.getStack(),
        pwd: info?.getProgramDirectory() || request.getPwd(),
        parallel: String(request.getParallel()),
    };
    const list = Object.entries(options)
        .filter(([, value]) => value)
        .flatMap(([name, value]) => [`--${name}`, value]);
    if (request.getDryrun()) list.push("--dry-run");
    return [
        ...list,
        info?.getEntryPoint() || request.getProgram() || ".",
        ...request.getArgsList(),
    ];
}

/** The environment of the program: the stack's configuration, and the project's Node options. */
function programEnvironment(request, options) {
    const config = {};
    for (const [key, value] of request.getConfigMap().toArray()) {
        // The SDK still takes the older form of keys, `project:config:name`, and only that.
        const colon = key.indexOf(":");
        config[`${key.slice(0, colon)}:config:${key.slice(colon + 1)}`] = value;
    }
    return {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        ...(options.typescript !== false && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
        ...(options.tsconfig && { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
    };
}

/** Runs the program to its end; resolves with what the engine is to be told. */
function runProgram(request) {
    const response = new messages.RunResponse();
    const directory = request.getInfo()?.getProgramDirectory() || request.getPwd();
    const options = request.getInfo()?.getOptions()?.toJavaScript() ?? {};
    let runner;
    try {
        runner = createRequire(path.join(directory, "program.js")).resolve(
            "@pulumi/pulumi/cmd/run",
        );
    } catch {
        response.setError(`@pulumi/pulumi is not installed for ${directory}; have you run npm ci?`);
        return Promise.resolve(response);
    }
    return new Promise((resolve) => {
        const nodeArguments = String(options.nodeargs ?? "")
            .split(/\s+/)
            .filter(Boolean);
        const child = spawn(
            process.execPath,
            [...nodeArguments, runner, ...programArguments(request)],
            {
                env: programEnvironment(request, options),
                stdio: ["ignore", "pipe", "pipe"],
            },
        );
        running.add(child);
        child.stdout.pipe(process.stdout, { end: false });
        child.stderr.pipe(process.stderr, { end: false });
        child.on("error", (error) => {
            running.delete(child);
            response.setError(`Problem executing program: ${error.message}`);
            resolve(response);
        });
        child.on("close", (code, signal) => {
            running.delete(child);
            if (code === explainedAlready) response.setBail(true);
            else if (code !== 0) {
                response.setError(
                    signal
                        ? `Program was ended by ${signal}`
                        : `Program exited with non-zero exit code: ${code}`,
                );
            }
            resolve(response);
        });
    });
}

/** Runs a policy pack for as long as the engine asks it, and passes on what it prints: its port first. */
function runPolicyPack(call) {
    const { request } = call;
    if (request.getKind() !== "analyzer") {
        call.emit("error", {
            code: grpc.status.UNIMPLEMENTED,
            details: `plugins of Node.js that are no policy packs (${request.getKind()}) are not run`,
        });
        return;
    }
    const directory = request.getInfo().getProgramDirectory();
    const runner = createRequire(path.join(directory, "program.js")).resolve(
        "@pulumi/pulumi/cmd/run-policy-pack",
    );
    const engine = request.getArgsList().find((argument) => /:\d+$/.test(argument)) ?? "";
    const variables = request.getEnvList().map((variable) => {
        const equals = variable.indexOf("=");
        return [variable.slice(0, equals), variable.slice(equals + 1)];
    });
    // It looks for its package.json in its own folder.
    const child = spawn(process.execPath, [runner, engine, "."], {
        cwd: directory,
        env: Object.fromEntries(variables),
        stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    const answer = (set, value) => {
        if (call.cancelled) return;
        const response = new messages.RunPluginResponse();
        response[set](value);
        call.write(response);
    };
    child.stdout.on("data", (chunk) => answer("setStdout", chunk));
    child.stderr.on("data", (chunk) => answer("setStderr", chunk));
    child.on("error", (error) =>
        call.emit("error", { code: grpc.status.INTERNAL, details: error.message }),
    );
    child.on("close", (code) => {
        running.delete(child);
        answer("setExitcode", code ?? 1);
        call.end();
    });
    call.on("cancelled", () => child.kill("SIGKILL"));
}

/** Ends the programs that run, first in good order. */
function cancelPrograms() {
    for (const child of running) {
        child.kill("SIGINT");
        setTimeout(() => child.kill("SIGKILL"), 5000).unref();
    }
}

const reply = (make) => (call, callback) => callback(null, make(call.request));

const handlers = {
    handshake: reply((request) => {
        engineAddress = request.getEngineAddress() || engineAddress;
        return new messages.LanguageHandshakeResponse();
    }),
    // Plugins are on PATH already; naming them here would make the CLI look for downloads.
    getRequiredPackages: reply(() => new messages.GetRequiredPackagesResponse()),
    getRequiredPlugins: reply(() => new messages.GetRequiredPluginsResponse()),
    getProgramDependencies: reply(() => new messages.GetProgramDependenciesResponse()),
    getPluginInfo: reply(() => new PluginInfo().setVersion(sdkVersion)),
    about: reply(() =>
        new messages.AboutResponse().setExecutable(process.execPath).setVersion(process.version),
    ),
    cancel: reply(() => {
        cancelPrograms();
        return new Empty();
    }),
    runPlugin: runPolicyPack,
    run: (call, callback) => {
        runProgram(call.request).then((response) => callback(null, response), callback);
    },
};

const server = new grpc.Server({
    "grpc.max_receive_message_length": 400 * 1024 * 1024,
    "grpc.max_send_message_length": 400 * 1024 * 1024,
});
server.addService(LanguageRuntimeService, handlers);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
        console.error(`the language host cannot listen: ${error.message}`);
        process.exit(1);
    }
    console.log(String(port));
});

// A killed CLI cannot say goodbye: without it, nobody would ever end this process.
const parent = process.ppid;
setInterval(() => {
    if (process.ppid === parent) return;
    cancelPrograms();
    setTimeout(() => process.exit(1), 6000).unref();
    if (running.size === 0) process.exit(1);
}, 1000).unref();
