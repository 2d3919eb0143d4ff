export type StarterOptions = {
  readonly application: string
  readonly environment: string
  readonly namespace: string
  /** Names of deployments, at least one. */
  readonly workloads: readonly string[]
  readonly owner: string
}

/**
 * A manifest to begin with: five controls that hold for nearly every service, and a comment wherever its author has to decide.
 * It validates as it is for every application, environment, namespace and workload that is a label.
 */
export function starterManifest({ application, environment, namespace, workloads, owner }: StarterOptions): string {
  const population = workloads
    .map((name) => `    - { name: ${quoted(name)}, namespace: ${quoted(namespace)} } # nodes: [node-a, node-b]`)
    .join('\n')
  return `# What the owner of ${application} promises about it in ${environment}, window by window. Runproof compares this promise with what the
# sensors saw, and says in a signed report which parts held.
#
#   runproof manifest validate .      is it right?
#   runproof manifest lint .          does it promise what it seems to?
#   runproof manifest sign .          after this it is a version: to change it, raise metadata.version
#
# Every field: docs/formats/manifest.md
apiVersion: runproof.dev/v1
kind: AssuranceManifest

metadata:
  name: ${quoted(`${application}-${environment}`.slice(0, 63).replace(/-+$/, ''))}
  version: 0.1.0
  owner: ${quoted(owner)}
  description: Runtime promises for ${application} in ${environment}.

# Who is promised for. Coverage is counted over these workloads, one by one. \`nodes\` says where a workload may run, and so which
# sensors must have been watching for it.
scope:
  application: ${quoted(application)}
  environment: ${quoted(environment)}
  workloads:
${population}

# Who must be watching. "Nothing was reported" counts as clean only while a sensor shows that it was looking: a window in which one of
# these was blind never passes. Take out what you do not run, here and under \`sensors:\` of the controls.
sensors:
  # Needs this in falco.yaml:  metrics: { enabled: true, interval: 5m, output_rule: true }
  - name: falco
    liveness: heartbeat
    interval: 5m
    # nodes: [node-a, node-b]   without it, a node that never reported is not missed
  # Tetragon sends no heartbeat; here any of its events proves it alive.
  - name: tetragon
    liveness: activity
    interval: 5m

# One verdict per day, from midnight to midnight UTC.
window:
  every: 24h

# What is promised. A control is violated when a rule fires that \`evidence\` names, or when a sensor sees an act that \`deny\` names or a
# non-empty \`allow\` does not. \`*\` stays within one path segment, \`**\` does not, \`{a,b}\` is either.
controls:
  - id: ${application}.exec.no-shell
    title: No shell is started
    statement: Nothing in these workloads needs a shell, so a shell means that somebody runs commands of their own.
    owner: ${quoted(owner)}
    behaviour: exec
    deny:
      binaries: ['/{bin,usr/bin,usr/local/bin}/{sh,bash,dash,ash,zsh,ksh}']
    evidence:
      falco: [Terminal shell in container, Run shell untrusted]
    sensors: [falco, tetragon]
    severity: high
    frameworks: { soc2: [CC6.8, CC7.2], iso27001: [A.8.16], nist-800-53: [SI-4], mitre-attack: [T1059.004] }
    remediation: Isolate the pod, keep its file system, and find the request that made the process start another one.

  - id: ${application}.exec.no-package-manager
    title: No software is installed at run time
    statement: Images are built once and deployed as they are; no package manager and no downloader runs.
    owner: ${quoted(owner)}
    behaviour: exec
    deny:
      binaries:
        - '/{bin,sbin,usr/bin,usr/sbin,usr/local/bin}/{apt,apt-get,dpkg,apk,yum,dnf,rpm,npm,npx,pip,pip3}'
        - '/{bin,usr/bin,usr/local/bin}/{curl,wget}'
    evidence:
      falco: [Launch Package Management Process in Container]
    sensors: [falco, tetragon]
    severity: high
    frameworks: { soc2: [CC6.8, CC8.1], iso27001: [A.8.19], nist-800-53: [CM-11], mitre-attack: [T1105] }
    remediation: Replace the pod from its image, and build what is missing into the next one.

  - id: ${application}.open.credentials
    title: No credentials are read
    statement: No workload reads password files, private keys or cloud credentials.
    owner: ${quoted(owner)}
    behaviour: open
    deny:
      paths: [/etc/shadow, /etc/gshadow, '/root/.ssh/**', '/home/*/.ssh/**', '/**/.aws/credentials']
    evidence:
      falco: ['Read sensitive file *']
    sensors: [falco]
    severity: high
    frameworks: { soc2: [CC6.1], iso27001: [A.8.3], nist-800-53: [AC-6], mitre-attack: [T1552.001] }
    remediation: Rotate what was read, and find out who read it.

  - id: ${application}.connect.no-cloud-metadata
    title: The cloud's metadata service is not asked
    statement: No workload fetches the credentials of the machine that it runs on.
    owner: ${quoted(owner)}
    behaviour: connect
    deny:
      destinations: [{ cidr: 169.254.169.254/32 }, { cidr: 'fd00:ec2::254/128' }]
    # Tetragon tells of connections only with a TracingPolicy that asks for them (a kprobe on tcp_connect).
    sensors: [tetragon]
    severity: high
    frameworks: { soc2: [CC6.6], nist-800-53: [SC-7], mitre-attack: [T1552.005] }
    remediation: Revoke the role's sessions, and block the address with a network policy.

  - id: ${application}.syscall.no-injection
    title: No process looks into another, and no kernel module is loaded
    statement: No workload traces another process or loads code into the kernel.
    owner: ${quoted(owner)}
    behaviour: syscall
    deny:
      syscalls: [ptrace, process_vm_readv, process_vm_writev, init_module, finit_module, delete_module, kexec_load]
    evidence:
      falco: [PTRACE attached to process, Linux Kernel Module Injection Detected]
    sensors: [falco]
    severity: critical
    frameworks: { soc2: [CC6.8], nist-800-53: [SI-16], mitre-attack: [T1055.008, T1547.006] }
    remediation: Take the node out of service and keep it for the investigation.

# How people decide: what is this severe is waived by two of the approvers below, never by one alone.
review:
  twoPeopleFrom: high

# People whose signed waivers count. Without any, a violation stands until its cause is gone.
#   openssl ecparam -name prime256v1 -genkey -noout -out jane.pem && chmod 600 jane.pem && openssl ec -in jane.pem -pubout
# approvers:
#   - name: Jane Doe
#     key: |
#       -----BEGIN PUBLIC KEY-----
#       …
#       -----END PUBLIC KEY-----
`
}

/** A plain word stays as it is; whatever YAML could read as something else is quoted. */
function quoted(text: string): string {
  const plain = /^[A-Za-z][A-Za-z0-9 -]*[A-Za-z0-9]$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
  return plain ? text : `'${text.replaceAll("'", "''")}'`
}
