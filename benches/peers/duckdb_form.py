"""DuckDB form of the scores of all artists at once: SQL over long tables, two threads.

Assumes what a script for this data would assume: at most one value per key, levels only (no flows
or counters, so conversion is that of the posts and there is no fall-back to streams). Where
every artist has the same components without a missing day, the components are added by the
position of their rows; that way is valid for complete data in order only. In other data, the
index of artists with unbroken series is the weighted sum of each day up to a factor; the other
artists are carried forward and chain-linked day by day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

import spec
from agree import KEYS
from duckdb_momentum import curve, momentum_sql
from duckdb_tables import Connection, load, open_files

__all__ = ["load", "score", "score_files"]

Scores = dict[str, np.ndarray]


def names(values: tuple[str, ...]) -> str:
    """A list of SQL strings."""
    return ", ".join(f"'{value}'" for value in values)


FOLLOWERS = f"metric IN ({names(spec.FOLLOWER_METRICS)})"
AUDIENCE = f"metric IN ({names(spec.FOLLOWER_METRICS + spec.LISTENER_METRICS)})"
WEIGHT = f"CASE WHEN {FOLLOWERS} THEN 1.0::DOUBLE ELSE 0.5::DOUBLE END"


def series_sql(end: str, window: int) -> str:
    """One row per series: means of both windows, last value, whether it is unbroken."""
    return f"""
        CREATE OR REPLACE TEMP TABLE series AS
        SELECT artist, platform, metric, now, before,
            CASE WHEN last_day >= {end} - {spec.MAX_AGE} THEN latest END AS latest,
            last_day = {end} AND first_day <= {end} - {window - 1}
                AND days = least({2 * window}, {end} - first_day + 1) AS unbroken
        FROM (
            SELECT artist, platform, metric,
                avg(value) FILTER (day > {end} - {window}) AS now,
                avg(value) FILTER (day <= {end} - {window} AND day > {end} - {2 * window})
                    AS before,
                arg_max(value, day) AS latest,
                max(day) AS last_day,
                min(day) AS first_day,
                count(*) FILTER (day > {end} - {2 * window}) AS days
            FROM obs
            WHERE day <= {end} AND NOT isnan(value) AND {AUDIENCE}
            GROUP BY ALL
        )
    """


def daily_sql(end: str, window: int, only: str) -> str:
    """Audience index of the artists with unbroken series, up to a factor."""
    return f"""
        CREATE OR REPLACE TEMP TABLE daily AS
        SELECT artist, day, nullif(sum({WEIGHT} * value), 0) AS x
        FROM obs {only}
        WHERE day <= {end} AND day > {end} - {window} AND {AUDIENCE}
        GROUP BY ALL
    """


def broken_sql(end: str, window: int) -> str:
    """Carries the series of the other artists forward and corrects their means."""
    return f"""
        CREATE OR REPLACE TEMP TABLE filled AS
        SELECT artist, platform, metric, value, day + unnest(range(0, span))::INTEGER AS day
        FROM (
            SELECT artist, platform, metric, value, day,
                least(
                    coalesce(lead(day) OVER series, {end} + 1) - day, {spec.MAX_FILL + 1},
                    {end} + 1 - day
                ) AS span
            FROM obs SEMI JOIN broken USING (artist)
            WHERE day <= {end} AND NOT isnan(value) AND {AUDIENCE}
            WINDOW series AS (PARTITION BY artist, platform, metric ORDER BY day)
        );
        CREATE OR REPLACE TEMP TABLE means AS
        SELECT artist, platform, metric,
            avg(value) FILTER (day > {end} - {window}) AS now,
            avg(value) FILTER (day <= {end} - {window} AND day > {end} - {2 * window}) AS before
        FROM filled GROUP BY ALL;
        UPDATE series SET now = means.now, before = means.before
        FROM means
        WHERE series.artist = means.artist AND series.platform = means.platform
            AND series.metric = means.metric;
        CREATE OR REPLACE TEMP TABLE base AS
        SELECT artist, platform, metric, value, 1.0::DOUBLE AS x FROM filled WHERE false;
    """


def chain_sql(end: str, window: int) -> Iterator[str]:
    """Chain-links the index of the other artists, one day after the other."""
    for back in range(window - 1, -1, -1):
        yield f"""
            CREATE OR REPLACE TEMP TABLE now AS
            SELECT * FROM filled WHERE day = {end} - {back};
            CREATE OR REPLACE TEMP TABLE moved AS
            SELECT artist, any_value(base.x) * sum({WEIGHT.replace("metric", "now.metric")}
                * now.value) / sum({WEIGHT.replace("metric", "now.metric")} * base.value) AS x
            FROM now JOIN base USING (artist, platform, metric)
            GROUP BY artist
            HAVING sum(now.value) > 0 AND sum(base.value) > 0
            UNION ALL
            SELECT DISTINCT artist, 1.0 FROM now ANTI JOIN base USING (artist);
            DELETE FROM base WHERE artist IN (SELECT artist FROM moved);
            INSERT INTO base
            SELECT artist, platform, metric, value, x FROM now JOIN moved USING (artist);
            INSERT INTO daily
            SELECT artist, {end} - {back}, x FROM broken LEFT JOIN moved USING (artist);
        """


def posts_sql(end: str, window: int) -> str:
    """One row per artist with posts; each post is judged by the others of its platform."""
    return f"""
        CREATE OR REPLACE TEMP TABLE from_posts AS
        WITH p AS (
            SELECT artist, platform, day > {end} - {window} AS recent,
                (likes + comments + shares)::DOUBLE AS e, saves + shares AS saved, views
            FROM post
            WHERE day <= {end} AND day > {end} - {spec.BASELINE_DAYS}
        ),
        g AS (
            SELECT artist, platform, count(*) AS n, sum(e) AS total, var_pop(e) AS variance
            FROM p GROUP BY ALL
        ),
        f AS (
            SELECT artist, platform, sum(latest) AS followers
            FROM series WHERE {FOLLOWERS} GROUP BY ALL
        ),
        j AS (
            SELECT artist, recent, e, saved, views, followers,
                n > {spec.MIN_OTHERS} AS judged,
                (total - e) / nullif(n - 1, 0) AS mu,
                sqrt(greatest(
                    (variance * n - (e - total / n) ** 2 * n / nullif(n - 1, 0))
                    / nullif(n - 1, 0), 0
                )) AS sd
            FROM p JOIN g USING (artist, platform) LEFT JOIN f USING (artist, platform)
        ),
        v AS (
            SELECT *, judged AND e > mu + 2 * greatest(sd, 0.1 * mu) AND e >= 1.5 * mu
                AND e >= 10 AS viral
            FROM j
        )
        SELECT artist, count_if(viral) AS viral_posts, count_if(recent) AS posts,
            avg(viral::INTEGER) FILTER (recent AND judged) AS share,
            max((e - mu) / mu) FILTER (recent AND judged AND mu > 0) AS excess,
            avg(least(100, 100 * e / followers)) FILTER (recent AND followers > 0)
                AS engagement,
            100 * sum(saved) FILTER (recent) / nullif(sum(views) FILTER (recent), 0)
                AS conversion
        FROM v GROUP BY artist
    """


def audience_sql() -> str:
    """Growth and reach, one row per artist."""
    kinds = [
        f"metric IN ({names(kind)})"
        for kind in (spec.FOLLOWER_METRICS, spec.LISTENER_METRICS)
    ]
    both = "now IS NOT NULL AND before IS NOT NULL"
    ratios = [
        f"""100 * (sum(now) FILTER ({kind} AND {both})
            / nullif(sum(before) FILTER ({kind} AND {both}), 0) - 1)"""
        for kind in kinds
    ]
    return f"""
        SELECT artist, list_avg([{", ".join(ratios)}]) AS growth,
            sum({WEIGHT} * latest) AS reach
        FROM series GROUP BY artist
    """


def aligned_sql(end: str, window: int, components: list[tuple[str, str]]) -> str:
    """Audience index, up to a factor, where all artists have the same unbroken series.

    The components stand side by side by the position of their rows, which is right only for
    complete data in order.
    """
    parts, x = [], []
    for i, (platform, metric) in enumerate(components):
        weight = 1.0 if metric in spec.FOLLOWER_METRICS else 0.5
        keys = "" if i else "artist, day, "
        x.append(f"v{i}")
        parts.append(
            f"""(
            SELECT {keys}{weight}::DOUBLE * value AS v{i} FROM obs
            WHERE platform = '{platform}' AND metric = '{metric}'
                AND day <= {end} AND day > {end} - {window}
            )"""
        )
    return f"""
        CREATE OR REPLACE TEMP TABLE daily AS
        SELECT artist, day, nullif({" + ".join(x)}, 0) AS x
        FROM {" POSITIONAL JOIN ".join(parts)}
    """


def final_sql(end: str, window: int, *, aligned: bool) -> str:
    """All scores, one row per artist, in order."""
    raws = {
        name: curve(spec.FVS_CURVES[name], name)
        + f" * {spec.FVS_WEIGHTS[name]}::DOUBLE"
        for name in spec.FVS_WEIGHTS
    }
    total = " + ".join(f"coalesce({y}, 0)" for y in raws.values())
    coverage = " + ".join(
        f"CASE WHEN {name} IS NULL THEN 0 ELSE {w}::DOUBLE END"
        for name, w in spec.FVS_WEIGHTS.items()
    )
    w = {name: f"{x}::DOUBLE" for name, x in spec.MOMENTUM_WEIGHTS.items()}
    met = " + ".join(
        f"coalesce({n} >= {low}, false)::INTEGER" for n, low in spec.INDICATORS.items()
    )
    return f"""
        WITH audience AS ({audience_sql()}),
        motion AS ({momentum_sql(end, window, aligned=aligned)}),
        parts AS (
            SELECT artist, {coverage} AS cover, {total} AS total,
                coalesce(viral_posts, 0) AS viral_posts,
                velocity, acceleration, consistency, velocity_se, below, above,
                CASE WHEN v IS NOT NULL AND posts >= {spec.MIN_POSTS} AND excess IS NOT NULL
                    THEN greatest({curve(spec.EXCESS, "excess")},
                        {curve(spec.VIRAL_SHARE, "share")}) END AS viral_potential
            FROM audience LEFT JOIN motion USING (artist) LEFT JOIN from_posts USING (artist)
        )
        SELECT artist, velocity, acceleration, consistency, velocity_se, viral_potential,
            viral_posts, fvs, coverage, weighed / weight AS momentum,
            CASE WHEN below >= 0 THEN greatest((weighed - below) / weight, 0) END
                AS momentum_low,
            CASE WHEN above >= 0 THEN least((weighed + above) / weight, 10) END
                AS momentum_high,
            CASE WHEN velocity IS NOT NULL THEN {spec.BREAKOUT}[1 + {met}] END AS breakout
        FROM (
            SELECT *,
                CASE WHEN cover >= {spec.MIN_COVERAGE}::DOUBLE THEN total / cover END AS fvs,
                CASE WHEN cover >= {spec.MIN_COVERAGE}::DOUBLE THEN cover END AS coverage,
                {w["velocity"]} * velocity + {w["acceleration"]} * coalesce(acceleration, 5)
                    + {w["consistency"]} * coalesce(consistency, 5)
                    + {w["viral_potential"]} * coalesce(viral_potential, 0) AS weighed,
                {w["velocity"]} + {w["acceleration"]} + {w["consistency"]}
                    + CASE WHEN viral_potential IS NULL THEN 0
                        ELSE {w["viral_potential"]} END AS weight
            FROM parts
        )
        ORDER BY artist
    """


def same_components(con: Connection) -> list[tuple[str, str]] | None:
    """The components, if all artists have the same ones without a break."""
    components = con.execute(
        "SELECT DISTINCT platform, metric FROM series ORDER BY ALL"
    ).fetchall()
    alike = con.execute(
        f"""
        SELECT count(*) = {len(components)} * count(DISTINCT artist) AND bool_and(unbroken)
        FROM series
        """
    ).fetchone()
    return components if alike == (True,) else None


def score(con: Connection, as_of: date, window: int, *, stored: bool = True) -> Scores:
    """Scores of all artists of a database.

    Views of files, which are not `stored`, are grouped faster than they are read once per
    component.
    """
    end = f"DATE '{as_of}'"
    con.execute(series_sql(end, window))
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE broken AS
        SELECT DISTINCT artist FROM series WHERE NOT unbroken
        """
    )
    components = same_components(con)
    aligned = components is not None and (stored or len(components) == 1)
    if components is not None and aligned:
        con.execute(aligned_sql(end, window, components))
    else:
        (broken,) = con.execute("SELECT count(*) FROM broken").fetchone() or (0,)
        only = "ANTI JOIN broken USING (artist)" if broken else ""
        con.execute(daily_sql(end, window, only))
        if broken:
            con.execute(broken_sql(end, window))
            for step in chain_sql(end, window):
                con.execute(step)
    con.execute(posts_sql(end, window))
    columns = con.execute(final_sql(end, window, aligned=aligned)).fetchnumpy()
    return {
        key: np.ma.filled(np.ma.asarray(columns[key], dtype=np.float64), np.nan)
        for key in KEYS
    }


def score_files(
    observations: Path, posts: Path | None, as_of: date, window: int
) -> Scores:
    """Scores of all artists of Parquet files."""
    return score(open_files(observations, posts), as_of, window, stored=False)
