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

