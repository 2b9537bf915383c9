// Rows that the tests share, and what they use of the development folder.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'

// The tests run beside an installed package; FANPULSE_NODE is the folder that it was made in.
export const source = process.env.FANPULSE_NODE
export const development = createRequire(path.join(source, 'package.json'))
export const data = path.join(source, '../../tests/data')

export const asOf = '2026-03-30'

export const observation = (changes) => ({ artistId: 'a', platform: 'spotify', metric: 'followers', observedAt: '2026-03-01', value: 100, ...changes })
export const post = (changes) => ({ artistId: 'a', platform: 'tiktok', postId: 'p', publishedAt: '2026-03-01T10:00:00Z', likes: 5, ...changes })
export const fanEvent = (changes) => ({ artistId: 'a', fanId: 'f', kind: 'stream', occurredAt: '2026-03-01T10:00:00Z', ...changes })

export const growing = (artistId = 'a', start = 1000) =>
  Array.from({ length: 30 }, (_, i) => observation({ artistId, observedAt: `2026-03-${String(i + 1).padStart(2, '0')}`, value: start * 1.01 ** i }))

/** Many artists with two components and posts, in a fixed order; every figure is a whole number. */
export function many(artists, { days = 30, posts = 8 } = {}) {
  const [observations, published] = [[], []]
  for (let a = 0; a < artists; a += 1) {
    for (const [c, metric] of ['followers', 'monthly_listeners'].entries()) {
      for (let d = 0; d < days; d += 1) {
        const observedAt = new Date(Date.UTC(2026, 2, 30 - days + 1 + d)).toISOString().slice(0, 10)
        observations.push({ artistId: `artist-${a}`, platform: 'spotify', metric, observedAt, value: 1000 + c * 500 + d * ((a % 7) - 2) + ((a * 31 + d * 17 + c) % 5) })
      }
    }
    for (let p = 0; p < posts; p += 1) {
      const likes = 50 + ((a * 13 + p * 7) % 40) + (a % 3 === 0 && p === 5 ? 2000 : 0)
      published.push({ artistId: `artist-${a}`, platform: 'tiktok', postId: `p${p}`, publishedAt: `2026-03-${String(3 * p + 2).padStart(2, '0')}T10:00:00Z`, likes, comments: 3, shares: 2, saves: 1, views: 900 })
    }
  }
  return { observations, posts: published }
}

/** A list of texts as codes of names. */
export function coded(list, Codes = Uint32Array) {
  const names = [...new Set(list)]
  const code = new Map(names.map((name, i) => [name, i]))
  return { codes: Codes.from(list, (text) => code.get(text)), names }
}

const DAY = 86_400_000

/** Observations as columns, the same rows. */
export function observationColumns(rows) {
  return {
    artistId: coded(rows.map((row) => row.artistId)),
    platform: coded(rows.map((row) => row.platform), Uint8Array),
    metric: coded(rows.map((row) => row.metric), Uint16Array),
    day: Int32Array.from(rows, (row) => Date.parse(row.observedAt) / DAY),
    value: Float64Array.from(rows, (row) => row.value),
  }
}

/** Posts as columns, the same rows. */
export function postColumns(rows) {
  const count = (name) => Float64Array.from(rows, (row) => row[name] ?? NaN)
  return {
    artistId: rows.map((row) => row.artistId),
    platform: rows.map((row) => row.platform),
    postId: rows.map((row) => row.postId),
    publishedAt: Float64Array.from(rows, (row) => Date.parse(row.publishedAt)),
    likes: count('likes'),
    comments: count('comments'),
    shares: count('shares'),
    saves: count('saves'),
    views: count('views'),
  }
}

/** That a call throws a FanPulseError whose message begins so. */
export function refused(call, message, place = {}) {
  assert.throws(call, (e) => checkError(e, message, place))
}

export async function rejected(promise, message, place = {}) {
  await assert.rejects(promise, (e) => checkError(e, message, place))
}

function checkError(e, message, { code = 'INVALID_INPUT', ...place }) {
  assert.equal(e.name, 'FanPulseError', e.stack)
  assert.equal(e.code, code, e.stack)
  assert.ok(e.message.startsWith(message), e.message)
  for (const [name, value] of Object.entries(place)) assert.equal(e[name], value, `${name} of: ${e.message}`)
  return true
}
