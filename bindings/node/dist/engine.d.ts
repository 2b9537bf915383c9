import { BreakoutModel } from './breakout.js';
import type { AsyncOptions, ClusterOptions, EngineScoreOptions, ExplainOptions, FanEvents, FanOptions, Observations, Output, ReleaseOptions, SeriesInput, TrainOptions, TrainingExample } from './inputs.js';
import { LiveArtist } from './live.js';
import type { Settings } from './settings.js';
import type { Analysis, Fan, FanClusters, FanColumns, FanReport, Prediction, ReleaseWindow, ScoreColumns, SeriesReport } from './types.js';
/** What an engine has beside its settings. */
export interface EngineOptions {
    /** A learned model of the component scores of momentum, in place of the indicators; or its file. */
    breakout?: BreakoutModel | string | object;
    /** What is done with two values for one artist, component and time: they are refused (the default), or the first is kept. */
    conflicts?: 'refuse' | 'keep_first';
}
/** What scoring gives in each form. */
export interface Scored {
    objects: Analysis[];
    columns: ScoreColumns;
    arrow: Uint8Array;
}
/** What judging fans gives in each form. */
export interface FansJudged {
    objects: FanReport<Fan[]>;
    columns: FanReport<FanColumns>;
    arrow: FanReport<Uint8Array>;
}
/** Settings, and every analysis with them. Immutable; the functions of this package are those of an engine with the defaults. */
export declare class Engine {
    /** An engine with some settings of its own; the others have their defaults. */
    constructor(settings?: Settings, given?: EngineOptions);
    /** All settings in force. */
    get settings(): Settings;
    /** The hash of the settings, which stands on every result. */
    get settingsHash(): string;
    /**
     * Analyses every artist whose rows are given, in the order in which they first appear.
     *
     * Throws `INVALID_INPUT`, naming row, column and value, where a row is wrong or two rows contradict each other. A row that
     * repeats another exactly counts once.
     */
    score<O extends Output = 'objects'>(observations: Observations, given: EngineScoreOptions<O>): Scored[O];
    /**
     * The same as `score` on a thread of libuv's pool. The event loop is held for a few milliseconds at most: rows are read and results
     * made in slices.
     */
    scoreAsync<O extends Output = 'objects'>(observations: Observations, given: EngineScoreOptions<O> & AsyncOptions): Promise<Scored[O]>;
    /** How each number of an artist's analysis came about, in words. */
    explain(observations: Observations, given: Omit<ExplainOptions, 'windowDays'>): string;
    /** The same as `explain` on another thread. */
    explainAsync(observations: Observations, given: Omit<ExplainOptions, 'windowDays'> & AsyncOptions): Promise<string>;
    /** Judges fans: engagement, value, tier, segment and what is expected of each; and each artist's fans as a whole. */
    fans<O extends Output = 'objects'>(events: FanEvents, given: FanOptions<O>): FansJudged[O];
    /** The same as `fans` on another thread. */
    fansAsync<O extends Output = 'objects'>(events: FanEvents, given: FanOptions<O> & AsyncOptions): Promise<FansJudged[O]>;
    /**
     * Groups the fans of all artists by how recent, frequent and paying they are: the groups, and each fan's group.
     *
     * Throws `INSUFFICIENT_DATA` where there are fewer than 10 fans. The same seed gives the same groups.
     */
    clusters(events: FanEvents, given: ClusterOptions): FanClusters;
    /** The same as `clusters` on another thread. */
    clustersAsync(events: FanEvents, given: ClusterOptions & AsyncOptions): Promise<FanClusters>;
    /** Looks for spikes in a series of streams, views or mentions: daily, hourly or finer. */
    viral(series: SeriesInput): SeriesReport;
    /** The same as `viral` on another thread. */
    viralAsync(series: SeriesInput, given?: AsyncOptions): Promise<SeriesReport>;
    /** Scores the next Fridays as days to release on. */
    releases(given: Omit<ReleaseOptions, 'windowDays'>): ReleaseWindow[];
    /** Predicts breakouts with a learned model, one prediction per row of features; null or NaN = missing. */
    breakout(model: BreakoutModel | string | object, features: readonly (readonly (number | null)[])[]): Prediction[];
    /**
     * Trains a model of breakouts, calibrates it on later examples, and judges it on later ones still; no split is random.
     *
     * Throws `INSUFFICIENT_DATA` where a part has too few examples of a kind. The settings are `learned` of the engine's.
     */
    train(examples: readonly TrainingExample[], given: TrainOptions): BreakoutModel;
    /** The same as `train` on another thread. */
    trainAsync(examples: readonly TrainingExample[], given: TrainOptions & AsyncOptions): Promise<BreakoutModel>;
    /** An artist that takes observations one at a time. */
    live(artistId: string): LiveArtist;
}
