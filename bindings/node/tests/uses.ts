// Compiled, not run: what the types allow and what they refuse.

import { type Alert, type Analysis, Engine, FanPulseError, LiveArtist, type Observation, type Post, type Rule, type ScoreColumns, SpikeStream, alerts, fans, score, scoreAsync, train } from 'fanpulse'

const asOf = '2026-03-30'
const observations: readonly Observation[] = [
  { artistId: 'a', platform: 'spotify', metric: 'followers', observedAt: '2026-03-01', value: 1 },
  { artistId: 'a', platform: 'spotify', metric: 'streams', observedAt: new Date(0), value: 1 },
]
const posts: Post[] = [{ artistId: 'a', platform: 'tiktok', postId: 'p', publishedAt: '2026-03-01', likes: null }]

export const analyses: Analysis[] = score(observations, { asOf, posts })
export const promise: Promise<Analysis[]> = scoreAsync(observations, { asOf, windowDays: 14, signal: new AbortController().signal })
export const columns: ScoreColumns = score(observations, { asOf, output: 'columns' })
export const bytes: Promise<Uint8Array> = scoreAsync(new Uint8Array(0), { asOf, posts: new Uint8Array(0), output: 'arrow' })
export const status: 'declining' | 'stable' | 'growing' | 'rapid_growth' | 'viral' | undefined = analyses[0]?.momentum?.status
export const low: number | undefined = analyses[0]?.momentum?.interval90?.[0]
export const rate: number | undefined = analyses[0]?.fvs?.components.engagement?.raw
export const tier: 'platinum' | 'gold' | 'silver' | 'bronze' | undefined = fans([], { asOf }).fans[0]?.tier
const rules: readonly Rule[] = [{ id: 'slow', kind: 'growth_stall', operator: '<', threshold: 0 }]
const told = alerts(analyses, { now: new Date(0), rules })
export const again: Alert[] = alerts(analyses, { now: asOf, rules, fired: told.fired, previous: analyses }).alerts
export const started: boolean = new SpikeStream({ start: asOf }).push(null).started
export const learned: string[] = train([{ id: 'a', date: asOf, known: asOf, label: true, growth7d: 1 }], { calibrateFrom: asOf, testFrom: asOf }).features
export const code: FanPulseError['code'] = 'INVALID_INPUT'

new Engine({ windowDays: 60, momentum: { statusBounds: [2, 4, 6, 8], velocityCurve: [[0, 0], [1, 10]] } })
new LiveArtist('a').observe({ platform: 'spotify', metric: 'followers', observedAt: '2026-03-01', value: 1 })
score({ artistId: 'a', platform: 'spotify', metric: 'followers', day: new Int32Array(2), value: new Float64Array(2) }, { asOf })

// @ts-expect-error momentum may be null
analyses[0].momentum.index
// @ts-expect-error there is no such metric
export const wrong: Observation = { artistId: 'a', platform: 'spotify', metric: 'plays', observedAt: '2026-03-01', value: 1 }
// @ts-expect-error asOf is needed
score(observations, {})
// @ts-expect-error there is no such setting
new Engine({ window: 60 })
// @ts-expect-error rules compare with an operator
alerts(analyses, { now: asOf, rules: [{ id: 'slow', kind: 'growth_stall', operator: '==', threshold: 0 }] })
// @ts-expect-error values are floating point
score({ artistId: 'a', platform: 'spotify', metric: 'followers', day: new Int32Array(2), value: new Int32Array(2) }, { asOf })
// @ts-expect-error nobody makes errors but the package
export const own: FanPulseError = { code: 'OTHER' }
