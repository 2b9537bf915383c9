import { shown, wrongField } from './error.js'
import type { FanEvent, Observation, Post } from './inputs.js'
import { type Codes, type FanInput, type NativeTimes, type ObservationInput, type PostInput, native } from './native.js'
import type { Steps } from './steps.js'
import { Names, packed } from './text.js'
import { MICROS_PER_DAY, micros } from './time.js'

/** Rows per step. */
const STEP = 512
/** The largest count up to which floating point has every integer. */
const MAX_COUNT = 2 ** 53
/** Dates that are remembered. */
const MAX_DATES = 5000

/** A column of times that are kept as days as long as they are days. */
class Times {
  private readonly days: Int32Array
  private instants: Float64Array | undefined
  /** The dates seen so far, in the order in which they came: most rows have the one that follows the row's before. */
  private readonly dates: string[] = []
  private readonly dayOf: number[] = []
  private readonly place = new Map<string, number>()
  private next = 0

  constructor(
    private readonly table: string,
    private readonly column: string,
    private readonly length: number,
  ) {
    this.days = new Int32Array(length)
  }

  read(row: number, time: unknown): void {
    if (this.instants === undefined) {
      if (this.dates[this.next] === time) {
        this.days[row] = this.dayOf[this.next]
        this.next += 1
        return
      }
      const place = this.place.get(time as string)
      if (place !== undefined) {
        this.days[row] = this.dayOf[place]
        this.next = place + 1
        return
      }
    }
    this.parse(row, time)
  }

  private parse(row: number, time: unknown): void {
    const at = time == null ? 'missing' : micros(time)
    if (typeof at === 'string') throw wrongField(this.table, row, this.column, at, time)
    if (this.instants === undefined) {
      const day = at / MICROS_PER_DAY
      if (Number.isInteger(day)) {
        this.days[row] = day
        if (typeof time === 'string' && this.dates.length < MAX_DATES) {
          this.place.set(time, this.dates.length)
          this.dates.push(time)
          this.dayOf.push(day)
          this.next = this.dates.length
        }
        return
      }
      this.instants = new Float64Array(this.length)
      for (let i = 0; i < row; i += 1) this.instants[i] = this.days[i] * MICROS_PER_DAY
    }
    this.instants[row] = at
  }

  times(): NativeTimes {
    return this.instants === undefined ? { days: this.days } : { micros: this.instants }
  }
}

/** A row's field that must be text. */
function text(table: string, row: number, column: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw wrongField(table, row, column, value == null ? 'missing' : `${shown(value)} is not a string`, value)
}

function object(table: string, row: number, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  const message = value === undefined ? 'missing' : `${shown(value)} is not an object`
  throw wrongField(table, row, 'row', message, value)
}

/** A count that may be unknown, which is NaN. */
export function count(table: string, row: number, column: string, value: unknown): number {
  if (value == null) return NaN
  if (typeof value !== 'number') throw wrongField(table, row, column, `${shown(value)} is not a number`, value)
  if (Number.isInteger(value) && value >= 0 && value <= MAX_COUNT) return value
  throw wrongField(table, row, column, `${value} is not a whole number from 0 to 2^53 (null = unknown)`, value)
}

/** Platform and metric as one code. */
export class Components {
  readonly list: { platform: string; metric: string }[] = []
  private readonly codes = new Map<string, Map<string, number>>()

  code(platform: string, metric: string): number | undefined {
    let metrics = this.codes.get(platform)
    if (metrics === undefined) this.codes.set(platform, (metrics = new Map()))
    let code = metrics.get(metric)
    if (code === undefined) {
      if (native.unknownMetric(metric) !== null) return undefined
      code = this.list.length
      this.list.push({ platform, metric })
      metrics.set(metric, code)
    }
    return code
  }
}

/** Observations given as objects. */
export function* observationRows(rows: readonly Observation[], artists: Names): Steps<ObservationInput> {
  const table = 'observations'
  const length = rows.length
  const artist = new Uint32Array(length)
  const component = new Uint16Array(length)
  const value = new Float64Array(length)
  const times = new Times(table, 'observedAt', length)
  const components = new Components()
  let [lastId, lastArtist, lastPlatform, lastMetric, lastComponent] = [undefined as unknown, 0, undefined as unknown, undefined as unknown, 0]

  const read = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) {
      const row = rows[i]
      if (typeof row !== 'object' || row === null) object(table, i, row)
      const { artistId, platform, metric, observedAt, value: number } = row
      if (artistId !== lastId) {
        lastArtist = artists.code(text(table, i, 'artistId', artistId))
        lastId = artistId
      }
      if (platform !== lastPlatform || metric !== lastMetric) {
        const code = components.code(text(table, i, 'platform', platform), text(table, i, 'metric', metric))
        if (code === undefined) throw wrongField(table, i, 'metric', native.unknownMetric(metric) ?? '', metric)
        if (code > 0xffff) throw wrongField(table, i, 'platform', 'more than 65,535 components (platform and metric)', platform)
        ;[lastPlatform, lastMetric, lastComponent] = [platform, metric, code]
      }
      if (typeof number !== 'number' || !(number >= 0 && number < Infinity)) throw badValue(i, number)
      artist[i] = lastArtist
      component[i] = lastComponent
      value[i] = number
      times.read(i, observedAt)
    }
  }
  for (let from = 0; from < length; from += STEP) {
    read(from, Math.min(from + STEP, length))
    yield
  }
  return { artist: { u32: artist }, components: components.list, component: { u16: component }, platforms: [], metrics: [], time: times.times(), value }
}

