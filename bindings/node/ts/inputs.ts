import type { Analysis } from './types.js'

/** What was known of something on a day, and what came of it. Features are numbers or truth values, each under a name; null = missing. */
export interface TrainingExample {
  /** Of what; texts may stand more than once, on other days. */
  id: string
  /** The day of the prediction. */
  date: Time
  /** The day from which the outcome was known. */
  known: Time
  /** Whether the breakout came. */
  label: boolean | 0 | 1
  [feature: string]: unknown
}

/** How examples are split by time, and what is learned from. */
export interface TrainOptions {
  /** The first day of the examples to calibrate on; those before it train, where their outcome was known by then. */
  calibrateFrom: Time
  /** The first day of the examples to judge on. */
  testFrom: Time
  /** The first day of the examples to train on; without it all. */
  trainFrom?: Time
  /** The day after the last of the examples; without it all. */
  testUntil?: Time
  /** The names of the features; without it all that are neither an example's own nor rankings. */
  features?: readonly string[]
  /** The names of plain scores to beat. */
  rankings?: readonly string[]
  /** Data, time, horizon and label in words, for the card. */
  task?: { data?: string; observed?: string; horizon?: string; label?: string }
}

/** What an observation measures. */
export type Metric =
  | 'followers'
  | 'monthly_listeners'
  | 'subscribers'
  | 'popularity'
  | 'streams'
  | 'saves'
  | 'playlist_adds'
  | 'likes'
  | 'comments'
  | 'shares'
  | 'total_streams'
  | 'total_views'

/** What a fan did. */
export type FanEventKind = 'stream' | 'like' | 'comment' | 'share' | 'save' | 'playlist_add' | 'purchase' | 'ticket' | 'follow'

/** RFC 3339 with a zone, a date (its first instant in UTC), or a `Date`. */
export type Time = string | Date

/** What a platform said of an artist at an instant. */
export interface Observation {
  artistId: string
  platform: string
  metric: Metric
  observedAt: Time
  /** Finite and not negative. */
  value: number
}

/** A post with its counts; a count that is absent or null is unknown, which is never zero. */
export interface Post {
  artistId: string
  platform: string
  /** A post that is given twice alike counts once; twice with different values is an error. */
  postId: string
  publishedAt: Time
  likes?: number | null
  comments?: number | null
  shares?: number | null
  saves?: number | null
  views?: number | null
}

/** What a fan did at an instant. */
export interface FanEvent {
  artistId: string
  fanId: string
  kind: FanEventKind
  occurredAt: Time
  /** How many events the row stands for, default 1. */
  count?: number | null
  /** What was paid for the whole row, in one currency. */
  amount?: number | null
  /** How long the row's streams lasted in all, seconds. */
  seconds?: number | null
  /** The amount's currency, for instance `EUR`. */
  currency?: string | null
}

/** Codes of a column; row i has `names[codes[i]]`. Unsigned codes are read in place; signed ones, which must not be negative, too. */
export type CodeArray = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array

/** A column of names as codes, each name once. */
export interface Coded<Name = string> {
  codes: CodeArray
  names: readonly Name[]
}

/** A column of text: codes of names (fast), one text per row, or one text for all rows. */
export type TextColumn<T extends string = string> = Coded<T> | readonly T[] | T

/** A column of instants: milliseconds since 1970-01-01T00:00:00Z as `Date` has them, or one time per row. */
export type TimeColumn = Float64Array | BigInt64Array | readonly Time[]

/**
 * Observations in columns of one length, in any order. Rows sorted by artist, then component, then time are the fastest.
 *
 * Read in place, without a copy: `artistId` as 32-bit codes, `component` as 16-bit codes, `day`, `value`. Until a promise settles
 * the arrays must be neither written to nor transferred.
 */
export interface ObservationColumns {
  artistId: TextColumn
  /** Platform and metric as one code, in place of `platform` and `metric`. */
  component?: Coded<{ platform: string; metric: Metric }>
  platform?: TextColumn
  metric?: TextColumn<Metric>
  /** UTC days since 1970-01-01, in place of `observedAt`; at most one row per artist, component and day. */
  day?: Int32Array
  observedAt?: TimeColumn
  /** Finite and not negative. */
  value: Float64Array
}

/** Posts in columns of one length, in any order; NaN = unknown, as is a column that is absent. */
export interface PostColumns {
  artistId: TextColumn
  platform: TextColumn
  /** Without ids, posts are taken to be all different, and results name them by row alone. */
  postId?: TextColumn
  /** UTC days since 1970-01-01, in place of `publishedAt`. */
  day?: Int32Array
  publishedAt?: TimeColumn
  likes?: Float64Array
  comments?: Float64Array
  shares?: Float64Array
  saves?: Float64Array
  views?: Float64Array
}

/** Fan events in columns of one length, in any order. */
export interface FanEventColumns {
  artistId: TextColumn
  fanId: TextColumn
  kind: TextColumn<FanEventKind>
  /** UTC days since 1970-01-01, in place of `occurredAt`. */
  day?: Int32Array
  occurredAt?: TimeColumn
  /** How many events each row stands for, default 1. */
  count?: Uint32Array
  /** What was paid for each row; NaN = nothing was sold. */
  amount?: Float64Array
  /** How long each row's streams lasted, seconds; NaN = unknown. */
  seconds?: Float64Array
  /** The amounts' currency; an empty text = unknown. */
  currency?: TextColumn
}

