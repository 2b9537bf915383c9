"""Tables and views of the DuckDB form."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection
THREADS = int(os.environ.get("PEER_THREADS", "2"))
UTC_DAY = "DATE '1970-01-01' + (epoch_us(published_at) // 86400000000)::INTEGER"
NO_POSTS = """
    SELECT artist, platform, CAST(NULL AS DATE) AS day, 0 AS likes, 0 AS comments,
        0 AS shares, 0 AS saves, 0 AS views
    FROM obs WHERE false
"""


def connect() -> Connection:
    """A database in memory."""
    return duckdb.connect(config={"threads": THREADS})


def load(observations: Path, posts: Path | None) -> Connection:
    """Reads the files into tables: whole numbers for artists, enumerations for names."""
    con = connect()
    con.execute(
        f"""
        CREATE TABLE artists AS
        SELECT artist_id, CAST(row_number() OVER (ORDER BY artist_id) AS INTEGER) AS artist
        FROM (SELECT DISTINCT artist_id FROM read_parquet('{observations}'));
        CREATE TYPE platform AS ENUM (SELECT DISTINCT platform FROM (
            SELECT platform FROM read_parquet('{observations}')
            {"UNION ALL SELECT platform FROM read_parquet('" + str(posts) + "')" if posts else ""}
        ));
        CREATE TYPE metric AS ENUM (
            SELECT DISTINCT metric FROM read_parquet('{observations}')
        );
        CREATE TABLE obs AS
        SELECT artist, platform::platform AS platform, metric::metric AS metric,
            observed_at AS day, value
        FROM read_parquet('{observations}') JOIN artists USING (artist_id)
        ORDER BY artist, platform, metric, day;
        """
    )
    post = NO_POSTS
    if posts is not None:
        post = f"""
            SELECT artist, platform::platform AS platform,
                {UTC_DAY} AS day,
                likes, comments, shares, saves, views
            FROM read_parquet('{posts}') JOIN artists USING (artist_id)
            ORDER BY artist, platform, day
        """
    con.execute(f"CREATE TABLE post AS {post}")
    return con


def open_files(observations: Path, posts: Path | None) -> Connection:
    """Views of the files."""
    con = connect()
    con.execute(
        f"""
        CREATE VIEW obs AS
        SELECT artist_id AS artist, platform, metric, observed_at AS day, value
        FROM read_parquet('{observations}')
        """
    )
    post = NO_POSTS
    if posts is not None:
        post = f"""
            SELECT artist_id AS artist, platform,
                {UTC_DAY} AS day,
                likes, comments, shares, saves, views
            FROM read_parquet('{posts}')
        """
    con.execute(f"CREATE VIEW post AS {post}")
    return con
