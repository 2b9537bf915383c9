/* Made by `npm run build` from rows.d.ts and src/; not to be edited by hand. */

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

/** What a platform said of an artist at an instant. */
export interface Observation {
  artistId: string
  platform: string
  metric: Metric
  /** RFC 3339, or a date, which is its first instant in UTC. */
  observedAt: string | Date
  /** Finite and not negative. */
  value: number
}

/** A post with its counts; a count that is absent or null is unknown, which is never zero. */
export interface Post {
  artistId: string
  platform: string
  postId: string
  /** RFC 3339, or a date, which is its first instant in UTC. */
  publishedAt: string | Date
  likes?: number | null
  comments?: number | null
  shares?: number | null
  saves?: number | null
  views?: number | null
}

/** As of when, and over how long. */
export interface ScoreOptions {
  /** The last day of the window, YYYY-MM-DD; rows dated after it are ignored. */
  asOf: string
  /** Length of the window, days, 14 to 366, default 30. */
  windowDays?: number
}

/** What `score` and `scoreAsync` throw. */
export interface FanPulseError extends Error {
  /** Wrong input, which the message names by row, field and value; or a bug in FanPulse. */
  code: 'INVALID_INPUT' | 'INSUFFICIENT_DATA' | 'NOT_FOUND' | 'INTERNAL'
}

/** Everything FanPulse says of an artist as of a day. A part that cannot be computed is null, and its reason is not. */
export interface Analysis {
  /** Whose. */
  artistId: string
  /** The last day of the window. */
  asOf: string
  /** Length of the window, days. */
  windowDays: number
  /** Name and version of the definition of the scores. */
  algorithm: string
  /** Hash of the settings. */
  settingsHash: string
  /** Fan Value Score. */
  fvs: FanValue | null
  /** Why there is none. */
  fvsReason: Reason | null
  /** Momentum index. */
  momentum: Momentum | null
  /** Why there is none. */
  momentumReason: Reason | null
  /** Viral posts, in the order of the input. */
  viralPosts: Array<ViralPost>
  /** Breakout. */
  breakout: Breakout | null
  /** Why there is none. */
  breakoutReason: Reason | null
  /** What the data were like. */
  quality: Quality
}

/** Breakout. */
export interface Breakout {
  /** 0–1. */
  probability: number
  /** The probability in a word. */
  level: 'low' | 'medium' | 'high'
  /** Which model said so. */
  model: string
  /** Which indicators are met; those without data are absent. */
  drivers: Drivers
}

/** A part of a score; the contributions of a score, with the neutral one of momentum, add up to it. */
export interface Component {
  /** The measured value, in the unit of its definition. */
  raw: number
  /** The score it gives, in the range of the whole. */
  score: number
  /** Its weight among all components. */
  weight: number
  /** What it adds to the whole. */
  contribution: number
}

/** Which indicators are met; those without data are absent. */
export interface Drivers {
  /** Acceleration is high. */
  acceleration?: boolean
  /** Viral potential is high. */
  viralPotential?: boolean
  /** Velocity is high. */
  velocity?: boolean
  /** Consistency is high. */
  consistency?: boolean
}

/** Fan Value Score, 0–100. */
export interface FanValue {
  /** 0–100. */
  score: number
  /** Σ of the weights of the components with data. */
  coverage: number
  /** The components with data. */
  components: FanValueComponents
}

/** The components with data. */
export interface FanValueComponents {
  /** Engagement rate, %. */
  engagement?: Component
  /** Growth over the window before, %. */
  growth?: Component
  /** Followers + ½ monthly listeners. */
  reach?: Component
  /** Saves, shares and playlist adds per view and stream, %. */
  conversion?: Component
}

/** Momentum index, 0–10. */
export interface Momentum {
  /** 0–10. */
  index: number
  /** The index in a word. */
  status: 'declining' | 'stable' | 'growing' | 'rapid_growth' | 'viral'
  /** Σ of the weights of the components with data. */
  coverage: number
  /** 90 % interval of the index; null where the noise cannot be estimated. */
  interval90: [number, number] | null | null
  /** Standard error of velocity, % per day; null where the noise cannot be estimated. */
  velocitySe: number | null
  /** What acceleration and consistency add where they are not available and count as neutral. */
  neutralContribution: number
  /** The components with data. */
  components: MomentumComponents
}

/** The components with data. */
export interface MomentumComponents {
  /** Velocity, % per day. */
  velocity?: Component
  /** Acceleration, % per day. */
  acceleration?: Component
  /** Share of days above the same weekday a week before. */
  consistency?: Component
  /** Largest relative excess of a post, or the share of viral posts. */
  viralPotential?: Component
}

/** What the data behind an analysis were like. */
export interface Quality {
  /** Counters that fell within the window. */
  counterResets: number
  /** Component-days of the window that were carried forward. */
  filledDays: number
  /** Days of the window without an audience index. */
  missingDays: number
}

/** Why a part could not be computed. */
export interface Reason {
  /** What to do about it. */
  kind: 'insufficient_data'
  /** What there was, in the unit of `need`. */
  have: number
  /** The least that is needed. */
  need: number
}

/**
 * Analyses every artist whose rows are given, in the order in which they first appear.
 *
 * Throws an error with the code `INVALID_INPUT` that names the row, the field and the value where a row is wrong
 * or two rows contradict each other. A row that repeats another exactly counts once.
 */
export declare function score(observations: ReadonlyArray<Observation>, posts: ReadonlyArray<Post>, options: ScoreOptions): Array<Analysis>

/** The same as `score`, away from the event loop: the rows are read at once, then scored on a thread of libuv's pool. */
export declare function scoreAsync(observations: ReadonlyArray<Observation>, posts: ReadonlyArray<Post>, options: ScoreOptions): Promise<Array<Analysis>>

/** A viral post with its evidence. */
export interface ViralPost {
  /** Where it was published. */
  platform: string
  /** The platform's id of it. */
  postId: string
  /** When it was published, RFC 3339. */
  publishedAt: string
  /** Likes + comments + shares. */
  engagement: number
  /** Mean of the other posts. */
  mean: number
  /** Population standard deviation of the other posts. */
  sd: number
  /** Standard deviations above the mean; null where not defined. */
  z: number | null
  /** Multiple of the mean; null where the mean is 0. */
  lift: number | null
  /** How many other posts it was compared with. */
  others: number
}
