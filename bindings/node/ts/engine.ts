import { BreakoutModel } from './breakout.js'
import { type Request, asOf, elsewhere, fanRequest, fanResult, options, scoreRequest, scoreResult } from './call.js'
import { calling, invalid, shown } from './error.js'
import type {
  AsyncOptions,
  ClusterOptions,
  EngineScoreOptions,
  ExplainOptions,
  FanEvents,
  FanOptions,
  Observations,
  Output,
  ReleaseOptions,
  SeriesInput,
  TrainOptions,
  TrainingExample,
} from './inputs.js'
import { LiveArtist } from './live.js'
import { Memory, withMemory } from './memory.js'
import { type ClusterInput, type ClusterOutput, type NativeEngine, type ScoreOutput, native } from './native.js'
import type { Settings } from './settings.js'
import { settingsError, settingsJson, settingsObject } from './settings-names.js'
import { type Steps, atOnce } from './steps.js'
import { Names } from './text.js'
import { dayText, instantText } from './time.js'
import { trainRequest } from './train.js'
import type { Analysis, Cluster, Fan, FanClusters, FanColumns, FanReport, Prediction, ReleaseWindow, ScoreColumns, SeriesReport } from './types.js'
import { unpack } from './unpack.js'

/** What an engine has beside its settings. */
export interface EngineOptions {
  /** A learned model of the component scores of momentum, in place of the indicators; or its file. */
  breakout?: BreakoutModel | string | object
  /** What is done with two values for one artist, component and time: they are refused (the default), or the first is kept. */
  conflicts?: 'refuse' | 'keep_first'
}

/** What scoring gives in each form. */
export interface Scored {
  objects: Analysis[]
  columns: ScoreColumns
  arrow: Uint8Array
}

/** What judging fans gives in each form. */
export interface FansJudged {
  objects: FanReport<Fan[]>
  columns: FanReport<FanColumns>
  arrow: FanReport<Uint8Array>
}

const SCORE_OPTIONS = ['asOf', 'posts', 'fans', 'output']
const FAN_OPTIONS = ['asOf', 'output']
const CLUSTER_OPTIONS = ['asOf', 'clusters', 'seed']

/** Settings, and every analysis with them. Immutable; the functions of this package are those of an engine with the defaults. */
export class Engine {
  /** @internal */
  readonly native: NativeEngine

  /** An engine with some settings of its own; the others have their defaults. */
  constructor(settings: Settings = {}, given: EngineOptions = {}) {
    const { breakout, conflicts = 'refuse' } = options(given, ['breakout', 'conflicts'])
    if (conflicts !== 'refuse' && conflicts !== 'keep_first') {
      throw invalid(`conflicts: ${shown(conflicts)} is not one of refuse, keep_first`, { column: 'conflicts', value: shown(conflicts) })
    }
    const json = settingsJson(settings)
    try {
      this.native = new native.NativeEngine(json)
    } catch (e) {
      throw settingsError(e)
    }
    if (breakout === undefined && conflicts === 'refuse') return
    const model = breakout === undefined || breakout instanceof BreakoutModel ? breakout : new BreakoutModel(breakout)
    this.native = calling(() => new native.NativeEngine(json, model?.toJson(), conflicts === 'keep_first'))
  }

  /** All settings in force. */
  get settings(): Settings {
    return settingsObject(this.native.settings) as Settings
  }

  /** The hash of the settings, which stands on every result. */
  get settingsHash(): string {
    return this.native.settingsHash
  }

  /**
   * Analyses every artist whose rows are given, in the order in which they first appear.
   *
   * Throws `INVALID_INPUT`, naming row, column and value, where a row is wrong or two rows contradict each other. A row that
   * repeats another exactly counts once.
   */
  score<O extends Output = 'objects'>(observations: Observations, given: EngineScoreOptions<O>): Scored[O] {
    const { output = 'objects' } = options(given, SCORE_OPTIONS)
    return withMemory((memory) => {
      const request = atOnce(scoreRequest(observations, given, memory))
      return atOnce(scoreResult(calling(() => this.native.score(request.input)), output, request)) as Scored[O]
    })
  }

