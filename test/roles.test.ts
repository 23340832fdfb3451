import assert from "node:assert/strict";
import { rollbackTargets, roleOf } from "../components/roles.js";

const history = (...versions: string[]) => versions.map((version) => ({ version }));

describe("roles", () => {
    it("makes the version that authority was taken from the standby", () => {
        assert.deepEqual(rollbackTargets(history("v1", "v2")), ["v1"]);
        assert.equal(roleOf("v1", history("v1", "v2")), "standby");
        assert.equal(roleOf("v2", history("v1", "v2")), "authority");
        assert.equal(roleOf("v3", history("v1", "v2")), "candidate");
    });

    it("trusts a version that was rolled back from no more", () => {
        const rolledBack = history("v1", "v2", "v1");
        assert.deepEqual(rollbackTargets(rolledBack), []);
        assert.equal(roleOf("v1", rolledBack), "authority");
        assert.equal(roleOf("v2", rolledBack), "retired");
    });

    it("goes back over several versions", () => {
        assert.deepEqual(rollbackTargets(history("v1", "v2", "v3")), ["v1", "v2"]);
        assert.deepEqual(rollbackTargets(history("v1", "v2", "v3", "v2", "v4")), ["v1", "v2"]);
        assert.equal(roleOf("v3", history("v1", "v2", "v3", "v2", "v4")), "retired");
    });

    it("has no standby before the first move", () => {
        assert.deepEqual(rollbackTargets(history("v1")), []);
        assert.deepEqual(rollbackTargets([]), []);
    });
});
