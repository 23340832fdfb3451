import * as fs from "node:fs";
import * as path from "node:path";

import { repository } from "../paths.js";
import type { SampleFlight } from "./schedule.js";

/** 20,000 real flights, as the npm package vega-datasets ships them; it exports no path to its files. */
export function readSample(): SampleFlight[] {
    const file = path.join(repository, "node_modules", "vega-datasets", "data", "flights-20k.json");
    return JSON.parse(fs.readFileSync(file, "utf8")) as SampleFlight[];
}
