"""What goes over the API of dashboards."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from obsv.accounts.authors import Author
from obsv.dashboards.diff import PanelChange
from obsv.dashboards.model import Choice, Dashboard, Name, Short
from obsv.dashboards.search import Match

Source = Literal["stored", "file", "builtin"]
"""Made here; standing in a file of the instance; shipped with obsv. The latter two are read only: duplicate them."""

Message = Annotated[str, msgspec.Meta(max_length=500)]
Key = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,79}$")]


class NewDashboard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dashboard to be made, and why in a few words."""

    dashboard: Dashboard
    message: Message = ""


class DashboardChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dashboard as it shall be.

    `version` is the one that it was made from; another one there now is a conflict. 0: there must be none yet. None:
    whatever is there is replaced, which is for scripts. `is_applied`: it comes from a file.
    """

    dashboard: Dashboard
    version: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    message: Message = ""
    is_applied: bool = False


class Saved(msgspec.Struct, frozen=True):
    """What saving made of it: the version that is there now, `is_new` dashboard, `is_changed` document."""

    key: str
    version: int
    updated_at_ms: int
    is_new: bool
    is_changed: bool


class DashboardView(msgspec.Struct, frozen=True):
    """A dashboard, and what whoever asks may do; `file` is where it stands if that is its source."""

    dashboard: Dashboard
    source: Source
    version: int
    created_at_ms: int
    created_by: Author
    updated_at_ms: int
    updated_by: Author
    is_applied: bool
    is_starred: bool
    may_edit: bool
    file: str = ""


class DashboardSummary(msgspec.Struct, frozen=True):
    """A dashboard in a list; `matches` says where the words of a search are. Times are 0 where there is no history."""

    key: str
    title: str
    description: str
    folder: str
    tags: list[str]
    source: Source
    version: int
    updated_at_ms: int
    updated_by: Author
    is_applied: bool
    is_starred: bool
    may_edit: bool
    panels: int
    matches: list[Match] = []
    deleted_at_ms: int | None = None


class DashboardList(msgspec.Struct, frozen=True):
    """Dashboards by title (of a search: those first whose title has the words), of `total` that were found.

    `stored` of the plan's `limit` are kept.
    """

    dashboards: list[DashboardSummary]
    total: int
    stored: int
    limit: int


class VersionView(msgspec.Struct, frozen=True):
    """A version that was saved, and why."""

    version: int
    made_at_ms: int
    made_by: Author
    message: str


class VersionList(msgspec.Struct, frozen=True):
    """Newest first; the last hundred are kept."""

    versions: list[VersionView]


class VersionDocument(msgspec.Struct, frozen=True):
    """A version with its document."""

    version: int
    made_at_ms: int
    made_by: Author
    message: str
    dashboard: Dashboard


class Differences(msgspec.Struct, frozen=True):
    """What became different between two versions."""

    before: int
    after: int
    changes: list[PanelChange]


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a copy is called; a free key is found if none is given."""

    title: Name | None = None
    key: Key | None = None
    folder: Short | None = None


class FolderView(msgspec.Struct, frozen=True):
    """A folder with dashboards in it or below; teams with editors count for all below."""

    path: str
    dashboards: int
    may_edit: bool


class FolderList(msgspec.Struct, frozen=True):
    """By path."""

    folders: list[FolderView]


class FolderMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a folder goes; empty: its dashboards get none."""

    path: Short


class Moved(msgspec.Struct, frozen=True):
    """How many dashboards went along."""

    dashboards: int


class NewFolderEditors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A team that may edit a folder and all below."""

    folder: Short
    team_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z_]{1,40}$")]


class FolderEditorsView(msgspec.Struct, frozen=True):
    """A team's right to edit a folder and all below."""

    id: str
    folder: str
    team_id: str
    team_name: str
    created_at_ms: int


class FolderEditorsList(msgspec.Struct, frozen=True):
    """By folder and team."""

    editors: list[FolderEditorsView]


Moment = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[0-9A-Za-z:.+/ -]*$")]


class NewLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link to be made.

    `start` and `end` (`now-6h`, or ISO times) fix what a visitor sees; without them they choose. `variables` are those
    that they may change, among the values that the dashboard offers; `chosen` are values of the others, and where those
    begin.
    """

    expires_at_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    title: Short = ""
    start: Moment = ""
    end: Moment = ""
    variables: Annotated[tuple[Short, ...], msgspec.Meta(max_length=50)] = ()
    chosen: dict[str, tuple[Short, ...]] = {}


class LinkView(msgspec.Struct, frozen=True):
    """A shared link, without its secret; `last_used_on` is the last day on which somebody opened it."""

    id: str
    title: str
    start: str
    end: str
    variables: list[str]
    chosen: dict[str, list[str]]
    created_by: Author
    created_at_ms: int
    expires_at_ms: int
    last_used_on: str | None


class LinkList(msgspec.Struct, frozen=True):
    """Those that work, newest first."""

    links: list[LinkView]


class CreatedLink(msgspec.Struct, frozen=True):
    """A new link; its address is told this once."""

    link: LinkView
    token: str
    url: str


class NewEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that happened: `time` in Unix milliseconds (None: now), with an `end` if it lasted."""

    title: Name
    time: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    end: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    text: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    tags: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=100)], ...], msgspec.Meta(max_length=20)
    ] = ()


class EventView(msgspec.Struct, frozen=True):
    """An event; times in Unix milliseconds."""

    id: str
    time: int
    end: int | None
    title: str
    text: str
    tags: list[str]
    created_by: Author


class EventList(msgspec.Struct, frozen=True):
    """Newest first; `is_complete` unless there are more."""

    events: list[EventView]
    is_complete: bool


Wishes = Annotated[
    dict[Short, Annotated[tuple[Short, ...], msgspec.Meta(max_length=1000)]], msgspec.Meta(max_length=50)
]
"""Values that a visitor chose, by variable."""

Instant = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class SharedView(msgspec.Struct, frozen=True):
    """A shared dashboard: the document without its expressions.

    `start` and `end` are empty where visitors choose the time; `variables` are those that they may change.
    """

    title: str
    dashboard: Dashboard
    start: str
    end: str
    variables: list[str]
    expires_at_ms: int
    now_ms: int


class SharedVariables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a visitor's variables are asked for: over which time, and what is chosen so far."""

    start_ms: Instant
    end_ms: Instant
    variables: Wishes = {}


class SharedVariable(msgspec.Struct, frozen=True):
    """What one offers, which is nothing where visitors cannot change it, and what it stands for."""

    name: str
    choices: list[Choice]
    values: list[str]
    is_all: bool


class SharedVariableList(msgspec.Struct, frozen=True):
    """In the order of the document."""

    variables: list[SharedVariable]


class SharedQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query of a panel, by its `ref`, over a range or at `end_ms`.

    `variables` are values that a visitor chose, or the one for which a panel is repeated.
    """

    panel: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    start_ms: Instant
    end_ms: Instant
    step_ms: Annotated[int, msgspec.Meta(ge=1, le=2**40)]
    ref: Annotated[str, msgspec.Meta(max_length=20)] = "A"
    at: Literal["range", "instant"] = "range"
    variables: Wishes = {}
