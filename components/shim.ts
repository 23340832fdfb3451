import type * as pulumi from "@pulumi/pulumi";

/** The dynamic resources of the provider half, by the name under which it exports them. */
export type ProviderResource =
    "authority" | "cluster" | "comparison" | "comparer" | "jobStart" | "sessionJob" | "start";

/** What a resource of the provider half is given, before Pulumi knows all of it. */
export type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K]> };

type Half = Record<ProviderResource, Required<pulumi.dynamic.ResourceProvider>>;

/**
 * A dynamic provider that only loads the provider half and forwards to it. Pulumi serialises this object into the
 * state of every resource, comments in it included: captured by value, the real code would lose its Maps, dates and
 * private fields; loaded by package name from the program's folder, it is always the installed version.
 */
export function shim(resource: ProviderResource): pulumi.dynamic.ResourceProvider {
    const load = (): Half[ProviderResource] => {
        const cwd = process.cwd();
        try {
            const { createRequire } = process.getBuiltinModule("module");
            return (createRequire(cwd + "/")("shadow-flink/provider") as Half)[resource];
        } catch (cause) {
            throw new Error(`Run npm install (and build) in ${cwd}. ${String(cause)}`, { cause });
        }
    };
    return {
        check: (olds, news) => load().check(olds, news),
        diff: (id, olds, news) => load().diff(id, olds, news),
        create: (inputs) => load().create(inputs),
        update: (id, olds, news) => load().update(id, olds, news),
        delete: (id, state) => load().delete(id, state),
    };
}
