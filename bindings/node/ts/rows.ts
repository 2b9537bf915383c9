import { shown, wrongField } from './error.js'
import type { FanEvent, Observation, Post } from './inputs.js'
import type { Memory } from './memory.js'
import { type Codes, type FanInput, type ObservationInput, type PostInput, native } from './native.js'
import { Repeats } from './repeats.js'
import type { Steps } from './steps.js'
import { Names, packed } from './text.js'
import { micros } from './time.js'
import { Times } from './times.js'

/** Rows per step. */
const STEP = 512
/** The largest count up to which floating point has every integer. */
const MAX_COUNT = 2 ** 53

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
  if (typeof value === 'number' && (value | 0) === value && value >= 0) return value
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
export function* observationRows(rows: readonly Observation[], artists: Names, memory: Memory): Steps<ObservationInput> {
  const reader = new ObservationReader(rows, artists, memory)
  for (let from = 0; from < rows.length; from += STEP) {
    reader.read(from, Math.min(from + STEP, rows.length))
    yield
  }
  return reader.input()
}

/** Columns of observations, and what the last row was. */
class ObservationReader {
  private readonly artist: Uint32Array
  private readonly component: Uint16Array
  private readonly days: Int32Array
  private readonly value: Float64Array
  private readonly times: Times
  private readonly components = new Components()
  private last: Partial<Observation> = {}
  private codes = { artist: 0, component: 0, next: 0 }

  constructor(
    private readonly rows: readonly Observation[],
    private readonly artists: Names,
    memory: Memory,
  ) {
    const { length } = rows
    const buffer = memory.take('observations', 18 * length)
    this.value = new Float64Array(buffer, 0, length)
    this.artist = new Uint32Array(buffer, 8 * length, length)
    this.days = new Int32Array(buffer, 12 * length, length)
    this.component = new Uint16Array(buffer, 16 * length, length)
    this.times = new Times('observations', 'observedAt', this.days)
  }

  /** Reads some rows. What most rows share with the one before is compared, not looked up; all state is local within the loop. */
  read(from: number, to: number): void {
    const { rows, artist, component, days, value, times } = this
    const { texts, found } = times
    let { artistId: lastId, platform: lastPlatform, metric: lastMetric } = this.last
    let { artist: lastArtist, component: lastComponent, next } = this.codes
    for (let i = from; i < to; i += 1) {
      const row = rows[i]
      if (typeof row !== 'object' || row === null) object('observations', i, row)
      const { artistId, platform, metric, observedAt, value: number } = row
      if (artistId !== lastId || artistId === undefined) {
        lastArtist = this.artists.code(text('observations', i, 'artistId', artistId))
        lastId = artistId
      }
      if (platform !== lastPlatform || metric !== lastMetric || platform === undefined) {
        lastComponent = this.codeOf(i, platform, metric)
        lastPlatform = platform
        lastMetric = metric
      }
      if (typeof number !== 'number' || !(number >= 0 && number < Infinity)) throw badValue(i, number)
      artist[i] = lastArtist
      component[i] = lastComponent
      value[i] = number
      if (next < texts.length && observedAt === texts[next]) days[i] = found[next++]
      else next = times.read(i, observedAt, next)
    }
    this.last = { artistId: lastId, platform: lastPlatform, metric: lastMetric }
    this.codes = { artist: lastArtist, component: lastComponent, next }
  }

  private codeOf(row: number, platform: unknown, metric: unknown): number {
    const table = 'observations'
    const code = this.components.code(text(table, row, 'platform', platform), text(table, row, 'metric', metric))
    if (code === undefined) throw wrongField(table, row, 'metric', native.unknownMetric(metric as string) ?? '', metric)
    if (code > 0xffff) throw wrongField(table, row, 'platform', 'more than 65,535 components (platform and metric)', platform)
    return code
  }

  input(): ObservationInput {
    const { artist, component, components, times, value } = this
    return { artist: { u32: artist }, components: components.list, component: { u16: component }, platforms: [], metrics: [], time: times.times(), value }
  }
}

function badValue(row: number, value: unknown): Error {
  const message = value == null ? 'missing' : typeof value !== 'number' ? `${shown(value)} is not a number` : `${value} is not a finite number of at least 0`
  return wrongField('observations', row, 'value', message, value)
}

const COUNTS = ['likes', 'comments', 'shares', 'saves', 'views'] as const

/** Posts per step: few enough that their times are joined in the cache. */
const POSTS = 64
/** Characters of a time as most posts have it, `2026-03-28T10:00:00Z`. */
const STAMP = 20
/** Room for one more character, so that what is not ASCII is seen to be longer than its text. */
const ROOM = 4

