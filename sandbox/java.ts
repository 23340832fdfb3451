import * as path from "node:path";

/** A command of the JDK: that of JAVA_HOME if it is set, else the one on PATH. */
export function jdkCommand(
    name: "java" | "javac" | "jar",
    env: NodeJS.ProcessEnv = process.env,
): string {
    return env.JAVA_HOME ? path.join(env.JAVA_HOME, "bin", name) : name;
}

/** What starts a program; a JRE has it too. */
export function javaCommand(env: NodeJS.ProcessEnv = process.env): string {
    return jdkCommand("java", env);
}

/**
 * The environment of our JVMs. JAVA_TOOL_OPTIONS and the like stay out: they are meant for other
 * programs, and change memory limits that are set here on purpose.
 */
export function javaEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const env = { ...process.env, ...extra };
    for (const name of ["JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH"]) {
        delete env[name];
    }
    return env;
}

/** A log4j2 configuration: one line an event, to the standard output. */
export const log4jProperties = `rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-40.40c{1.} %m%n
`;
