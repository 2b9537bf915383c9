/**
 * All thresholds, weights and curves; what is left out has its default, which `new Engine().settings` shows. Meaning, unit and range
 * of each stand in `fanpulse_core::settings`. A curve is a list of knots.
 */
export interface Settings {
    windowDays?: number;
    maxFillDays?: number;
    maxLevelAgeDays?: number;
    audience?: {
        followers?: number;
        monthlyListeners?: number;
    };
    fanValue?: {
        engagementWeight?: number;
        growthWeight?: number;
        reachWeight?: number;
        conversionWeight?: number;
        engagementCurve?: [x: number, y: number][];
        growthCurve?: [x: number, y: number][];
        listenersInReach?: number;
        reachCurve?: [x: number, y: number][];
        conversionCurve?: [x: number, y: number][];
        minCoverage?: number;
        maxEngagementRate?: number;
    };
    momentum?: {
        velocityWeight?: number;
        accelerationWeight?: number;
        consistencyWeight?: number;
        viralPotentialWeight?: number;
        velocityCurve?: [x: number, y: number][];
        accelerationCurve?: [x: number, y: number][];
        excessCurve?: [x: number, y: number][];
        viralShareCurve?: [x: number, y: number][];
        neutralScore?: number;
        minWeekDays?: number;
        minPairs?: number;
        tieTolerance?: number;
        minPosts?: number;
        statusBounds?: [number, number, number, number];
    };
    viral?: {
        baselineDays?: number;
        minOthers?: number;
        sigmas?: number;
        sdFloor?: number;
        minLift?: number;
        minEngagement?: number;
    };
    spikes?: {
        falseAlarmsPerYear?: number;
        spanHours?: number;
        windowDays?: number;
        dailyWindowDays?: number;
        minHistoryDays?: number;
        dailyMinHistoryDays?: number;
        release?: number;
        quietHours?: number;
        minLift?: number;
        minCount?: number;
        scaleFloor?: number;
    };
    breakout?: {
        acceleration?: number;
        viralPotential?: number;
        velocity?: number;
        consistency?: number;
        probabilities?: [number, number, number, number, number];
        high?: number;
        medium?: number;
    };
    release?: {
        fridays?: number;
        momentumWeight?: number;
        competitionWeight?: number;
        historyWeight?: number;
        readinessWeight?: number;
        calendarWeight?: number;
        majorFollowers?: number;
        competition?: {
            upTo?: number;
            score?: number;
            perMajor?: number;
        }[];
        historyDays?: number;
        minHistoryDays?: number;
        history?: [x: number, y: number][];
        unknownHistoryScore?: number;
        readinessCurve?: [x: number, y: number][];
        calendar?: {
            holidayDays?: number;
            holiday?: number;
            december?: number;
            winter?: number;
            summer?: number;
            otherwise?: number;
        };
        firstWeek?: {
            lift?: number;
            scoreBase?: number;
            scoreSlope?: number;
            momentumBase?: number;
            momentumSlope?: number;
            range?: number;
        };
        go?: number;
        caution?: number;
    };
    learned?: {
        features?: string[];
        ridge?: number | null;
        classWeight?: string | Record<string, number>;
        calibration?: string | Record<string, number>;
        clip?: number;
        minClass?: number;
        maxIterations?: number;
        tolerance?: number;
        resamples?: number;
        seed?: number;
        bins?: number;
        high?: number;
        medium?: number;
    };
    chart?: {
        places?: number;
        observeWeeks?: number;
        horizonWeeks?: number;
        top?: number;
        surpriseWeeks?: number;
        surpriseBandwidth?: number;
        rateLevelBandwidth?: number;
        rateMoveBandwidth?: number;
        ratePrior?: number;
        rateMinSongs?: number;
    };
    growth?: {
        stepDays?: number;
        horizonDays?: number;
        factor?: number;
        minWeekDays?: number;
        minPairs?: number;
    };
    fans?: {
        windowDays?: number;
        rateDays?: number;
        streamMinutes?: number;
        engagement?: {
            frequencyWeight?: number;
            recencyWeight?: number;
            qualityWeight?: number;
            advocacyWeight?: number;
            frequencyCurve?: [x: number, y: number][];
            recencyCurve?: [x: number, y: number][];
            qualityCurve?: [x: number, y: number][];
            advocacyCurve?: [x: number, y: number][];
            like?: number;
            comment?: number;
            save?: number;
            playlistAdd?: number;
            purchase?: number;
            ticket?: number;
        };
        value?: {
            perHour?: number;
            perPercentile?: number;
            maxListening?: number;
            maxRecency?: number;
            perSocial?: number;
            maxSocial?: number;
            maxMonetisation?: number;
            spendScale?: number;
        };
        tiers?: {
            shares?: [number, number, number];
            minEngagement?: number;
        };
        forecast?: {
            model?: string | Record<string, number>;
            minFitFans?: number;
            horizons?: [number, number];
            valueDays?: number;
            payingPriorDays?: number;
            maxIterations?: number;
        };
        segments?: {
            championEngagement?: number;
            championShare?: number;
            engaged?: number;
            alive?: number;
            silentDays?: number;
            newDays?: number;
            activeDays?: number;
            topShares?: [number, number, number];
        };
    };
}
