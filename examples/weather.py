"""Years of Seattle weather, fetched over a bad line, checked, and summed up side by side.

holon run examples/weather.py --input examples/data/years.json --format table --trace
"""

import asyncio
import csv
from dataclasses import dataclass
from pathlib import Path

from holon_actors import flow, flows

DATA = Path(__file__).parent / "data" / "seattle-weather.csv"


@dataclass(frozen=True)
class Day:
    date: str
    rain_mm: float
    high: float
    low: float
    sky: str


class Archive:
    """A weather archive at the end of a bad line: the first request for a year is always lost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: set[int] = set()

    async def fetch(self, year: int) -> list[str]:
        await asyncio.sleep(0.02)
        if year not in self.asked:
            self.asked.add(year)
            raise ConnectionError(f"lost the line while fetching {year}")
        header, *days = self.path.read_text().splitlines()
        return [header, *(day for day in days if day.startswith(f"{year}/"))]


def parse(lines: list[str]) -> list[Day]:
    return [
        Day(
            date=row["date"],
            rain_mm=float(row["precipitation"]),
            high=float(row["temp_max"]),
            low=float(row["temp_min"]),
            sky=row["weather"],
        )
        for row in csv.DictReader(lines)
    ]


def plausible(days: list[Day]) -> bool:
    return bool(days) and all(day.low <= day.high and day.rain_mm >= 0 for day in days)


def year(days: list[Day]) -> str:
    return days[0].date[:4]


def mean_high(days: list[Day]) -> float:
    return round(sum(day.high for day in days) / len(days), 1)


def rain_mm(days: list[Day]) -> float:
    return round(sum(day.rain_mm for day in days), 1)


def wettest(days: list[Day]) -> str:
    return max(days, key=lambda day: day.rain_mm).date


def sunny_days(days: list[Day]) -> int:
    return sum(day.sky == "sun" for day in days)


_fetch = flows.retry(Archive(DATA).fetch, max_retries=2, delay=0.01)
_summary = flows.parallel(
    year=year,
    days=len,
    mean_high=mean_high,
    rain_mm=rain_mm,
    wettest=wettest,
    sunny_days=sunny_days,
)
_one_year = flows.pipe(_fetch, parse, flows.validate(plausible, "no such weather"), _summary)

weather = flow(flows.map(_one_year, concurrency=4), name="weather")
