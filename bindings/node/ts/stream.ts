import { options } from './call.js'
import { Engine } from './engine.js'
import { calling, invalid, shown } from './error.js'
import type { Time } from './inputs.js'
import { type NativeStream, native } from './native.js'
import { atOnce } from './steps.js'
import { micros } from './time.js'
import type { SeriesSpike, Verdict } from './types.js'
import { unpack } from './unpack.js'

/** Finds spikes while they happen: the verdicts of `viral`, one reading at a time. */
export class SpikeStream {
  private readonly native: NativeStream

  /** A stream whose first step begins at `start`; a step is 1 to 604,800 seconds, by default a day. */
  constructor(given: { start: Time; stepSeconds?: number }, engine: Engine = new Engine()) {
    const { start, stepSeconds = 86_400 } = options(given, ['start', 'stepSeconds'])
    if (typeof stepSeconds !== 'number') throw invalid(`stepSeconds: ${shown(stepSeconds)} is not a number`, { column: 'stepSeconds' })
    const at = start == null ? 'missing' : micros(start)
    if (typeof at === 'string') throw invalid(`start: ${at}`, { column: 'start', value: shown(start) })
    this.native = calling(() => new native.NativeStream(engine.native, at, stepSeconds))
  }

  /** Takes the next reading, null (or NaN) where it is missing, and says what it was. */
  push(value: number | null): Verdict {
    if (value !== null && typeof value !== 'number') throw invalid(`value: ${value === undefined ? 'missing' : `${shown(value)} is not a number`}`, { column: 'value', value: shown(value) })
    return atOnce(unpack<Verdict>(calling(() => this.native.push(value ?? NaN))))[0]
  }

  /** The spike that goes on; null where none does. */
  get open(): SeriesSpike | null {
    return atOnce(unpack<SeriesSpike>(calling(() => this.native.open())))[0] ?? null
  }
}
