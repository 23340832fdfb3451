import type { CompareSettings } from "../../compare.js";
import { decodeValue, type Leaf } from "./decode.js";
import type { Decoders } from "./observe.js";

export function decodersOf(_settings: CompareSettings): Decoders {
    return {
        key: (bytes) => ({
            fields: new Map<string, Leaf>([
                ["$key", { type: "bytes", text: `"${Buffer.from(bytes).toString("hex")}"` }],
            ]),
        }),
        value: decodeValue,
    };
}
