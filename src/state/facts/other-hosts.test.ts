// Hosts that this machine is not, by what their programs are documented to print.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PackagesFact, Query, QueryOf, ServiceFact } from '../model/fact.ts'
import { type Recording, recordedHost } from './fixtures.test.ts'
import { gather } from './gather.ts'
import type { Host } from './host.ts'
import { completeOptions } from './local.ts'

async function asked<T>(host: Host, query: Query): Promise<T> {
  const bundle = await gather(host, { id: 'x', transport: 'local', address: 'local' }, [query], completeOptions({}))
  const [fact] = Object.values(bundle.facts)
  assert.ok(fact && 'value' in fact.answer, JSON.stringify(fact?.answer))
  return fact.answer.value as T
}

const packages = (patterns: readonly string[] = [], manager: QueryOf<'packages'>['manager'] = null) =>
  ({ kind: 'packages', manager, patterns }) as const
const service = (name: string): Query => ({ kind: 'service', name })
const installedOn = (recording: Recording, query: Query = packages()): Promise<PackagesFact> =>
  asked(recordedHost(recording), query)
const serviceOn = (recording: Recording, name: string): Promise<ServiceFact> => asked(recordedHost(recording), service(name))

const DPKG = String.raw`dpkg-query -W -f ${'${Package}\\t${Architecture}\\t${Status}\\t${Version}\\n'}`
const RPM = String.raw`rpm -qa --nosignature --nohdrchk --nodigest --qf %{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n`
const debian = {
  files: { '/etc/debian_version': '12.5\n' },
  commands: {
    [DPKG]: {
      stdout: [
        'bash\tamd64\tinstall ok installed\t5.2.15-2+b8',
        'libc6\tamd64\tinstall ok installed\t2.36-9+deb12u4',
        'libc6\ti386\tinstall ok installed\t2.36-9+deb12u3',
        'held\tall\thold ok installed\t1:2.0-1',
        'gone\tamd64\tdeinstall ok config-files\t1.0-1',
        'half\tamd64\tinstall ok half-configured\t1.0-1',
        '',
      ].join('\n'),
    },
  },
}

test('dpkg: installed and held packages count, removed and half-configured ones do not', async () => {
  const { manager, problem, installed } = await installedOn(debian)
  assert.deepEqual([manager, problem], ['dpkg', null])
  assert.deepEqual(installed, {
    bash: ['5.2.15-2+b8'],
    'bash:amd64': ['5.2.15-2+b8'],
    libc6: ['2.36-9+deb12u4', '2.36-9+deb12u3'],
    'libc6:amd64': ['2.36-9+deb12u4'],
    'libc6:i386': ['2.36-9+deb12u3'],
    held: ['1:2.0-1'],
    'held:all': ['1:2.0-1'],
  })
})

test('dpkg: patterns mean what dpkg-query makes of them, and one that matches nothing has no key', async () => {
  const asks = ['lib*', 'lib*:i386', 'ba?h', '[bh]*', '[!b]*', 'gone*', 'nosuch', 'b\\ash', '[z-a]']
  const { installed } = await installedOn(debian, packages(asks))
  const of = (pattern: string): readonly string[] | undefined => installed[pattern]
  assert.deepEqual(of('lib*'), ['2.36-9+deb12u4', '2.36-9+deb12u3'])
  assert.deepEqual(of('lib*:i386'), ['2.36-9+deb12u3'])
  assert.deepEqual(of('ba?h'), ['5.2.15-2+b8'])
  assert.deepEqual(of('[bh]*'), ['5.2.15-2+b8', '1:2.0-1'])
  assert.equal(of('[!b]*')?.length, 3)
  assert.deepEqual(of('b\\ash'), ['5.2.15-2+b8'])
  for (const none of ['gone*', 'nosuch', '[z-a]']) assert.equal(of(none), undefined, none)
})

