// The same scores in JavaScript, as one would write them with care: rows grouped in one pass into daily typed arrays, then one pass
// per artist. With the interval and the standard error of momentum and the parts of each score; levels only, no streams, and
// without input checks (README.md).

const MAX_FILL = 3
const MAX_AGE = 90
const BASELINE = 90
const DAY = 86_400_000

const CURVES = {
  engagement: [[0, 0], [1, 40], [2, 60], [5, 100]],
  growth: [[-25, 0], [0, 25], [5, 50], [10, 75], [20, 100]],
  reach: [[0, 0], [1e4, 40], [1e5, 70], [1e6, 90], [1.1e7, 100]],
  conversion: [[0, 0], [1, 50], [2, 70], [5, 100]],
  velocity: [[-3, 0], [-0.3, 2], [0, 4], [0.1, 5], [0.5, 7], [1, 8.5], [3, 10]],
  acceleration: [[-2, 0], [-0.5, 2], [-0.1, 4], [0, 5], [0.1, 6], [0.5, 8], [2, 10]],
  excess: [[0, 3], [0.5, 5], [1.5, 6], [3, 8], [5, 10]],
  viralShare: [[0, 3], [0.1, 6], [0.2, 8], [0.3, 10]],
}

function curve(knots, x) {
  if (x <= knots[0][0]) return knots[0][1]
  for (let i = 1; i < knots.length; i += 1) {
    if (x <= knots[i][0]) {
      const [x0, y0] = knots[i - 1]
      const [x1, y1] = knots[i]
      return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)
    }
  }
  return knots[knots.length - 1][1]
}

/** Scores of all artists, one object each, in the order in which they first appear. */
export function score(observations, posts, asOf, window = 30) {
  const end = Date.parse(asOf) / DAY
  const length = Math.max(2 * window, MAX_AGE) + MAX_FILL
  const first = end - length + 1
  const dates = new Map()
  const dayOf = (text) => {
    let day = dates.get(text)
    if (day === undefined) dates.set(text, (day = Math.floor(Date.parse(text) / DAY)))
    return day
  }
  const artists = new Map()
  let artist
  const of = (id) => {
    if (artist !== undefined && artist.id === id) return artist
    artist = artists.get(id)
    if (artist === undefined) artists.set(id, (artist = { id, series: [], posts: [] }))
    return artist
  }
  let series
  for (const { artistId, platform, metric, observedAt, value } of observations) {
    const owner = of(artistId)
    if (series === undefined || series.owner !== owner || series.platform !== platform || series.metric !== metric) {
      series = owner.series.find((s) => s.platform === platform && s.metric === metric)
      if (series === undefined) {
        series = { owner, platform, metric, days: new Float64Array(length).fill(NaN) }
        owner.series.push(series)
      }
    }
    const at = dayOf(observedAt) - first
    if (at >= 0 && at < length) series.days[at] = value
  }
  for (const post of posts) {
    const at = Math.floor(Date.parse(post.publishedAt) / DAY)
    if (at <= end && at > end - Math.max(BASELINE, window)) of(post.artistId).posts.push({ post, at, engagement: post.likes + post.comments + post.shares })
  }
  return [...artists.values()].map((one) => scoreOne(one, end, window, length))
}

const listeners = (metric) => metric === 'monthly_listeners'
const audience = (metric) => metric === 'followers' || metric === 'subscribers' || listeners(metric)

function latest(days) {
  for (let t = days.length - 1; t >= days.length - 1 - MAX_AGE && t >= 0; t -= 1) if (days[t] === days[t]) return days[t]
  return NaN
}

function filled(days) {
  const out = Float64Array.from(days)
  let age = MAX_FILL
  for (let t = 1; t < out.length; t += 1) {
    if (days[t] === days[t]) age = 0
    else if (out[t - 1] === out[t - 1] && age < MAX_FILL) {
      age += 1
      out[t] = out[t - 1]
    }
  }
  return out
}

function mean(days, from, to) {
  let [n, sum] = [0, 0]
  for (let t = from; t < to; t += 1) {
    if (days[t] === days[t]) {
      n += 1
      sum += days[t]
    }
  }
  return { n, mean: sum / n }
}

