import { explain } from "../errors.js";

const refused = /AUTHORIZATION_FAILED|not authorized|authorization failed/i;
/** What kafkajs makes of a group, or of a transactional id, that one may not use; also of a cluster that starts. */
const noCoordinator = /Failed to find group coordinator/;

/**
 * Says which permission is missing where the brokers only say that one is: kafkajs tells of a forbidden transactional
 * id as of a coordinator that cannot be found. Any other error is left as it is.
 */
export function nameMissingPermission(what: string, needs: string, error: unknown): unknown {
    const said = explain(error);
    const permission = `it needs ${needs}; docs/permissions.md lists everything that is needed.`;
    if (refused.test(said)) {
        return new Error(`${what}: the brokers do not allow it (${said}): ${permission}`, {
            cause: error,
        });
    }
    if (noCoordinator.test(said)) {
        const message = `${what}: no coordinator answered. Where the brokers are well, it is not allowed: ${permission}`;
        return new Error(message, { cause: error });
    }
    return error;
}
