import type { BreakoutModel } from './breakout.js';
import { type FansJudged, type Scored } from './engine.js';
import type { AsyncOptions, ClusterOptions, ExplainOptions, FanEvents, FanOptions, Observations, Output, ReleaseOptions, ScoreOptions, SeriesInput, TrainOptions, TrainingExample } from './inputs.js';
import type { FanClusters, Prediction, ReleaseWindow, SeriesReport } from './types.js';
export { alerts } from './alerts.js';
export { BreakoutModel } from './breakout.js';
export { Engine, type EngineOptions, type FansJudged, type Scored } from './engine.js';
export { type ErrorCode, FanPulseError } from './error.js';
export type * from './inputs.js';
export { LiveArtist } from './live.js';
export { SpikeStream } from './stream.js';
export type { Settings } from './settings.js';
export type * from './types.js';
/**
 * Analyses every artist whose rows are given, in the order in which they first appear.
 *
 * Throws `INVALID_INPUT`, naming row, column and value, where a row is wrong or two rows contradict each other. A row that
 * repeats another exactly counts once.
 */
export declare function score<O extends Output = 'objects'>(observations: Observations, options: ScoreOptions<O>): Scored[O];
/**
 * The same as `score` on a thread of libuv's pool. The event loop is held for a few milliseconds at most: rows are read and results
 * made in slices.
 */
export declare function scoreAsync<O extends Output = 'objects'>(observations: Observations, options: ScoreOptions<O> & AsyncOptions): Promise<Scored[O]>;
/** How each number of an artist's analysis came about, in words. */
export declare function explain(observations: Observations, options: ExplainOptions): string;
/** The same as `explain` on another thread. */
export declare function explainAsync(observations: Observations, options: ExplainOptions & AsyncOptions): Promise<string>;
/** Judges fans: engagement, value, tier, segment and what is expected of each; and each artist's fans as a whole. */
export declare function fans<O extends Output = 'objects'>(events: FanEvents, options: FanOptions<O>): FansJudged[O];
/** The same as `fans` on another thread. */
export declare function fansAsync<O extends Output = 'objects'>(events: FanEvents, options: FanOptions<O> & AsyncOptions): Promise<FansJudged[O]>;
/**
 * Groups the fans of all artists by how recent, frequent and paying they are: the groups, and each fan's group.
 *
 * Throws `INSUFFICIENT_DATA` where there are fewer than 10 fans. The same seed gives the same groups.
 */
export declare function clusters(events: FanEvents, options: ClusterOptions): FanClusters;
/** The same as `clusters` on another thread. */
export declare function clustersAsync(events: FanEvents, options: ClusterOptions & AsyncOptions): Promise<FanClusters>;
/** Looks for spikes in a series of streams, views or mentions: daily, hourly or finer. */
export declare function viral(series: SeriesInput): SeriesReport;
/** The same as `viral` on another thread. */
export declare function viralAsync(series: SeriesInput, options?: AsyncOptions): Promise<SeriesReport>;
/** Scores the next Fridays as days to release on. */
export declare function releases(options: ReleaseOptions): ReleaseWindow[];
/** Predicts breakouts with a learned model, one prediction per row of features; null or NaN = missing. */
export declare function breakout(model: BreakoutModel | string | object, features: readonly (readonly (number | null)[])[]): Prediction[];
/**
 * Trains a model of breakouts, calibrates it on later examples, and judges it on later ones still; no split is random.
 *
 * Throws `INSUFFICIENT_DATA` where a part has too few examples of a kind. For settings of one's own, ask an `Engine` that has them.
 */
export declare function train(examples: readonly TrainingExample[], options: TrainOptions): BreakoutModel;
/** The same as `train` on another thread. */
export declare function trainAsync(examples: readonly TrainingExample[], options: TrainOptions & AsyncOptions): Promise<BreakoutModel>;
