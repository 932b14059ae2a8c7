"""The screen of `holon top`: a table of actors that refreshes, and one actor in full on demand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from holon_actors.actors.admin import ActorDetail, ActorPage, ActorRow, Inspect, ListActors
from holon_actors.cli.attach.views import actors_text, detail_text, row_cells
from holon_actors.cli.reporting import visible
from holon_actors.errors import HolonError

__all__ = ["TopApp"]

Ask = Callable[[Any], Awaitable[Any]]

_ROWS_MAX = 500
_COLUMNS = tuple(row_cells(ActorRow("", "", "", 0, 0, 0, None, None, None, 0)))


class DetailScreen(Screen[None]):
    """One actor in full, with its stack."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "app.pop_screen", "Back"),
    ]

    def __init__(self, ask: Ask, path: str, interval_s: float) -> None:
        super().__init__()
        self._ask = ask
        self._path = path
        self._interval_s = interval_s

    def compose(self) -> ComposeResult:
        yield VerticalScroll(Static("", id="detail"))
        yield Footer()

    async def on_mount(self) -> None:
        await self.refresh_detail()
        self.set_interval(self._interval_s, self.refresh_detail)

    async def refresh_detail(self) -> None:
        """Ask again, and show what has come."""
        try:
            detail: ActorDetail = await self._ask(Inspect(self._path))
            text = detail_text(detail)
        except HolonError as error:
            text = f"{self._path}: {error}"
        self.query_one("#detail", Static).update(Text(text))


class TopApp(App[None]):
    """The actors of one system, the most loaded first. `ask` raises `HolonError`."""

    CSS = "#head { height: auto; } DataTable { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "sort('depth')", "Unread"),
        Binding("a", "sort('age')", "Oldest"),
        Binding("b", "sort('busy')", "Busy"),
        Binding("p", "sort('processed')", "Processed"),
        Binding("r", "sort('restarts')", "Restarts"),
        Binding("n", "sort('path')", "Path"),
        Binding("enter", "detail", "Stack"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, ask: Ask, label: str, *, path: str, sort: str, interval_s: float) -> None:
        super().__init__()
        self._asking = ask
        self._label = label
        self._path = path
        self._order = sort
        self._interval_s = interval_s

    def compose(self) -> ComposeResult:
        yield Static("", id="head")
        yield DataTable(id="actors", cursor_type="row")
        yield Footer()

    async def on_mount(self) -> None:
        self._table.add_columns(*_COLUMNS)
        await self.refresh_rows()
        self.set_interval(self._interval_s, self.refresh_rows)

    @property
    def _table(self) -> DataTable[Any]:
        return self.query_one("#actors", DataTable)

    async def refresh_rows(self) -> None:
        """Ask again, and show what has come."""
        head = self.query_one("#head", Static)
        try:
            request = ListActors(self._path, self._order, 0, _ROWS_MAX)
            page: ActorPage = await self._asking(request)
        except HolonError as error:
            head.update(Text(f"{self._label}: {error}"))
            return
        head.update(Text(f"{self._label}  {actors_text(page.total)} by {self._order}"))
        self._show(page)

    def _show(self, page: ActorPage) -> None:
        table = self._table
        row = table.cursor_row
        table.clear()
        for each in page.rows:
            cells = (Text(visible(str(cell))) for cell in row_cells(each).values())
            table.add_row(*cells, key=each.path)
        if page.rows:
            table.move_cursor(row=min(row, len(page.rows) - 1))

    async def action_sort(self, order: str) -> None:
        """Sort by something else."""
        self._order = order
        await self.refresh_rows()

    def on_data_table_row_selected(self, selected: DataTable.RowSelected) -> None:
        """Enter on an actor."""
        path = selected.row_key.value
        if path is not None:
            self.push_screen(DetailScreen(self._asking, path, self._interval_s))