function badValue(row: number, value: unknown): Error {
  const message = value == null ? 'missing' : typeof value !== 'number' ? `${shown(value)} is not a number` : `${value} is not a finite number of at least 0`
  return wrongField('observations', row, 'value', message, value)
}

const COUNTS = ['likes', 'comments', 'shares', 'saves', 'views'] as const

/** Posts given as objects. */
export function* postRows(rows: readonly Post[], artists: Names): Steps<PostInput> {
  const table = 'posts'
  const length = rows.length
  const artist = new Uint32Array(length)
  const platform = new Uint16Array(length)
  const times = new Times(table, 'publishedAt', length)
  const ids = new Array<string>(length)
  const counts = COUNTS.map(() => new Float64Array(length))
  const platforms = new Map<string, number>()
  let [lastId, lastArtist] = [undefined as unknown, 0]

  const read = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) {
      const row = rows[i]
      object(table, i, row)
      const { artistId, likes, comments, shares, saves, views } = row
      if (artistId !== lastId) {
        lastArtist = artists.code(text(table, i, 'artistId', artistId))
        lastId = artistId
      }
      const where = text(table, i, 'platform', row.platform)
      let code = platforms.get(where)
      if (code === undefined) platforms.set(where, (code = platforms.size))
      if (code > 0xffff) throw wrongField(table, i, 'platform', 'more than 65,535 platforms', where)
      artist[i] = lastArtist
      platform[i] = code
      ids[i] = text(table, i, 'postId', row.postId)
      times.read(i, row.publishedAt)
      counts[0][i] = count(table, i, 'likes', likes)
      counts[1][i] = count(table, i, 'comments', comments)
      counts[2][i] = count(table, i, 'shares', shares)
      counts[3][i] = count(table, i, 'saves', saves)
      counts[4][i] = count(table, i, 'views', views)
    }
  }
  for (let from = 0; from < length; from += STEP) {
    read(from, Math.min(from + STEP, length))
    yield
  }
  const packedIds = yield* packed(ids, table, 'postId')
  return { artist: { u32: artist }, platforms: [...platforms.keys()], platform: { u16: platform }, ids: packedIds, time: times.times(), counts }
}

/** Fan events given as objects. */
export function* fanRows(rows: readonly FanEvent[], artists: Names, fans: Names): Steps<NonNullable<FanInput['columns']>> {
  const table = 'fanEvents'
  const length = rows.length
  const artist = new Uint32Array(length)
  const fan = new Uint32Array(length)
  const kind = new Uint8Array(length)
  const number = new Uint32Array(length)
  const amount = new Float64Array(length)
  const seconds = new Float64Array(length)
  const currency = new Uint32Array(length)
  const currencies = new Names()
  currencies.code('') // none that is known
  const times = new Times(table, 'occurredAt', length)
  const kinds = native.kinds()
  const code = new Map(kinds.map((name, i) => [name, i]))

  const read = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) {
      const row = rows[i]
      object(table, i, row)
      artist[i] = artists.code(text(table, i, 'artistId', row.artistId))
      fan[i] = fans.code(text(table, i, 'fanId', row.fanId))
      const known = code.get(text(table, i, 'kind', row.kind))
      if (known === undefined) throw wrongField(table, i, 'kind', native.unknownKind(row.kind) ?? '', row.kind)
      kind[i] = known
      times.read(i, row.occurredAt)
      const events = count(table, i, 'count', row.count)
      if (events > 0xffff_ffff) throw wrongField(table, i, 'count', `${events} is above 2^32`, events)
      number[i] = events === events ? events : 1
      amount[i] = measure(table, i, 'amount', row.amount)
      seconds[i] = measure(table, i, 'seconds', row.seconds)
      if (row.currency != null) currency[i] = currencies.code(text(table, i, 'currency', row.currency))
    }
  }
  for (let from = 0; from < length; from += STEP) {
    read(from, Math.min(from + STEP, length))
    yield
  }
  const names = { fans: yield* packed(fans.list, table, 'fanId'), kinds, currencies: currencies.list }
  const codes: Record<'artist' | 'fan' | 'kind' | 'currency', Codes> = { artist: { u32: artist }, fan: { u32: fan }, kind: { u8: kind }, currency: { u32: currency } }
  return { ...names, ...codes, time: times.times(), count: number, amount, seconds }
}

function measure(table: string, row: number, column: string, value: unknown): number {
  if (value == null) return NaN
  if (typeof value !== 'number') throw wrongField(table, row, column, `${shown(value)} is not a number`, value)
  if (value >= 0 && value < Infinity) return value
  throw wrongField(table, row, column, `${value} is not a finite number of at least 0 (null = unknown)`, value)
}
