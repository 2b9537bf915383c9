import { isDate } from 'node:util/types'

import { invalid, shown } from './error.js'
import type { Time } from './inputs.js'
import { native } from './native.js'

export const MICROS_PER_DAY = 86_400e6
/** The last day that FanPulse takes, 2199-12-31. */
const LAST_DAY = 84_005

const BEFORE_MONTH = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const DAYS_OF_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Two digits; far below zero where they are none. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >>> 0 > 9 || ones >>> 0 > 9 ? -1e6 : tens * 10 + ones
}

/** The UTC day of text that begins with YYYY-MM-DD; NaN where it does not, or the day is out of range. */
function dayOf(text: string): number {
  const year = two(text, 0) * 100 + two(text, 2)
  const month = two(text, 5)
  const day = two(text, 8)
  if (year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1) return NaN
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return NaN
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > DAYS_OF_MONTH[month] + (leap && month === 2 ? 1 : 0)) return NaN
  const past = year - 1
  const leaps = ((past / 4) | 0) - ((past / 100) | 0) + ((past / 400) | 0) - 477
  return (year - 1970) * 365 + leaps + BEFORE_MONTH[month] + (leap && month > 2 ? 1 : 0) + day - 1
}

/** Microseconds of the common form of RFC 3339, NaN where it is another: those are left to the engine. */
function microsOf(text: string): number {
  const length = text.length
  if (length === 10) return dayOf(text) * MICROS_PER_DAY
  if (length < 20 || length > 27 || text.charCodeAt(10) !== 84 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return NaN
  const hour = two(text, 11)
  const minute = two(text, 14)
  const second = two(text, 17)
  if (hour < 0 || minute < 0 || second < 0 || hour > 23 || minute > 59 || second > 59 || text.charCodeAt(length - 1) !== 90) return NaN
  let micros = 0
  if (length > 20) {
    if (text.charCodeAt(19) !== 46) return NaN
    for (let i = 20; i < length - 1; i += 1) {
      const digit = text.charCodeAt(i) - 48
      if (digit >>> 0 > 9) return NaN
      micros = micros * 10 + digit
    }
    micros *= 10 ** (27 - length)
  }
  return dayOf(text) * MICROS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1e6 + micros
}

/** Microseconds since 1970-01-01T00:00:00Z, exact; or why there are none. */
export function micros(time: unknown): number | string {
  if (typeof time === 'string') {
    const found = microsOf(time)
    return found === found ? found : native.parseTime(time)
  }
  if (isDate(time)) {
    const millis = time.getTime()
    if (millis !== millis) return 'Invalid Date is not a time'
    return millis >= 0 && millis < (LAST_DAY + 1) * 86_400e3 ? millis * 1000 : native.parseTime(time.toISOString())
  }
  return `${shown(time)} is not a string or a Date`
}

/** A day as an argument, as YYYY-MM-DD. */
export function dayText(time: Time, column: string): string {
  if (typeof time === 'string' && time.length <= 10) return time
  const at = time === undefined || time === null ? 'missing' : micros(time)
  if (typeof at === 'string') throw invalid(`${column}: ${at}`, { column, value: time === undefined ? undefined : shown(time) })
  return new Date(Math.floor(at / MICROS_PER_DAY) * 86_400e3).toISOString().slice(0, 10)
}

/** An instant as an argument, as RFC 3339. */
export function instantText(time: Time, column: string): string {
  if (typeof time === 'string') return time
  const at = time === undefined || time === null ? 'missing' : micros(time)
  if (typeof at === 'string') throw invalid(`${column}: ${at}`, { column })
  return time.toISOString()
}
