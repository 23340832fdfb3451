import { PolicyPack, type ResourceValidationArgs } from "@pulumi/policy";
import { freshPassProblems, overrideProblems, type FreshPass, type Pointer } from "./rules.js";

const pointerType = "pulumi-nodejs:dynamic/shadow-flink:Authority";

/** Looks at the pointer of every ShadowFlinkJob. */
function ofPointers(problems: (pointer: Pointer, args: ResourceValidationArgs) => string[]) {
    return (args: ResourceValidationArgs, report: (message: string) => void) => {
        if (args.type === pointerType) {
            problems(args.props as Pointer, args).forEach((problem) => report(problem));
        }
    };
}

// What a preview cannot know yet, such as a verdict that the update looks for, Pulumi says and leaves to the update.
new PolicyPack("shadow-flink", {
    enforcementLevel: "mandatory",
    policies: [
        {
            name: "fresh-pass",
            description: "A promotion rests on a verdict that passes, is fresh, and saw enough.",
            configSchema: {
                properties: {
                    maxAgeSeconds: { type: "integer", default: 900, minimum: 1 },
                    minWindows: { type: "integer", default: 3, minimum: 1 },
                },
            },
            validateResource: ofPointers((pointer, args) =>
                freshPassProblems(pointer, args.getConfig<FreshPass>(), new Date()),
            ),
        },
        {
            name: "override-ticket",
            description: "An override names the ticket that it was decided in.",
            configSchema: {
                properties: {
                    // A regular expression.
                    ticket: { type: "string", default: "\\b[A-Z][A-Z0-9]+-[0-9]+\\b" },
                },
            },
            validateResource: ofPointers((pointer, args) =>
                overrideProblems(pointer, args.getConfig<{ ticket: string }>().ticket),
            ),
        },
    ],
});
