import {
    Enum,
    Field,
    Namespace,
    type ReflectionObject,
    type Root,
    Service,
    Type,
    types,
} from "protobufjs";

/**
 * Finds out which type each name in schema files means, as protoc does: from the innermost scope outwards, and where the first
 * part of a name is found, there the rest has to be. Left to itself protobufjs takes a type of the outermost scope before one
 * that is nearer, and looks inside of others.
 */
export function resolveNames(root: Root): void {
    // What Protobuf's own types are extended by is for options, which have no part in records.
    root.deferred = root.deferred.filter(({ extend }) => !/^\.?google\.protobuf\./.test(extend!));
    for (const field of [...root.deferred]) {
        // Added again: that what they extend was not there yet is remembered when it is.
        const { parent } = field;
        parent?.remove(field);
        parent?.add(field);
    }
    resolveIn(root);
}

function resolveIn(namespace: Namespace): void {
    for (const nested of namespace.nestedArray) {
        if (nested instanceof Field) {
            checkExtension(nested, namespace);
        } else if (nested instanceof Namespace) {
            resolveIn(nested);
        }
    }
    if (!(namespace instanceof Type)) {
        return;
    }
    for (const field of namespace.fieldsArray) {
        const scope = field.declaringField?.parent ?? namespace;
        if (!(field.type in types.basic)) {
            field.type = typeOf(field.type, scope).fullName;
        }
    }
}

/** It was given to a message when not all of them were there yet. */
function checkExtension({ extend, extensionField }: Field, scope: Namespace): void {
    if (extensionField !== null && find(extend!, scope) !== extensionField.parent) {
        throw new Error(`it extends ${extend!}, which is no message that it knows`);
    }
}

function typeOf(name: string, scope: Namespace): Type | Enum {
    const found = find(name, scope);
    if (found instanceof Type || found instanceof Enum) {
        return found;
    }
    throw new Error(`it has no type ${name} in ${scope.fullName.slice(1)}`);
}

function find(name: string, scope: Namespace): ReflectionObject | null {
    const [first, ...rest] = name.split(".");
    if (first === "") {
        return behind(scope.root, rest);
    }
    for (let place: Namespace | null = scope; place !== null; place = place.parent) {
        const found = place.get(first!);
        if (rest.length === 0 ? isType(found) : isType(found) || isPackage(found)) {
            return behind(found, rest);
        }
    }
    return null;
}

function behind(from: ReflectionObject | null, names: readonly string[]): ReflectionObject | null {
    return names.reduce<ReflectionObject | null>(
        (found, name) => (found instanceof Namespace ? found.get(name) : null),
        from,
    );
}

const isType = (of: ReflectionObject | null) => of instanceof Type || of instanceof Enum;

const isPackage = (of: ReflectionObject | null) =>
    of instanceof Namespace && !(of instanceof Service);
