import { contestants } from "./contestants.js";

/** One run in a process of its own, so that neither memory nor compiled code is another one's. */
const [name = "", brokers = "", incumbent = "", candidate = ""] = process.argv.slice(2);

async function main(): Promise<void> {
    const began = performance.now();
    const found = await contestants[name]!(brokers, [incumbent, candidate]);
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage();
    const residentMiB = process.resourceUsage().maxRSS / 1_024;
    const cpuSeconds = (user + system) / 1e6;
    console.log(JSON.stringify({ seconds, cpuSeconds, residentMiB, found }));
    process.exit(0);
}

process.removeAllListeners("warning");
main().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
