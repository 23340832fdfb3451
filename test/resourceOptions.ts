import * as pulumi from "@pulumi/pulumi";

/** What the engine is told of a resource beside its inputs. */
export interface ToldOptions {
    readonly parent: string;
    readonly provider: string;
    readonly protect: boolean | undefined;
    readonly retainOnDelete: boolean;
    readonly dependsOn: string[];
    /** Names and types of aliases that are specs, URNs of the others. */
    readonly aliases: string[];
    readonly createTimeout: string | undefined;
    /** How many transforms it carries. */
    readonly transforms: number;
}

interface Request {
    getName(): string;
    getParent(): string;
    getProvider(): string;
    getProtect(): boolean | undefined;
    getRetainondelete(): boolean;
    getDependenciesList(): string[];
    getAliasesList(): { toObject(): object }[];
    getCustomtimeouts(): { getCreate(): string } | undefined;
    getTransformsList(): unknown[];
}

type Register = (request: Request, callback: unknown) => unknown;

const urnName = (urn: string) => urn.split("::").at(-1) ?? "";

/** Notes what every resource is registered with from now on, until the next mocks: call it inside the program. */
export function noteOptions(): Record<string, ToldOptions> {
    const noted: Record<string, ToldOptions> = {};
    const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource: Register };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
        noted[request.getName()] = {
            parent: urnName(request.getParent()),
            provider: urnName(request.getProvider().split("::").slice(0, -1).join("::")),
            protect: request.getProtect(),
            retainOnDelete: request.getRetainondelete(),
            dependsOn: request.getDependenciesList().map(urnName).sort(),
            aliases: request.getAliasesList().map((alias) => JSON.stringify(alias.toObject())),
            createTimeout: request.getCustomtimeouts()?.getCreate() || undefined,
            transforms: request.getTransformsList().length,
        };
        return register(request, callback);
    };
    return noted;
}
