import { FanPulseError, invalid, ours, shown } from './error.js'

/** `growthRate` as `growth_rate`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** `growth_rate` as `growthRate`. */
export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** Settings as the engine writes them. */
export function settingsJson(settings: unknown): string {
  return snakeJson(settings, 'settings')
}

/** A value as the engine writes it; `what` it is, errors say. */
export function snakeJson(given: unknown, what: string): string {
  const path: string[] = []
  const renamed = (value: unknown): unknown => {
    if (typeof value === 'bigint') throw invalid(`${what}: ${path.join('.')}: ${shown(value)} is not a number`, { column: path.join('.'), value: shown(value) })
    if (typeof value === 'number' && !Number.isFinite(value)) throw invalid(`${what}: ${path.join('.')}: ${value} is not a finite number`, { column: path.join('.') })
    if (Array.isArray(value)) return value.map(renamed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .map(([name, inner]) => {
          path.push(name)
          const entry = [snake(name), renamed(inner)]
          path.pop()
          return entry as [string, unknown]
        }),
    )
  }
  return JSON.stringify(renamed(given))
}

/** Settings as JavaScript has them. */
export function settingsObject(json: string): unknown {
  const renamed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renamed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camel(name), renamed(inner)]))
  }
  return renamed(JSON.parse(json))
}

/** The error of settings, its names as JavaScript has them. */
export function settingsError(e: unknown): unknown {
  const error = ours(e)
  if (!(error instanceof FanPulseError)) return error
  const message = error.message.replace(/`?[a-z]+(?:_[a-z0-9]+)*(?:\.[a-z_0-9]+)+|`[a-z]+(?:_[a-z0-9]+)+`|^[a-z]+(?:_[a-z0-9]+)+/g, camel).replace(/ at line \d+ column \d+$/, '')
  const column = /^settings: ([\w.]+):/.exec(message)?.[1] ?? /^([\w.]+) is /.exec(message)?.[1] ?? 'settings'
  return new FanPulseError(message, error.code, { column, value: / is (\S+),/.exec(message)?.[1] })
}
