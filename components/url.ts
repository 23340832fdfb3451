import { type Section, show } from "./section.js";

export const urlWayOut = "give an http or https URL.";

/** Refuses what is no URL, or one with credentials, which would stand in the state. */
export function checkUrl(section: Section, key: string, text: string, instead: string): void {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:") {
        section.refuse(key, `is ${show(text)}; ${urlWayOut}`);
    } else if (url.username + url.password !== "") {
        section.refuse(
            key,
            `has a user or password in it, which would stand in the state${instead}`,
        );
    }
}
