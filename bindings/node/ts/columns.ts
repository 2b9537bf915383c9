import { isAnyArrayBuffer, isSharedArrayBuffer, isTypedArray } from 'node:util/types'

import { type FanPulseError, invalid, shown, wrongField } from './error.js'
import type { CodeArray, FanEventColumns, ObservationColumns, PostColumns, TextColumn, Time } from './inputs.js'
import { type Codes, type FanInput, type NativeTimes, type ObservationInput, type PostInput, native } from './native.js'
import type { Steps } from './steps.js'
import { Names, packed } from './text.js'
import { micros } from './time.js'

/** Rows per step. */
const STEP = 1024

type Columns = Readonly<Record<string, unknown>>

/** The columns of one table, looked at one by one. */
export class Table {
  /** The buffers that are read in place. */
  readonly buffers: ArrayBufferLike[] = []
  private rows: number | undefined
  private first = ''

  constructor(
    readonly name: string,
    private readonly columns: Columns,
    known: readonly string[],
  ) {
    for (const column of Object.keys(columns)) {
      if (!known.includes(column)) throw this.wrong(column, `there is no such column; the known ones are ${known.join(', ')}`)
    }
  }

  get length(): number {
    return this.rows ?? 0
  }

  has(column: string): boolean {
    return this.columns[column] != null
  }

  wrong(column: string, message: string, value?: unknown): FanPulseError {
    return invalid(`${this.name}: ${column}: ${message}`, { table: this.name, column, value: value === undefined ? undefined : shown(value) })
  }

  missing(column: string): FanPulseError {
    const present = Object.keys(this.columns).filter((name) => this.has(name))
    return this.wrong(column, `missing; there ${present.length === 0 ? 'are no columns' : `are ${present.join(', ')}`}`)
  }

  private sized(column: string, length: number): void {
    if (this.rows === undefined) {
      this.rows = length
      this.first = column
    } else if (length !== this.rows) {
      throw this.wrong(column, `${length} rows where ${this.first} has ${this.rows}`)
    }
  }

  /** A typed array of one of some types, alive and of the table's length. */
  array<T extends ArrayBufferView & { length: number }>(column: string, ...types: string[]): T {
    const found = this.columns[column]
    if (found == null) throw this.missing(column)
    return this.checked<T>(column, found, types)
  }

  private checked<T extends ArrayBufferView & { length: number }>(column: string, found: unknown, types: string[]): T {
    const type = typeName(found)
    if (!types.includes(type)) throw this.wrong(column, `${type} where ${oneOf(types)} is wanted`)
    const array = found as T
    alive(array, (message) => this.wrong(column, message))
    this.sized(column, array.length)
    this.buffers.push(array.buffer)
    return array
  }

  optional<T extends ArrayBufferView & { length: number }>(column: string, type: string): T | undefined {
    return this.has(column) ? this.array<T>(column, type) : undefined
  }

  /** A column of text as codes, its names given to `code`; or the names as they are, where there is no `code`. */
  *text(column: string, code?: (name: string) => number | undefined): Steps<{ codes: Codes; names: readonly string[] }> {
    const found = this.columns[column] as TextColumn | undefined
    if (found == null) throw this.missing(column)
    if (typeof found === 'string') {
      if (this.rows === undefined) throw this.wrong(column, 'one text for all rows needs another column before it that says how many there are')
      const given = code?.(found)
      if (given !== undefined && given !== 0) return { codes: { u32: new Uint32Array(this.rows).fill(given) }, names: [found] }
      return { codes: { u8: new Uint8Array(this.rows) }, names: [found] }
    }
    if (Array.isArray(found)) return yield* this.listed(column, found, code)
    const { codes, names } = found as { codes?: unknown; names?: unknown }
    if (codes === undefined || !Array.isArray(names)) throw this.wrong(column, `${typeName(found)} where text or { codes, names } is wanted`)
    for (let i = 0; i < names.length; i += 1) {
      if (typeof names[i] !== 'string') throw this.wrong(column, `name ${i} is ${shown(names[i])}, not a string`, names[i])
      if (i % STEP === 0) yield
    }
    const own = this.codes(column, codes)
    if (code === undefined) return { codes: own, names }
    const to = new Uint32Array(names.length)
    for (let i = 0; i < names.length; i += 1) {
      to[i] = code(names[i]) as number
      if (i % STEP === 0) yield
    }
    const from = own.u32 ?? own.u16 ?? (own.u8 as Uint8Array)
    const u32 = new Uint32Array(from.length)
    for (let i = 0; i < from.length; i += 1) {
      if (from[i] >= names.length) throw wrongField(this.name, i, column, `code ${from[i]} is not below the ${names.length} names`, from[i])
      u32[i] = to[from[i]]
      if (i % STEP === 0) yield
    }
    return { codes: { u32 }, names }
  }

