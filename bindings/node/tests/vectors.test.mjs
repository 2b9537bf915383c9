// The vectors that all languages share: same input, same bits (tests/data/vectors/README.md).

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { Engine, LiveArtist, breakout, fans, releases, score, scoreAsync } from 'fanpulse'

import { data, development, observationColumns } from './rows.mjs'

const arrow = development('apache-arrow')

const vectors = (file) => JSON.parse(readFileSync(path.join(data, 'vectors', file)))
const golden = new Map(JSON.parse(gunzipSync(readFileSync(path.join(data, 'golden.json.gz')))).map((one) => [one.name, one]))

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
const camelled = (value) => {
  if (Array.isArray(value)) return value.map(camelled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camel(name), camelled(inner)]))
}
const rows = ({ artist_id: artistId, observations, posts }) => [observations, posts].map((table) => table.map((row) => ({ artistId, ...camelled(row) })))

// deepStrictEqual compares numbers by Object.is: bits, and -0 is not 0.
const same = (got, want) => assert.deepStrictEqual(got, camelled(want))

for (const { name, input, expected } of vectors('analyze.json')) {
  test(`analyze: ${name}`, async () => {
    const one = golden.get(input)
    const [observations, posts] = rows(one)
    const options = { asOf: one.as_of, windowDays: one.window_days }
    const [analysis] = score(observations, { ...options, posts })
    same(analysis, expected)
    assert.deepStrictEqual(await scoreAsync(observations, { ...options, posts }), [analysis])
    const live = new LiveArtist(one.artist_id, new Engine({ windowDays: one.window_days }))
    for (const row of observations) live.observe(row)
    for (const row of posts) live.observePost(row)
    same(live.analyze(options), expected)
  })
}

for (const { name, input, expected } of vectors('analyses.json')) {
  test(`analyses: ${name}`, async () => {
    const day = (start, i) => new Date(Date.parse(start) + i * 86_400_000).toISOString().slice(0, 10)
    const observations = input.observations.flatMap(({ artist_id: artistId, platform, metric, start, values }) =>
      values.map((value, i) => ({ artistId, platform, metric, observedAt: day(start, i), value })).filter(({ value }) => value !== null),
    )
    const [posts, events] = [camelled(input.posts).map((post, i) => ({ ...post, artistId: input.posts[i].artist_id })), camelled(input.events)]
    const rows = events.day.map((occurredAt, i) => Object.fromEntries([['occurredAt', occurredAt], ...Object.keys(events).filter((name) => name !== 'day').map((name) => [name, events[name][i]])]))
    same(score(observations, { asOf: input.as_of, posts, fans: rows }), expected)
    const floats = (list) => Float64Array.from(list, (v) => v ?? NaN)
    const columns = { artistId: events.artistId, fanId: events.fanId, kind: events.kind, occurredAt: events.day, count: Uint32Array.from(events.count, (n) => n ?? 1), amount: floats(events.amount), seconds: floats(events.seconds), currency: events.currency.map((c) => c ?? '') }
    same(await scoreAsync(observations, { asOf: input.as_of, posts, fans: columns }), expected)
    const table = arrow.tableToIPC(new arrow.Table(Object.fromEntries(Object.entries(input.events).map(([name, list]) => [name === 'day' ? 'occurred_at' : name, arrow.vectorFromArray(list, ['count', 'amount', 'seconds'].includes(name) ? new arrow.Float64() : new arrow.Utf8())]))))
    same(score(observationColumns(observations), { asOf: input.as_of, posts, fans: table }), expected)
  })
}

for (const { name, input, expected } of vectors('spikes.json')) {
  test(`spikes: ${name}`, async () => {
    const engine = new Engine({ spikes: camelled(input.settings) })
    const series = { start: input.start, stepSeconds: input.step_seconds, values: input.values }
    same(engine.viral(series), expected)
    same(await engine.viralAsync({ ...series, values: Float64Array.from(input.values, (v) => v ?? NaN) }), expected)
  })
}

for (const { name, input, expected } of vectors('releases.json')) {
  test(`releases: ${name}`, () => same(releases(camelled(input)), expected))
}

for (const { name, input, expected } of vectors('fans.json')) {
  test(`fans: ${name}`, () => {
    const { artist_id, fan_id, day, kind, amount, seconds } = input.events
    const events = artist_id.map((artistId, i) => ({ artistId, fanId: fan_id[i], occurredAt: day[i], kind: kind[i], amount: amount[i], seconds: seconds[i] }))
    same(fans(events, { asOf: input.as_of }).fans, expected)
    const floats = (list) => Float64Array.from(list, (v) => v ?? NaN)
    const columns = { artistId: artist_id, fanId: fan_id, occurredAt: day, kind, amount: floats(amount), seconds: floats(seconds) }
    same(fans(columns, { asOf: input.as_of }).fans, expected)
  })
}

for (const { name, input, expected } of vectors('breakout.json')) {
  test(`breakout: ${name}`, () => same(breakout(input.model, input.features), expected))
}
