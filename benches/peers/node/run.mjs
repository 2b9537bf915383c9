// FanPulse from Node against the Rust batch and against JavaScript: sides in turn, median of the rounds.
//
// node run.mjs PACKAGE BATCH [--artists N] [--rounds N]: PACKAGE is the folder of the built package, BATCH the Rust worker.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { score as scoreInJavaScript } from './scores.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { artists: { type: 'string', default: '20000' }, rows: { type: 'string', default: '2000' }, rounds: { type: 'string', default: '9' }, cpu: { type: 'boolean', default: false } },
})
const fanpulse = createRequire(import.meta.url)(path.resolve(positionals[0]))
const rounds = Number(options.rounds)

const AS_OF = '2026-02-28'
const END = Date.parse(AS_OF) / 86_400_000
const DAYS = 60
const POSTS = 20
const COMPONENTS = [['spotify', 'followers'], ['spotify', 'monthly_listeners'], ['tiktok', 'followers']]

/** A generator of numbers in [0, 1) that a seed fixes (mulberry32). */
function random(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The shape of the other peers: walks of whole numbers, posts that now and then spike. */
function columnsOf(artists) {
  const rnd = random(20260228)
  const normal = () => Math.sqrt(-2 * Math.log(1 - rnd())) * Math.cos(2 * Math.PI * rnd())
  const rows = artists * COMPONENTS.length * DAYS
  const [artist, component, day, value] = [new Uint32Array(rows), new Uint16Array(rows), new Int32Array(rows), new Float64Array(rows)]
  const posts = artists * POSTS
  const [postArtist, postDay] = [new Uint32Array(posts), new Int32Array(posts)]
  const counts = Object.fromEntries(['likes', 'comments', 'shares', 'saves', 'views'].map((name) => [name, new Float64Array(posts)]))
  let [row, p] = [0, 0]
  for (let a = 0; a < artists; a += 1) {
    const [drift, bend] = [0.0008 + 0.004 * normal(), 0.003 * normal()]
    let last = 0
    for (let c = 0; c < COMPONENTS.length; c += 1) {
      let level = Math.exp(10 + 2 * normal()) + 50
      for (let d = 0; d < DAYS; d += 1) {
        level *= Math.exp(drift + bend * (d / (DAYS - 1)) ** 2 + 0.001 * normal())
        artist[row] = a
        component[row] = c
        day[row] = END - DAYS + 1 + d
        value[row] = Math.round(level)
        row += 1
      }
      last = level
    }
    const rate = last * Math.exp(-4 + 0.7 * normal())
    for (let i = 0; i < POSTS; i += 1) {
      const level = rate * Math.exp(0.4 * normal()) * (rnd() < 0.03 ? 3 + 27 * rnd() : 1)
      postArtist[p] = a
      postDay[p] = END - DAYS + 1 + Math.floor((i * DAYS) / POSTS)
      counts.likes[p] = Math.round(0.88 * level)
      counts.comments[p] = Math.round(0.07 * level)
      counts.shares[p] = Math.round(0.05 * level)
      counts.saves[p] = Math.round(0.04 * level)
      counts.views[p] = counts.likes[p] * (8 + Math.floor(32 * rnd())) + 10
      p += 1
    }
  }
  return { artist, component, day, value, postArtist, postDay, counts }
}

/** The same as an object per row, made from JSON as a program would have them. */
function rowsOf(columns, names) {
  const date = (day) => new Date(day * 86_400_000).toISOString().slice(0, 10)
  const observations = Array.from(columns.artist, (a, i) => {
    const [platform, metric] = COMPONENTS[columns.component[i]]
    return { artistId: names[a], platform, metric, observedAt: date(columns.day[i]), value: columns.value[i] }
  })
  const posts = Array.from(columns.postArtist, (a, i) => ({
    artistId: names[a],
    platform: 'tiktok',
    postId: `${names[a]}-${i % POSTS}`,
    publishedAt: `${date(columns.postDay[i])}T10:00:00Z`,
    ...Object.fromEntries(Object.entries(columns.counts).map(([name, list]) => [name, list[i]])),
  }))
  return JSON.parse(JSON.stringify({ observations, posts }))
}

const namesOf = (artists) => Array.from({ length: artists }, (_, i) => `a${String(i).padStart(6, '0')}`)

/** Seconds of a call: of the clock, or with `--cpu` of all processors together, which a busy machine does not disturb. */
function timed(call) {
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  const value = call()
  const { user, system } = process.cpuUsage(cpu)
  return { seconds: options.cpu ? (user + system) / 1e6 : (performance.now() - start) / 1000, value }
}

const median = (list) => list.slice().sort((a, b) => a - b)[Math.floor(list.length / 2)]

/** `name`: median seconds and ratio, each round's other side divided by ours where `faster`, else ours by theirs. */
function report(name, artists, ours, theirs, faster) {
  const ratios = ours.map((seconds, i) => (faster ? theirs[i] / seconds : seconds / theirs[i]))
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)]
  const speed = Math.round(artists / median(ours)).toLocaleString('en')
  console.log(`${name.padEnd(58)} ${speed.padStart(11)} artists/s   ${median(ratios).toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})   of the least ${(faster ? Math.min(...theirs) / Math.min(...ours) : Math.min(...ours) / Math.min(...theirs)).toFixed(2)}`)
}

