import type { BreakoutModel } from './breakout.js'
import { Engine, type FansJudged, type Scored } from './engine.js'
import { invalid, shown } from './error.js'
import type {
  AsyncOptions,
  ClusterOptions,
  ExplainOptions,
  FanEvents,
  FanOptions,
  Observations,
  Output,
  ReleaseOptions,
  ScoreOptions,
  SeriesInput,
  TrainOptions,
  TrainingExample,
} from './inputs.js'
import type { FanClusters, Prediction, ReleaseWindow, SeriesReport } from './types.js'

export { alerts } from './alerts.js'
export { BreakoutModel } from './breakout.js'
export { Engine, type EngineOptions, type FansJudged, type Scored } from './engine.js'
export { type ErrorCode, FanPulseError } from './error.js'
export type * from './inputs.js'
export { LiveArtist } from './live.js'
export { SpikeStream } from './stream.js'
export type { Settings } from './settings.js'
export type * from './types.js'

const engines = new Map<number, Engine>()

/** The engine with the defaults and a window. */
function engineOf(windowDays: number | undefined): Engine {
  const days = windowDays ?? 30
  let engine = engines.get(days)
  if (engine === undefined) {
    if (!Number.isInteger(days) || days < 0 || days > 1e6) {
      throw invalid(`windowDays: ${shown(windowDays)} is not a whole number from 14 to 366`, { column: 'windowDays', value: shown(windowDays) })
    }
    engine = new Engine({ windowDays: days })
    engines.set(days, engine)
  }
  return engine
}

/** The engine and the options that are left for it. */
function parted<T extends object>(given: T & { windowDays?: number }): [Engine, T] {
  if (typeof given !== 'object' || given === null) return [engineOf(undefined), given]
  const { windowDays, ...rest } = given
  return [engineOf(windowDays), rest as unknown as T]
}

/**
 * Analyses every artist whose rows are given, in the order in which they first appear.
 *
 * Throws `INVALID_INPUT`, naming row, column and value, where a row is wrong or two rows contradict each other. A row that
 * repeats another exactly counts once.
 */
export function score<O extends Output = 'objects'>(observations: Observations, options: ScoreOptions<O>): Scored[O] {
  const [engine, rest] = parted(options)
  return engine.score(observations, rest)
}

/**
 * The same as `score` on a thread of libuv's pool. The event loop is held for a few milliseconds at most: rows are read and results
 * made in slices.
 */
export async function scoreAsync<O extends Output = 'objects'>(observations: Observations, options: ScoreOptions<O> & AsyncOptions): Promise<Scored[O]> {
  const [engine, rest] = parted(options)
  return await engine.scoreAsync(observations, rest)
}

/** How each number of an artist's analysis came about, in words. */
export function explain(observations: Observations, options: ExplainOptions): string {
  const [engine, rest] = parted(options)
  return engine.explain(observations, rest)
}

/** The same as `explain` on another thread. */
export async function explainAsync(observations: Observations, options: ExplainOptions & AsyncOptions): Promise<string> {
  const [engine, rest] = parted(options)
  return await engine.explainAsync(observations, rest)
}

/** Judges fans: engagement, value, tier, segment and what is expected of each; and each artist's fans as a whole. */
export function fans<O extends Output = 'objects'>(events: FanEvents, options: FanOptions<O>): FansJudged[O] {
  return engineOf(undefined).fans(events, options)
}

/** The same as `fans` on another thread. */
export async function fansAsync<O extends Output = 'objects'>(events: FanEvents, options: FanOptions<O> & AsyncOptions): Promise<FansJudged[O]> {
  return await engineOf(undefined).fansAsync(events, options)
}

/**
 * Groups the fans of all artists by how recent, frequent and paying they are: the groups, and each fan's group.
 *
 * Throws `INSUFFICIENT_DATA` where there are fewer than 10 fans. The same seed gives the same groups.
 */
export function clusters(events: FanEvents, options: ClusterOptions): FanClusters {
  return engineOf(undefined).clusters(events, options)
}

/** The same as `clusters` on another thread. */
export async function clustersAsync(events: FanEvents, options: ClusterOptions & AsyncOptions): Promise<FanClusters> {
  return await engineOf(undefined).clustersAsync(events, options)
}

/** Looks for spikes in a series of streams, views or mentions: daily, hourly or finer. */
export function viral(series: SeriesInput): SeriesReport {
  return engineOf(undefined).viral(series)
}

/** The same as `viral` on another thread. */
export async function viralAsync(series: SeriesInput, options: AsyncOptions = {}): Promise<SeriesReport> {
  return await engineOf(undefined).viralAsync(series, options)
}

/** Scores the next Fridays as days to release on. */
export function releases(options: ReleaseOptions): ReleaseWindow[] {
  const [engine, rest] = parted(options)
  return engine.releases(rest)
}

/** Predicts breakouts with a learned model, one prediction per row of features; null or NaN = missing. */
export function breakout(model: BreakoutModel | string | object, features: readonly (readonly (number | null)[])[]): Prediction[] {
  return engineOf(undefined).breakout(model, features)
}

/**
 * Trains a model of breakouts, calibrates it on later examples, and judges it on later ones still; no split is random.
 *
 * Throws `INSUFFICIENT_DATA` where a part has too few examples of a kind. For settings of one's own, ask an `Engine` that has them.
 */
export function train(examples: readonly TrainingExample[], options: TrainOptions): BreakoutModel {
  return engineOf(undefined).train(examples, options)
}

/** The same as `train` on another thread. */
export async function trainAsync(examples: readonly TrainingExample[], options: TrainOptions & AsyncOptions): Promise<BreakoutModel> {
  return await engineOf(undefined).trainAsync(examples, options)
}
