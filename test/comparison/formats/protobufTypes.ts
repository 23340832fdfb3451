import protobuf from "protobufjs";

/** What protobufjs takes integers of 64 bits as. */
export const { Long } = protobuf.util as unknown as {
    Long: { fromString(text: string, unsigned?: boolean): unknown };
};

/** A type of a schema, by which protobufjs writes messages. */
export function protobufType(schema: string, name: string): protobuf.Type {
    const root = new protobuf.Root();
    for (const file of ["timestamp", "duration", "wrappers"]) {
        root.addJSON(protobuf.common.get(`google/protobuf/${file}.proto`)!.nested!);
    }
    protobuf.parse(schema, root, { keepCase: true });
    root.resolveAll();
    return root.lookupType(name);
}
