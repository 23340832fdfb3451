/** What other stacks are told of a job, by StackReference. */
export interface JobOutputs {
    /** Name of the ShadowFlinkJob, for followers. */
    readonly name: string;
    /** The topic that is read by who is not in `consumers`. */
    readonly topic: string;
    /** What every consumer reads, and as which group. */
    readonly consumers: Readonly<
        Record<string, { readonly topic: string; readonly group: string }>
    >;
    readonly authority: string;
    /** Of the newest verdict; `null` where there is none. */
    readonly outcome: string | null;
}
