/** Milliseconds as Go prints a duration: `200ms`, `1.5s`, `2m0s`, `1h0m0s`. */
export function goDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  if (milliseconds < 0) return `-${goDuration(-milliseconds)}`
  if (milliseconds < 1000) return `${milliseconds}ms`
  const seconds = Math.floor(milliseconds / 1000)
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const fraction = (milliseconds % 1000).toString().padStart(3, '0').replace(/0+$/, '')
  const rest = `${seconds % 60}${fraction === '' ? '' : `.${fraction}`}s`
  return hours > 0 ? `${hours}h${minutes}m${rest}` : minutes > 0 ? `${minutes}m${rest}` : rest
}
