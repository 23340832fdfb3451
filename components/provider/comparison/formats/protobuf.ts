import { common, Namespace, parse, Root, Type } from "protobufjs";
import type { Leaf } from "../decode.js";
import { Cursor, Unreadable, zigzag } from "./cursor.js";
import { isGroup, MessageReader } from "./message.js";
import { resolveNames } from "./names.js";
import { prefixOf, wholePath, type Part, type ReadFields } from "./reader.js";

/**
 * How records of a schema file are read; fails where it is none. `imported` are the files that it imports, by the
 * names by which they are imported.
 *
 * The schema is protobufjs's matter, the bytes are ours: its messages keep neither a map's key `__proto__` nor which of
 * two parts came last, and take what is no UTF-8 for text.
 */
export function protobufReader(
    schema: string,
    imported: ReadonlyMap<string, string>,
    part: Part,
): ReadFields {
    const root = new Root();
    const own = parse(schema, root, { keepCase: true });
    const file = own.package === undefined ? root : root.lookup(own.package);
    // Before other files add to the same package.
    const messages = file instanceof Namespace ? messagesOf(file) : [];
    addImports(root, [...(own.imports ?? []), ...(own.weakImports ?? [])], imported);
    resolveNames(root);
    root.resolveAll();
    const readers = new Map<Type, MessageReader>();
    return (bytes, start) => {
        const cursor = new Cursor(bytes, start);
        const reader = MessageReader.of(chosen(messages, readIndexes(cursor)), readers);
        const scanned = reader.scan(cursor, reader.nothing(), cursor.end);
        const leaf = reader.meant(scanned);
        const fields = new Map<string, Leaf>();
        if (leaf === undefined) {
            reader.members(cursor, scanned, prefixOf(part), fields);
        } else {
            fields.set(wholePath(part), leaf);
        }
        return fields;
    };
}

/** The messages of a file or of a message, in the order of the text. */
function messagesOf(namespace: Namespace): Type[] {
    return namespace.nestedArray.filter(
        (nested): nested is Type => nested instanceof Type && !isGroup(nested),
    );
}

function addImports(
    root: Root,
    names: readonly string[],
    imported: ReadonlyMap<string, string>,
): void {
    const added = new Set<string>();
    // Grows while it is gone through: files import files.
    const wanted = [...names];
    for (const name of wanted) {
        if (added.has(name)) {
            continue;
        }
        added.add(name);
        const text = imported.get(name);
        const builtIn = common.get(name);
        if (text !== undefined) {
            const { imports, weakImports } = parse(text, root, { keepCase: true });
            wanted.push(...(imports ?? []), ...(weakImports ?? []));
        } else if (builtIn?.nested !== undefined) {
            root.addJSON(builtIn.nested);
        } else if (!name.startsWith("google/protobuf/")) {
            // Those that are not built in describe schemas, for options that have no part in records.
            throw new Error(`${name}, which it imports, is not among its references`);
        }
    }
}

/** Which message of the file a record is: an index, and the one inside that message, and so on. */
function readIndexes(cursor: Cursor): (number | bigint)[] {
    const count = Number(zigzag(cursor.varint()));
    if (count < 0 || count > cursor.left) {
        throw new Unreadable("it has no list of message indexes behind its schema id");
    }
    // The first message of a file, which most have only, is written as an empty list.
    return count === 0 ? [0] : Array.from({ length: count }, () => zigzag(cursor.varint()));
}

function chosen(messages: readonly Type[], indexes: readonly (number | bigint)[]): Type {
    let among = messages;
    let type: Type | undefined;
    for (const index of indexes) {
        type = among[Number(index)];
        if (type === undefined) {
            throw new Unreadable(
                `it is message ${indexes.slice(0, 8).join(".")} of its schema, which has no such message`,
            );
        }
        among = messagesOf(type);
    }
    return type!;
}
