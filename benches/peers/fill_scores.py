"""Fills a migrated database, a SQLite file or a PostgreSQL URL, with a million artists and one score each.
Ids are those that benches/store.rs asks for. Usage: fill_scores.py DATABASE"""

import sqlite3
import sys
import uuid

import psycopg

ARTISTS = 1_000_000
AT = 1_767_225_600_000  # 2026-01-01 in milliseconds
ACCOUNT = uuid.UUID(bytes=AT.to_bytes(6, "big") + bytes([0x70, 0, 0x80]) + bytes(7))
TABLES = {
    "accounts": "id, name, tier, created_at",
    "artists": "id, account, name, folded_name, created_at, version",
    "scores": "artist, kind, as_of, value, document, algorithm, settings_hash, computed_at",
}


def artist(number):
    return uuid.UUID(bytes=AT.to_bytes(6, "big") + bytes([0x70, 0, 0x80, 0, 0, 0]) + number.to_bytes(4, "big"))


def rows(table):
    micros = AT * 1000
    if table == "accounts":
        yield (ACCOUNT, "label", "label", micros)
        return
    for number in range(1, ARTISTS + 1):
        name = f"artist {number}"
        if table == "artists":
            yield (artist(number), ACCOUNT, name, name, micros, 1)
        else:
            yield (artist(number), "fvs", 20_454, number / 1e4, '{"components":{"growth":0.5}}', "fanpulse-1", "a1b2", micros)


def main(database):
    if "://" in database:
        with psycopg.connect(database) as db, db.cursor() as cursor:
            for table, columns in TABLES.items():
                with cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
                    for row in rows(table):
                        copy.write_row(row)
            cursor.execute("analyze")
    else:
        with sqlite3.connect(database) as db:
            for table, columns in TABLES.items():
                marks = ", ".join("?" * len(columns.split(",")))
                plain = (tuple(v.bytes if isinstance(v, uuid.UUID) else v for v in row) for row in rows(table))
                db.executemany(f"insert into {table} ({columns}) values ({marks})", plain)


main(sys.argv[1])
