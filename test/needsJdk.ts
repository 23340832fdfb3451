import { type Context } from "mocha";
import { hasJdk } from "../sandbox/javaJar.js";
import { skipBecause } from "./skip.js";

/** Skips where no JDK is, as `skipBecause` does. */
export async function needsJdk(
    context: Context,
    reason = "needs javac and jar, for the functions of the job",
): Promise<void> {
    if (!(await hasJdk())) {
        skipBecause(context, reason);
    }
}
