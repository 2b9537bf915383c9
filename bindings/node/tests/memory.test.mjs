// Memory in a loop: what is handed over is let go.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LiveArtist, fans, score, scoreAsync } from 'fanpulse'

import { asOf, development, fanEvent, many, observationColumns, postColumns } from './rows.mjs'

const arrow = development('apache-arrow')
const { observations, posts } = many(150)
const columns = { observations: observationColumns(observations), posts: postColumns(posts) }
const ipc = arrow.tableToIPC(
  new arrow.Table(Object.fromEntries(['artistId', 'platform', 'metric', 'observedAt'].map((name) => [name, arrow.vectorFromArray(observations.map((row) => row[name]), new arrow.Utf8())]).concat([['value', arrow.makeVector(columns.observations.value)]]))),
)
const events = Array.from({ length: 3000 }, (_, i) => fanEvent({ fanId: `f${i % 900}`, occurredAt: `2026-03-${String((i % 28) + 1).padStart(2, '0')}` }))

/** Resident memory after the garbage is gone, MB. */
async function resident() {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc()
    // Memory that came from Rust is given back by finalizers, which run in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().rss / 2 ** 20
}

for (const [name, call] of [
  ['objects', () => score(observations, { asOf, posts })],
  ['columns', () => score(columns.observations, { asOf, posts: columns.posts, output: 'columns' })],
  ['Arrow', () => score(ipc, { asOf, output: 'arrow' })],
  ['another thread', () => scoreAsync(columns.observations, { asOf, posts: columns.posts })],
  ['fans', () => fans(events, { asOf })],
  ['errors', () => { try { score([...observations, {}], { asOf }) } catch { /* wanted */ } }],
  ['live artists', () => { const live = new LiveArtist('a'); observations.slice(0, 30).forEach((row) => live.observe(row)); live.analyze({ asOf }) }],
]) {
  test(`memory stays flat: ${name}`, async () => {
    // The first rounds fill the stores of the allocator and of the collector; a leak goes on in every round.
    const seen = []
    for (let round = 0; round < 6; round += 1) {
      for (let i = 0; i < 80; i += 1) await call()
      seen.push(await resident())
      // One call's rows are 0.25 MB as columns: a leak of them would be 20 MB a round.
      if (round > 0 && seen[round] - seen[round - 1] < 4) return
    }
    assert.fail(`${seen.map((mb) => mb.toFixed(1)).join(', ')} MB`)
  })
}
