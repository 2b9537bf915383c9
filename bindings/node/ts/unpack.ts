import type { NamedColumn, Pack } from './native.js'
import type { Steps } from './steps.js'
import { unpacked, unpackedAtOnce } from './text.js'

/** A pack that is being read. */
interface Reading {
  numbers: Float64Array
  texts: string[]
  /** Where the next number stands. */
  at: number
  makers: Maker[]
}

/** Takes a value's numbers from where the last one ended, and makes it. */
type Maker = (reading: Reading) => unknown

type Shape = string | Shape[] | { [name: string]: Shape }

const known = new Map<string, Maker>()

/** The maker of a shape, made once. */
function makerOf(text: string): Maker {
  let maker = known.get(text)
  if (maker === undefined) known.set(text, (maker = compiled(JSON.parse(text) as Shape)))
  return maker
}

/** `growth_rate` as `growthRate`. */
function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** A function that is one literal, which makes objects several times as fast as property by property does. */
function compiled(shape: Shape): Maker {
  try {
    const body = `const n = r.numbers, t = r.texts; let i = r.at, v; const made = ${literal(shape)}; r.at = i; return made`
    const made = new Function('list', `return (r) => { ${body} }`) as (list: Maker) => Maker
    return made(listOf)
  } catch {
    return stepwise(shape) // where code must not be made of text
  }
}

/** The expression that makes a value; names are quoted, whatever they hold. */
function literal(shape: Shape): string {
  if (Array.isArray(shape)) return `[${shape.map(literal).join(', ')}]`
  if (typeof shape === 'object') {
    // `__proto__` in quotes would set the prototype; in brackets it is a name like any other.
    const quoted = (name: string): string => (name === '__proto__' ? '["__proto__"]' : JSON.stringify(name))
    return `{ ${Object.entries(shape).map(([name, part]) => `${quoted(camel(name))}: ${literal(part)}`).join(', ')} }`
  }
  switch (shape) {
    case 'n':
      return '((v = n[i++]) === v ? v : null)'
    case 'b':
      return 'n[i++] !== 0'
    case 's':
      return 't[n[i++]]'
    default:
      return '(r.at = i, v = list(r), i = r.at, v)'
  }
}

/** The same as `compiled`, one part after the other. */
function stepwise(shape: Shape): Maker {
  if (Array.isArray(shape)) {
    const items = shape.map(stepwise)
    return (r) => items.map((item) => item(r))
  }
  if (typeof shape === 'object') {
    const parts = Object.values(shape).map(stepwise)
    const names = Object.keys(shape).map(camel)
    return (r) => {
      const made: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i += 1) made[names[i]] = parts[i](r)
      return made
    }
  }
  switch (shape) {
    case 'n':
      return (r) => {
        const number = r.numbers[r.at++]
        return number === number ? number : null
      }
    case 'b':
      return (r) => r.numbers[r.at++] !== 0
    case 's':
      return (r) => r.texts[r.numbers[r.at++]]
    default:
      return listOf
  }
}

/** A list of values, each with its own shape. */
function listOf(r: Reading): unknown[] {
  const length = r.numbers[r.at++]
  const list = new Array<unknown>(length)
  for (let i = 0; i < length; i += 1) list[i] = r.makers[r.numbers[r.at++]](r)
  return list
}

function unpackOne(pack: Pack, into: unknown[]): void {
  const reading: Reading = { numbers: pack.numbers, texts: unpackedAtOnce(pack.texts), at: 0, makers: pack.shapes.map(makerOf) }
  for (let i = 0; i < pack.len; i += 1) into.push(reading.makers[reading.numbers[reading.at++]](reading))
}

/** The values of packs, in order. */
export function* unpack<T>(packs: Pack[]): Steps<T[]> {
  const values: unknown[] = []
  for (const pack of packs) {
    unpackOne(pack, values)
    yield
  }
  return values as T[]
}

/** Columns by name. */
export function* columnsOf(columns: NamedColumn[]): Steps<Record<string, unknown>> {
  const made: Record<string, unknown> = {}
  for (const { name, figures, counts, days, labels, names, texts: list } of columns) {
    if (names !== undefined) made[name] = { codes: labels ?? counts, names: yield* unpacked(names) }
    else if (list !== undefined) made[name] = yield* unpacked(list)
    else if (name.includes(',')) apart(made, name.split(','), (figures ?? counts) as Float64Array | Uint32Array)
    else made[name] = figures ?? counts ?? days
    yield
  }
  return made
}

/** Columns that came one after the other, each in memory of its own. */
function apart(into: Record<string, unknown>, names: string[], all: Float64Array | Uint32Array): void {
  const rows = all.length / names.length
  for (let i = 0; i < names.length; i += 1) into[names[i]] = all.slice(i * rows, (i + 1) * rows)
}