  /**
   * The same as `score` on a thread of libuv's pool. The event loop is held for a few milliseconds at most: rows are read and results
   * made in slices.
   */
  async scoreAsync<O extends Output = 'objects'>(observations: Observations, given: EngineScoreOptions<O> & AsyncOptions): Promise<Scored[O]> {
    const { output = 'objects', signal } = options(given, [...SCORE_OPTIONS, 'signal'])
    return (await elsewhere(
      () => scoreRequest(observations, given, new Memory()),
      (input, stop) => this.native.scoreAsync(input, stop),
      (out, request) => scoreResult(out, output, request),
      signal,
    )) as Scored[O]
  }

  /** How each number of an artist's analysis came about, in words. */
  explain(observations: Observations, given: Omit<ExplainOptions, 'windowDays'>): string {
    const { artistId } = options(given, ['asOf', 'posts', 'fans', 'artistId'])
    return withMemory((memory) => {
      const { input } = atOnce(scoreRequest(observations, given, memory, { artistId }))
      return calling(() => this.native.score(input)).words as string
    })
  }

  /** The same as `explain` on another thread. */
  async explainAsync(observations: Observations, given: Omit<ExplainOptions, 'windowDays'> & AsyncOptions): Promise<string> {
    const { artistId, signal } = options(given, ['asOf', 'posts', 'fans', 'artistId', 'signal'])
    return await elsewhere(
      () => scoreRequest(observations, given, new Memory(), { artistId }),
      (input, stop) => this.native.scoreAsync(input, stop),
      words,
      signal,
    )
  }

  /** Judges fans: engagement, value, tier, segment and what is expected of each; and each artist's fans as a whole. */
  fans<O extends Output = 'objects'>(events: FanEvents, given: FanOptions<O>): FansJudged[O] {
    const { output = 'objects' } = options(given, FAN_OPTIONS)
    const { input } = atOnce(fanRequest(events, given))
    return atOnce(fanResult(calling(() => this.native.fans(input)), output)) as FansJudged[O]
  }

  /** The same as `fans` on another thread. */
  async fansAsync<O extends Output = 'objects'>(events: FanEvents, given: FanOptions<O> & AsyncOptions): Promise<FansJudged[O]> {
    const { output = 'objects', signal } = options(given, [...FAN_OPTIONS, 'signal'])
    return (await elsewhere(
      () => fanRequest(events, given),
      (input, stop) => this.native.fansAsync(input, stop),
      (out) => fanResult(out, output),
      signal,
    )) as FansJudged[O]
  }

  /**
   * Groups the fans of all artists by how recent, frequent and paying they are: the groups, and each fan's group.
   *
   * Throws `INSUFFICIENT_DATA` where there are fewer than 10 fans. The same seed gives the same groups.
   */
  clusters(events: FanEvents, given: ClusterOptions): FanClusters {
    const { input } = atOnce(clusterRequest(events, given))
    return atOnce(clusterResult(calling(() => this.native.clusters(input))))
  }

  /** The same as `clusters` on another thread. */
  async clustersAsync(events: FanEvents, given: ClusterOptions & AsyncOptions): Promise<FanClusters> {
    return await elsewhere(
      () => clusterRequest(events, given),
      (input, stop) => this.native.clustersAsync(input, stop),
      clusterResult,
      options(given, [...CLUSTER_OPTIONS, 'signal']).signal,
    )
  }

  /** Looks for spikes in a series of streams, views or mentions: daily, hourly or finer. */
  viral(series: SeriesInput): SeriesReport {
    const { input } = atOnce(seriesRequest(series))
    return atOnce(seriesResult(calling(() => this.native.spikes(input))))
  }

  /** The same as `viral` on another thread. */
  async viralAsync(series: SeriesInput, given: AsyncOptions = {}): Promise<SeriesReport> {
    const { signal } = options(given, ['signal'])
    return await elsewhere(
      () => seriesRequest(series),
      (input, stop) => this.native.spikesAsync(input, stop),
      seriesResult,
      signal,
    )
  }

  /** Scores the next Fridays as days to release on. */
  releases(given: Omit<ReleaseOptions, 'windowDays'>): ReleaseWindow[] {
    const { momentum, streams, competition = [] } = options(given, ['asOf', 'momentum', 'streams', 'competition'])
    if (momentum != null && typeof momentum !== 'number') throw invalid(`momentum: ${shown(momentum)} is not a number`, { column: 'momentum' })
    const question = {
      asOf: asOf(given),
      momentum: momentum ?? undefined,
      streams: floats(streams ?? [], 'streams'),
      days: competition.map(({ day }) => dayText(day, 'competition day')),
      followers: competition.map(({ followers }) => followers),
    }
    return atOnce(unpack<ReleaseWindow>(calling(() => native.releases(this.native, question))))
  }

