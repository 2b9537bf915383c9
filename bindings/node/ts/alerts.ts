import { options } from './call.js'
import { FanPulseError, calling, invalid, shown } from './error.js'
import type { AlertOptions, Rule, Time } from './inputs.js'
import { native } from './native.js'
import { camel, snakeJson } from './settings-names.js'
import { atOnce } from './steps.js'
import { micros } from './time.js'
import type { Alert, AlertReport, Analysis } from './types.js'
import { unpack } from './unpack.js'

const OPTIONS = ['now', 'previous', 'rules', 'fired', 'superfanChurn', 'settings']

/**
 * What is to be told of artists and has not been told before, each alert with its evidence, and what has then been told.
 *
 * Built in are viral posts, a momentum index of 9 and a breakout probability of 0.8; `rules` are one's own. `fired` of the result is for
 * the next call: an event is told once, however often the job runs.
 *
 * Throws `INVALID_INPUT`, naming the rule or the analysis, the field, its value and the bound.
 */
export function alerts(current: Analysis | readonly Analysis[], given: AlertOptions): AlertReport {
  const { now, previous = [], rules = [], fired = {}, superfanChurn = {}, settings = {} } = options(given, OPTIONS)
  const told = entries(fired, 'fired', time)
  const churn = entries(superfanChurn, 'superfanChurn', (share, place) => {
    if (typeof share !== 'number') throw invalid(`${place}: ${shown(share)} is not a number`, { column: 'superfanChurn', value: shown(share) })
    return share
  })
  const question = {
    current: jsons(current, 'current', figures),
    previous: jsons(previous, 'previous', figures),
    rules: jsons<Rule>(rules, 'rules', (rule, place) => snakeJson(rule, place)),
    settings: snakeJson(settings, 'settings'),
    churnArtists: churn.map(([artist]) => artist),
    churnShares: churn.map(([, share]) => share),
    firedKeys: told.map(([key]) => key),
    firedMicros: told.map(([, at]) => at),
    now: time(now, 'now'),
  }
  try {
    const answer = calling(() => native.alerts(question))
    return { alerts: atOnce(unpack<Alert>(answer.alerts)), fired: JSON.parse(answer.fired) as Record<string, string> }
  } catch (e) {
    throw named(e)
  }
}

/** What alerts look at in an analysis; its fans are not. */
function figures(analysis: Analysis, place: string): string {
  const { superfans: _, superfansReason: __, ...rest } = analysis
  return snakeJson(rest, place)
}

/** One object, or each of several, as JSON. */
function jsons<T>(given: T | readonly T[], name: string, json: (item: T, place: string) => string): string[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  return list.map((item, i) => {
    const place = `${name} ${i}`
    if (typeof item !== 'object' || item === null || Array.isArray(item) || ArrayBuffer.isView(item)) {
      throw invalid(`${place}: ${shown(item)} is not an object`, { column: name, row: i, value: shown(item) })
    }
    return json(item as T, place)
  })
}

/** The entries of an object that holds a value by name. */
function entries<T>(given: unknown, name: string, value: (value: unknown, place: string) => T): [string, T][] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid(`${name}: ${shown(given)} is not an object`, { column: name })
  return Object.entries(given).map(([key, inner]) => [key, value(inner, `${name}[${shown(key)}]`)])
}

function time(given: unknown, place: string): number {
  const at = given == null ? 'missing' : micros(given as Time)
  if (typeof at === 'number') return at
  throw invalid(`${place}: ${at}`, { column: /^\w+/.exec(place)?.[0], value: shown(given) })
}

/** The fields that a message may name, which JavaScript has in camelCase; kinds of rules keep their names. */
const FIELDS = /\b(?:artist_id|as_of|window_days|post_id|published_at|cool_down_hours|superfan_churn(?= is | *:)|momentum_index|breakout_probability)\b/g

/** An error of the engine with JavaScript's names, and where it lies. */
function named(e: unknown): unknown {
  if (!(e instanceof FanPulseError)) return e
  const message = e.message.replace(FIELDS, camel)
  const place = /^(rules|current|previous) (\d+)\b/.exec(message)
  const column = place?.[1] ?? /^(superfanChurn|settings)/.exec(message)?.[1] ?? (/^\w+(?= is )/.exec(message) === null ? undefined : 'settings')
  return new FanPulseError(message, e.code, { column, row: place === null ? undefined : Number(place[2]), value: / is (\S+),/.exec(message)?.[1] })
}
