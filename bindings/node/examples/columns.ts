// Typed arrays in, typed arrays out, on another thread: for many artists.

import { type ObservationColumns, scoreAsync } from 'fanpulse'

const artists = 1000
const days = 60
const lastDay = Date.UTC(2026, 2, 30) / 86_400_000

const rows = artists * days
const observations: ObservationColumns = {
  artistId: { codes: Uint32Array.from({ length: rows }, (_, i) => Math.floor(i / days)), names: Array.from({ length: artists }, (_, a) => `artist-${a}`) },
  component: { codes: new Uint16Array(rows), names: [{ platform: 'spotify', metric: 'followers' }] },
  day: Int32Array.from({ length: rows }, (_, i) => lastDay - days + 1 + (i % days)),
  value: Float64Array.from({ length: rows }, (_, i) => 10_000 * (1 + (Math.floor(i / days) % 20) / 2000) ** (i % days)),
}

const { artistId, momentum, status } = await scoreAsync(observations, { asOf: '2026-03-30', output: 'columns', signal: AbortSignal.timeout(60_000) })

const best = momentum.indexOf(momentum.reduce((a, b) => Math.max(a, b), 0))
console.log(`${artistId[best]} leads with ${momentum[best]?.toFixed(1)}: ${status.names[status.codes[best] ?? 0]}`)
