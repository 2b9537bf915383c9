// One artist, observation by observation, as they come in; and errors that say what is wrong.

import { FanPulseError, LiveArtist } from 'fanpulse'

const artist = new LiveArtist('low-tide')
for (let day = 1; day <= 30; day += 1) {
  artist.observe({ platform: 'spotify', metric: 'followers', observedAt: new Date(Date.UTC(2026, 2, day)), value: 50_000 * 1.01 ** day })
  const { momentum, momentumReason } = artist.analyze({ asOf: new Date(Date.UTC(2026, 2, day)) })
  if (momentum === null) console.log(`day ${day}: ${momentumReason?.have} of ${momentumReason?.need} days of a week`)
  else console.log(`day ${day}: ${momentum.index.toFixed(1)} ${momentum.status}`)
}

try {
  artist.observe({ platform: 'spotify', metric: 'followers', observedAt: '2026-03-31', value: -1 })
} catch (e) {
  if (e instanceof FanPulseError) console.log(`${e.code}, ${e.column}: ${e.message}`)
}