  /** Predicts breakouts with a learned model, one prediction per row of features; null or NaN = missing. */
  breakout(model: BreakoutModel | string | object, features: readonly (readonly (number | null)[])[]): Prediction[] {
    return (model instanceof BreakoutModel ? model : new BreakoutModel(model)).predict(features)
  }

  /**
   * Trains a model of breakouts, calibrates it on later examples, and judges it on later ones still; no split is random.
   *
   * Throws `INSUFFICIENT_DATA` where a part has too few examples of a kind. The settings are `learned` of the engine's.
   */
  train(examples: readonly TrainingExample[], given: TrainOptions): BreakoutModel {
    const { input } = atOnce(trainRequest(examples, given))
    return new BreakoutModel(calling(() => this.native.train(input)))
  }

  /** The same as `train` on another thread. */
  async trainAsync(examples: readonly TrainingExample[], given: TrainOptions & AsyncOptions): Promise<BreakoutModel> {
    return await elsewhere(
      () => trainRequest(examples, given),
      (input, stop) => this.native.trainAsync(input, stop),
      model,
      given?.signal,
    )
  }

  /** An artist that takes observations one at a time. */
  live(artistId: string): LiveArtist {
    return new LiveArtist(artistId, this)
  }
}

function* words(out: ScoreOutput): Steps<string> {
  return out.words as string
}

function* model(json: string): Steps<BreakoutModel> {
  return new BreakoutModel(json)
}

/** Numbers, null as NaN. */
function floats(list: Float64Array | readonly (number | null)[], column: string): Float64Array {
  if (list instanceof Float64Array) return list
  if (!Array.isArray(list)) throw invalid(`${column}: ${shown(list)} is not a list of numbers`, { column })
  const numbers = new Float64Array(list.length)
  list.forEach((number: unknown, i) => {
    if (number !== null && typeof number !== 'number') throw invalid(`${column}: position ${i}: ${shown(number)} is not a number`, { column, row: i, value: shown(number) })
    numbers[i] = number ?? NaN
  })
  return numbers
}

function* clusterRequest(events: FanEvents, given: ClusterOptions): Steps<Request<ClusterInput>> {
  const { clusters, seed = 0 } = options(given, [...CLUSTER_OPTIONS, 'signal'])
  const whole = (name: string, value: unknown): void => {
    if (!Number.isInteger(value) || (value as number) < 0 || !Number.isSafeInteger(value)) {
      throw invalid(`${name}: ${shown(value)} is not a whole number of at least 0`, { column: name, value: shown(value) })
    }
  }
  if (clusters != null) {
    whole('clusters', clusters)
    if (clusters < 2 || clusters > 16) throw invalid(`clusters: ${clusters} is outside 2 to 16`, { column: 'clusters', value: shown(clusters) })
  }
  whole('seed', seed)
  const request = yield* fanRequest(events, given)
  return { ...request, input: { events: request.input, clusters: clusters ?? undefined, seed } }
}

function* clusterResult(out: ClusterOutput): Steps<FanClusters> {
  return { clusters: yield* unpack<Cluster>(out.clusters), ofFan: out.ofFan }
}

function* seriesRequest(series: SeriesInput): Steps<{ input: { start: string; stepSeconds: number; values: Float64Array }; artists: Names; buffers: ArrayBufferLike[] }> {
  const { start, stepSeconds = 86_400, values } = options(series, ['start', 'stepSeconds', 'values'])
  if (start == null) throw invalid('start: missing', { column: 'start' })
  if (typeof stepSeconds !== 'number') throw invalid(`stepSeconds: ${shown(stepSeconds)} is not a number`, { column: 'stepSeconds' })
  const input = { start: instantText(start, 'start'), stepSeconds, values: floats(values, 'values') }
  return { input, artists: new Names(), buffers: [input.values.buffer] }
}

function* seriesResult(packs: Parameters<typeof unpack>[0]): Steps<SeriesReport> {
  return (yield* unpack<SeriesReport>(packs))[0]
}
