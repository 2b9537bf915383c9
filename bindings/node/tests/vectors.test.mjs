// The vectors that all languages share: same input, same bits (tests/data/vectors/README.md).

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { BreakoutModel, Engine, LiveArtist, SpikeStream, alerts, breakout, clusters, clustersAsync, fans, releases, score, scoreAsync, train, trainAsync } from 'fanpulse'

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
    const { reason, ...report } = engine.viral(series)
    same(report, expected)
    assert.equal(reason === null, report.status === 'judged')
    assert.deepStrictEqual(await engine.viralAsync({ ...series, values: Float64Array.from(input.values, (v) => v ?? NaN) }), { ...report, reason })
    const stream = new SpikeStream({ start: input.start, stepSeconds: input.step_seconds }, engine)
    const ended = input.values.map((value) => stream.push(value).ended).filter((spike) => spike !== null)
    same(stream.open === null ? ended : [...ended, stream.open], expected.spikes)
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

for (const { name, input, expected } of vectors('alerts.json')) {
  test(`alerts: ${name}`, () => {
    const { current, previous, rules, settings } = camelled(input)
    const { fired, superfan_churn: superfanChurn, now } = input // by keys and ids, which are no names
    const found = alerts(current, { previous, rules, settings, fired, superfanChurn, now })
    same(found.alerts, expected.alerts)
    assert.deepStrictEqual(found.fired, expected.fired)
    assert.deepStrictEqual(alerts(current, { previous, rules, settings, fired: found.fired, superfanChurn, now }), { alerts: [], fired: found.fired })
  })
}

for (const { name, input, expected } of vectors('clusters.json')) {
  test(`clusters: ${name}`, async () => {
    const { events, as_of } = vectors('fans.json').find((one) => one.name === input.fans).input
    const { artist_id, fan_id, day, kind, amount, seconds } = events
    const rows = artist_id.map((artistId, i) => ({ artistId, fanId: fan_id[i], occurredAt: day[i], kind: kind[i], amount: amount[i], seconds: seconds[i] }))
    const options = { asOf: as_of, clusters: input.clusters, seed: input.seed }
    const found = clusters(rows, options)
    same({ clusters: found.clusters, ofFan: [...found.ofFan] }, expected)
    assert.deepStrictEqual(await clustersAsync(rows, options), found)
  })
}

for (const { name, input, expected } of vectors('train.json')) {
  test(`training: ${name}`, async () => {
    const names = Object.keys(input.examples).sort()
    const examples = input.examples.id.map((_, i) => Object.fromEntries(names.map((name) => [name, input.examples[name][i]])))
    const { calibrate_from: calibrateFrom, test_from: testFrom, train_from: trainFrom, test_until: testUntil, features, rankings, task } = input
    const options = { calibrateFrom, testFrom, trainFrom, testUntil, features, rankings, task }
    const model = train(examples, options)
    assert.deepStrictEqual(model.parameters, expected)
    assert.equal((await trainAsync(examples, options)).toJson(), model.toJson())
    assert.equal(new BreakoutModel(model.toJson()).toJson(), model.toJson())
  })
}