  private *listed(column: string, list: readonly unknown[], code?: (name: string) => number | undefined): Steps<{ codes: Codes; names: readonly string[] }> {
    this.sized(column, list.length)
    const own = new Names()
    const coded = code ?? ((name: string) => own.code(name))
    const codes = new Uint32Array(list.length)
    let [last, lastCode] = [undefined as unknown, 0]
    for (let i = 0; i < list.length; i += 1) {
      const text = list[i]
      if (text !== last || text === undefined) {
        if (typeof text !== 'string') throw wrongField(this.name, i, column, text == null ? 'missing' : `${shown(text)} is not a string`, text)
        ;[last, lastCode] = [text, coded(text) as number]
      }
      codes[i] = lastCode
      if (i % STEP === 0) yield
    }
    return { codes: { u32: codes }, names: own.list }
  }

  /** Codes as unsigned ones of their width, in place. */
  codes(column: string, found: unknown): Codes {
    const array = this.checked<CodeArray>(column, found, ['Uint8Array', 'Uint16Array', 'Uint32Array', 'Int8Array', 'Int16Array', 'Int32Array'])
    const { buffer, byteOffset, length } = array
    switch (array.BYTES_PER_ELEMENT) {
      case 1:
        return { u8: new Uint8Array(buffer, byteOffset, length) }
      case 2:
        return { u16: new Uint16Array(buffer, byteOffset, length) }
      default:
        return { u32: new Uint32Array(buffer, byteOffset, length) }
    }
  }

  /** Days, or instants under the other name. */
  *times(name: string): Steps<NativeTimes> {
    if (this.has('day')) {
      if (this.has(name)) throw this.wrong('day', `given beside ${name}; one of them is wanted`)
      return { days: this.array<Int32Array>('day', 'Int32Array') }
    }
    const found = this.columns[name]
    if (found == null) throw this.missing(name)
    if (Array.isArray(found)) {
      this.sized(name, found.length)
      const instants = new Float64Array(found.length)
      for (let i = 0; i < found.length; i += 1) {
        const at = found[i] == null ? 'missing' : micros(found[i] as Time)
        if (typeof at === 'string') throw wrongField(this.name, i, name, at, found[i])
        instants[i] = at
        if (i % STEP === 0) yield
      }
      return { micros: instants }
    }
    const array = this.array<Float64Array | BigInt64Array>(name, 'Float64Array', 'BigInt64Array')
    return array instanceof Float64Array || typeName(array) === 'Float64Array' ? { millis: array as Float64Array } : { bigMillis: array as BigInt64Array }
  }
}

function typeName(value: unknown): string {
  if (isTypedArray(value)) return value[Symbol.toStringTag] as string
  if (Array.isArray(value)) return 'Array'
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value).slice(8, -1) : shown(value)
}

function oneOf(types: string[]): string {
  return types.length === 1 ? `a ${types[0]}` : `one of ${types.join(', ')}`
}

/** Refuses memory that could change or go away while another thread reads it. */
export function alive(array: ArrayBufferView, wrong: (message: string) => FanPulseError): void {
  const { buffer } = array
  if (isSharedArrayBuffer(buffer)) throw wrong('is of shared memory, which other threads may change; copy it')
  if ((buffer as ArrayBuffer & { resizable?: boolean }).resizable === true) throw wrong('is of a resizable buffer; copy it')
  if (isDetached(buffer)) throw wrong('its buffer is detached: it was transferred')
}

/** Whether a buffer's memory has gone elsewhere. */
export function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength !== 0 || !isAnyArrayBuffer(buffer)) return false
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}

/** The artist column, its names among those of the call. */
function* artistCodes(table: Table, artists: Names): Steps<Codes> {
  const found = table['columns'].artistId as TextColumn | undefined
  const coded = typeof found === 'object' && found !== null && 'names' in found ? found : undefined
  if (coded !== undefined && Array.isArray(coded.names) && (artists.list.length === 0 || artists.isBorrowed(coded.names))) {
    const { codes, names } = yield* table.text('artistId')
    artists.borrow(names)
    return codes
  }
  yield* artists.own()
  return (yield* table.text('artistId', (name) => artists.code(name))).codes
}

const OBSERVATION = ['artistId', 'component', 'platform', 'metric', 'day', 'observedAt', 'value']