function growth(series, of, window, length) {
  let [now, before] = [0, 0]
  for (const { metric, full } of series) {
    if (!of(metric)) continue
    const here = mean(full, length - window, length)
    const there = mean(full, length - 2 * window, length - window)
    if (here.n > 0 && there.n > 0) {
      now += here.mean
      before += there.mean
    }
  }
  return before > 0 ? 100 * (now / before - 1) : NaN
}

const FVS = { engagement: 0.4, growth: 0.3, reach: 0.2, conversion: 0.1 }
const MOMENTUM = { velocity: 0.35, acceleration: 0.3, consistency: 0.2, viralPotential: 0.15 }

const FVS_NAMES = Object.keys(FVS)

const part = (raw, score, weight) => ({ raw, score, weight, contribution: 0 })

function fanValue(series, posts, window, length) {
  const followers = new Map()
  let [reach, known] = [0, false]
  for (const { platform, metric, days } of series) {
    const value = latest(days)
    if (value !== value || !audience(metric)) continue
    known = true
    reach += listeners(metric) ? 0.5 * value : value
    if (!listeners(metric)) followers.set(platform, (followers.get(platform) ?? 0) + value)
  }
  let [rates, rate, top, bottom] = [0, 0, 0, 0]
  for (const { post, engagement } of posts) {
    const base = followers.get(post.platform) ?? 0
    if (base > 0) {
      rates += 1
      rate += Math.min(100, (100 * engagement) / base)
    }
    top += post.saves + post.shares
    bottom += post.views
  }
  const growths = [growth(series, (m) => audience(m) && !listeners(m), window, length), growth(series, listeners, window, length)].filter((g) => g === g)
  const raw = {
    engagement: rates > 0 ? rate / rates : NaN,
    growth: growths.length > 0 ? growths.reduce((a, b) => a + b) / growths.length : NaN,
    reach: known ? reach : NaN,
    conversion: bottom > 0 ? (100 * top) / bottom : NaN,
  }
  const components = {}
  let [sum, coverage] = [0, 0]
  for (const name of FVS_NAMES) {
    if (raw[name] !== raw[name]) continue
    const one = part(raw[name], curve(CURVES[name], raw[name]), FVS[name])
    components[name] = one
    sum += one.weight * one.score
    coverage += one.weight
  }
  if (coverage < 0.3) return null
  for (const name in components) components[name].contribution = (components[name].weight * components[name].score) / coverage
  return { score: sum / coverage, coverage, components }
}

/** Each post against the others of its platform, from sums around the mean of all. */
function judge(posts, end) {
  const groups = new Map()
  for (const one of posts) {
    if (one.at <= end - BASELINE) continue
    let group = groups.get(one.post.platform)
    if (group === undefined) groups.set(one.post.platform, (group = []))
    group.push(one)
  }
  const judged = []
  for (const group of groups.values()) {
    const others = group.length - 1
    if (others < 5) continue
    let total = 0
    for (const { engagement } of group) total += engagement
    const centre = total / group.length
    let [sum, squares] = [0, 0]
    for (const { engagement } of group) {
      sum += engagement - centre
      squares += (engagement - centre) ** 2
    }
    for (const one of group) {
      const d = one.engagement - centre
      const shift = (sum - d) / others
      const mu = centre + shift
      const sd = Math.sqrt(Math.max(0, (squares - d * d) / others - shift * shift))
      const scale = Math.max(sd, 0.1 * mu)
      const viral = one.engagement > mu + 2 * scale && one.engagement >= 1.5 * mu && one.engagement >= 10
      judged.push({ one, viral, excess: mu > 0 ? (one.engagement - mu) / mu : NaN, mean: mu, sd, scale, others })
    }
  }
  return judged
}

function evidence({ one: { post, engagement }, mean, sd, scale, others }) {
  const { platform, postId, publishedAt } = post
  const z = scale > 0 ? (engagement - mean) / scale : null
  return { platform, postId, publishedAt, engagement, mean, sd, z, lift: mean > 0 ? engagement / mean : null, others }
}

function chain(series, window, length) {
  const index = new Float64Array(window).fill(NaN)
  const start = length - window
  let last = -1
  for (let t = 0; t < window; t += 1) {
    let [now, before, present] = [0, 0, false]
    for (const { metric, full } of series) {
      const value = full[start + t]
      if (value !== value || !audience(metric)) continue
      present = true
      const base = last < 0 ? NaN : full[start + last]
      if (base === base) {
        const weight = listeners(metric) ? 0.5 : 1
        now += weight * value
        before += weight * base
      }
    }
    if (!present) continue
    if (last < 0) index[(last = t)] = 1
    else if (now > 0 && before > 0) {
      index[t] = (index[last] * now) / before
      last = t
    }
  }
  return index
}