async function againstRust(artists) {
  const columns = columnsOf(artists)
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fanpulse-node-'))
  try {
    const files = { artist: columns.artist, component: columns.component, day: columns.day, value: columns.value, 'post-artist': columns.postArtist, 'post-day': columns.postDay, ...columns.counts }
    for (const [name, list] of Object.entries(files)) writeFileSync(path.join(folder, name), new Uint8Array(list.buffer))
    const worker = spawn(path.resolve(positionals[1]), [folder, String(artists), AS_OF], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: worker.stdout })[Symbol.asyncIterator]()
    const rust = async () => {
      worker.stdin.write('\n')
      return (await lines.next()).value.split(' ').map(Number)
    }
    const names = namesOf(artists)
    const components = COMPONENTS.map(([platform, metric]) => ({ platform, metric }))
    const artistId = { codes: columns.artist, names }
    const byComponent = { artistId, component: { codes: columns.component, names: components }, day: columns.day, value: columns.value }
    const byPlatform = {
      artistId,
      platform: { codes: Uint8Array.from(columns.component, (c) => (c === 2 ? 1 : 0)), names: ['spotify', 'tiktok'] },
      metric: { codes: Uint8Array.from(columns.component, (c) => (c === 1 ? 1 : 0)), names: ['followers', 'monthly_listeners'] },
      day: columns.day,
      value: columns.value,
    }
    const posts = { artistId: { codes: columns.postArtist, names }, platform: { codes: new Uint16Array(columns.postArtist.length), names: ['tiktok'] }, day: columns.postDay, ...columns.counts }
    const call = async (observations) => {
      // Node frees the memory of results that nobody holds when its event loop turns, as a program's does between two calls.
      await new Promise((resolve) => setImmediate(resolve))
      return timed(() => fanpulse.score(observations, { asOf: AS_OF, posts, output: 'columns' }))
    }
    const seconds = { rust: [], component: [], platform: [] }
    for (let round = -2; round < rounds; round += 1) {
      const [clock, cpu, sum] = await rust()
      const [one, two] = [await call(byComponent), await call(byPlatform)]
      const own = one.value.momentum.reduce((total, m) => (m === m ? total + m : total), 0)
      if (own !== sum) throw new Error(`the sums differ: ${own} and ${sum}`)
      if (round < 0) continue
      seconds.rust.push(options.cpu ? cpu : clock)
      seconds.component.push(one.seconds)
      seconds.platform.push(two.seconds)
    }
    report('typed arrays, one code per component; time over Rust', artists, seconds.component, seconds.rust, false)
    report('typed arrays, codes of platform and metric; time over Rust', artists, seconds.platform, seconds.rust, false)
    worker.stdin.end()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Throws where two results differ by more than 1e-9, relative, in a number or at all in a word. */
function check(ours, theirs) {
  if (ours.length !== theirs.length) throw new Error('the number of artists differs')
  ours.forEach((a, i) => {
    const b = theirs[i]
    const id = a.artistId
    same(b.artistId, id, 'artist')
    for (const part of ['fvs', 'momentum', 'breakout']) if (b[part] !== null || a[part] !== null) same(a[part], b[part], `${id} ${part}`)
    same(a.viral.posts, b.viralPosts, `${id} viral posts`)
  })
}

/** `a` may hold more than `b`. */
function same(a, b, what) {
  if (typeof b === 'object' && b !== null) {
    if (Array.isArray(b) && a?.length !== b.length) throw new Error(`${what}: ${a?.length} and ${b.length}`)
    if (what.endsWith('components') && Object.keys(a ?? {}).join() !== Object.keys(b).join()) throw new Error(`${what} differ`)
    for (const [name, part] of Object.entries(b)) same(a?.[name] ?? (name === 'neutralContribution' ? 0 : null), part, `${what} ${name}`)
    return
  }
  const close = typeof b === 'number' ? Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)) + 1e-11 : a === b
  if (!close) throw new Error(`${what}: ${a} and ${b}`)
}

function againstJavaScript(artists) {
  const { observations, posts } = rowsOf(columnsOf(artists), namesOf(artists))
  const seconds = { javascript: [], objects: [], columns: [] }
  for (let round = -3; round < rounds; round += 1) {
    globalThis.gc?.()
    const theirs = timed(() => scoreInJavaScript(observations, posts, AS_OF))
    globalThis.gc?.()
    const ours = timed(() => fanpulse.score(observations, { asOf: AS_OF, posts }))
    globalThis.gc?.()
    const columns = timed(() => fanpulse.score(observations, { asOf: AS_OF, posts, output: 'columns' }))
    if (round === -3) check(ours.value, theirs.value)
    if (round < 0) continue
    seconds.javascript.push(theirs.seconds)
    seconds.objects.push(ours.seconds)
    seconds.columns.push(columns.seconds)
  }
  report('JavaScript, objects to objects', artists, seconds.javascript, seconds.javascript, true)
  report('objects to objects; times faster than JavaScript', artists, seconds.objects, seconds.javascript, true)
  report('objects to columns; times faster than JavaScript', artists, seconds.columns, seconds.javascript, true)
}

if (positionals[1] !== undefined) await againstRust(Number(options.artists))
againstJavaScript(Number(options.rows))
