import { binaryOf, fileOf, nanosText, podOf, timeText, type Moment } from './moment.ts'

/** An alert of Falco's default rules as its JSON output writes it, with the fields that the default `-pk` appends. */
export function falcoLine(moment: Moment): string {
  const { node, workload, name, container, image } = podOf(moment)
  const time = timeText(moment)
  const [binary, file, short] = [binaryOf(moment), fileOf(moment), container.slice(0, 12)]
  const program = binary.slice(binary.lastIndexOf('/') + 1)
  const { noise } = moment
  const output = `${time.slice(11, 29)}: Warning Sensitive file opened for reading by non-trusted program | file=${file} gparent=containerd-shim ggparent=systemd gggparent=<NA> evt_type=openat user=app user_uid=1000 user_loginuid=-1 process=${program} proc_exepath=${binary} parent=${workload} command=${program} ${file} terminal=0 container_id=${short} container_name=${workload} container_image_repository=${image} container_image_tag=4.12.0 k8s_pod_name=${name} k8s_ns_name=payments`
  return (
    `{"hostname":"${node}","output":"${output}","output_fields":{"container.id":"${short}","container.image.repository":"${image}",` +
    `"container.image.tag":"4.12.0","container.name":"${workload}","evt.arg.flags":"O_RDONLY|O_CLOEXEC","evt.time":${nanosText(moment)},` +
    `"evt.type":"openat","fd.name":"${file}","k8s.deployment.name":"${workload}","k8s.ns.name":"payments","k8s.pod.name":"${name}",` +
    `"proc.aname[2]":"containerd-shim","proc.aname[3]":"systemd","proc.aname[4]":null,"proc.cmdline":"${program} ${file}",` +
    `"proc.exepath":"${binary}","proc.name":"${program}","proc.pid":${noise},"proc.pname":"${workload}","proc.tty":0,` +
    `"user.loginuid":-1,"user.name":"app","user.uid":1000},"priority":"Warning","rule":"Read sensitive file untrusted",` +
    `"source":"syscall","tags":["T1555","container","filesystem","host","maturity_stable","mitre_credential_access"],"time":"${time}"}`
  )
}
