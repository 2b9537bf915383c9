import type { Operator, RuleKind } from './inputs.js';
/** Why a part could not be computed. */
export interface Reason {
    kind: 'insufficient_data';
    /** What there was, in the unit of `need`. */
    have: number;
    /** The least that is needed. */
    need: number;
}
/** A part of a score; the contributions of a score, with the neutral one of momentum, add up to it. */
export interface Component {
    /** The measured value, in the unit of its definition. */
    raw: number;
    /** The score it gives, in the range of the whole. */
    score: number;
    /** Its weight among all components. */
    weight: number;
    /** What it adds to the whole. */
    contribution: number;
}
/** Fan Value Score, 0–100. */
export interface FanValue {
    /** 0–100. */
    score: number;
    /** Σ of the weights of the components with data. */
    coverage: number;
    /** The components with data. */
    components: {
        /** Engagement rate, %. */
        engagement?: Component;
        /** Growth over the window before, %. */
        growth?: Component;
        /** Followers + ½ monthly listeners. */
        reach?: Component;
        /** Saves, shares and playlist adds per view and stream, %. */
        conversion?: Component;
    };
}
/** The momentum index in a word. */
export type Status = 'declining' | 'stable' | 'growing' | 'rapid_growth' | 'viral';
/** A probability in a word. */
export type Level = 'low' | 'medium' | 'high';
/** Momentum index, 0–10. */
export interface Momentum {
    /** 0–10. */
    index: number;
    status: Status;
    /** Σ of the weights of the components with data. */
    coverage: number;
    /** 90 % interval of the index; null where the noise cannot be estimated. */
    interval90: [number, number] | null;
    /** Standard error of velocity, % per day; null where the noise cannot be estimated. */
    velocitySe: number | null;
    /** What acceleration and consistency add where they are not available and count as neutral; absent where both are. */
    neutralContribution?: number;
    /** The components with data. */
    components: {
        /** Velocity, % per day. */
        velocity?: Component;
        /** Acceleration, % per day. */
        acceleration?: Component;
        /** Share of days above the same weekday a week before. */
        consistency?: Component;
        /** Largest relative excess of a post, or the share of viral posts. */
        viralPotential?: Component;
    };
}
/** A viral post with its evidence. */
export interface ViralPost {
    platform: string;
    /** The platform's id of it; empty where none was given. */
    postId: string;
    /** RFC 3339. */
    publishedAt: string;
    /** Likes + comments + shares. */
    engagement: number;
    /** Mean of the other posts. */
    mean: number;
    /** Population standard deviation of the other posts. */
    sd: number;
    /** Standard deviations above the mean; null where not defined. */
    z: number | null;
    /** Multiple of the mean; null where the mean is 0. */
    lift: number | null;
    /** How many other posts it was compared with. */
    others: number;
}
/** Breakout. */
export interface Breakout {
    /** 0–1. */
    probability: number;
    level: Level;
    /** Which model said so. */
    model: string;
    /** Which indicators are met, or which features of a learned model speak for a breakout; those without data are absent. */
    drivers: {
        acceleration?: boolean;
        viralPotential?: boolean;
        velocity?: boolean;
        consistency?: boolean;
    };
    /** What each driver adds to the log-odds, where the model is learned. */
    contributions?: {
        acceleration?: number;
        viralPotential?: number;
        velocity?: number;
        consistency?: number;
    };
}
/** What the data behind an analysis were like. */
export interface Quality {
    /** Counters that fell within the window. */
    counterResets: number;
    /** Component-days of the window that were carried forward. */
    filledDays: number;
    /** Days of the window without an audience index. */
    missingDays: number;
}
/** Everything FanPulse says of an artist as of a day. A part that cannot be computed is null, and its reason stands beside it. */
export interface Analysis {
    artistId: string;
    /** The last day of the window. */
    asOf: string;
    /** Length of the window, days. */
    windowDays: number;
    /** Name and version of the definition of the scores. */
    algorithm: string;
    /** Hash of the settings. */
    settingsHash: string;
    fvs: FanValue | null;
    fvsReason?: Reason;
    momentum: Momentum | null;
    momentumReason?: Reason;
    /** Viral posts; spikes in series, which are looked for where fan events are given, and otherwise null: ask `viral`. */
    viral: {
        posts: ViralPost[];
        series: ViralSeries[] | null;
    };
    breakout: Breakout | null;
    breakoutReason?: Reason;
    /** The fans; null where no fan events were given, or none are of the artist. */
    superfans: Superfans | null;
    superfansReason?: Reason;
    quality: Quality;
}
/** A column of few names as codes; 255 = none. */
export interface Labels<Name extends string = string> {
    codes: Uint8Array;
    names: Name[];
}
/** Scores in columns, one row per artist; NaN = not available. The columns of `fanpulse score`, in camelCase. */
export interface ScoreColumns {
    artistId: readonly string[];
    asOf: string;
    windowDays: number;
    algorithm: string;
    settingsHash: string;
    /** Rows that repeated another exactly and were dropped. */
    droppedRows: number;
    status: Labels<Status>;
    breakoutLevel: Labels<Level>;
    fvs: Float64Array;
    fvsCoverage: Float64Array;
    engagement: Float64Array;
    engagementScore: Float64Array;
    growth: Float64Array;
    growthScore: Float64Array;
    reach: Float64Array;
    reachScore: Float64Array;
    conversion: Float64Array;
    conversionScore: Float64Array;
    momentum: Float64Array;
    momentumCoverage: Float64Array;
    momentumLow: Float64Array;
    momentumHigh: Float64Array;
    velocity: Float64Array;
    velocityScore: Float64Array;
    velocitySe: Float64Array;
    acceleration: Float64Array;
    accelerationScore: Float64Array;
    consistency: Float64Array;
    consistencyScore: Float64Array;
    viralExcess: Float64Array;
    viralShare: Float64Array;
    viralPotentialScore: Float64Array;
    breakout: Float64Array;
    weekDays: Float64Array;
    /** Viral posts of each artist. */
    viralPosts: Uint32Array;
    counterResets: Uint32Array;
    filledDays: Uint32Array;
    missingDays: Uint32Array;
    viral: ViralColumns;
}
/** Viral posts in columns. */
export interface ViralColumns {
    /** Position in `artistId`. */
    artist: Uint32Array;
    /** Row of the posts that were given. */
    row: Uint32Array;
    engagement: Float64Array;
    mean: Float64Array;
    sd: Float64Array;
    z: Float64Array;
    lift: Float64Array;
    others: Uint32Array;
}
/** A day that is evidence for a spike. */
export interface EvidenceDay {
    day: string;
    /** Value per step at its strongest reading. */
    value: number;
    /** What was expected there. */
    baseline: number;
    z: number;
}
/** A spike in one of an artist's daily series. */
export interface ViralSeries {
    platform: string;
    metric: string;
    /** The day on which it could first be told. */
    start: string;
    /** The day that stands out most. */
    peak: string;
    /** The last day above the usual; null while it goes on. */
    end: string | null;
    /** Value of the peak, per day. */
    value: number;
    /** What was expected there. */
    baseline: number;
    /** value/baseline; null where nothing was expected. */
    lift: number | null;
    /** Score of the peak. */
    z: number;
    /** The score that was needed at the start. */
    threshold: number;
    evidence: EvidenceDay[];
}
/** A rise above what a series' own past lets one expect. */
export interface SeriesSpike {
    /** The reading at which an alarm can be raised. */
    start: string;
    /** The reading with the highest score. */
    peak: string;
    /** The last reading above the release level; null while the spike goes on. */
    end: string | null;
    startPosition: number;
    peakPosition: number;
    endPosition: number | null;
    /** Value per step at the peak. */
    value: number;
    /** What was expected there. */
    baseline: number;
    /** value/baseline; null where nothing was expected. */
    lift: number | null;
    /** Score at the peak. */
    z: number;
    /** The score that was needed at the start. */
    threshold: number;
    evidence: EvidenceDay[];
}
/** What a reading of a stream was. */
export interface Verdict {
    /** The score; null where the reading was not judged: missing, or too little history. */
    z: number | null;
    /** The score that starts a spike; null as long as there is too little history. */
    threshold: number | null;
    /** Whether a spike began with this reading; it is `open` until it ends. */
    started: boolean;
    /** The spike that has ended. */
    ended: SeriesSpike | null;
}
/** What a series showed. */
export interface SeriesReport {
    status: 'judged' | 'insufficient_data';
    /** What was lacking, in days of history; null where nothing was. */
    reason: Reason | null;
    /** How many readings were judged. */
    judged: number;
    /** In the order of time; the last one may go on. */
    spikes: SeriesSpike[];
}
/** Rank by engagement among the artist's fans: the top 1 %, 5 %, 15 %, the rest. */
export type Tier = 'platinum' | 'gold' | 'silver' | 'bronze';
/** What kind of fan it is. */
export type Segment = 'champions' | 'at_risk' | 'new_promising' | 'loyal' | 'need_nurturing';
/** One fan of one artist. */
export interface Fan {
    artistId: string;
    fanId: string;
    /** Engagement at `asOf`, 0–10. */
    engagement: number;
    /** Engagement on the last active day, 0–10. */
    engagementAtLast: number;
    /** Fan value, 0–100. */
    value: number;
    /** Percentile by hours among the artist's fans, 0–100. */
    hoursPercentile: number;
    tier: Tier;
    segment: Segment;
    /** What is expected of the fan; null where no model could be fitted. */
    forecast: FanForecast | null;
}
/** What is expected of a fan. */
export interface FanForecast {
    /** Probability that the fan is still active, 0–1. */
    pAlive: number;
    /** Active days expected within 30 and 90 days. */
    activeDays: [number, number];
    /** Value expected within 12 months; null where no fan of the artist has paid. */
    value: number | null;
    /** What the fan would bring beyond that if surely still active. */
    valueLost: number | null;
}
/** How a value is spread over an artist's fans. */
export interface Spread {
    total: number;
    mean: number;
    /** What the top 1, 5 and 15 % of the fans hold of it, both as shares, 0–1; empty where the total is 0. */
    heldByTop: {
        fans: number;
        value: number;
    }[];
}
/** A model behind the forecasts, and how its fit ended. */
export interface FanModel<Parameters> {
    /** Whose fans it was fitted on. */
    source: 'own' | 'pooled' | 'mean' | 'none';
    status: 'converged' | 'max_iterations' | 'degenerate';
    statusReason?: string;
    customers: number;
    parameters: Parameters | null;
}
/** A fan as an analysis lists it. */
export interface Superfan {
    fanId: string;
    tier: Tier;
    segment: Segment;
    /** Engagement at `asOf`, 0–10. */
    engagement: number;
    /** Engagement on the last active day, 0–10. */
    engagementAtLast: number;
    /** Fan value, 0–100. */
    value: number;
    /** Days since the last event. */
    silentDays: number;
    /** Paid so far. */
    spend: number;
    forecast: FanForecast | null;
}
/** An artist's fans: how many of which kind, what they are worth, who is best and who is leaving. */
export interface Superfans {
    /** Length of the window of engagement and fan value, days. */
    windowDays: number;
    fans: number;
    /** Fans with an event in the last 30 days. */
    activeFans: number;
    /** Fans above bronze. */
    superfans: number;
    superfanShare: number;
    tiers: Record<Tier, number>;
    segments: {
        champions: number;
        atRisk: number;
        newPromising: number;
        loyal: number;
        needNurturing: number;
    };
    /** Of the fans who are or were engaged, the share at risk; null where there are none. */
    atRiskShare: number | null;
    /** Points. */
    fanValue: Spread;
    /** Currency units; null where nobody paid. */
    spend: Spread | null;
    /** Currency units; null where nobody paid or no model could be fitted. */
    expectedValue: Spread | null;
    currency: string | null;
    /** New fans by calendar month, none left out; growth in %, null in the first. */
    months: {
        month: string;
        newFans: number;
        fans: number;
        growth: number | null;
    }[];
    /** Horizons of the expected active days. */
    horizonDays: [number, number];
    /** Horizon of the expected value. */
    valueDays: number;
    /** The best fans, at most `limit`. */
    best: {
        limit: number;
        fans: Superfan[];
    };
    /** The fans at risk, the greatest loss first. */
    churn: {
        unit: 'money' | 'points';
        valueLost: number;
        fans: (Superfan & {
            valueLost: number;
        })[];
    };
    activity: FanModel<{
        model: string;
        r: number;
        alpha: number;
        a: number;
        b: number;
    }>;
    amounts: FanModel<{
        p: number;
        q: number;
        gamma: number;
    }>;
}
/** An artist's fans as a whole. */
export interface ArtistFans extends Superfans {
    artistId: string;
}
/** Fans in columns, one row per artist and fan; NaN = not available. */
export interface FanColumns {
    artistId: {
        codes: Uint32Array;
        names: string[];
    };
    fanId: {
        codes: Uint32Array;
        names: string[];
    };
    tier: Labels<Tier>;
    segment: Labels<Segment>;
    engagement: Float64Array;
    engagementAtLast: Float64Array;
    value: Float64Array;
    hoursPercentile: Float64Array;
    pAlive: Float64Array;
    activeDaysShort: Float64Array;
    activeDaysLong: Float64Array;
    expectedValue: Float64Array;
    valueLost: Float64Array;
    /** UTC days since 1970-01-01. */
    firstDay: Int32Array;
    lastDay: Int32Array;
    activeDays: Uint32Array;
    paidDays: Uint32Array;
    spend: Float64Array;
}
/** What is known of fans. */
export interface FanReport<Fans = Fan[]> {
    /** Artists and fans in the order in which they first appear. */
    fans: Fans;
    artists: ArtistFans[];
    /** Events after `asOf`, which were left out. */
    laterEvents: number;
}
/** A group of fans, by its centre. */
export interface Cluster {
    /** What the centre says of it against the mean fan. */
    name: string;
    /** Days since the last event. */
    silentDays: number;
    /** Distinct active days. */
    activeDays: number;
    /** Paid so far. */
    spend: number;
    /** How many fans. */
    fans: number;
}
/** Groups of fans. */
export interface FanClusters {
    /** The most recent, frequent and paying first. */
    clusters: Cluster[];
    /** The position in `clusters` of each fan, in the order of `fans`. */
    ofFan: Uint16Array;
}
/** A Friday as a day to release on. */
export interface ReleaseWindow {
    day: string;
    /** 0–10. */
    score: number;
    verdict: 'go' | 'caution' | 'avoid';
    components: Record<'momentum' | 'competition' | 'history' | 'readiness' | 'calendar', Omit<Component, 'raw'> & {
        raw: number | null;
    }>;
    /** Expected streams of the first week with their range; null without streams in the window. */
    firstWeekStreams: [number, number, number] | null;
}
/** A learned prediction. */
export interface Prediction {
    /** Calibrated, 0–1. */
    probability: number;
    level: Level;
    /** Before calibration. */
    logOdds: number;
    /** The largest contribution first. */
    drivers: {
        feature: string;
        value: number | null;
        contribution: number;
    }[];
}
/** What an alert rests on. */
export interface Evidence {
    /** What was measured, with its unit. */
    measure: string;
    value: number;
    operator: Operator;
    threshold: number;
    /** The previous analysis' figure, or the other posts' mean. */
    baseline: number | null;
    baselineAsOf: string | null;
    firstDay: string;
    lastDay: string;
    /** Further numbers, by name. */
    numbers: Record<string, number>;
}
/** One thing to tell someone. */
export interface Alert {
    /** Names the event: the same event has the same key, whenever it is found. */
    key: string;
    /** The rule's id; null for what is built in. */
    rule: string | null;
    kind: RuleKind | 'viral_momentum' | 'breakout';
    artistId: string;
    asOf: string;
    raisedAt: string;
    title: string;
    message: string;
    evidence: Evidence;
}
/** Alerts, and what has then been told. */
export interface AlertReport {
    /** In the order of the artists, each artist's sorted by key. */
    alerts: Alert[];
    /** When, by key. */
    fired: Record<string, string>;
}
