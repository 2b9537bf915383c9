"""On a standalone cluster of processes: a master and two workers, one core each."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import fanpulse
import fanpulse.spark

from .conftest import AS_OF, post_rows, rows, table

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java: apt-get install default-jre-headless", allow_module_level=True)

from pyspark.sql import DataFrame, SparkSession  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning", "ignore::UserWarning")


class Cluster:
    """The processes; each in a group of its own, so that a worker dies with its executors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        home = Path(pyspark.__file__).parent
        self.command = [str(home / "bin/spark-class")]
        loopback = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
        # Workers hand their environment on; what the machine says of a proxy is not for the loopback.
        self.environment = {**os.environ, **loopback, "SPARK_HOME": str(home), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self.master = self.start("master", ["Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"], r"Starting Spark master at (\S+)")
        for i in range(2):
            words = ["Worker", "--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work{i}")]
            self.start(f"worker{i}", [*words, self.master], r"(Successfully registered with master)")

    def start(self, name: str, words: list[str], sign: str) -> str:
        """Starts a process and waits for what tells that it is there."""
        log = self.folder / f"{name}.log"
        words = [*self.command, f"org.apache.spark.deploy.{words[0].lower()}.{words[0]}", *words[1:]]
        with log.open("wb") as out:
            process = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT, env=self.environment, start_new_session=True)
        self.processes.append(process)
        for _ in range(600):
            if found := re.search(sign, log.read_text(errors="replace")):
                return found[1]
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    def kill(self, i: int) -> None:
        if self.processes[i].poll() is None:
            os.killpg(self.processes[i].pid, signal.SIGKILL)
        self.processes[i].wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("spark"))
    try:
        yield made
    finally:
        for i in range(len(made.processes)):
            made.kill(i)


@pytest.fixture(scope="module")
def spark(cluster: Cluster) -> Iterator[SparkSession]:
    os.environ.update({k: v for k, v in cluster.environment.items() if k.startswith(("SPARK_", "PYSPARK_"))})
    builder = SparkSession.builder.master(cluster.master).appName("fanpulse")
    for key, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": "512m",
        "spark.executorEnv.PYTHONPATH": cluster.environment["PYTHONPATH"],
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(cluster.folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


ARTISTS = 40
OBSERVATIONS = table(rows(ARTISTS))
POSTS = table(post_rows(ARTISTS))


def frame(spark: SparkSession, of: pa.Table, folder: Path) -> DataFrame:
    """A table by way of a Parquet file, as tables come to a cluster."""
    pl.DataFrame(of).write_parquet(folder / "rows.parquet", row_group_size=500)
    return spark.read.parquet(str(folder / "rows.parquet")).repartition(5)


def local(posts: pa.Table | None = None) -> pl.DataFrame:
    return fanpulse.score(OBSERVATIONS, posts, as_of=AS_OF).to_polars().sort("artist_id")


def same(got: DataFrame, want: pl.DataFrame) -> None:
    """Equal to the bit; Spark knows no unsigned numbers."""
    collected = pl.DataFrame(got.toArrow()).sort("artist_id")
    unsigned = [name for name, kind in want.schema.items() if kind == pl.UInt32]
    assert collected.equals(want.with_columns(pl.col(unsigned).cast(pl.Int64)))


def exchanges(of: DataFrame) -> int:
    """Shuffles of a plan."""
    plan: Any = of._jdf
    return str(plan.queryExecution().executedPlan().toString()).count("Exchange hashpartitioning")


def test_the_same_bits_as_locally_with_one_shuffle_of_each_table(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    observations, posts = frame(spark, OBSERVATIONS, tmp_path), frame(spark, POSTS, tmp_path / "posts")
    alone = fanpulse.spark.score(observations, as_of=AS_OF)
    assert exchanges(alone) == 1
    same(alone, local())
    both = fanpulse.spark.score(observations, posts, as_of=AS_OF)
    assert exchanges(both) == 2
    same(both, local(POSTS))
    same(fanpulse.spark.score(observations, posts, as_of=AS_OF, buckets=1), local(POSTS))


def test_a_bucketed_table_is_scored_without_a_shuffle(spark: SparkSession, tmp_path: Path) -> None:
    frame(spark, OBSERVATIONS, tmp_path).write.bucketBy(4, "artist_id").format("parquet").saveAsTable("bucketed")
    spark.conf.set("spark.sql.sources.bucketing.autoBucketedScan.enabled", "false")
    scored = fanpulse.spark.score_partitions(spark.table("bucketed"), as_of=AS_OF)
    assert exchanges(scored) == 0 and scored.rdd.getNumPartitions() == 4
    same(scored, local())


def test_settings_travel_and_errors_come_back(spark: SparkSession, tmp_path: Path) -> None:
    observations = frame(spark, OBSERVATIONS, tmp_path)
    engine = fanpulse.Engine({"window_days": 14})
    want = engine.score(OBSERVATIONS, as_of=AS_OF).to_polars().sort("artist_id")
    same(fanpulse.spark.score(observations, as_of=AS_OF, engine=engine), want)
    with pytest.raises(Exception, match="value -1 is not a finite number of at least 0"):
        fanpulse.spark.score(observations.selectExpr("artist_id", "platform", "metric", "observed_at", "-1.0D as value"), as_of=AS_OF).count()
    with pytest.raises(fanpulse.InvalidInputError, match="column `artist_id` is missing; there are value"):
        fanpulse.spark.score(observations.select("value"), as_of=AS_OF)
    with pytest.raises(fanpulse.InvalidInputError, match="^buckets is 0"):
        fanpulse.spark.score(observations, as_of=AS_OF, buckets=0)


def test_a_worker_that_is_killed_changes_nothing(cluster: Cluster, spark: SparkSession, tmp_path: Path) -> None:
    """Last in this file: one worker is left afterwards."""
    observations = frame(spark, OBSERVATIONS, tmp_path)
    scored = fanpulse.spark.score(observations, as_of=AS_OF, buckets=48)
    spark.conf.set("spark.sql.shuffle.partitions", "48")
    killed: list[int] = []

    def kill() -> None:
        tracker = spark.sparkContext.statusTracker()
        for _ in range(3000):
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                if info is not None and info.numTasks == 48 and 4 <= info.numCompletedTasks < 40:
                    killed.append(info.numCompletedTasks)
                    cluster.kill(2)
                    return
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    same(fanpulse.spark.score(observations, as_of=AS_OF, buckets=48), local())
    thread.join()
    assert killed, "the job had ended before a worker was killed"
    assert cluster.processes[1].poll() is None
    same(scored, local())
