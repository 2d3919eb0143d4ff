import { binaryOf, fileOf, nanosText, podOf, type Moment } from './moment.ts'

/** A plain event in Tracee's classic JSON. */
export function traceeLine(moment: Moment): string {
  const { node, workload, name, container, image } = podOf(moment)
  const { noise } = moment
  const program = binaryOf(moment).slice(binaryOf(moment).lastIndexOf('/') + 1)
  return (
    `{"timestamp":${nanosText(moment)},"threadStartTime":620311624458929,"processorId":${noise % 16},"processId":${noise},"cgroupId":11041,` +
    `"threadId":${noise},"parentProcessId":${noise % 900},"hostProcessId":${noise + 7},"hostThreadId":${noise + 7},"hostParentProcessId":${noise % 900},` +
    `"userId":1000,"mountNamespace":4026533840,"pidNamespace":4026533836,"processName":"${program}","executable":{"path":"${binaryOf(moment)}"},` +
    `"hostName":"${node}","containerId":"${container}","container":{"id":"${container}","name":"${workload}","image":"${image}:4.12.0"},` +
    `"kubernetes":{"podName":"${name}","podNamespace":"payments","podUID":"8a2c7e5e-6b1f-4f5e-9a55-0f3d7d3e1b2c"},"eventId":"257","eventName":"openat",` +
    `"matchedPolicies":["payments-files"],"argsNum":4,"returnValue":12,"syscall":"openat","stackAddresses":[0],"contextFlags":{"containerStarted":true,"isCompat":false},` +
    `"threadEntityId":1093857163,"processEntityId":1093857163,"parentEntityId":3843385604,"args":[{"name":"dirfd","type":"int","value":-100},` +
    `{"name":"pathname","type":"const char*","value":"${fileOf(moment)}"},{"name":"flags","type":"string","value":"O_RDONLY|O_CLOEXEC"},{"name":"mode","type":"mode_t","value":0}]}`
  )
}
