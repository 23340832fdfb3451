import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";

interface File {
    readonly path: string;
    readonly values: Readonly<Record<string, string>>;
}

/** In full and then in place: an application that starts meanwhile reads the old one or the new one. */
function write({ path: file, values }: File): void {
    const text = Object.entries(values)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name}=${value}\n`)
        .join("");
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.new`, text);
    fs.renameSync(`${file}.new`, file);
}

const provider: pulumi.dynamic.ResourceProvider<File, File> = {
    diff: (_id, olds, news) =>
        Promise.resolve({
            changes:
                olds.path !== news.path ||
                JSON.stringify(olds.values) !== JSON.stringify(news.values),
            replaces: olds.path !== news.path ? ["path"] : [],
        }),
    create: (file) => {
        write(file);
        return Promise.resolve({ id: file.path, outs: file });
    },
    update: (_id, _olds, file) => {
        write(file);
        return Promise.resolve({ outs: file });
    },
    delete: (_id, { path: file }) => Promise.resolve(fs.rmSync(file, { force: true })),
};

/** A file of `NAME=value` lines, with which an application is started. */
export class EnvironmentFile extends pulumi.dynamic.Resource {
    constructor(
        name: string,
        args: { path: pulumi.Input<string>; values: Record<string, pulumi.Input<string>> },
        opts?: pulumi.CustomResourceOptions,
    ) {
        super(provider, name, args, opts, "shop", "EnvironmentFile");
    }
}