/** Observations given as columns. */
export function* observationColumns(given: ObservationColumns, artists: Names, buffers: ArrayBufferLike[]): Steps<ObservationInput> {
  const table = new Table('observations', given as unknown as Columns, OBSERVATION)
  const value = table.array<Float64Array>('value', 'Float64Array')
  const time = yield* table.times('observedAt')
  const artist = yield* artistCodes(table, artists)
  const input: ObservationInput = { artist, components: [], platforms: [], metrics: [], time, value }
  if (table.has('component')) {
    for (const name of ['platform', 'metric']) if (table.has(name)) throw table.wrong(name, 'given beside component; one of them is wanted')
    const { codes, names } = given.component as { codes?: unknown; names?: unknown }
    if (!Array.isArray(names)) throw table.wrong('component', `${typeName(given.component)} where { codes, names } is wanted`)
    names.forEach((name: { platform?: unknown; metric?: unknown } | null, i) => {
      if (typeof name?.platform !== 'string' || typeof name.metric !== 'string') throw table.wrong('component', `name ${i} lacks a platform or a metric`)
    })
    if (names.length > 0xffff) throw table.wrong('component', 'more than 65,535 components (platform and metric)')
    input.components = names
    input.component = table.codes('component', codes)
  } else {
    const platform = yield* table.text('platform')
    const metric = yield* table.text('metric')
    input.platforms = [...platform.names]
    input.platform = platform.codes
    input.metrics = [...metric.names]
    input.metric = metric.codes
    for (let i = 0; i < metric.names.length; i += 1) {
      const unknown = native.unknownMetric(metric.names[i])
      if (unknown === null) continue
      const codes = metric.codes.u32 ?? metric.codes.u16 ?? metric.codes.u8
      const row = codes?.findIndex((code) => code === i) ?? -1
      throw row < 0 ? table.wrong('metric', unknown, metric.names[i]) : wrongField(table.name, row, 'metric', unknown, metric.names[i])
    }
  }
  buffers.push(...table.buffers)
  return input
}

const COUNTS = ['likes', 'comments', 'shares', 'saves', 'views']

/** Posts given as columns. */
export function* postColumns(given: PostColumns, artists: Names, buffers: ArrayBufferLike[]): Steps<PostInput> {
  const table = new Table('posts', given as unknown as Columns, ['artistId', 'platform', 'postId', 'day', 'publishedAt', ...COUNTS])
  const time = yield* table.times('publishedAt')
  const counts = COUNTS.map((name) => table.optional<Float64Array>(name, 'Float64Array'))
  const artist = yield* artistCodes(table, artists)
  const { codes: platform, names } = yield* table.text('platform')
  const input: PostInput = { artist, platforms: [...names], platform, time, counts }
  const ids = given.postId
  if (Array.isArray(ids)) {
    if (ids.length !== table.length) throw table.wrong('postId', `${ids.length} rows where the other columns have ${table.length}`)
    input.ids = yield* packed(ids as string[], 'posts', 'postId')
  } else if (ids != null) {
    const { codes, names: known } = yield* table.text('postId')
    const list = codes.u32 ?? codes.u16 ?? (codes.u8 as Uint8Array)
    const each = new Array<string>(list.length)
    for (let i = 0; i < list.length; i += 1) {
      each[i] = known[list[i]]
      if (i % STEP === 0) yield
    }
    input.ids = yield* packed(each, 'posts', 'postId')
  }
  buffers.push(...table.buffers)
  return input
}

/** Fan events given as columns. */
export function* fanColumns(given: FanEventColumns, artists: Names, buffers: ArrayBufferLike[]): Steps<NonNullable<FanInput['columns']>> {
  const columns = given as unknown as Columns
  const table = new Table('fanEvents', columns, ['artistId', 'fanId', 'kind', 'day', 'occurredAt', 'count', 'amount', 'seconds', 'currency'])
  const time = yield* table.times('occurredAt')
  const count = table.optional<Uint32Array>('count', 'Uint32Array')
  const amount = table.optional<Float64Array>('amount', 'Float64Array')
  const seconds = table.optional<Float64Array>('seconds', 'Float64Array')
  const artist = yield* artistCodes(table, artists)
  const fan = yield* table.text('fanId')
  const kind = yield* table.text('kind')
  const currency = table.has('currency') ? yield* table.text('currency') : undefined
  buffers.push(...table.buffers)
  const fans = yield* packed(fan.names, 'fanEvents', 'fanId')
  const currencies = { currencies: [...(currency?.names ?? [])], currency: currency?.codes }
  return { artist, fans, fan: fan.codes, time, kinds: [...kind.names], kind: kind.codes, count, amount, seconds, ...currencies }
}
