"""The peer of benches/store.rs: the same counts as rows of a plain table with a series dictionary and a primary key,
by sqlite3's executemany and psycopg's binary COPY. Usage: store.py ARTISTS DAYS; then for each line of input, which
names a new SQLite file or an empty PostgreSQL database, a line of output: seconds to insert, seconds to read, bytes
a point."""

import os
import random
import sqlite3
import sys
import time

import psycopg

ARTISTS, DAYS, COMPONENTS = int(sys.argv[1]), int(sys.argv[2]), 3
FIRST, DAY = 20_454, 86_400_000_000


def counts():
    rng = random.Random(7)
    rows = []
    for series in range(ARTISTS * COMPONENTS):
        value = 1000.0 + series // COMPONENTS % 4096 * 97
        for day in range(DAYS):
            value += rng.randrange(1024)
            rows.append((series, (FIRST + day) * DAY, (FIRST + DAYS) * DAY, 0, value))
    return rows


def sqlite(rows, path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = normal")
    db.execute(
        "create table points (series integer, at integer, recorded integer, source integer, value real,"
        " primary key (series, at, recorded, source)) without rowid"
    )
    start = time.perf_counter()
    db.execute("begin immediate")
    db.executemany("insert or ignore into points values (?, ?, ?, ?, ?)", rows)
    db.execute("commit")
    insert = time.perf_counter() - start
    start = time.perf_counter()
    back = db.execute("select series, at, value from points order by series, at").fetchall()
    read = time.perf_counter() - start
    assert len(back) == len(rows)
    db.close()
    return insert, read, os.path.getsize(path) / len(rows)


def postgres(rows, url):
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "create table points (series int, at bigint, recorded bigint, source smallint, value float8,"
            " primary key (series, at, recorded, source))"
        )
        start = time.perf_counter()
        with db.cursor() as cursor, cursor.copy("copy points from stdin (format binary)") as copy:
            copy.set_types(["int4", "int8", "int8", "int2", "float8"])
            for row in rows:
                copy.write_row(row)
        insert = time.perf_counter() - start
        start = time.perf_counter()
        with db.cursor() as cursor, cursor.copy(
            "copy (select series, at, value from points order by series, at) to stdout (format binary)"
        ) as copy:
            copy.set_types(["int4", "int8", "float8"])
            back = list(copy.rows())
        read = time.perf_counter() - start
        assert len(back) == len(rows)
        size = db.execute("select pg_total_relation_size('points')").fetchone()[0]
        return insert, read, size / len(rows)


def main():
    rows = counts()
    for line in sys.stdin:
        place = line.strip()
        print(*(postgres(rows, place) if "://" in place else sqlite(rows, place)), flush=True)


main()
