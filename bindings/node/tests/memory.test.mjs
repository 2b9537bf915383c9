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
    // The first rounds fill the allocator's and the collector's own stores.
    for (let i = 0; i < 60; i += 1) await call()
    const before = await resident()
    for (let i = 0; i < 120; i += 1) await call()
    const after = await resident()
    // One call's rows alone are 0.4 MB as columns: a leak of one per call would be 50 MB.
    assert.ok(after - before < 12, `${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`)
  })
}
