// The same scores in JavaScript, as one would write them with care: rows grouped in one pass into daily typed arrays, then one pass
// per artist. Levels only, no streams; left off as the other peers are (README.md): interval, evidence, input checks.

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

function weighted(parts, weights) {
  let [sum, coverage] = [0, 0]
  for (const [name, part] of Object.entries(parts)) {
    sum += weights[name] * part.score
    coverage += weights[name]
  }
  return { sum, coverage }
}

const FVS = { engagement: 0.4, growth: 0.3, reach: 0.2, conversion: 0.1 }
const MOMENTUM = { velocity: 0.35, acceleration: 0.3, consistency: 0.2, viralPotential: 0.15 }

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
  for (const name of Object.keys(FVS)) if (raw[name] === raw[name]) components[name] = { raw: raw[name], score: curve(CURVES[name], raw[name]) }
  const { sum, coverage } = weighted(components, FVS)
  return coverage < 0.3 ? null : { score: sum / coverage, coverage, components }
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
      const viral = one.engagement > mu + 2 * Math.max(sd, 0.1 * mu) && one.engagement >= 1.5 * mu && one.engagement >= 10
      judged.push({ one, viral, excess: mu > 0 ? (one.engagement - mu) / mu : NaN })
    }
  }
  return judged
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

function momentumOf(index, window, viralPotential) {
  const weeks = Math.floor(window / 7)
  const means = []
  for (let k = 1; k <= weeks; k += 1) means.push(mean(index, window - 7 * k, window - 7 * k + 7))
  if (weeks < 2 || means[0].n < 3 || means[1].n < 3) return null
  const rate = (ratio, days) => 100 * (ratio ** (1 / days) - 1)
  const velocity = rate(means[0].mean / means[1].mean, 7)
  const components = { velocity: { raw: velocity, score: curve(CURVES.velocity, velocity) } }
  let far = weeks
  while (far >= 3 && means[far - 1].n < 3) far -= 1
  if (far >= 3) {
    const raw = velocity - rate(means[1].mean / means[far - 1].mean, 7 * (far - 2))
    components.acceleration = { raw, score: curve(CURVES.acceleration, raw) }
  }
  let [pairs, rose] = [0, 0]
  for (let t = 7; t < window; t += 1) {
    const [x, y] = [index[t], index[t - 7]]
    if (x !== x || y !== y) continue
    pairs += 1
    if (Math.abs(x - y) <= 1e-9 * Math.max(Math.abs(x), Math.abs(y))) rose += 0.5
    else if (x > y) rose += 1
  }
  if (pairs >= 5) components.consistency = { raw: rose / pairs, score: (10 * rose) / pairs }
  if (viralPotential !== null) components.viralPotential = viralPotential
  const { sum, coverage } = weighted(components, MOMENTUM)
  let [total, weight] = [sum, coverage]
  for (const name of ['acceleration', 'consistency']) {
    if (name in components) continue
    total += 5 * MOMENTUM[name]
    weight += MOMENTUM[name]
  }
  const score = total / weight
  const status = score >= 9 ? 'viral' : score >= 7 ? 'rapid_growth' : score >= 5 ? 'growing' : score >= 3 ? 'stable' : 'declining'
  return { index: score, status, coverage, components }
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
    viralPosts: judged.filter(({ viral }) => viral).map(({ one }) => one.post.postId),
  }
}
