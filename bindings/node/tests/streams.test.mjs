// Spikes while they happen, clusters of fans, explanations on another thread.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Engine, SpikeStream, clusters, clustersAsync, explain, explainAsync } from 'fanpulse'

import { asOf, fanEvent, growing, many, observation, refused, rejected } from './rows.mjs'

test('a stream tells of a spike when it begins, while it goes on and when it has ended', () => {
  const stream = new SpikeStream({ start: '2026-01-01', stepSeconds: 3600 })
  const usual = (hour) => 500 + ((hour * 7919) % 101)
  for (let hour = 0; hour < 700; hour += 1) assert.equal(stream.push(usual(hour)).started, false)
  assert.equal(stream.open, null)
  const verdict = stream.push(5000)
  assert.ok(verdict.started && verdict.z > verdict.threshold)
  assert.deepEqual([stream.open.startPosition, stream.open.end], [700, null])
  // A missing reading is not judged.
  assert.equal(stream.push(null).z, null)
  const ended = Array.from({ length: 24 }, (_, i) => stream.push(usual(702 + i)).ended).filter((spike) => spike !== null)
  assert.deepEqual(ended.map(({ startPosition }) => startPosition), [700])
  assert.equal(stream.open, null)
})

test('a stream has the settings of its engine', () => {
  const threshold = (engine) => {
    const stream = new SpikeStream({ start: new Date('2026-01-01'), stepSeconds: 3600 }, engine)
    return Array.from({ length: 700 }, (_, hour) => stream.push(500 + ((hour * 7919) % 101))).at(-1).threshold
  }
  const { spikes } = new Engine().settings
  assert.ok(threshold(new Engine({ spikes: { falseAlarmsPerYear: spikes.falseAlarmsPerYear / 100 } })) > threshold(new Engine()))
})

test('what is wrong with a stream is named, and it is then as before', () => {
  const made = (given) => () => new SpikeStream(given)
  refused(made({}), 'start: missing', { column: 'start' })
  refused(made({ start: 'today' }), 'start: `today` is not a date', { column: 'start', value: "'today'" })
  refused(made({ start: asOf, stepSeconds: '1' }), "stepSeconds: '1' is not a number", { column: 'stepSeconds' })
  refused(made({ start: asOf, stepSeconds: 1e7 }), 'step is 10000000000000 µs, outside 1 second to 7 days')
  refused(made({ start: asOf, step: 1 }), 'options: there is no option step')
  const [one, other] = [new SpikeStream({ start: asOf }), new SpikeStream({ start: asOf })]
  refused(() => one.push(-1), 'reading 0 is -1, outside 0 to 1e15', { column: 'value', value: '-1' })
  refused(() => one.push('5'), "value: '5' is not a number", { column: 'value', value: "'5'" })
  refused(() => one.push(), 'value: missing', { column: 'value' })
  for (let i = 0; i < 60; i += 1) assert.deepEqual(one.push(100 + (i % 5)), other.push(100 + (i % 5)))
})

const events = Array.from({ length: 900 }, (_, i) => fanEvent({ fanId: `f${i % 60}`, kind: i % 60 < 9 ? 'purchase' : 'stream', amount: i % 60 < 9 ? 20 : null, occurredAt: `2026-03-${String(((i * (1 + (i % 60))) % 28) + 1).padStart(2, '0')}` }))

test('every fan has a group, and the same seed gives the same', async () => {
  const found = clusters(events, { asOf, clusters: 3, seed: 4 })
  assert.equal(found.ofFan.length, 60)
  assert.deepEqual(found.clusters.map(({ fans }) => fans), found.clusters.map((_, i) => found.ofFan.filter((group) => group === i).length))
  assert.deepEqual(await clustersAsync(events, { asOf, clusters: 3, seed: 4 }), found)
  assert.deepEqual(new Engine().clusters(events, { asOf, clusters: 3, seed: 4 }), found)
  const { clusters: elbow } = clusters(events, { asOf })
  assert.ok(elbow.length >= 2 && elbow.length <= 8)
})

test('what is wrong with clusters is named', async () => {
  const wrong = (options, message, place) => refused(() => clusters(events, { asOf, ...options }), message, place)
  wrong({ clusters: 1 }, 'clusters: 1 is outside 2 to 16', { column: 'clusters', value: '1' })
  wrong({ clusters: 2.5 }, 'clusters: 2.5 is not a whole number', { column: 'clusters' })
  wrong({ seed: -1 }, 'seed: -1 is not a whole number of at least 0', { column: 'seed', value: '-1' })
  wrong({ seed: 2 ** 53 }, 'seed: 9007199254740992 is not a whole number', { column: 'seed' })
  wrong({ output: 'columns' }, 'options: there is no option output')
  refused(() => clusters([fanEvent()], { asOf }), '1 fans where clusters need 10', { code: 'INSUFFICIENT_DATA' })
  await rejected(clustersAsync([fanEvent({ fanId: 7 })], { asOf }), 'fanEvents row 0: fanId: 7 is not a string', { row: 0, column: 'fanId' })
  await assert.rejects(clustersAsync(events, { asOf, signal: AbortSignal.abort() }), { name: 'AbortError' })
})

test('an explanation comes from another thread too', async () => {
  const { observations, posts } = many(12)
  const options = { asOf, posts, artistId: 'artist-3', windowDays: 20 }
  assert.equal(await explainAsync(observations, options), explain(observations, options))
  assert.equal(await new Engine().explainAsync(growing(), { asOf }), explain(growing(), { asOf }))
  await rejected(explainAsync(observations, { ...options, artistId: 'nobody' }), 'no row is of an artist `nobody`', { code: 'NOT_FOUND' })
  await rejected(explainAsync([observation({ value: -1 })], { asOf }), 'observations row 0: value: -1 is not a finite number', { row: 0 })
  await assert.rejects(explainAsync(observations, { ...options, signal: AbortSignal.abort(new Error('enough')) }), /enough/)
})
