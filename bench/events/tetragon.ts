import { binaryOf, fileOf, podOf, timeText, type Moment } from './moment.ts'

/** One of the kinds that make up Tetragon's export: every third a kprobe of a tracing policy, the others executions and exits. */
export function tetragonLine(moment: Moment): string {
  const time = timeText(moment)
  const { node } = podOf(moment)
  const event = moment.behaviour % 3 === 0 ? kprobe(moment, time) : exec(moment, time)
  return `{${event},"node_name":"${node}","time":"${time}","cluster_name":"prod-eu1"}`
}

function exec(moment: Moment, time: string): string {
  return `"process_exec":{"process":${processOf(moment, time, `/srv/bin/step-${moment.behaviour}`)},"parent":${processOf(moment, time, '/usr/bin/bash')}}`
}

function kprobe(moment: Moment, time: string): string {
  return (
    `"process_kprobe":{"process":${processOf(moment, time, binaryOf(moment))},"parent":${parentOf(moment, time)},` +
    `"function_name":"security_file_permission","args":[{"file_arg":{"path":"${fileOf(moment)}","permission":"-rw-r--r--"}},{"int_arg":4}],` +
    `"return":{"int_arg":0},"action":"KPROBE_ACTION_POST","policy_name":"file-monitoring","return_action":"KPROBE_ACTION_POST"}`
  )
}

function processOf(moment: Moment, time: string, binary: string): string {
  const { node, workload, name, container, image, digest } = podOf(moment)
  const { noise } = moment
  return (
    `{"exec_id":"${idOf(node, noise)}","pid":${noise},"uid":1000,"cwd":"/srv/app","binary":"${binary}",` +
    `"arguments":"--config /etc/payments/${workload}.yaml --batch ${noise % 50}","flags":"execve clone","start_time":"${time}",` +
    `"auid":4294967295,"pod":{"namespace":"payments","name":"${name}","container":{"id":"containerd://${container}","name":"${workload}",` +
    `"image":{"id":"${image}@sha256:${digest}","name":"${image}:4.12.0"},"start_time":"2026-02-27T09:14:51Z","pid":${noise % 500}},` +
    `"workload":"${workload}","workload_kind":"Deployment"},"docker":"${container.slice(0, 31)}",` +
    `"parent_exec_id":"${idOf(node, noise + 1)}","tid":${noise},"in_init_tree":false}`
  )
}

function parentOf(moment: Moment, time: string): string {
  const { node } = podOf(moment)
  return (
    `{"exec_id":"${idOf(node, moment.noise + 1)}","pid":${moment.noise},"uid":0,"cwd":"/run/containerd",` +
    `"binary":"/usr/bin/containerd-shim-runc-v2","arguments":"-namespace k8s.io -id af3e0be6ca27","flags":"execve clone",` +
    `"start_time":"${time}","auid":4294967295,"tid":${moment.noise}}`
  )
}

function idOf(node: string, noise: number): string {
  return Buffer.from(`${node}:184490568000000:${noise}`).toString('base64')
}