test('one call answers for every package of a host, however they are asked for', async () => {
  const host = recordedHost(debian)
  const asks = Array.from({ length: 50 }, (_, index) => packages([`name-${index}`]))
  const { facts } = await gather(host, { id: 'x', transport: 'local', address: 'local' }, asks, completeOptions({}))
  assert.equal(Object.keys(facts).length, 50)
  assert.deepEqual(host.ran, [DPKG])
})

test('rpm: epochs are part of the version, several versions are kept, and the forms that rpm -q takes are found', async () => {
  const stdout = [
    'bash\tx86_64\t5.1.8-9.el9',
    'bind-libs\tx86_64\t32:9.16.23-18.el9_4.6',
    'kernel\tx86_64\t5.14.0-427.13.1.el9_4',
    'kernel\tx86_64\t5.14.0-427.16.1.el9_4',
    'gpg-pubkey\t(none)\tfd431d51-4ae0493b',
    '',
  ].join('\n')
  const redhat = { files: { '/etc/redhat-release': 'Red Hat Enterprise Linux release 9.4\n' }, commands: { [RPM]: { stdout } } }
  const forms = ['bash-5.1.8', 'bash-5.1.8-9.el9', 'bash-5.1.8-9.el9.x86_64', 'bind-libs-9.16.23', 'bash-5.1']
  const { manager, installed } = await installedOn(redhat, packages(forms))
  assert.equal(manager, 'rpm')
  assert.deepEqual(installed['bind-libs'], ['32:9.16.23-18.el9_4.6'])
  assert.deepEqual(installed['kernel'], ['5.14.0-427.13.1.el9_4', '5.14.0-427.16.1.el9_4'])
  assert.deepEqual(installed['bash.x86_64'], ['5.1.8-9.el9'])
  for (const form of forms.slice(0, 3)) assert.deepEqual(installed[form], ['5.1.8-9.el9'], form)
  assert.deepEqual(installed['bind-libs-9.16.23'], ['32:9.16.23-18.el9_4.6'])
  assert.equal(installed['bash-5.1'], undefined)
})

test('apk: a name may hold digits and dashes, and a warning is no package', async () => {
  const stdout =
    'WARNING: opening /var/cache: No such file\nmusl-1.2.4-r2\nlibcrypto3-3.1.4-r5\npy3-pip-23.3.1-r0\nca-certificates-bundle-20230506-r0\n'
  const alpine = { files: { '/etc/alpine-release': '3.19.1\n' }, commands: { 'apk info -v': { stdout } } }
  const { manager, installed } = await installedOn(alpine)
  assert.equal(manager, 'apk')
  assert.deepEqual(installed, {
    musl: ['1.2.4-r2'],
    libcrypto3: ['3.1.4-r5'],
    'py3-pip': ['23.3.1-r0'],
    'ca-certificates-bundle': ['20230506-r0'],
  })
})

test('pacman: name and version', async () => {
  const commands = { 'pacman -Q --color never --noconfirm': { stdout: 'acl 2.3.2-1\nlinux 6.8.7.arch1-1\n' } }
  const { manager, installed } = await installedOn({ files: { '/etc/arch-release': '' }, commands })
  assert.equal(manager, 'pacman')
  assert.deepEqual(installed, { acl: ['2.3.2-1'], linux: ['6.8.7.arch1-1'] })
})

test('the distribution decides on the manager before the programs do; a host with neither says so', async () => {
  const both = { ...debian, files: { '/etc/redhat-release': 'x', '/etc/debian_version': '12' } }
  const { manager, problem } = await installedOn(both)
  assert.deepEqual([manager, problem], ['rpm', 'rpm is not installed there'])
  assert.equal((await installedOn({ files: {}, commands: { 'pacman -V': {} } })).manager, 'pacman')
  const none = await installedOn({})
  assert.deepEqual(none, { manager: null, problem: 'no known package manager is installed there', installed: {} })
})

test('a list that cannot be read is a problem and no empty host', async () => {
  const broken = { ...debian, commands: { [DPKG]: { status: 2, stderr: 'dpkg-query: error: failed to open package info file' } } }
  const { problem, installed } = await installedOn(broken)
  assert.match(problem ?? '', /^dpkg-query ended with 2: dpkg-query: error/)
  assert.deepEqual(installed, {})
})

