/** The head of a block that `karmor logs` prints for people. */
const head = /^== (?:Alert|Log|Message)(?: \/ [\d :.-]{10,40})? ==$/
/** A daemon's message, printed for people: time, cluster, node, level, text. */
const message = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? {2}\S{0,253} {2}\S{1,253} {2}\[[A-Z]{3,8}\] {2}/
const keys =
  'ClusterName|HostName|NamespaceName|PodName|Labels|ContainerName|ContainerID|ContainerImage|Type|PolicyName|Severity|Message|Source|' +
  'Resource|Operation|Action|Data|EventData|Enforcer|Result|ATags|Tags|Cwd|DroppingAlertsInterval|ExecEvent|HashAlgo|HostPID|HostPPID|' +
  'KubeArmorVersion|MaxAlertsPerSec|NodeID|Owner|PID|PPID|ParentHash|ParentProcessName|ProcessHash|ProcessName|ResourceHash|TTY|UID|UserName'
const field = new RegExp(String.raw`^(?:${keys}): `)

/** A line of what `karmor logs` prints for people: blocks of lines that cannot be told from each other's once a line is missing. */
export function isTextForm(line: string): boolean {
  return head.test(line) || field.test(line) || message.test(line)
}
