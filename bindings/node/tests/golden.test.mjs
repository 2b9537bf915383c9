// The scoring cases with right answers, computed by an independent plain implementation of the definition.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { score, scoreAsync } from 'fanpulse'

const cases = JSON.parse(gunzipSync(readFileSync(new URL('../../../tests/data/golden.json.gz', import.meta.url))))

// Agreement, relative; and absolute near zero, where the reference's own rounding is 2e-14.
const TOLERANCE = 1e-9
const TOLERANCE_AT_ZERO = 1e-12

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
const camelKeys = (row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [camel(key), value]))
const rows = ({ artist_id: artistId, observations, posts }) => [observations, posts].map((table) => table.map((row) => ({ artistId, ...camelKeys(row) })))

function close(got, want, what) {
  assert.ok(Math.abs(got - want) <= Math.max(TOLERANCE * Math.abs(want), TOLERANCE_AT_ZERO), `${what}: ${got} instead of ${want}`)
}

function checkPart(got, reason, want, figure, wanted, what) {
  assert.equal(got === null, want == null, what)
  assert.equal(reason === null, want != null, what)
  if (got === null) return
  close(got[figure], want[wanted], what)
  close(got.coverage, want.coverage, `${what} coverage`)
  assert.deepEqual(Object.keys(got.components).sort(), Object.keys(want.components).map(camel).sort(), what)
  let total = got.neutralContribution ?? 0
  for (const [name, component] of Object.entries(want.components)) {
    close(got.components[camel(name)].raw, component.raw, `${what} ${name} raw`)
    close(got.components[camel(name)].score, component.score, `${what} ${name} score`)
    total += got.components[camel(name)].contribution
  }
  close(total, got[figure], `${what}: contributions`)
}

function check({ name, artist_id, as_of, window_days, posts, expected }, got) {
  assert.deepEqual([got.artistId, got.asOf, got.windowDays], [artist_id, as_of, window_days])
  checkPart(got.fvs, got.fvsReason, expected.fvs, 'score', 'fvs', `${name}: fvs`)
  checkPart(got.momentum, got.momentumReason, expected.momentum, 'index', 'momentum', `${name}: momentum`)
  if (got.momentum === null) {
    const { have, need } = expected.momentum_reason
    assert.deepEqual(got.momentumReason, { kind: 'insufficient_data', have, need })
    assert.equal(got.breakout, null)
  } else {
    assert.equal(got.momentum.status, expected.momentum.status)
    close(got.momentum.velocitySe, expected.momentum.velocity_se, `${name}: velocitySe`)
    close(got.breakout.probability, expected.breakout.probability, `${name}: breakout`)
    assert.equal(got.breakout.level, expected.breakout.level)
    assert.equal(Object.values(got.breakout.drivers).filter(Boolean).length, expected.breakout.met)
  }
  const viral = got.viralPosts.map((v) => posts.findIndex((p) => p.platform === v.platform && p.post_id === v.postId))
  assert.deepEqual(viral, expected.viral_posts)
}

test('there are 37 cases', () => assert.equal(cases.length, 37))

for (const one of cases) {
  test(`agrees: ${one.name}`, async () => {
    const options = { asOf: one.as_of, windowDays: one.window_days }
    const analyses = score(...rows(one), options)
    assert.equal(analyses.length, 1)
    check(one, analyses[0])
    assert.deepEqual(await scoreAsync(...rows(one), options), analyses)
  })
}

test('many artists at once agree', () => {
  for (const windowDays of new Set(cases.map((one) => one.window_days))) {
    const some = cases.filter((one) => one.window_days === windowDays)
    assert.equal(new Set(some.map((one) => one.as_of)).size, 1)
    const [observations, posts] = [0, 1].map((table) => some.flatMap((one) => rows(one)[table]))
    const analyses = score(observations, posts, { asOf: some[0].as_of, windowDays })
    assert.equal(analyses.length, some.length)
    some.forEach((one, i) => check(one, analyses[i]))
  }
})
