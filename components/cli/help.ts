/** All that a person needs to use the command. */
export const help = `shadow-flink compare: compare two Kafka topics as a ShadowFlinkJob would, without Pulumi.

Reads what stands on both topics, judges it by the same rules, and says pass, fail or inconclusive. Nothing is
written to Kafka, and no consumer group is used. Try settings on history with it before you gate on them.

  npx shadow-flink compare --bootstrap-servers localhost:9092 \\
      --incumbent delays --candidate delays-v2 \\
      --identity origin,window_start --event-time window_start --window-seconds 3600 --report out

What to compare
  --bootstrap-servers a:9092,b:9092   the cluster of both topics
  --incumbent <topic>                 the topic that is right by definition
  --candidate <topic>                 the topic that is to say the same
  --from earliest|latest|<ISO time>   where to begin on both topics. Defaults to earliest.
  --to latest|<ISO time>              where to end. Defaults to latest: what is there when it is read.
                                      Times are those of the records' own timestamps, as 2026-11-23T04:00Z: reading
                                      begins, and ends before, the first record at or after the time in each partition.

How to get in
  --tls                               encrypt, and trust whom Node trusts; any other --tls option implies it
  --tls-ca-file <file.pem>            who signed the brokers' certificates
  --tls-cert-file, --tls-key-file     the client's certificate and its key
  --tls-server-name <name>            the name in the brokers' certificates, where it is another one
  --sasl-mechanism <name>             plain, scram-sha-256, scram-sha-512 or oauthbearer
  --sasl-username-env <variable>      where the user, the password or the token is: the name of an environment
  --sasl-password-env <variable>      variable, or with -file in place of -env the path of a file. The credential
  --sasl-token-env <variable>         itself is no option: everybody on this machine sees what commands are given.

By which rules
  --settings <file.json>              the \`compare\` argument of a ShadowFlinkJob as JSON: identity, eventTime,
                                      windowSeconds, fields, rules, minWindows, minRecords, formats and so on
  --identity <a,b>                    the fields that make two records counterparts
  --event-time <field>                the field with the event time. Defaults to the records' timestamps.
  --window-seconds <n>                length of the event-time windows
                                      Flags win over the file. Other than in a stack, waitSeconds defaults to 0: what is
                                      not there yet is not waited for.

What comes out
  --report <directory>                also write the report there, as <candidate>.html and <candidate>.json
  --json                              the report as JSON on standard output, instead of the summary
  -h, --help                          this text

The first windows of each topic are left out as warm-up (warmUpSeconds), and the last as not finished
(allowedLatenessSeconds): at least minWindows, 3, must be left between them.
Progress goes to standard error. Identities and values are shown as hashes unless the settings say "samples": "raw".

shadow-flink comment: a verdict as a comment in Markdown, for pull requests.

  pulumi stack output verdict --json | npx shadow-flink comment [--preview <file>]

  --preview <file>                    what \`pulumi preview\` printed, to stand below the verdict

The verdict comes on standard input, or a JSON report; null is none yet. Whatever is in it is shown as text.

Exit code of compare: 0 pass, 1 fail, 2 inconclusive (also where no broker answers), 3 bad usage, 130 after Ctrl-C;
of comment: 0, or 3 where it was given no verdict.
`;
