"""MlflowLogger's runs, read by MLflow's client."""

import gc
import json

import numpy as np
import pytest

import thresher as th
from thresher.keras import MlflowLogger

# MLflow 3.17 beside SQLAlchemy 2.1.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")  # one for all tests: MLflow takes seconds to make a database


@pytest.fixture
def uri(store, monkeypatch):
    monkeypatch.chdir(store)  # artifacts land beside the database
    return f"sqlite:///{store}/runs.db"


@pytest.fixture
def client(uri):
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=uri)


def test_metrics_come_back_at_their_steps(uri, client, epochs):
    with MlflowLogger(tracking_uri=uri) as logger:
        epochs.go(logger)
    history = client.get_metric_history(logger.run_id, "val_auc")
    assert [(metric.step, metric.value) for metric in history] == [
        (epoch, logs["val_auc"]) for epoch, logs in enumerate(epochs.logs)
    ]
    assert client.get_run(logger.run_id).info.status == "FINISHED"


def test_pictures_and_curves_come_back_as_artifacts(uri, client, epochs):
    with MlflowLogger(tracking_uri=uri) as logger:
        epochs.go(logger)
    files = {file.path for folder in ("pictures", "curves") for file in client.list_artifacts(logger.run_id, folder)}
    assert files == {
        *(f"pictures/{name}_epoch_00{n}.png" for name in ("roc", "precision_recall", "confusion") for n in (1, 2)),
        *(f"curves/precision_recall_epoch_00{n}.json" for n in (1, 2)),
    }
    from PIL import Image

    drawn = [
        np.asarray(Image.open(path))
        for path in (
            client.download_artifacts(logger.run_id, "pictures/roc_epoch_002.png"),
            epochs.folder / "roc_epoch_002.png",
        )
    ]
    np.testing.assert_array_equal(*drawn)
    with open(client.download_artifacts(logger.run_id, "curves/precision_recall_epoch_002.json")) as file:
        columns = json.load(file)
    at = epochs.counts[1].confusion(np.linspace(0, 1, 201), ">")
    assert columns["true_positives"] == at.true_positives.tolist()
    assert columns["thresholds"] == at.thresholds.tolist()


def test_a_given_run_stays_open_and_is_named_by_itself_or_its_id(uri, client):
    run = client.create_run("0")
    for given in (run, run.info.run_id):
        with MlflowLogger(given, uri) as logger:
            logger.scalars(0, {"val_auc": 0.5})
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
    assert client.get_run(run.info.run_id).data.metrics == {"val_auc": 0.5}


def test_the_active_run_is_taken_where_there_is_one(uri):
    import mlflow

    mlflow.set_tracking_uri(uri)
    with mlflow.start_run() as run:
        assert MlflowLogger().run_id == run.info.run_id


def test_a_new_run_belongs_to_its_experiment_and_ends_with_its_logger(uri, client):
    logger = MlflowLogger(tracking_uri=uri, experiment="flights")
    run_id = logger.run_id
    experiment = client.get_run(run_id).info.experiment_id
    assert client.get_experiment(experiment).name == "flights"
    assert client.get_run(run_id).info.status == "RUNNING"
    del logger
    gc.collect()
    assert client.get_run(run_id).info.status == "FINISHED"


def test_names_obey_mlflow_s_rules(uri, client):
    names = {"recall_0_05": 1.0, "recall@0.5": 2.0, "head/auc:1": 3.0, "/a//b": 4.0, "größe": 5.0}
    with MlflowLogger(tracking_uri=uri) as logger:
        logger.scalars(0, names)
        with pytest.raises(th.Error, match="'a@b' and 'a#b' are both 'a_b' in MLflow"):
            logger.scalars(0, {"a@b": 1.0, "a#b": 2.0})
    logged = client.get_run(logger.run_id).data.metrics
    assert logged == {"recall_0_05": 1.0, "recall_0.5": 2.0, "head/auc_1": 3.0, "a/b": 4.0, "größe": 5.0}


def test_more_metrics_than_a_batch_holds_are_all_logged(uri, client):
    with MlflowLogger(tracking_uri=uri) as logger:
        logger.scalars(0, {f"metric_{number}": float(number) for number in range(1_001)})
    assert len(client.get_run(logger.run_id).data.metrics) == 1_001