/**
 * Rows as objects, as columns, or as the bytes of an Arrow IPC stream or file with the columns of `fanpulse score`
 * (`artist_id` or `artistId`, …; dates, timestamps with a zone, or text as times).
 */
export type Observations = readonly Observation[] | ObservationColumns | Uint8Array
/** Rows as objects, as columns, or as Arrow IPC. */
export type Posts = readonly Post[] | PostColumns | Uint8Array
/** Rows as objects, as columns, or as Arrow IPC. */
export type FanEvents = readonly FanEvent[] | FanEventColumns | Uint8Array

/** Ends a call. Node's own, and any other with these members. */
export interface Signal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** The form of results: objects (the default), columns of typed arrays, or an Arrow IPC stream. */
export type Output = 'objects' | 'columns' | 'arrow'

/** As of when. */
export interface AsOf {
  /** The last day that counts, YYYY-MM-DD or a `Date` (its UTC day); rows dated after it are ignored. */
  asOf: Time
}

/** What an engine needs for scoring. */
export interface EngineScoreOptions<O extends Output = Output> extends AsOf {
  posts?: Posts
  /** With fan events the analyses are whole: superfans, and spikes in series beside viral posts. For `objects` only: columns have no room for them. */
  fans?: FanEvents
  output?: O
}

/** What scoring needs. */
export interface ScoreOptions<O extends Output = Output> extends EngineScoreOptions<O> {
  /** Length of the window, days, 14 to 366, default 30. */
  windowDays?: number
}

/** What judging fans needs. */
export interface FanOptions<O extends Output = Output> extends AsOf {
  output?: O
}

/** How fans are grouped. */
export interface ClusterOptions extends AsOf {
  /** How many groups, 2 to 16; without it as many as the data show, at most 8. */
  clusters?: number | null
  /** A whole number, default 0. */
  seed?: number
}

/** Whom to explain. */
export interface ExplainOptions extends AsOf {
  /** The artist's id; not needed where all rows are of one artist. */
  artistId?: string
  posts?: Posts
  fans?: FanEvents
  /** Length of the window, days, 14 to 366, default 30. */
  windowDays?: number
}

/** For a call that another thread does. */
export interface AsyncOptions {
  /** Ends the call: the promise is rejected with the signal's reason once the rows are no longer read. */
  signal?: Signal
}

/** A series of streams, views or mentions. */
export interface SeriesInput {
  /** When the first step begins. */
  start: Time
  /** Length of a step, seconds: 1 to 604,800; default a day. */
  stepSeconds?: number
  /** One value per step, NaN (in a list also null) = missing. */
  values: Float64Array | readonly (number | null)[]
}

/** What release windows are scored from. */
export interface ReleaseOptions extends AsOf {
  /** Momentum index, 0–10, for instance of an analysis. */
  momentum: number
  /** Daily streams up to `asOf`, oldest first, NaN (in a list also null) = missing. */
  streams?: Float64Array | readonly (number | null)[]
  /** Releases of the same genre by others. */
  competition?: readonly { day: Time; followers: number }[]
  /** Length of the window at the end of `streams`, days, 14 to 366, default 30. */
  windowDays?: number
}

/** What a rule looks at. */
export type RuleKind =
  /** Rise of the momentum index since the previous analysis, points, threshold above 0 to 10. */
  | 'momentum_spike'
  /** Its fall since the previous analysis, points, threshold above 0 to 10. */
  | 'momentum_drop'
  /** Fan Value Score, threshold 0 to 100, any operator. */
  | 'fvs_threshold'
  /** Reach that is at the threshold now and was below it in the previous analysis, people, 1 to 10¹². */
  | 'follower_milestone'
  /** Lift of a viral post, a multiple of the other posts' mean, threshold 1 to 10⁶. */
  | 'viral_post'
  /** Fall of the engagement rate since the previous analysis, % of what it was, threshold above 0 to 100. */
  | 'engagement_drop'
  /** Share of the superfans at risk, as it is given, threshold above 0 to 1. */
  | 'superfan_churn'
  /** Velocity, % per day, threshold −100 to 100, with `<` or `<=`. */
  | 'growth_stall'

/** How a measure is compared with its threshold. */
export type Operator = '>=' | '>' | '<=' | '<'

/** What one wants to be told of. Nothing is told of a part that could not be computed, nor, where the previous analysis is needed, without one. */
export interface Rule {
  /** 1 to 64 of a–z, A–Z, 0–9, `-` and `_`; the alerts' keys hold it. */
  id: string
  kind: RuleKind
  operator: Operator
  threshold: number
  /** How long the rule is silent for an artist after an alert, hours, 0 to 8784, default 24. */
  coolDownHours?: number
}

/** What alerts are raised with. */
export interface AlertOptions {
  /** The time of the alerts, from which rules cool down. */
  now: Time
  /** The artists' analyses before these, of the same day or earlier. */
  previous?: Analysis | readonly Analysis[]
  rules?: Rule | readonly Rule[]
  /** What was told: when, by the alerts' keys; `fired` of the last call. */
  fired?: Readonly<Record<string, Time>>
  /** By artist, the share of the superfans that is at risk, 0 to 1, of whom it is known. */
  superfanChurn?: Readonly<Record<string, number>>
  settings?: {
    /** Momentum index from which momentum is viral, 0 to 10, default 9. */
    momentumIndex?: number
    /** Breakout probability from which a breakout is told, 0 to 1, default 0.8. */
    breakoutProbability?: number
  }
}
