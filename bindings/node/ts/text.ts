import { invalid, shown, wrongField } from './error.js'
import type { Text } from './native.js'
import type { Steps } from './steps.js'

/** Texts per step. */
const STEP = 1024

/** Names, each with a code from 0 in the order of first sight. */
export class Names {
  list: string[] = []
  private codes: Map<string, number> | undefined

  /** The code of a name. */
  code(name: string): number {
    this.codes ??= new Map(this.list.map((known, code) => [known, code]))
    let code = this.codes.get(name)
    if (code === undefined) {
      code = this.list.length
      this.list.push(name)
      this.codes.set(name, code)
    }
    return code
  }

  /** Takes over a caller's list as it is; a copy is made before anything is added. */
  borrow(list: readonly string[]): void {
    this.list = list as string[]
    this.borrowed = true
  }

  private borrowed = false

  /** Whether these are the caller's names, which may stand twice. */
  get areBorrowed(): boolean {
    return this.borrowed
  }

  /** Whether these are the caller's names, in this very list. */
  isBorrowed(list: readonly string[]): boolean {
    return this.borrowed && this.list === list
  }

  /** Makes the list our own, so that names can be added to it. */
  *own(): Steps<void> {
    if (this.borrowed) {
      const list = this.list
      this.list = []
      this.codes = undefined
      this.borrowed = false
      for (let i = 0; i < list.length; i += 1) {
        if (this.code(list[i]) !== i) throw invalid(`${shown(list[i])} stands twice among the names`, { column: 'artistId', value: list[i] })
        if (i % STEP === 0) yield
      }
    }
  }
}

/** Many texts as one piece of UTF-8, which takes one call to hand over. */
export function* packed(list: readonly unknown[], table: string, column: string): Steps<Text> {
  const ends = new Uint32Array(list.length)
  const pieces: Buffer[] = []
  let total = 0
  for (let from = 0; from < list.length; from += STEP) {
    const to = Math.min(from + STEP, list.length)
    let units = total
    for (let i = from; i < to; i += 1) {
      const text = list[i]
      if (typeof text !== 'string') throw wrongField(table, i, column, text == null ? 'missing' : `${shown(text)} is not a string`, text)
      units += text.length
      ends[i] = units
    }
    let piece = Buffer.from(list.slice(from, to).join(''), 'utf8')
    if (piece.length !== units - total) {
      // Not ASCII: each is measured on its own.
      const each = list.slice(from, to).map((text) => Buffer.from(text as string, 'utf8'))
      let end = total
      for (let i = from; i < to; i += 1) {
        end += each[i - from].length
        ends[i] = end
      }
      piece = Buffer.concat(each)
    }
    total += piece.length
    if (total > 0xffff_ffff) throw invalid(`${column}: more than 4 GB of text`, { table, column })
    pieces.push(piece)
    yield
  }
  return { bytes: Buffer.concat(pieces, total), ends }
}

/** The texts of one piece. */
export function* unpacked({ bytes, ends }: Text): Steps<string[]> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const list = new Array<string>(ends.length)
  let start = 0
  for (let from = 0; from < ends.length; from += STEP) {
    const to = Math.min(from + STEP, ends.length)
    start = unpackSome(buffer, ends, from, to, start, list)
    yield
  }
  return list
}

/** A few texts of one piece, at once. */
export function unpackedAtOnce({ bytes, ends }: Text): string[] {
  const list = new Array<string>(ends.length)
  unpackSome(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), ends, 0, ends.length, 0, list)
  return list
}

function unpackSome(buffer: Buffer, ends: Uint32Array, from: number, to: number, start: number, list: string[]): number {
  const end = to === from ? start : ends[to - 1]
  const whole = buffer.toString('utf8', start, end)
  const ascii = whole.length === end - start
  let at = start
  for (let i = from; i < to; i += 1) {
    list[i] = ascii ? whole.slice(at - start, ends[i] - start) : buffer.toString('utf8', at, ends[i])
    at = ends[i]
  }
  return end
}
