import { asOf } from './call.js'
import { Engine } from './engine.js'
import { calling, invalid, shown } from './error.js'
import type { AsOf, Observation, Post } from './inputs.js'
import { type NativeLive, native } from './native.js'
import { count } from './rows.js'
import { atOnce } from './steps.js'
import { micros } from './time.js'
import type { Analysis } from './types.js'
import { unpack } from './unpack.js'

/** One artist that takes observations one at a time, in any order, and can be analysed at any moment: with the bits that `score` gives. */
export class LiveArtist {
  private readonly native: NativeLive

  /** The artist's id. */
  readonly artistId: string

  constructor(artistId: string, engine: Engine = new Engine()) {
    this.artistId = text('artistId', artistId)
    this.native = new native.NativeLive(engine.native, artistId)
  }

  /** Takes an observation. One that repeats another exactly is dropped; another value for the same instant is an error. */
  observe({ platform, metric, observedAt, value }: Omit<Observation, 'artistId'>): void {
    if (typeof value !== 'number') throw invalid(`value: ${value == null ? 'missing' : `${shown(value)} is not a number`}`, { column: 'value', value: shown(value) })
    const at = instant('observedAt', observedAt)
    calling(() => this.native.observe(text('platform', platform), text('metric', metric), at, value))
  }

  /** Takes a post, or newer counts of one that it has. */
  observePost({ platform, postId, publishedAt, likes, comments, shares, saves, views }: Omit<Post, 'artistId'>): void {
    const given = { likes, comments, shares, saves, views }
    const counts = Object.entries(given).map(([name, value]) => count('posts', 0, name, value))
    const at = instant('publishedAt', publishedAt)
    calling(() => this.native.observePost(text('platform', platform), text('postId', postId), at, counts))
  }

  /** Observations that repeated another exactly and were dropped. */
  get droppedRows(): number {
    return this.native.droppedRows
  }

  /** The analysis as of a day; what is dated after it plays no part. */
  analyze(given: AsOf): Analysis {
    return atOnce(unpack<Analysis>(calling(() => this.native.analyze(asOf(given)))))[0]
  }

  /** How each number of the analysis came about, in words. */
  explain(given: AsOf): string {
    return calling(() => this.native.explain(asOf(given)))
  }
}

function text(column: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw invalid(`${column}: ${value == null ? 'missing' : `${shown(value)} is not a string`}`, { column, value: shown(value) })
}

function instant(column: string, value: unknown): number {
  const at = value == null ? 'missing' : micros(value)
  if (typeof at === 'number') return at
  throw invalid(`${column}: ${at}`, { column, value: shown(value) })
}
