"""Momentum of the DuckDB form: components, 90 % interval, standard error of velocity.

The interval is that of `interval.py`, as columns over one row per artist. Each step is a query
over the one before, so that no expression is written, or worked out, twice.
"""

from __future__ import annotations

from itertools import pairwise

import spec


def curve(knots: spec.Knots, x: str) -> str:
    """A piecewise-linear curve as a CASE expression; NULL stays NULL."""
    steps = [f"WHEN {x} <= {knots[0][0]}::DOUBLE THEN {knots[0][1]}::DOUBLE"]
    for (x0, y0), (x1, y1) in pairwise(knots):
        slope = f"({y1 - y0}::DOUBLE / {x1 - x0}::DOUBLE)"
        steps.append(
            f"WHEN {x} <= {x1}::DOUBLE THEN {y0}::DOUBLE + ({x} - {x0}::DOUBLE) * {slope}"
        )
    last = f"WHEN {x} > {knots[-1][0]}::DOUBLE THEN {knots[-1][1]}::DOUBLE"
    return f"CASE {' '.join(steps)} {last} END"


def terms_sql(end: str, window: int, *, aligned: bool) -> str:
    """What each day adds to the sums of its artist; NULL where a day before it is missing.

    Where the days are `aligned`, the day a week before is seven rows before.
    """
    over = "()" if aligned else "(PARTITION BY artist ORDER BY day)"
    days = (1, 2, 7, 8) if aligned else (1, 2, 7, 8, 14)
    before = ", ".join(f"lag(x, {n}) OVER w AS x{n}" for n in days)
    chain = "" if aligned else "x + x7 + x14 AS chain,"

    def within(days: int, term: str) -> str:
        """A term that looks so many days back, where these lie in the window."""
        return f"CASE WHEN day > {end} - {window - days} THEN {term} END"

    rise = f"""CASE WHEN abs(x - x7) <= {spec.TIE}::DOUBLE * greatest(x, x7) THEN 0.5::DOUBLE
        WHEN x > x7 THEN 1 WHEN x < x7 THEN 0 END"""
    bend = "((x - x1) - (x1 - x2)) / x1"
    step = "(x - x7) / (x + x7) - (x1 - x8) / (x1 + x8)"
    return f"""
        SELECT artist, x, ({end} - day) // 7 + 1 AS week, {chain}
            {within(7, rise)} AS rise,
            {within(2, f"({bend}) * ({bend})")} AS bend,
            {within(8, f"({step}) * ({step})")} AS step
        FROM (SELECT artist, day, x, {before} FROM daily WINDOW w AS {over})
    """


