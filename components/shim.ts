import type * as pulumi from "@pulumi/pulumi";

/** The dynamic resources of the provider half, by the name under which it exports them. */
export type ProviderResource = "comparison" | "authority" | "sessionJob";

/** What a resource of the provider half is given, before Pulumi knows all of it. */
export type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K]> };

/**
 * A dynamic provider that only loads the provider half and forwards to it. Pulumi serialises this object into the
 * state of every resource: captured by value, the real code would lose its Maps, dates and private fields; loaded by
 * package name from the program's folder, it is always the installed version.
 */
export function shim(resource: ProviderResource): pulumi.dynamic.ResourceProvider {
    const load = (): Required<pulumi.dynamic.ResourceProvider> => {
        try {
            const load = process.getBuiltinModule("node:module").createRequire(process.cwd() + "/");
            // eslint-disable-next-line @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access
            return load("shadow-flink/provider")[resource];
        } catch (cause) {
            throw new Error(
                `The provider half of shadow-flink cannot be loaded from ${process.cwd()}: run npm install (and npm ` +
                    `run build, where it is built from source). ${String(cause)}`,
                { cause },
            );
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
