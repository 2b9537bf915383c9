// Learned models: training, the file, and what is said of wrong examples.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Engine, LiveArtist, score, train, trainAsync } from 'fanpulse'

import { asOf, growing, observation, refused, rejected } from './rows.mjs'

const day = (n) => new Date(Date.UTC(2024, 0, 1 + n))
const examples = Array.from({ length: 400 }, (_, i) => ({ id: `artist ${i}`, date: day(i), known: day(i + 7).toISOString().slice(0, 10), label: ((i * 37) % 100) + ((i * 61) % 50) > 90, growth7d: (i * 37) % 100, verified: i % 3 === 0 }))
const split = { calibrateFrom: day(200), testFrom: day(300) }

test('a model learns what decides, and is judged on later examples', () => {
  const model = train(examples, split)
  assert.deepEqual(model.features, ['growth7d', 'verified'])
  const [low, high] = model.predict([[10, 0], [90, 0]])
  assert.ok(low.probability < 0.2 && high.probability > 0.6, `${low.probability} ${high.probability}`)
  assert.ok(model.card.evaluation.auc.value > 0.9)
  assert.ok(model.cardMarkdown('growth').includes('growth7d'))
  assert.deepEqual(model.parameters.features.map(({ name }) => name), model.features)
})

test('features are those that are named, with the settings of the engine', async () => {
  const model = train(examples, { ...split, features: ['growth7d'], rankings: ['verified'], task: { data: 'made up' } })
  assert.deepEqual(model.features, ['growth7d'])
  assert.equal(model.card.task.data, 'made up')
  const { learned } = new Engine().settings
  const engine = new Engine({ learned: { resamples: learned.resamples * 2 } })
  assert.equal((await engine.trainAsync(examples, split)).card.settings.resamples, learned.resamples * 2)
  assert.equal(train(examples, split).card.settings.resamples, learned.resamples)
})

test('a learned breakout takes the place of the indicators', async () => {
  const components = examples.map(({ growth7d, verified, ...own }, i) => ({ ...own, velocity: growth7d / 10, acceleration: i % 9 === 0 ? null : (i * 13) % 10 }))
  const breakout = train(components, split)
  const engine = new Engine({}, { breakout })
  const [analysis] = engine.score(growing(), { asOf })
  assert.equal(analysis.breakout.model, 'logistic')
  assert.deepEqual(Object.keys(analysis.breakout.contributions).sort(), ['acceleration', 'velocity'])
  const { momentum } = analysis
  const [{ probability }] = breakout.predict([[momentum.components.velocity.score, momentum.components.acceleration?.score ?? null]])
  assert.equal(analysis.breakout.probability, probability)
  assert.deepEqual(await new Engine({}, { breakout: breakout.toJson() }).scoreAsync(growing(), { asOf }), [analysis])
  assert.equal(engine.score(growing(), { asOf, output: 'columns' }).breakout[0], probability)
  const live = new LiveArtist('a', engine)
  for (const row of growing()) live.observe(row)
  assert.deepEqual(live.analyze({ asOf }), analysis)
  refused(() => new Engine({}, { breakout: train(examples, split) }), 'the model reads a feature `growth7d`, which no analysis has')
  refused(() => new Engine({}, { breakout: '{}' }), 'this is no model file')
})

test('of two values for one time the first is kept, where that is asked for', () => {
  const twice = [...growing(), observation({ observedAt: '2026-03-05', value: 1 })]
  refused(() => score(twice, { asOf }), 'observations row 30: ', { row: 30 })
  const [kept] = new Engine({}, { conflicts: 'keep_first' }).score(twice, { asOf })
  assert.deepEqual(kept.momentum, score(growing(), { asOf })[0].momentum)
  refused(() => new Engine({}, { conflicts: 'last' }), "conflicts: 'last' is not one of refuse, keep_first", { column: 'conflicts', value: "'last'" })
  refused(() => new Engine({}, { model: 1 }), 'options: there is no option model')
})

for (const [changes, column, message, value] of [
  [{ id: 7 }, 'id', '7 is not a string', '7'],
  [{ date: undefined }, 'date', 'missing'],
  [{ date: 'today' }, 'date', '`today` is not a date', "'today'"],
  [{ known: 5 }, 'known', '5 is not a string or a Date', '5'],
  [{ label: 2 }, 'label', '2 is not true, false, 0 or 1', '2'],
  [{ label: null }, 'label', 'missing'],
  [{ growth7d: '3' }, 'growth7d', "'3' is neither a number nor a truth value", "'3'"],
]) {
  test(`a wrong example: ${column}: ${message}`, async () => {
    const wrong = [...examples.slice(0, 4), { ...examples[4], ...changes }]
    const place = { table: 'examples', row: 4, column, ...(value && { value }) }
    refused(() => train(wrong, split), `examples row 4: ${column}: ${message}`, place)
    await rejected(trainAsync(wrong, split), `examples row 4: ${column}: ${message}`, place)
  })
}

test('what else is wrong is named', async () => {
  refused(() => train([null], split), 'examples row 0: row: null is not an object')
  refused(() => train('rows', split), "examples: 'rows' is not a list", { table: 'examples' })
  refused(() => train(examples, { testFrom: day(300) }), 'calibrateFrom: missing', { column: 'calibrateFrom' })
  refused(() => train(examples, { ...split, testFrom: 'soon' }), 'testFrom: ', { column: 'testFrom' })
  refused(() => train(examples, { ...split, testFrom: day(100) }), 'slices are not in order')
  refused(() => train(examples, { ...split, features: 'growth7d' }), "features: 'growth7d' is not a list of names", { column: 'features' })
  refused(() => train(examples, { ...split, features: [1] }), 'features: 1 is not a string', { column: 'features', value: '1' })
  refused(() => train([{ ...examples[0], growth7d: Infinity }, ...examples.slice(1)], split), 'example `artist 0` of 2024-01-01: feature `growth7d` is infinite')
  refused(() => train([{ ...examples[0], known: '2023-12-31' }], split), 'example `artist 0` of 2024-01-01: its label was known on 2023-12-31, before it')
  refused(() => train(examples, { ...split, random: true }), 'options: there is no option random')
  refused(() => train(examples.slice(0, 20), split), 'the training slice has ', { code: 'INSUFFICIENT_DATA' })
  await assert.rejects(trainAsync(examples, { ...split, signal: AbortSignal.abort() }), { name: 'AbortError' })
})