/** Posts given as objects, and their ids; the native side gets the ids only where one may stand twice. */
export function* postRows(rows: readonly Post[], artists: Names, memory: Memory): Steps<{ input: PostInput; ids: readonly string[] }> {
  const reader = new PostReader(rows, artists, memory)
  for (let from = 0; from < rows.length; from += POSTS) {
    reader.read(from, Math.min(from + POSTS, rows.length))
    yield
  }
  const { ids } = reader
  const input = reader.input()
  if (reader.mayRepeat) input.ids = yield* packed(ids, 'posts', 'postId')
  return { input, ids }
}

/** Columns of posts, and what the last row was. */
class PostReader {
  readonly ids: string[]
  private readonly artist: Uint32Array
  private readonly platform: Uint16Array
  /** The first times as text, as long as all have the usual length: the native side reads them in half the time. */
  private readonly stamps: Buffer
  private stamped = 0
  private readonly micros: Float64Array
  private readonly counts: Float64Array[]
  private readonly platforms = new Map<string, number>()
  private readonly repeats: Repeats
  private last: { artistId?: unknown; platform?: unknown } = {}
  private codes = { artist: 0, platform: 0 }

  constructor(
    private readonly rows: readonly Post[],
    private readonly artists: Names,
    memory: Memory,
  ) {
    const { length } = rows
    const buffer = memory.take('posts', 74 * length + ROOM)
    this.counts = COUNTS.map((_, i) => new Float64Array(buffer, 8 * i * length, length))
    this.micros = new Float64Array(buffer, 40 * length, length)
    this.artist = new Uint32Array(buffer, 48 * length, length)
    this.platform = new Uint16Array(buffer, 52 * length, length)
    this.stamps = Buffer.from(buffer, 54 * length, STAMP * length + ROOM)
    this.ids = new Array<string>(length)
    this.repeats = new Repeats(this.ids, this.platform)
  }

  /** Whether a post may stand twice. */
  get mayRepeat(): boolean {
    return this.repeats.possible
  }

  /** Reads some rows; all state is local within the loop. */
  read(from: number, to: number): void {
    const { rows, artist, platform, ids, repeats } = this
    const [likes, comments, shares, saves, views] = this.counts
    const table = 'posts'
    let { artistId: lastId, platform: lastPlatform } = this.last
    let { artist: lastArtist, platform: lastCode } = this.codes
    const usual = this.stamped === from
    let stamps = ''
    for (let i = from; i < to; i += 1) {
      const row = rows[i]
      if (typeof row !== 'object' || row === null) object(table, i, row)
      const { artistId, platform: where, postId, publishedAt } = row
      if (artistId !== lastId || artistId === undefined) {
        const code = this.artists.code(text(table, i, 'artistId', artistId))
        repeats.artist(i, code, lastArtist)
        lastArtist = code
        lastId = artistId
      }
      if (where !== lastPlatform || where === undefined) {
        lastCode = this.codeOf(i, text(table, i, 'platform', where))
        lastPlatform = where
      }
      const id = typeof postId === 'string' ? postId : text(table, i, 'postId', postId)
      artist[i] = lastArtist
      platform[i] = lastCode
      ids[i] = id
      repeats.post(i, id, lastCode)
      if (usual && typeof publishedAt === 'string' && publishedAt.length === STAMP) stamps += publishedAt
      else this.time(i, publishedAt)
      likes[i] = count(table, i, 'likes', row.likes)
      comments[i] = count(table, i, 'comments', row.comments)
      shares[i] = count(table, i, 'shares', row.shares)
      saves[i] = count(table, i, 'saves', row.saves)
      views[i] = count(table, i, 'views', row.views)
    }
    this.last = { artistId: lastId, platform: lastPlatform }
    this.codes = { artist: lastArtist, platform: lastCode }
    if (!usual) return
    if (stamps.length === (to - from) * STAMP && this.stamps.write(stamps, from * STAMP, 'utf8') === stamps.length) this.stamped = to
    // One has another length, or a character that is not ASCII: from here on each is read on this side.
    else for (let i = from; i < to; i += 1) this.time(i, rows[i].publishedAt)
  }

  private time(row: number, time: unknown): void {
    const at = time == null ? 'missing' : micros(time)
    if (typeof at === 'string') throw wrongField('posts', row, 'publishedAt', at, time)
    this.micros[row] = at
  }

  private codeOf(row: number, name: string): number {
    let code = this.platforms.get(name)
    if (code === undefined) this.platforms.set(name, (code = this.platforms.size))
    if (code > 0xffff) throw wrongField('posts', row, 'platform', 'more than 65,535 platforms', name)
    return code
  }

  input(): PostInput {
    const { artist, platform, platforms, stamped, micros: instants, counts } = this
    const stamps = this.stamps.subarray(0, stamped * STAMP)
    const time = stamped === artist.length ? { stamps } : { stamps, micros: instants }
    return { artist: { u32: artist }, platforms: [...platforms.keys()], platform: { u16: platform }, time, counts }
  }
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
  const times = new Times(table, 'occurredAt', new Int32Array(length))
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
      times.read(i, row.occurredAt, 0)
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
