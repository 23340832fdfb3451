import * as path from "node:path";

/** The folder of the repository; this file runs from bin/sandbox/. */
export const repository = path.resolve(__dirname, "..", "..");

/** The sandbox's sources, where its recipes are (Maven, Go, plain JavaScript). */
export const sources = path.join(repository, "sandbox");

/** Where all sandboxes of this clone keep their data. */
export const sandboxes = path.join(repository, ".sandbox");
