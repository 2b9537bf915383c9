import { calling, invalid, shown } from './error.js'
import { type NativeModel, native } from './native.js'
import { atOnce } from './steps.js'
import type { Prediction } from './types.js'
import { unpack } from './unpack.js'

/** A learned model of breakouts, made by `train` or read from a model file. */
export class BreakoutModel {
  private readonly native: NativeModel

  /** The model of a model file: its text, or what that is as an object. */
  constructor(model: string | object) {
    const json = typeof model === 'string' ? model : JSON.stringify(model)
    this.native = calling(() => new native.NativeModel(json))
  }

  /** The names of the features, in the order that `predict` takes. */
  get features(): string[] {
    return this.native.features
  }

  /** Where the model comes from and how good it is, as its file says. */
  get card(): Record<string, unknown> {
    return JSON.parse(this.native.card) as Record<string, unknown>
  }

  /** The model file; a model that is made of it predicts the same, bit for bit. */
  toJson(): string {
    return calling(() => this.native.toJson())
  }

  /** What the model file holds, as it stands there: coefficients, calibration, card. */
  get parameters(): Record<string, unknown> {
    return JSON.parse(this.toJson()) as Record<string, unknown>
  }

  /** The card as Markdown. */
  cardMarkdown(title = 'breakout'): string {
    return this.native.cardMarkdown(title)
  }

  /** One prediction per row of features; null or NaN = missing. */
  predict(rows: readonly (readonly (number | null)[])[]): Prediction[] {
    const width = this.features.length
    const values = new Float64Array(rows.length * width)
    rows.forEach((row, i) => {
      if (row.length !== width) throw invalid(`features row ${i}: ${row.length} features given where the model has ${width}`, { column: 'features', row: i })
      row.forEach((value, j) => {
        if (value !== null && typeof value !== 'number') throw invalid(`features row ${i}: ${shown(value)} is not a number`, { column: 'features', row: i, value: shown(value) })
        values[i * width + j] = value ?? NaN
      })
    })
    return atOnce(unpack<Prediction>(calling(() => this.native.predict(values))))
  }
}
