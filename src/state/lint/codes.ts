/**
 * What the linter can say. A code is never renamed. `trap`: the check passes, or is never made, whatever the host is like; `broken`: it can
 * never pass or never be judged; `advice`: it works, but not everywhere or not for long.
 */
export const lintCodes = {
  'unknown-key': { kind: 'trap', summary: 'a top-level key that is no resource type: goss ignores all of it' },
  'second-document': { kind: 'trap', summary: 'a second YAML document, which is never read' },
  'duplicate-key': { kind: 'trap', summary: 'the same resource in two files: the later one replaces the earlier' },
  'impure-template': {
    kind: 'advice',
    summary: 'a template function that answers differently from run to run: no two runs judge by the same suite',
  },
  'nothing-asserted': { kind: 'trap', summary: 'a resource without a statement about the host' },
  'required-missing': { kind: 'broken', summary: 'the attribute that a type needs is missing: goss reports a failure' },
  unreachable: { kind: 'trap', summary: 'statements behind one that must be false are never judged' },
  skipped: { kind: 'advice', summary: '`skip: true`: the resource is never judged' },
  'empty-list': { kind: 'trap', summary: 'an empty list, which asserts nothing' },
  'empty-and': { kind: 'trap', summary: '`and: []` passes, `or: []` fails, always' },
  'octal-mode': { kind: 'broken', summary: 'a mode without quotes is a number: YAML makes 420 of 0644' },
  'udp-address': { kind: 'trap', summary: 'a udp address is always reachable: nothing is sent to it' },
  'address-scheme': { kind: 'broken', summary: 'an address of a network that does not exist is never reachable' },
  'dns-type-without-server': { kind: 'trap', summary: 'without `server` the type of a query is ignored and the host looked up' },
  'equal-list': { kind: 'broken', summary: '`equal` of a list never matches what a host answers' },
  'pattern-unclosed': {
    kind: 'trap',
    summary: 'a pattern that begins with `/` and does not end with it is plain text without its slash',
  },
  'pattern-flags': { kind: 'trap', summary: '`/re/i` is plain text to goss 0.4; only its unreleased branch knows flags' },
  'pattern-empty': { kind: 'broken', summary: 'a pattern that is a single `/` stops goss 0.4 with a panic' },
  'pattern-negation': { kind: 'trap', summary: '`!!text` means `!text`: all signs at the beginning are dropped' },
  'pattern-always': { kind: 'trap', summary: 'an empty pattern matches anything' },
  'pattern-not-text': { kind: 'broken', summary: 'a pattern that is no text: goss answers with an error' },
  'pattern-invert': { kind: 'advice', summary: '`{pattern, invert}` is no gossfile syntax; accepted here, an error in goss' },
  'regexp-invalid': {
    kind: 'broken',
    summary: 'a regular expression that RE2 does not know (look-around, back-references) or that is incomplete',
  },
  'matcher-unknown': { kind: 'broken', summary: 'a key that is no matcher' },
  'matcher-many': { kind: 'broken', summary: 'two matchers side by side, where exactly one may stand' },
  'bound-as-text': { kind: 'broken', summary: '`gt`, `ge`, `lt` and `le` with a text: goss answers with an error' },
  'number-as-text': {
    kind: 'advice',
    summary: 'an exit status, uid or gid as text: deprecated, and a panic where it is no number',
  },
  'status-list': { kind: 'broken', summary: 'several exit statuses as a list are an error' },
  'whole-text': { kind: 'broken', summary: 'a text is compared with the whole output, whose last line feed it lacks' },
  'semver-constraint': { kind: 'broken', summary: 'a version range that goss does not know (`^`, `~`)' },
  'mount-absent': { kind: 'broken', summary: '`exists: false` of a mount can never pass in goss' },
  'trailing-slash': { kind: 'broken', summary: 'a mount point with a slash at its end is never found' },
  'comm-too-long': { kind: 'broken', summary: 'the kernel cuts process names at 15 bytes' },
  'filetype-unknown': { kind: 'broken', summary: 'a file type that no file has' },
  'digest-form': { kind: 'broken', summary: 'a digest that is not lower-case hexadecimal of the right length' },
  'ipv6-case': { kind: 'broken', summary: 'goss writes the IPv6 addresses of ports in capitals and compares letters' },
  'header-malformed': { kind: 'broken', summary: 'a request header without `: ` stops goss with a panic' },
  'secret-in-file': { kind: 'advice', summary: 'a password in the gossfile; `render` prints it' },
  deprecated: { kind: 'advice', summary: 'an attribute that goss has renamed' },
  'not-in-goss': { kind: 'advice', summary: 'an attribute, type or matcher that goss 0.4.10 refuses' },
  'dependency-unknown': { kind: 'broken', summary: '`depends-on` names a resource that is not in the suite' },
  'severity-unknown': { kind: 'broken', summary: 'a severity that is none' },
} as const satisfies Readonly<Record<string, { readonly kind: 'trap' | 'broken' | 'advice'; readonly summary: string }>>

export type LintCode = keyof typeof lintCodes