/** Share of days above the day a week before, and the noise of the index by its second differences and by its weekly changes. */
function daily(index, window) {
  let [pairs, rose, chains, steps, changes, triples, bends] = [0, 0, 0, 0, 0, 0, 0]
  let before = NaN
  for (let t = 2; t < window; t += 1) {
    const [x, middle] = [index[t], index[t - 1]]
    const bend = (x - middle - (middle - index[t - 2])) / middle
    if (bend === bend) {
      triples += 1
      bends += bend * bend
    }
    if (t < 7) continue
    const y = index[t - 7]
    const change = (2 * (x - y)) / (x + y)
    if (change === change) {
      pairs += 1
      const tie = 1e-9 * (x > y ? x : y)
      if (x - y > tie) rose += 1
      else if (x - y >= -tie) rose += 0.5
      if (t >= 14 && index[t - 14] === index[t - 14]) chains += 1
    }
    const step = change - before
    if (step === step) {
      steps += 1
      changes += step * step
    }
    before = change
  }
  return {
    pairs,
    chains,
    risen: pairs >= 5 ? rose / pairs : NaN,
    samples: triples,
    variance: triples >= 3 ? bends / (6 * triples) : NaN,
    weeklySamples: steps,
    weeklyVariance: changes / (4 * steps),
  }
}

const Z = 1.645
const week = (x) => Math.min(Math.max(x, 0), 7) / 7

/** The 90 % interval of the index (scoring.md, 3): limits through the curves, added up by MOVER, with the risen share's variance. */
function interval(days, one, two, far, k, v, u, velocity, acceleration, index, total, window) {
  const weekly = days.weeklySamples >= 8
  const known = weekly ? days.weeklyVariance : days.variance
  const df = weekly ? 0.5 * days.weeklySamples : 0.52 * days.samples
  const sigma = Math.sqrt(known)
  if (sigma !== sigma || df !== df) return null
  if (sigma < 1e-9) return [index, index]
  const q = (Z + 1.524 / df + 1.42 / (df * df)) * sigma
  const [n1, n2, nk] = [1 / one.n, 1 / two.n, far === null ? 0 : 1 / far.n]
  const [c, b] = [(100 + v) / 7, (100 + u) / (7 * (k - 2))]
  const rv = c * Math.sqrt(n1 + n2)
  const ra = Math.sqrt(c * c * n1 + (c + b) * (c + b) * n2 + b * b * nk)
  const r = (c * c * n1 + c * (c + b) * n2) / (rv * ra)
  const al = MOMENTUM.velocity * (velocity - curve(CURVES.velocity, v - q * rv))
  const au = MOMENTUM.velocity * (curve(CURVES.velocity, v + q * rv) - velocity)
  const a = v - u
  const wa = far === null ? 0 : MOMENTUM.acceleration
  const bl = wa * (acceleration - curve(CURVES.acceleration, a - q * ra))
  const bu = wa * (curve(CURVES.acceleration, a + q * ra) - acceleration)
  let [cc, dv, da] = [0, 0, 0]
  const { risen, pairs, chains } = days
  if (risen === risen) {
    const steps = far === null ? 1 : k - 1
    const growth = (0.07 * (far === null ? v : v + (k - 2) * u)) / steps
    const tau = (n1 + (far === null ? n2 : nk)) / (2 * steps * steps)
    const h2 = Math.min((growth * growth) / (2 * known) / (1 + 2 * tau), 1400)
    const e = Math.exp(-0.5 * h2)
    const x = Math.max((0.25 * e) / (1 + h2 / 8), risen * (1 - risen))
    const phi = Math.max(0.39894228 * e, 1.5 * x)
    const vp = Math.max(x / pairs - (2 * chains * x * x * (1 + (4 / 3) * x)) / (pairs * pairs), 0)
    const wc = Z * 10 * MOMENTUM.consistency
    const t = (wc * Math.SQRT1_2 * phi) / pairs
    const [o2, ok] = [week(21 - window), week(7 * k + 7 - window)]
    cc = wc * Math.sqrt(vp)
    dv = (t * c * (1 + o2)) / rv
    if (far !== null) da = Math.max((t * (c + (c + b) * o2 - b * ok)) / ra, 0)
  }
  const side = (x, y) => Math.sqrt(x * x + y * y + cc * cc + 2 * (r * x * y + dv * x + da * y)) / total
  return [Math.max(index - side(al, bl), 0), Math.min(index + side(au, bu), 10)]
}

