// Alerts of analyses, and what is said of wrong rules.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { alerts, score } from 'fanpulse'

import { asOf, fanEvent, growing, many, refused } from './rows.mjs'

const now = '2026-03-31T06:00:00Z'
const held = { id: 'held', kind: 'growth_stall', operator: '<=', threshold: 100 }
const rule = { id: 'fans', kind: 'fvs_threshold', operator: '>=', threshold: 1 }
const [one] = score(growing(), { asOf })

test('what was told is not told again', () => {
  const { observations, posts } = many(12)
  const current = score(observations, { asOf, posts })
  const previous = score(observations, { asOf: '2026-03-12', posts })
  const rules = [held, { id: 'fall', kind: 'momentum_drop', operator: '>', threshold: 0.01, coolDownHours: 48 }]
  const first = alerts(current, { previous, rules, now })
  assert.ok(first.alerts.some(({ kind }) => kind === 'viral_post') && first.alerts.some(({ rule }) => rule === 'fall'))
  assert.deepEqual(Object.keys(first.fired), first.alerts.map(({ key }) => key).sort())
  assert.deepEqual(alerts(current, { previous, rules, fired: first.fired, now }), { alerts: [], fired: first.fired })
  // One analysis alone, and one rule alone.
  assert.deepEqual(alerts(current[3], { previous, rules, now }).alerts, first.alerts.filter(({ artistId }) => artistId === current[3].artistId))
  assert.equal(alerts(one, { rules: held, now }).alerts.at(-1).rule, 'held')
})

test('whole analyses raise the same', () => {
  const fans = Array.from({ length: 60 }, (_, i) => fanEvent({ fanId: `f${i % 7}`, kind: 'share' }))
  const [whole] = score(growing(), { asOf, fans })
  assert.notEqual(whole.superfans, null)
  assert.deepEqual(alerts(whole, { rules: [held], now }), alerts(one, { rules: [held], now }))
})

test('times may be dates, and a rule cools down', () => {
  const raised = (fired, at, changes) => alerts(one, { rules: [{ ...held, ...changes }], fired, now: at }).alerts.length
  const fired = { 'rule/held/a/2026-03-29': new Date('2026-03-31T00:00:00Z') }
  assert.deepEqual(alerts(one, { rules: [held], now: new Date(now) }).fired, { 'rule/held/a/2026-03-30': now })
  assert.deepEqual([raised(fired, '2026-03-31T23:59:59Z'), raised(fired, '2026-04-01'), raised(fired, now, { coolDownHours: 1 })], [0, 1, 1])
})

test('nobody', () => assert.deepEqual(alerts([], { now }), { alerts: [], fired: {} }))

for (const [changes, message, value] of [
  [{ threshold: 101 }, 'rules 1: `fans`: threshold is 101, outside 0 to 100', '101'],
  [{ threshold: NaN }, 'rules 1: threshold: NaN is not a finite number'],
  [{ threshold: 5n }, 'rules 1: threshold: 5n is not a number'],
  [{ threshold: '1' }, 'rules 1: `fans`: threshold: invalid type: string "1", expected f64'],
  [{ operator: '==' }, 'rules 1: `fans`: operator: unknown variant `==`, expected one of `>=`, `>`, `<=`, `<`'],
  [{ kind: 'growth_stall' }, 'rules 1: `fans`: operator is >=, where a growth_stall rule takes <= or <'],
  [{ kind: 'plays' }, 'rules 1: `fans`: kind: unknown variant `plays`, expected one of `momentum_spike`, `momentum_drop`, `fvs_threshold`, `follower_milestone`, `viral_post`, `engagement_drop`, `superfan_churn`'],
  [{ id: 'a/b' }, 'rules 1: `a/b`: id is `a/b`, not 1 to 64 of a-z'],
  [{ coolDownHours: 9000 }, 'rules 1: `fans`: coolDownHours is 9000, outside 0 to 8784', '9000'],
  [{ treshold: 1 }, 'rules 1: `fans`: treshold: unknown field `treshold`'],
  [{ id: undefined }, 'rules 1: missing field `id`'],
]) {
  test(`a wrong rule: ${message}`, () => refused(() => alerts([], { rules: [rule, { ...rule, ...changes }], now }), message, value && { column: 'rules', row: 1, value }))
}

test('what else is wrong is named', () => {
  const wrong = (current, options, message, place) => refused(() => alerts(current, { now, ...options }), message, place)
  const [later] = score(growing(), { asOf: '2026-03-31' })
  wrong([one, one], {}, 'current 1: the artist `a` stands also at 0', { column: 'current', row: 1 })
  wrong(one, { previous: later }, 'current 0 `a`: previous is as of 2026-03-31, after 2026-03-30', { column: 'current', row: 0 })
  wrong([{ ...one, momentum: { index: 'high' } }], {}, 'current 0: momentum.index: invalid type: string "high", expected f64')
  wrong([{ ...one, windowDays: 5 }], {}, 'current 0: windowDays is 5, outside 14 to 366', { value: '5' })
  wrong({ ...one, viral: undefined }, {}, 'current 0: missing field `viral`')
  wrong([1], {}, 'current 0: 1 is not an object', { column: 'current', row: 0, value: '1' })
  wrong(score(growing(), { asOf, output: 'arrow' }), {}, 'current 0: a value of type object is not an object')
  wrong(one, { rules: 1 }, 'rules 0: 1 is not an object')
  wrong(one, { superfanChurn: { b: 0.5 } }, 'superfanChurn: there is no artist `b` in current', { column: 'superfanChurn' })
  wrong(one, { superfanChurn: { a: 1.5 } }, 'current 0 `a`: superfanChurn is 1.5, outside 0 to 1')
  wrong(one, { superfanChurn: { a: '1' } }, "superfanChurn['a']: '1' is not a number")
  wrong(one, { superfanChurn: 0.5 }, 'superfanChurn: 0.5 is not an object')
  wrong(one, { fired: { k: 'yesterday' } }, "fired['k']: `yesterday` is not a date", { column: 'fired', value: "'yesterday'" })
  wrong(one, { fired: null }, 'fired: null is not an object')
  wrong(one, { now: '2026-03-31T06:00:00' }, 'now: time `2026-03-31T06:00:00` has no zone', { column: 'now' })
  wrong(one, { now: undefined }, 'now: missing')
  wrong(one, { settings: { momentumIndex: 11 } }, 'momentumIndex is 11, outside 0 to 10', { column: 'settings', value: '11' })
  wrong(one, { settings: { sigmas: 1 } }, 'settings: unknown field `sigmas`', { column: 'settings' })
  wrong(one, { rule }, 'options: there is no option rule; the known ones are now, previous, rules')
})
