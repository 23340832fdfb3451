/** The items of an array's canonical text, sorted: the same for the same items in any order. `undefined` for no array. */
export function sortedItems(text: string): string | undefined {
    if (!text.startsWith("[")) {
        return undefined;
    }
    const items: string[] = [];
    let depth = 0;
    let start = 1;
    let inString = false;
    for (let i = 1; i < text.length; i++) {
        const character = text.charAt(i);
        if (inString) {
            if (character === "\\") {
                i++;
            } else if (character === '"') {
                inString = false;
            }
            continue;
        }
        if (character === '"') {
            inString = true;
        } else if (character === "[" || character === "{") {
            depth++;
        } else if (depth === 0 && (character === "," || character === "]")) {
            items.push(text.slice(start, i));
            start = i + 1;
        } else if (character === "]" || character === "}") {
            depth--;
        }
    }
    return items.sort().join("\n");
}