test('systemd: the exit status is the answer', async () => {
  const commands = { 'systemctl -q is-enabled nginx': {}, 'systemctl -q is-active nginx': { status: 3 } }
  const found = await serviceOn({ files: { '/etc/debian_version': '12.5' }, commands }, 'nginx')
  assert.deepEqual(found, { manager: 'systemd', enabled: { value: true }, running: { value: false }, runlevels: { value: null } })
})

test('Debian before 9 asks sysv as well', async () => {
  const recording = {
    files: { '/etc/debian_version': '8.11\n', '/etc/rc2.d/S02cron': '' },
    commands: { 'systemctl -q is-enabled x': { status: 1 }, 'service cron status': {} },
  }
  const found = await serviceOn(recording, 'cron')
  assert.deepEqual([found.manager, found.enabled, found.running], ['systemd', { value: true }, { value: true }])
})

const ubuntu = {
  files: {
    '/etc/lsb-release': 'DISTRIB_ID=Ubuntu\n',
    '/etc/init/ssh.conf': 'description "OpenSSH"\nstart on runlevel [2345]\n',
    '/etc/init/manual.conf': '  start on startup\n',
    '/etc/init/manual.override': 'manual\n',
    '/etc/init/never.conf': '# start on nothing\n',
    '/etc/rc2.d/S20apache2': '',
  },
  commands: {
    'service ssh status': { stdout: 'ssh start/running, process 812\n' },
    'service manual status': { stdout: 'manual stop/waiting\n' },
  },
}

test('upstart: start on enables, manual in the override disables, sysv links count too', async () => {
  const ssh = await serviceOn(ubuntu, 'ssh')
  assert.deepEqual([ssh.manager, ssh.enabled, ssh.running], ['upstart', { value: true }, { value: true }])
  const manual = await serviceOn(ubuntu, 'manual')
  assert.deepEqual([manual.enabled, manual.running], [{ value: false }, { value: false }])
  assert.deepEqual((await serviceOn(ubuntu, 'never')).enabled, { value: false })
  const apache = await serviceOn(ubuntu, 'apache2')
  assert.deepEqual([apache.enabled, apache.runlevels], [{ value: true }, { value: ['2'] }])
})

test('openrc: runlevels are the folders that hold the name', async () => {
  const alpine = {
    files: {
      '/etc/alpine-release': '3.19',
      '/etc/runlevels/default/sshd': '',
      '/etc/runlevels/boot/sshd': '',
      '/etc/runlevels/boot/hwclock': '',
    },
    commands: { 'service sshd status': { stdout: ' * status: started\n' } },
  }
  const found = await serviceOn(alpine, 'sshd')
  assert.deepEqual(found, {
    manager: 'openrc',
    enabled: { value: true },
    running: { value: true },
    runlevels: { value: ['boot', 'default'] },
  })
  assert.deepEqual((await serviceOn(alpine, 'ssh')).runlevels, { value: null })
})

test('sysv: start links enable, kill links do not; no `service` program is an error of running alone', async () => {
  const files = {
    '/etc/debian_version': '12',
    '/etc/rc3.d/S01cron': '',
    '/etc/rc5.d/S01cron': '',
    '/etc/rc6.d/K01cron': '',
    '/etc/rc2.d/S1cron': '',
  }
  const found = await serviceOn({ files }, 'cron')
  assert.deepEqual(found.enabled, { value: true })
  assert.deepEqual(found.runlevels, { value: ['3', '5'] })
  assert.deepEqual(found.running, { error: 'exec: "service": executable file not found in $PATH' })
})

test('a name with a slash is no service', async () => {
  const host = recordedHost(ubuntu)
  const found = await asked<ServiceFact>(host, service('../ssh'))
  assert.deepEqual([found.enabled, found.running], [{ value: false }, { value: false }])
  assert.deepEqual(host.ran, [])
})
