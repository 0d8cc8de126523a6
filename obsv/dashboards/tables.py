"""What is kept of dashboards: the documents and their versions, stars, shared links, editors of folders, events."""

from __future__ import annotations

from datetime import date

from piccolo.columns import BigInt, BigSerial, Boolean, Bytea, Date, Integer, Text, Varchar
from piccolo.table import Table

from obsv.core.holds import Column, DataClass, Erase, Holds, Purpose, Subject, operational
from obsv.db import DB, execute, fetch, write_tx

_CONFIGURATION = Column(DataClass.CONFIGURATION)
_AUTHOR = Column(DataClass.IDENTITY, erase=Erase.SENTINEL, export=False)
_SECRET = Column(DataClass.CREDENTIAL, purpose=Purpose.SECURITY, export=False, secret=True)


class DashboardRow(Table, db=DB, tablename="dashboards"):
    """A dashboard as it is now; one with `deleted_at_ms` lies in the bin, and its key is free.

    `search` is what a search looks at, in small letters; `title` to `panels` are what a list shows. Tags stand each on
    a line. Authors are a person's id, or a token's. `is_applied`: it came from a file by `obsv apply`, which may remove
    it again.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    key = Varchar(length=80)
    title = Varchar(length=200)
    folder = Varchar(length=200)
    description = Text()
    tags = Text()
    panels = Integer()
    document = Text()
    search = Text()
    version = Integer()
    is_applied = Boolean()
    created_at_ms = BigInt()
    created_by = Varchar(length=40)
    updated_at_ms = BigInt()
    updated_by = Varchar(length=40)
    deleted_at_ms = BigInt(null=True, default=None)
    deleted_by = Varchar(length=40)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="bin",
        erase=Erase.DELETE,
        export="dashboards.json",
        subject_column="org",
        columns={
            **dict.fromkeys(("created_by", "updated_by", "deleted_by"), _AUTHOR),
            **dict.fromkeys(("id", "org", "key", "title", "folder", "document", "version"), _CONFIGURATION),
            **dict.fromkeys(("created_at_ms", "updated_at_ms", "deleted_at_ms"), _CONFIGURATION),
            **dict.fromkeys(("description", "tags", "panels", "search"), Column(DataClass.CONFIGURATION, export=False)),
            **operational("is_applied", "erase_on"),
        },
    )

    @classmethod
    async def sweep(cls, today: date, limit: int) -> int:
        """What lay in the bin for its time goes, with its versions, stars and links."""
        async with write_tx():
            due = await fetch("SELECT id FROM dashboards WHERE erase_on <= {} ORDER BY id LIMIT {}", today, limit)
            for row in due:
                for table in ("dashboard_versions", "dashboard_stars", "dashboard_links"):
                    await execute(f"DELETE FROM {table} WHERE dashboard_id = {{}}", row["id"])  # noqa: S608  # our names
                await execute("DELETE FROM dashboards WHERE id = {}", row["id"])
        return len(due)


class DashboardVersion(Table, db=DB, tablename="dashboard_versions"):
    """A document as it was once saved, compressed (zstd); the newest is what the dashboard is now."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    dashboard_id = Varchar(length=40)
    version = Integer()
    document = Bytea()
    message = Varchar(length=500)
    made_at_ms = BigInt()
    made_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="dashboard",
        erase=Erase.DELETE,
        export="dashboard_versions.json",
        subject_column="org",
        columns={
            "made_by": _AUTHOR,
            **dict.fromkeys(("org", "dashboard_id", "version", "message", "made_at_ms"), _CONFIGURATION),
            "document": Column(DataClass.CONFIGURATION, export=False),
            **operational("id"),
        },
    )


class DashboardStar(Table, db=DB, tablename="dashboard_stars"):
    """A dashboard that a person wants at hand."""

    id = BigSerial(primary_key=True)
    org = BigInt()
    user_id = Varchar(length=40)
    dashboard_id = Varchar(length=100)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.USER,
        retention="subject",
        erase=Erase.DELETE,
        export="dashboard_stars.json",
        subject_column="user_id",
        columns={
            "user_id": Column(DataClass.IDENTITY),
            **dict.fromkeys(("org", "dashboard_id"), _CONFIGURATION),
            **operational("id"),
        },
    )


class DashboardLink(Table, db=DB, tablename="dashboard_links"):
    """A link by which anybody may look at one dashboard; it carries 256 random bits, of which the hash is kept.

    `variables` are the names of those that a visitor may change, `chosen` the values of the others, both JSON.
    """

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    dashboard_id = Varchar(length=100)
    token_hash = Varchar(length=64)
    title = Varchar(length=200)
    range_start = Varchar(length=40)
    range_end = Varchar(length=40)
    variables = Text()
    chosen = Text()
    created_by = Varchar(length=40)
    created_at_ms = BigInt()
    expires_at_ms = BigInt()
    revoked_at_ms = BigInt(null=True, default=None)
    last_used_on = Date(null=True, default=None)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="share",
        erase=Erase.DELETE,
        export="dashboard_links.json",
        subject_column="org",
        columns={
            "token_hash": _SECRET,
            "created_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "dashboard_id", "title", "range_start", "range_end"), _CONFIGURATION),
            **dict.fromkeys(("variables", "chosen", "created_at_ms", "expires_at_ms", "revoked_at_ms"), _CONFIGURATION),
            "last_used_on": _CONFIGURATION,
            **operational("erase_on"),
        },
    )


class FolderEditor(Table, db=DB, tablename="folder_editors"):
    """A team whose members may edit the dashboards of a folder, and of those in it, whatever their role."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    folder = Varchar(length=200)
    team_id = Varchar(length=40)
    created_at_ms = BigInt()

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="subject",
        erase=Erase.DELETE,
        export="folder_editors.json",
        subject_column="org",
        columns=dict.fromkeys(("id", "org", "folder", "team_id", "created_at_ms"), _CONFIGURATION),
    )


class EventRow(Table, db=DB, tablename="events"):
    """Something that happened, which charts are marked with; `tags` stand each on a line of its own."""

    id = Varchar(length=40, primary_key=True)
    org = BigInt()
    at_ms = BigInt()
    end_ms = BigInt()
    title = Varchar(length=200)
    text = Text()
    tags = Text()
    created_by = Varchar(length=40)

    holds = Holds(
        clause="data.ops.config",
        subject=Subject.ORGANISATION,
        retention="metrics",
        erase=Erase.DELETE,
        export="events.json",
        subject_column="org",
        columns={
            "created_by": _AUTHOR,
            **dict.fromkeys(("id", "org", "at_ms", "end_ms", "title", "text", "tags"), _CONFIGURATION),
        },
    )
