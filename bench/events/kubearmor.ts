import { binaryOf, fileOf, podOf, timeText, type Moment } from './moment.ts'

/** A relay's line: every second an alert of a policy, the others container logs. */
export function kubearmorLine(moment: Moment): string {
  const { node, workload, name, container, image, digest } = podOf(moment)
  const binary = binaryOf(moment)
  const file = fileOf(moment)
  const { noise, ms } = moment
  const matched =
    moment.behaviour % 2 === 0
      ? `"PolicyName":"ksp-payments-block-records","Severity":"5","Tags":"PCI_DSS,file-integrity","ATags":["PCI_DSS","file-integrity"],` +
        `"Message":"access to customer records","Type":"MatchedPolicy","Enforcer":"BPFLSM","Action":"Audit","Result":"Passed",`
      : `"Type":"ContainerLog","Result":"Passed",`
  return (
    `{"Timestamp":${Math.floor(ms / 1000)},"UpdatedTime":"${timeText(moment).slice(0, 26)}Z","ClusterName":"prod-eu1","HostName":"${node}",` +
    `"NamespaceName":"payments","Owner":{"Ref":"Deployment","Name":"${workload}","Namespace":"payments"},"PodName":"${name}",` +
    `"Labels":"app=${workload},team=payments","ContainerID":"${container}","ContainerName":"${workload}",` +
    `"ContainerImage":"${image}:4.12.0@sha256:${digest}","ParentProcessName":"/usr/bin/bash","ProcessName":"${binary}",` +
    `"HostPPID":${noise + 3},"HostPID":${noise},"PPID":41,"PID":${noise % 500},"UID":1000,${matched}"Source":"${binary} ${file}",` +
    `"Operation":"File","Resource":"${file}","Data":"syscall=SYS_OPENAT fd=-100 flags=O_RDONLY","EventData":{"Fd":"-100","Flags":"O_RDONLY","Syscall":"SYS_OPENAT"},` +
    `"Cwd":"/srv/app","TTY":"pts0"}`
  )
}
