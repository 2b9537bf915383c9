import { wrongField } from './error.js'
import type { NativeTimes } from './native.js'
import { MICROS_PER_DAY, micros } from './time.js'

/** Texts that are remembered. */
const MOST = 5000

/** A column of times, which are kept as days as long as they are days. */
export class Times {
  private instants: Float64Array | undefined
  /** The texts seen so far, in the order in which they came: most rows have the one that follows the row's before. */
  readonly texts: string[] = []
  readonly found: number[] = []
  private readonly place = new Map<string, number>()

  constructor(
    private readonly table: string,
    private readonly column: string,
    private readonly days: Int32Array,
  ) {}

  /** Whether all times so far are days. */
  get areDays(): boolean {
    return this.instants === undefined
  }

  /**
   * Reads a row's time, whose text is not the one at `next` of `texts`; gives the place of the text that is likely to come next.
   * The days of `found` count while all times are days.
   */
  read(row: number, time: unknown, next: number): number {
    const { instants } = this
    if (instants === undefined) {
      const place = this.place.get(time as string)
      if (place !== undefined) {
        this.days[row] = this.found[place]
        return place + 1
      }
    }
    const at = time == null ? 'missing' : micros(time)
    if (typeof at === 'string') throw wrongField(this.table, row, this.column, at, time)
    if (instants !== undefined) {
      instants[row] = at
      return next
    }
    const day = at / MICROS_PER_DAY
    if (Number.isInteger(day)) {
      this.days[row] = day
      if (typeof time !== 'string' || this.texts.length === MOST) return next
      this.place.set(time, this.texts.length)
      this.texts.push(time)
      this.found.push(day)
      return this.texts.length
    }
    const all = new Float64Array(this.days.length)
    for (let i = 0; i < row; i += 1) all[i] = this.days[i] * MICROS_PER_DAY
    all[row] = at
    this.instants = all
    // From here on no text is known.
    this.texts.length = 0
    this.place.clear()
    return 0
  }

  times(): NativeTimes {
    return this.instants === undefined ? { days: this.days } : { micros: this.instants }
  }
}
