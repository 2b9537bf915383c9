// Compiled, not run: what the types allow and what they refuse.

import { score, scoreAsync, type Analysis, type FanPulseError, type Observation, type Post } from 'fanpulse'

const observations: readonly Observation[] = [
  { artistId: 'a', platform: 'spotify', metric: 'followers', observedAt: '2026-03-01', value: 1 },
  { artistId: 'a', platform: 'spotify', metric: 'streams', observedAt: new Date(0), value: 1 },
]
const posts: Post[] = [{ artistId: 'a', platform: 'tiktok', postId: 'p', publishedAt: '2026-03-01', likes: null }]

export const analyses: Analysis[] = score(observations, posts, { asOf: '2026-03-30' })
export const promise: Promise<Analysis[]> = scoreAsync(observations, [], { asOf: '2026-03-30', windowDays: 14 })
export const status: 'declining' | 'stable' | 'growing' | 'rapid_growth' | 'viral' | undefined = analyses[0]?.momentum?.status
export const low: number | undefined = analyses[0]?.momentum?.interval90?.[0]
export const excess: number | undefined = analyses[0]?.fvs?.components.engagement?.raw
export const code: FanPulseError['code'] = 'INVALID_INPUT'

// @ts-expect-error momentum may be null
analyses[0].momentum.index
// @ts-expect-error there is no such metric
export const wrong: Observation = { artistId: 'a', platform: 'spotify', metric: 'plays', observedAt: '2026-03-01', value: 1 }
// @ts-expect-error asOf is needed
score(observations, posts, {})
