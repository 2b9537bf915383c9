/** What to do about an error. */
export type ErrorCode = 'INVALID_INPUT' | 'INSUFFICIENT_DATA' | 'NOT_FOUND' | 'INTERNAL'

/** Where an error lies, as far as it is known. */
export interface Place {
  /** `observations`, `posts` or `fanEvents`. */
  table?: string
  /** Row of the table, from 0. */
  row?: number
  column?: string
  /** The value as text. */
  value?: string
}

/** What every call of FanPulse throws or rejects with, unless it is an error of the caller's own or the reason of a signal. */
export class FanPulseError extends Error {
  override readonly name = 'FanPulseError'
  /** What to do about it: mend the input; bring more data; look for another name; report a bug. */
  readonly code: ErrorCode
  /** The table of rows that it is about. */
  readonly table: string | undefined
  /** The row, from 0. */
  readonly row: number | undefined
  /** The column, field or argument. */
  readonly column: string | undefined
  /** The value as text. */
  readonly value: string | undefined

  /** @internal */
  constructor(message: string, code: ErrorCode, place: Place = {}) {
    super(message)
    this.code = code
    this.table = place.table
    this.row = place.row
    this.column = place.column
    this.value = place.value
  }
}

/** An argument or a column is wrong. @internal */
export function invalid(message: string, place: Place = {}): FanPulseError {
  return new FanPulseError(message, 'INVALID_INPUT', place)
}

/** A row's field is wrong. `message` speaks of the field; `named` says that it does so by name. @internal */
export function wrongField(table: string, row: number, column: string, message: string, value?: unknown): FanPulseError {
  return invalid(`${table} row ${row}: ${column}: ${message}`, { table, row, column, value: value === undefined ? undefined : shown(value) })
}

const CODES = new Set(['INVALID_INPUT', 'INSUFFICIENT_DATA', 'NOT_FOUND', 'INTERNAL'])

/** An error of the native side as one of ours; others are left as they are. @internal */
export function ours(e: unknown): unknown {
  if (!(e instanceof Error) || e instanceof FanPulseError) return e
  const { code, table, row, column, value } = e as Error & { code?: string } & { [key in keyof Place]: Place[key] | null }
  if (code === undefined || !CODES.has(code)) return e
  const place = { table: table ?? undefined, row: row ?? undefined, column: column ?? undefined, value: value ?? undefined }
  const error = new FanPulseError(e.message, code as ErrorCode, place)
  if (e.stack !== undefined) error.stack = e.stack.replace(/^Error/, 'FanPulseError')
  return error
}

/** Calls the native side. @internal */
export function calling<T>(call: () => T): T {
  try {
    return call()
  } catch (e) {
    throw ours(e)
  }
}

/** A value as a message shows it, without calling anything that the caller wrote. @internal */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 80 ? `'${value.slice(0, 77)}…'` : `'${value}'`
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'bigint':
      return `${value}n`
    default:
      return value === null ? 'null' : `a value of type ${typeof value}`
  }
}