function momentumOf(index, window, viralPotential) {
  const weeks = Math.floor(window / 7)
  if (weeks < 2) return null
  const one = mean(index, window - 7, window)
  const two = mean(index, window - 14, window - 7)
  if (one.n < 3 || two.n < 3) return null
  const rate = (ratio, days) => 100 * (ratio ** (1 / days) - 1)
  const velocity = rate(one.mean / two.mean, 7)
  const components = { velocity: part(velocity, curve(CURVES.velocity, velocity), MOMENTUM.velocity) }
  let [far, k, earlier] = [null, 3, 0]
  for (let at = weeks; at >= 3 && far === null; at -= 1) {
    const found = mean(index, window - 7 * at, window - 7 * at + 7)
    if (found.n >= 3) [far, k] = [found, at]
  }
  if (far !== null) {
    earlier = rate(two.mean / far.mean, 7 * (k - 2))
    const raw = velocity - earlier
    components.acceleration = part(raw, curve(CURVES.acceleration, raw), MOMENTUM.acceleration)
  }
  const days = daily(index, window)
  if (days.risen === days.risen) components.consistency = part(days.risen, 10 * days.risen, MOMENTUM.consistency)
  if (viralPotential !== null) components.viralPotential = part(viralPotential.raw, viralPotential.score, MOMENTUM.viralPotential)
  let [sum, coverage, neutral] = [0, 0, 0]
  for (const name in components) {
    sum += components[name].weight * components[name].score
    coverage += components[name].weight
  }
  if (components.acceleration === undefined) neutral += MOMENTUM.acceleration
  if (components.consistency === undefined) neutral += MOMENTUM.consistency
  const weight = coverage + neutral
  const score = (sum + 5 * neutral) / weight
  for (const name in components) components[name].contribution = (components[name].weight * components[name].score) / weight
  const status = score >= 9 ? 'viral' : score >= 7 ? 'rapid_growth' : score >= 5 ? 'growing' : score >= 3 ? 'stable' : 'declining'
  const se = ((100 + velocity) / 7) * Math.sqrt(days.variance * (1 / one.n + 1 / two.n))
  const acceleration = components.acceleration?.score ?? 5
  const interval90 = interval(days, one, two, far, k, velocity, earlier, components.velocity.score, acceleration, score, weight, window)
  const velocitySe = se === se ? se : null
  return { index: score, status, coverage, interval90, velocitySe, neutralContribution: (5 * neutral) / weight, components }
}

function breakoutOf({ components }) {
  const drivers = {
    acceleration: components.acceleration?.score >= 7,
    viralPotential: components.viralPotential?.score >= 7,
    velocity: components.velocity.score >= 7,
    consistency: components.consistency?.score >= 6,
  }
  const met = Object.values(drivers).filter(Boolean).length
  const probability = [0, 0.25, 0.5, 0.8, 0.9][met]
  return { probability, level: probability >= 0.8 ? 'high' : probability >= 0.5 ? 'medium' : 'low', drivers }
}

function scoreOne({ id, series, posts }, end, window, length) {
  for (const one of series) one.full = filled(one.days)
  const judged = judge(posts, end)
  const recent = judged.filter(({ one }) => one.at > end - window)
  const windowPosts = posts.filter(({ at }) => at > end - window)
  let viralPotential = null
  if (windowPosts.length >= 5) {
    let [excess, viral] = [-Infinity, 0]
    for (const one of recent) {
      if (one.excess > excess) excess = one.excess
      if (one.viral) viral += 1
    }
    if (excess > -Infinity) {
      viralPotential = { raw: excess, score: Math.max(curve(CURVES.excess, excess), curve(CURVES.viralShare, viral / recent.length)) }
    }
  }
  const momentum = momentumOf(chain(series, window, length), window, viralPotential)
  return {
    artistId: id,
    fvs: fanValue(series, windowPosts, window, length),
    momentum,
    breakout: momentum === null ? null : breakoutOf(momentum),
    viralPosts: judged.filter(({ viral }) => viral).map(evidence),
  }
}