def measures_sql(end: str, window: int, *, aligned: bool) -> str:
    """One row per artist: means of weeks and of terms, and their numbers."""
    weeks = range(1, window // 7 + 1)
    columns = [f"avg({name}) AS {name}" for name in ("rise", "bend", "step")]
    numbers = {"pairs": "rise", "bends": "bend", "steps": "step", "chains": "chain"}
    whole = {"pairs": 7, "bends": 2, "steps": 8, "chains": 14}
    for name, term in numbers.items():
        many = (
            f"{window - whole[name]}::DOUBLE" if aligned else f"count({term})::DOUBLE"
        )
        columns.append(f"{many} AS {name}")
    for k in weeks:
        many = "7::DOUBLE" if aligned else f"count(x) FILTER (week = {k})::DOUBLE"
        mean = f"avg(x) FILTER (week = {k})"
        if not aligned:
            mean = f"CASE WHEN {many} >= {spec.MIN_WEEK_DAYS} THEN {mean} END"
        columns += [f"{many} AS n{k}", f"{mean} AS m{k}"]
    return f"""
        SELECT artist, {", ".join(columns)}
        FROM ({terms_sql(end, window, aligned=aligned)}) GROUP BY artist
    """


def momentum_sql(end: str, window: int, *, aligned: bool) -> str:
    """Component scores of momentum and what its interval is made of, one row per artist."""
    weeks = range(window // 7, 2, -1)
    rates = ", ".join(
        f"100 * (pow(m2 / m{k}, 1.0::DOUBLE / {7 * (k - 2)}) - 1)" for k in weeks
    )
    far = " ".join(f"WHEN m{k} IS NOT NULL THEN {k}" for k in weeks)
    days = " ".join(f"WHEN m{k} IS NOT NULL THEN 1 / n{k}" for k in weeks)
    weekly = f"steps >= {spec.MIN_WEEKLY}"
    w = {name: f"{x}::DOUBLE" for name, x in spec.MOMENTUM_WEIGHTS.items()}
    z = f"{spec.Z_95 * 10.0 * spec.MOMENTUM_WEIGHTS['consistency']!r}::DOUBLE"
    square = (
        "x / pairs - 2 * chains * x * x * (1 + 4::DOUBLE / 3 * x) / (pairs * pairs)"
    )
    growth = "CASE WHEN alone THEN v ELSE (v + (k - 2) * u) / (k - 1) END"
    tau = "(d1 + CASE WHEN alone THEN d2 ELSE dk END) / (2 * stretch * stretch)"
    o2 = f"{overlap(21.0 - window)!r}::DOUBLE"
    ok = f"least(greatest(7 * k + 7 - {window}, 0), 7) / 7"
    layers = [
        f"""100 * (pow(m1 / m2, 1.0::DOUBLE / 7) - 1) AS v,
            {f"coalesce({rates})" if rates else "NULL::DOUBLE"} AS far_u,
            {f"CASE {far} ELSE 3 END" if far else "3"}::DOUBLE AS k,
            {f"CASE {days} ELSE 0 END" if days else "0"}::DOUBLE AS dk,
            1 / n1 AS d1, 1 / n2 AS d2,
            CASE WHEN pairs >= {spec.MIN_PAIRS} THEN rise END AS p,
            CASE WHEN bends >= {spec.MIN_SECOND} THEN bend / 6 END AS curved,
            CASE WHEN {weekly} THEN {spec.WEEKLY_DF}::DOUBLE * steps
                ELSE {spec.CURVATURE_DF}::DOUBLE * bends END AS df""",
        f"""coalesce(far_u, 0) AS u, far_u IS NULL AS alone, v - far_u AS a,
            (100 + v) / 7 AS c, (100 + coalesce(far_u, 0)) / (7 * (k - 2)) AS b,
            CASE WHEN {weekly} THEN step ELSE curved END AS noise,
            CASE WHEN far_u IS NULL THEN 1 ELSE k - 1 END AS stretch""",
        # Delta method: standard errors per unit of σ. P(risen) = Φ(h), growth over √2σ.
        f"""c * sqrt(d1 + d2) AS rv, c * sqrt(curved * (d1 + d2)) AS velocity_se,
            sqrt(c * c * d1 + (c + b) * (c + b) * d2 + b * b * dk) AS ra,
            ({spec.Z_95}::DOUBLE + {spec.T_1}::DOUBLE / df + {spec.T_2}::DOUBLE / (df * df))
                * sqrt(noise) AS q,
            least(pow(0.07::DOUBLE * {growth}, 2) / (2 * noise) / (1 + 2 * {tau}),
                {spec.MAX_H2}::DOUBLE) AS h2""",
        f"""exp(-h2 / 2) AS e, (c * c * d1 + c * (c + b) * d2) / (rv * ra) AS r,
            {curve(spec.VELOCITY, "v")} AS velocity,
            {curve(spec.ACCELERATION, "a")} AS acceleration,
            v - q * rv AS v_low, v + q * rv AS v_high,
            a - q * ra AS a_low, a + q * ra AS a_high""",
        f"""greatest(e / 4 / (1 + h2 / 8), p * (1 - p)) AS x,
            {w["velocity"]} * (velocity - {curve(spec.VELOCITY, "v_low")}) AS v_below,
            {w["velocity"]} * ({curve(spec.VELOCITY, "v_high")} - velocity) AS v_above,
            coalesce({w["acceleration"]} * (acceleration
                - {curve(spec.ACCELERATION, "a_low")}), 0) AS a_below,
            coalesce({w["acceleration"]} * ({curve(spec.ACCELERATION, "a_high")}
                - acceleration), 0) AS a_above""",
        f"""CASE WHEN p IS NULL THEN 0 ELSE {z} * {z} * greatest({square}, 0) END AS square,
            CASE WHEN p IS NULL THEN 0 ELSE {z} * sqrt(0.5::DOUBLE)
                * greatest({spec.PHI_0}::DOUBLE * e, 1.5::DOUBLE * x) / pairs END AS t""",
        f"""t * c * (1 + {o2}) / rv AS dv,
            CASE WHEN alone THEN 0
                ELSE greatest(t * (c + (c + b) * {o2} - b * {ok}) / ra, 0) END AS da""",
    ]
    query = measures_sql(end, window, aligned=aligned)
    for layer in layers:
        query = f"SELECT *, {layer} FROM ({query})"
    # Both ends, by MOVER: how far they lie from the index, times the weight behind it.
    return f"""
        SELECT artist, v, velocity, acceleration, 10 * p AS consistency, velocity_se,
            {side("below")} AS below, {side("above")} AS above
        FROM ({query}) WHERE v IS NOT NULL
    """


def overlap(days: float) -> float:
    """A number of days as a part of a week."""
    return min(max(days, 0.0), 7.0) / 7.0


def side(name: str) -> str:
    """One end of the interval; NULL where the noise is not known."""
    v, a = f"v_{name}", f"a_{name}"
    shared = f"r * {v} * {a} + dv * {v} + da * {a}"
    return f"""CASE WHEN noise < {spec.SIGMA_ZERO**2!r}::DOUBLE THEN 0 WHEN noise IS NOT NULL
        THEN sqrt({v} * {v} + {a} * {a} + square + 2 * ({shared})) END"""
