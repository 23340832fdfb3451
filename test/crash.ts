/** All of the crash matrix, and not only this day's part: `npm run test:crash`. */
process.env["CRASH"] = "all";
process.argv.push("integration/crash");
void import("./run.js");
