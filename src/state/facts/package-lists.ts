export type PackageRow = { readonly name: string; readonly architecture: string; readonly version: string }

/** `${Package}\t${Architecture}\t${Status}\t${Version}`; installed is what dpkg wants installed or held, and is. */
export function parseDpkg(printed: string): readonly PackageRow[] {
  return linesOf(printed).flatMap((line) => {
    const [name = '', architecture = '', status = '', version = ''] = line.split('\t')
    return /^(install|hold) ok installed$/.test(status) ? [{ name, architecture, version }] : []
  })
}

/** `%{NAME}\t%{ARCH}\t[epoch:]version-release`. */
export function parseRpm(printed: string): readonly PackageRow[] {
  return linesOf(printed).flatMap((line) => {
    const [name = '', architecture = '', version] = line.split('\t')
    return version === undefined ? [] : [{ name, architecture, version }]
  })
}

/** What `rpm -q` takes for this package beside its name; epochs are no part of it. */
export function rpmNamesOf({ name, architecture, version }: PackageRow): readonly string[] {
  const full = `${name}-${version.replace(/^\d+:/, '')}`
  return [name, `${name}.${architecture}`, full.slice(0, full.lastIndexOf('-')), full, `${full}.${architecture}`]
}

/** `apk info -v`: `name-version-rN`, and warnings between. */
export function parseApk(printed: string): readonly PackageRow[] {
  return linesOf(printed).flatMap((line) => {
    const [, name = '', version = ''] = /^(\S+)-([^-\s]+-r\d+)$/.exec(line) ?? []
    return name === '' ? [] : [{ name, architecture: '', version }]
  })
}

/** `pacman -Q`: `name version`. */
export function parsePacman(printed: string): readonly PackageRow[] {
  return linesOf(printed).flatMap((line) => {
    const [name = '', version, ...more] = line.split(' ')
    return version === undefined || more.length > 0 ? [] : [{ name, architecture: '', version }]
  })
}

function linesOf(printed: string): readonly string[] {
  return printed.split('\n').filter((line) => line !== '')
}
