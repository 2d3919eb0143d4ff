/** Until somebody asks this process to end, or the time is over. */
export type Until = { readonly asked: Promise<void>; readonly end: () => void }

/** SIGTERM, Ctrl-C, or so many milliseconds; `hangUp` is called for every SIGHUP. */
export function untilAsked(forMs: number | null, hangUp: () => void = () => {}): Until {
  let [stop, timer]: [() => void, NodeJS.Timeout | null] = [() => {}, null]
  const asked = new Promise<void>((resolve) => {
    stop = resolve
    if (forMs !== null) timer = setTimeout(resolve, forMs)
  })
  const onHangUp = (): void => hangUp()
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', onHangUp)
  return {
    asked,
    end() {
      if (timer !== null) clearTimeout(timer)
      process.off('SIGTERM', stop)
      process.off('SIGINT', stop)
      process.off('SIGHUP', onHangUp)
    },
  }
}
