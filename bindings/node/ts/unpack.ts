import type { NamedColumn, Pack } from './native.js'
import type { Steps } from './steps.js'
import { unpacked, unpackedAtOnce } from './text.js'

/** Takes a value's numbers from where the last one ended, and makes it. */
type Maker = () => unknown

// What the makers read; a pack is read without leaving this file.
let numbers: Float64Array
let texts: string[]
let makers: Maker[]
let at = 0

type Shape = string | Shape[] | { [name: string]: Shape }

const known = new Map<string, Maker>()

/** The maker of a shape, made once. */
function makerOf(text: string): Maker {
  let maker = known.get(text)
  if (maker === undefined) known.set(text, (maker = maker_(JSON.parse(text) as Shape)))
  return maker
}

function maker_(shape: Shape): Maker {
  if (Array.isArray(shape)) {
    const items = shape.map(maker_)
    return () => items.map((item) => item())
  }
  if (typeof shape === 'object') {
    const parts = Object.values(shape).map(maker_)
    const names = Object.keys(shape).map(camel)
    return () => {
      const made: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i += 1) made[names[i]] = parts[i]()
      return made
    }
  }
  switch (shape) {
    case 'n':
      return () => {
        const number = numbers[at++]
        return number === number ? number : null
      }
    case 'b':
      return () => numbers[at++] !== 0
    case 's':
      return () => texts[numbers[at++]]
    default:
      return () => {
        const length = numbers[at++]
        const list = new Array<unknown>(length)
        for (let i = 0; i < length; i += 1) list[i] = makers[numbers[at++]]()
        return list
      }
  }
}

/** `growth_rate` as `growthRate`. */
function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

function unpackOne(pack: Pack, into: unknown[]): void {
  numbers = pack.numbers
  texts = unpackedAtOnce(pack.texts)
  makers = pack.shapes.map(makerOf)
  at = 0
  for (let i = 0; i < pack.len; i += 1) into.push(makers[numbers[at++]]())
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
    else made[name] = figures ?? counts ?? days
    yield
  }
  return made
}
