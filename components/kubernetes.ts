import { createRequire } from "node:module";
import type * as kubernetes from "@pulumi/kubernetes";

const load = createRequire(__filename);

/** The problem of an argument that needs it where it is not there. */
export const needsKubernetes =
    "needs @pulumi/kubernetes, which is not there: npm install @pulumi/kubernetes.";

/** Whether `@pulumi/kubernetes` is there: programs without Kubernetes do not have to install it. */
export function hasKubernetes(): boolean {
    try {
        load.resolve("@pulumi/kubernetes");
        return true;
    } catch {
        return false;
    }
}

/** `@pulumi/kubernetes`, loaded where a resource of it is made and nowhere else. */
export function loadKubernetes(): typeof kubernetes {
    return load("@pulumi/kubernetes") as typeof kubernetes;
}
