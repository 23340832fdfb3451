import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { cache } from "./cache.js";

/** Below the range from which systems take ports for outgoing connections, so none is lost to one. */
const lowest = 15_000;
const highest = 31_000;

/** Whether nothing listens on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.once("error", () => resolve(false));
        server.listen({ port, host: "127.0.0.1", exclusive: true }, () =>
            server.close(() => resolve(true)),
        );
    });
}

/**
 * Reserves a port for as long as this process lives: between looking whether a port is free and
 * a JVM listening on it seconds pass, in which another sandbox must not choose the same.
 */
export async function reservePort(port: number): Promise<boolean> {
    const folder = path.join(cache.cacheFolder(), "ports");
    fs.mkdirSync(folder, { recursive: true });
    const claim = path.join(folder, String(port));
    if (cache.tryLock(claim) !== undefined) return false;
    if (await isFree(port)) return true;
    cache.unlock(claim);
    return false;
}

/** Gives reservations back, once something listens there. */
export function releasePorts(ports: number[]): void {
    for (const port of ports) {
        cache.unlock(path.join(cache.cacheFolder(), "ports", String(port)));
    }
}

/** A free port, reserved; `preferred` if that one can be had. */
export async function freePort(preferred?: number): Promise<number> {
    if (preferred !== undefined && (await reservePort(preferred))) return preferred;
    for (let attempt = 0; attempt < 500; attempt++) {
        const port = lowest + Math.floor(Math.random() * (highest - lowest));
        if (await reservePort(port)) return port;
    }
    throw new Error(`no free port on 127.0.0.1 between ${lowest} and ${highest}`);
}
